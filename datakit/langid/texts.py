"""Many texts as one array of characters, and the script that each of them is mainly in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datakit.langid.scripts import DEVANAGARI, SCRIPTS, code_points, fold_table, script_table

MAX_CHARS: Final = 600
"""Characters of a text that are looked at: more than 60 words, after which the answer does not change any more."""

DEVANAGARI_SHARE: Final = 0.25
"""Of a text's letters. Marathi prose that is full of Latin terms keeps its endings and verbs in Devanagari; the same
floor as the script stage."""


@dataclass(frozen=True, kw_only=True)
class Texts:
    """`folded`, `script` and `text` describe each character; the first and the last of each text are no letters."""

    count: int
    folded: NDArray[np.uint16]  # the character as a feature; 0 where there is no letter
    script: NDArray[np.uint8]  # its script's number; 0 where there is no letter
    text: NDArray[np.int64]  # the number of its text

    def counts(self) -> NDArray[np.int64]:
        """Return how many letters of each script each text has: texts x scripts; column 0 counts the rest."""
        width = len(SCRIPTS) + 1
        flat = np.bincount(self.text * width + self.script, minlength=self.count * width)
        return flat.reshape(self.count, width)

    def letter_counts(self) -> NDArray[np.int64]:
        """Return how many different letters in a row each text has at the least: 0, 1, or 2 for two and more."""
        letters = self.script > 0
        changes = letters[1:] & letters[:-1] & (self.folded[1:] != self.folded[:-1])
        pairs = np.bincount(self.text[1:][changes], minlength=self.count)
        return np.where(pairs > 0, 2, np.minimum(self.counts()[:, 1:].sum(axis=1), 1))

    def main_script(self) -> NDArray[np.int64]:
        """Return each text's script by number: the commonest, Devanagari from DEVANAGARI_SHARE on; 0: no letters."""
        counts = self.counts()[:, 1:]
        script = np.where(counts.any(axis=1), counts.argmax(axis=1) + 1, 0)
        return np.where(counts[:, DEVANAGARI - 1] > DEVANAGARI_SHARE * counts.sum(axis=1), DEVANAGARI, script)

    def letters_of(self, script: NDArray[np.int64]) -> NDArray[np.uint16]:
        """Return the folded characters, with those that are not in their text's script as 0."""
        return np.where(self.script == script[self.text], self.folded, np.uint16(0))


def read_texts(texts: Sequence[str], *, max_chars: int = MAX_CHARS) -> Texts:
    """Read one text or more (see `code_points`); joiners are taken out, for fonts and keyboards scatter them."""
    codes = code_points(texts, max_chars=max_chars)
    end = codes == 0xFFFF
    text = np.cumsum(end) - end
    folded = fold_table()[codes]
    kept = folded != 1
    if not kept.all():
        codes, text, folded = codes[kept], text[kept], folded[kept]
    script = script_table()[codes]
    first = np.zeros(1, np.int64)  # a 0 before the first text; each END is one for the texts after it
    return Texts(
        count=len(texts),
        folded=np.concatenate([first.astype(np.uint16), folded]),
        script=np.concatenate([first.astype(np.uint8), script]),
        text=np.concatenate([first, text]),
    )
