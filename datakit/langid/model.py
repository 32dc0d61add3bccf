"""The language model: 8-bit weights for hashed n-grams, added up in whole numbers.

Whole numbers make the answer the same on every machine, for every batch size and every order of the texts.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datakit.langid.word_memory import WordMemory
from datakit.langid.words import Places, Words, buckets

BITS: Final = 17
LABELS: Final = (
    "mar",
    "hin",
    "npi",
    "gom",
    "san",
    "bho",
    "mai",
    "mag",
    "awa",
    "doi",
    "hne",
    "brx",
    "eng",
    "mar-Latn",
    "hin-Latn",
    "und",
)
_RAISED: Final = 128
_RAISED_SCORE: Final = 1 << 20
"""More than any word's score (127 x 64 x the root of 3,000 features), so that raised ones are positive; those of 300
words, which is as many as 600 characters hold, stay below 2**31."""
_MOST_IN_A_LANE: Final = 0xFFFF // 255
"""Features of which no sum runs over into the next lane: a word of 52 letters has 256."""
LATIN_LABELS: Final = ("eng", "mar-Latn", "hin-Latn", "und")


@dataclass(frozen=True, kw_only=True)
class Model:
    """`weights` is features x labels, int8; `unit` is the worth of one step of a weight, in logits."""

    weights: NDArray[np.int8]
    unit: float

    @classmethod
    def quantise(cls, weights: NDArray[np.float32]) -> "Model":
        """Round float weights to 8 bits; the rare ones beyond the 99.95th percentile are cut to it."""
        used = np.abs(weights[np.any(weights != 0, axis=1)])
        unit = float(np.quantile(used, 0.9995)) / 127
        return cls(weights=np.clip(np.rint(weights / unit), -127, 127).astype(np.int8), unit=unit)

    @classmethod
    def load(cls, path: Path) -> "Model":
        """Read a model that `save` wrote."""
        with np.load(path) as data:
            return cls(weights=data["weights"], unit=float(data["unit"]))

    def save(self, path: Path) -> None:
        """Write the model as npz, not compressed: that would save a fifth, and cost each process 15 ms to read."""
        np.savez(path, weights=self.weights, unit=np.float64(self.unit))

    def logits(self, words: Words, count: int) -> NDArray[np.float64]:
        """Return a row of logits for each of `count` texts; zeros where a text has no word.

        A word's score is the sum of its features' weights over the root of their number, in 64ths of a step; a text's
        is the sum of its words' over the root of theirs: ten words say more than one, but not ten times as much.
        """
        out = np.zeros((count, self.weights.shape[1]))
        sizes = np.bincount(words.text, minlength=count)
        alive = np.flatnonzero(sizes)
        if len(alive):
            begin = (np.cumsum(sizes) - sizes)[alive]
            out[alive] = self._added(words, begin, sizes[alive]) * (self.unit / 64 / np.sqrt(sizes[alive]))[:, None]
        return out

    def _added(self, words: Words, begin: Places, sizes: Places) -> NDArray[np.int32]:
        """Return the sum of the scores of each text's words, two labels of 32 bits at a time: 0.4 of the time."""
        pairs: NDArray[np.int64] = np.add.reduceat(self._memory.scores(words).view(np.int64), begin, axis=0)
        sums = pairs.view(np.int32)[:, : self.weights.shape[1]]
        return sums - (_RAISED_SCORE * sizes[:, None]).astype(np.int32)

    @cached_property
    def _memory(self) -> WordMemory:
        return WordMemory(score=self._raised_scores, width=self.weights.shape[1] + self.weights.shape[1] % 2)

    @cached_property
    def _lanes(self) -> NDArray[np.uint64]:
        """The weights, each raised to 1 to 255, in lanes of 16 bits: one addition of 64 bits adds up four labels."""
        raised = (self.weights.astype(np.int16) + _RAISED).astype(np.uint16)
        wide = np.zeros((len(raised), -(-raised.shape[1] // 4) * 4), np.uint16)
        wide[:, : raised.shape[1]] = raised
        return wide.view(np.uint64)

    def _sums(self, features: Places, begin: Places, per_word: Places) -> NDArray[np.int32]:
        """Return the sum of the weights of each word's features, four labels at a time: a quarter of the time."""
        if per_word.max() > _MOST_IN_A_LANE:
            return np.add.reduceat(self.weights.take(features, axis=0), begin, axis=0, dtype=np.int32)
        lanes: NDArray[np.uint64] = np.add.reduceat(self._lanes.take(features, axis=0), begin, axis=0)
        sums = lanes.view(np.uint16)[:, : self.weights.shape[1]].astype(np.int32)
        return sums - (_RAISED * per_word[:, None]).astype(np.int32)

    def _raised_scores(self, words: Words) -> NDArray[np.int32]:
        """Return the scores of words, each raised above zero, an even number of them: pairs that 64 bits add up."""
        scores = self._word_scores(words)
        return np.pad(scores + np.int32(_RAISED_SCORE), ((0, 0), (0, scores.shape[1] % 2)))

    def _word_scores(self, words: Words) -> NDArray[np.int32]:
        features, begin = buckets(words, bits=BITS)
        per_word = np.diff(np.append(begin, len(features)))
        sums = self._sums(features, begin, per_word)
        return np.rint(sums * (64 / np.sqrt(per_word))[:, None]).astype(np.int32)
