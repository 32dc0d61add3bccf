"""The words of a whole column as arrays: a hash and a kind for each word, so that keys cost no Python object a word."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.accounts import Bearings, bearings_of
from datakit.matching.lexemes import CONTENT_DROPPED, FIXED
from datakit.matching.parsed_words import parse_words
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
    """The words of a column of questions."""

    words: WordArrays
    spans: WordSpans
    """Every word as it stands."""
    kept: NDArray[np.int64]
    """Which of them are in `words`."""
    places: NDArray[np.int64]
    """Where each of them stands in `known`."""
    known: Known


def question_arrays(texts: pl.Series) -> QuestionArrays:
    """Split a column of questions as `word_arrays` does, and keep what the keys of questions are made of."""
    spans = word_spans(texts)
    places = _places(spans)
    words, kept = _content(spans, places, len(texts))
    return QuestionArrays(words, spans, kept, places, _memo.known)


def bearings(questions: QuestionArrays, wanted: NDArray[np.bool_]) -> Bearings:
    """Return what every word of the wanted questions, dropped ones too, does in its question; others have none."""
    owner, known = questions.spans.owner, questions.known
    at = np.flatnonzero(wanted[owner])
    places = questions.places[at]
    return Bearings(questions.words.rows, owner[at], known.roots[places], known.flags[places])


def _content(spans: WordSpans, places: NDArray[np.int64], rows: int) -> tuple[WordArrays, NDArray[np.int64]]:
    """Return the words that are not dropped, and which of all words they are."""
    known, owner = _memo.known, spans.owner
    kinds = known.kinds[places]
    unknown = np.bincount(owner[np.flatnonzero(known.unknown[places])], minlength=rows)
    kept, dropped = np.flatnonzero(kinds != DROPPED), np.flatnonzero(kinds == DROPPED)
    has_content = np.zeros(rows, dtype=np.bool_)
    has_content[owner[kept]] = True
    all_there_is = dropped[~has_content[owner[dropped]]]
    if len(all_there_is):
        kinds[all_there_is] = FREE
        kept = np.flatnonzero(kinds != DROPPED)
    return WordArrays(rows, owner[kept], known.stems[places[kept]], kinds[kept], unknown), kept


def _places(spans: WordSpans) -> NDArray[np.int64]:
    """Return where the memo has each word of a column; those that it has not are analysed first."""
    places = _memo.places(spans.hashes)
    new = np.flatnonzero(places < 0)
    if not len(new):
        return places
    hashes, first = np.unique(spans.hashes[new], return_index=True)
    if not _memo.has_room(len(hashes)):
        _memo.clear()
        return _places_anew(spans)
    _remember(spans, new[first])
    places[new] = _memo.places(spans.hashes[new])
    return places


def _places_anew(spans: WordSpans) -> NDArray[np.int64]:
    """Return the places in an empty memo, or in one as large as a column of many words needs."""
    global _memo
    hashes, first = np.unique(spans.hashes, return_index=True)
    while not _memo.has_room(len(hashes)):
        _memo = _memo.larger()
    _remember(spans, first)
    return _memo.places(spans.hashes)


def _remember(spans: WordSpans, numbers: NDArray[np.int64]) -> None:
    """Analyse distinct words and put what is found into the memo; `lexemes` would hold objects ten times the size."""
    words = parse_words(spans, numbers)
    kinds = np.array([_WHAT.get(kind, FREE) for kind in words.kinds], dtype=np.uint8)
    roots, flags = bearings_of(words)
    _memo.add(spans.hashes[numbers], Known(words.digests, kinds, (kinds == FREE) & ~words.known, roots, flags))


_WHAT: Final = dict.fromkeys(CONTENT_DROPPED, DROPPED) | dict.fromkeys(FIXED, BOUND) | {"question": ASKING}
