"""The words of a whole column as arrays: a hash and a kind for each word, so that keys cost no Python object a word."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from datakit.matching.accounts import Bearings, bearing
from datakit.matching.lexemes import CONTENT_DROPPED, FIXED, parse
from datakit.matching.minhash import U64
from datakit.matching.spelling import is_attested
from datakit.matching.stems import folded
from datakit.matching.word_memo import Known, WordMemo
from datakit.matching.word_spans import WordSpans, word_spans

DROPPED: Final = 0
FREE: Final = 1
BOUND: Final = 2
ASKING: Final = 3
"""What a word is to near duplicates: no matter, may differ by a slip, must be the same, or be it but for a slip."""

_memo = WordMemo()  # words repeat from batch to batch, and a worker's batches share nothing else


@dataclass(frozen=True)
class WordArrays:
    """Words of `rows` texts: `owner[i]` is the text of word i, ascending; `hashes` and `kinds` beside it."""

    rows: int
    owner: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    kinds: NDArray[np.uint8]
    unknown: NDArray[np.int64]
    """How many words of each text no list knows, names included: of two spellings the one with fewer is the better."""


def word_arrays(texts: pl.Series) -> WordArrays:
    """Split a column into words and hash their stems; a text without any content word keeps all its words."""
    spans = word_spans(texts)
    return _content(spans, _places(spans), len(texts))[0]


@dataclass(frozen=True)
class QuestionArrays:
    """The words of a column of questions, and what they do in them."""

    words: WordArrays
    spans: WordSpans
    """Every word as it stands."""
    kept: NDArray[np.bool_]
    """Which of them are in `words`."""
    bearings: Bearings
    """Of every word, dropped ones too, what it does in its question."""


def question_arrays(texts: pl.Series) -> QuestionArrays:
    """Split a column of questions as `word_arrays` does, and keep what the keys of questions are made of."""
    spans = word_spans(texts)
    places = _places(spans)
    bearings = Bearings(len(texts), spans.owner, _memo.known.roots[places], _memo.known.flags[places])
    words, kept = _content(spans, places, len(texts))
    return QuestionArrays(words, spans, kept, bearings)


def _content(spans: WordSpans, places: NDArray[np.int64], rows: int) -> tuple[WordArrays, NDArray[np.bool_]]:
    """Return the words that are not dropped, and which of all words they are."""
    known, owner = _memo.known, spans.owner
    hashes, kinds = known.stems[places], known.kinds[places]
    unknown = np.bincount(owner[known.unknown[places]], minlength=rows)
    has_content = np.bincount(owner[kinds != DROPPED], minlength=rows) > 0
    kinds[(kinds == DROPPED) & ~has_content[owner]] = FREE
    kept = kinds != DROPPED
    return WordArrays(rows, owner[kept], hashes[kept], kinds[kept], unknown), kept


def _places(spans: WordSpans) -> NDArray[np.int64]:
    """Return where the memo has each word of a column, after analysing the words that it has not."""
    places = _memo.places(spans.hashes)
    new = np.flatnonzero(places < 0)
    if not len(new):
        return places
    hashes, first = np.unique(spans.hashes[new], return_index=True)
    if not _memo.has_room(len(hashes)):
        _memo.clear()
        return _places_anew(spans)
    _remember(spans, new[first], hashes)
    places[new] = _memo.places(spans.hashes[new])
    return places


def _places_anew(spans: WordSpans) -> NDArray[np.int64]:
    """Return the places in an empty memo, or in one as large as a column of many words needs."""
    global _memo
    hashes, first = np.unique(spans.hashes, return_index=True)
    while not _memo.has_room(len(hashes)):
        _memo = _memo.larger()
    _remember(spans, first, hashes)
    return _memo.places(spans.hashes)


def _remember(spans: WordSpans, numbers: NDArray[np.int64], hashes: U64) -> None:
    """Analyse words and put what is found into the memo; that of `lexemes` would hold objects ten times the size."""
    stems, kinds, unknown, bearings = [], [], [], []
    words = pl.Series([spans.word(number) for number in numbers.tolist()], dtype=pl.String)
    for surface, plain in zip(*folded(words), strict=True):
        stem, _, kind, roles = parse(surface, plain)
        what = FREE
        if kind in CONTENT_DROPPED:
            what = DROPPED
        elif kind in FIXED:
            what = ASKING if kind == "question" else BOUND
        stems.append(xxhash.xxh3_64_intdigest(stem.encode()))
        kinds.append(what)
        unknown.append(what == FREE and not (is_attested(plain) or is_attested(stem)))
        bearings.append(bearing(surface, stem, kind, roles))
    known = Known(
        np.array(stems, dtype=np.uint64),
        np.array(kinds, dtype=np.uint8),
        np.array(unknown),
        np.array([root for root, _ in bearings], dtype=np.uint64),
        np.array([flags for _, flags in bearings], dtype=np.uint8),
    )
    _memo.add(hashes, known)
