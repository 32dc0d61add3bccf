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
    """`folded` and `script` describe each character; the first and the last of each text are no letters."""

    folded: NDArray[np.uint16]  # the character as a feature; 0 where there is no letter
    script: NDArray[np.uint8]  # its script's number; 0 where there is no letter
    starts: NDArray[np.int64]  # where each text begins; it ends where the next one does

    @property
    def count(self) -> int:
        """How many texts there are."""
        return len(self.starts)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many characters each text has, its end included."""
        return np.diff(self.starts, append=len(self.folded))

    @property
    def text(self) -> NDArray[np.int32]:
        """The number of each character's text."""
        return np.repeat(np.arange(self.count, dtype=np.int32), self.lengths)

    def counts(self) -> NDArray[np.int64]:
        """Return how many letters of each script each text has: texts x scripts; column 0 counts the rest."""
        found = np.zeros((self.count, len(SCRIPTS) + 1), np.int64)
        highest = int(self.script.max())  # 2 where all is Devanagari and Latin: nine scripts need no look
        for number in range(1, highest + 1):
            found[:, number] = self._sums(self.script == number)
        found[:, 0] = self.lengths - found.sum(axis=1)
        return found

    def _sums(self, mask: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return how many characters of each text a mask holds."""
        sums: NDArray[np.int32] = np.add.reduceat(mask.view(np.uint8), self.starts, dtype=np.int32)
        return sums

    def letter_counts(self) -> NDArray[np.int64]:
        """Return how many different letters in a row each text has at the least: 0, 1, or 2 for two and more."""
        letters = self.script > 0
        changes = np.zeros(len(letters), np.bool_)
        changes[1:] = letters[1:] & letters[:-1] & (self.folded[1:] != self.folded[:-1])
        several = np.logical_or.reduceat(changes, self.starts)
        return np.where(several, 2, np.minimum(self._sums(letters), 1)).astype(np.int64)

    def main_script(self) -> NDArray[np.int64]:
        """Return each text's script by number: the commonest, Devanagari from DEVANAGARI_SHARE on; 0: no letters."""
        counts = self.counts()[:, 1:]
        script = np.where(counts.any(axis=1), counts.argmax(axis=1) + 1, 0)
        return np.where(counts[:, DEVANAGARI - 1] > DEVANAGARI_SHARE * counts.sum(axis=1), DEVANAGARI, script)

    def letters_of(self, script: NDArray[np.int64]) -> NDArray[np.uint16]:
        """Return the folded characters, with those that are not in their text's script as 0."""
        wanted = np.repeat(script.astype(np.uint8), self.lengths)
        letters: NDArray[np.uint16] = self.folded * (self.script == wanted)
        return letters


def read_texts(texts: Sequence[str], *, max_chars: int = MAX_CHARS) -> Texts:
    """Read one text or more (see `code_points`); joiners are taken out, for fonts and keyboards scatter them."""
    codes = code_points(texts, max_chars=max_chars)
    folded = fold_table().take(codes)
    kept = folded != 1
    if not kept.all():
        codes, folded = codes[kept], folded[kept]
    # A 0 before the first text; each END is one for the texts after it.
    ends = np.flatnonzero(codes == 0xFFFF) + 1
    return Texts(
        folded=np.concatenate([np.zeros(1, np.uint16), folded]),
        script=np.concatenate([np.zeros(1, np.uint8), script_table().take(codes)]),
        starts=np.concatenate([[0], ends[:-1] + 1]),
    )
