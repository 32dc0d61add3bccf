"""The words of a whole column as arrays: a hash and a kind for each word, so that keys cost no Python object a word."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from datakit.matching.accounts import UNSEEN, Bearings, bearing
from datakit.matching.lexemes import CONTENT_DROPPED, FIXED, parse
from datakit.matching.spelling import attested
from datakit.matching.stems import folded
from datakit.matching.word_memo import Known, WordMemo
from datakit.matching.word_spans import WordSpans, word_spans

DROPPED: Final = 0
FREE: Final = 1
BOUND: Final = 2
ASKING: Final = 3
"""What a word is to near duplicates: no matter, may differ by a slip, must be the same, or be it but for a slip."""

Parsed = tuple[str, str, str, frozenset[str]]
"""Surface, stem, kind and roles of a word."""

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
    kept: NDArray[np.bool_]
    """Which of them are in `words`."""
    parsed: dict[int, Parsed]
    """By hash, those that were analysed for this column."""


def question_arrays(texts: pl.Series) -> QuestionArrays:
    """Split a column of questions as `word_arrays` does, and keep what the keys of questions are made of."""
    spans, parsed = word_spans(texts), dict[int, Parsed]()
    words, kept = _content(spans, _places(spans, parsed), len(texts))
    return QuestionArrays(words, spans, kept, parsed)


def bearings(questions: QuestionArrays, wanted: NDArray[np.bool_]) -> Bearings:
    """Return what every word of the wanted questions, dropped ones too, does in its question; others have none."""
    at = np.flatnonzero(wanted[questions.spans.owner])
    every = questions.spans
    spans = WordSpans(every.units, every.starts[at], every.ends[at], every.owner[at], every.hashes[at])
    places = _places(spans, questions.parsed)
    known = _memo.known
    new = np.flatnonzero(known.flags[places] == UNSEEN)
    distinct, first = np.unique(places[new], return_index=True)
    new = new[first]
    absent = [n for n, key in zip(new.tolist(), spans.hashes[new].tolist(), strict=True) if key not in questions.parsed]
    _analyse(spans, np.array(absent, dtype=np.int64), questions.parsed)
    found = [bearing(*questions.parsed[key]) for key in spans.hashes[new].tolist()]
    known.roots[distinct] = np.array([root for root, _ in found], dtype=np.uint64)
    known.flags[distinct] = np.array([flags for _, flags in found], dtype=np.uint8)
    return Bearings(questions.words.rows, spans.owner, known.roots[places], known.flags[places])


def _analyse(spans: WordSpans, numbers: NDArray[np.int64], into: dict[int, Parsed]) -> pl.Series:
    """Analyse some words, and return their skeletons."""
    surfaces, plains = folded(pl.Series(spans.words(numbers), dtype=pl.String))
    for key, surface, plain in zip(spans.hashes[numbers].tolist(), surfaces, plains, strict=True):
        stem, _, kind, roles = parse(surface, plain)
        into[key] = surface, stem, kind, roles
    return plains


def _content(spans: WordSpans, places: NDArray[np.int64], rows: int) -> tuple[WordArrays, NDArray[np.bool_]]:
    """Return the words that are not dropped, and which of all words they are."""
    known, owner = _memo.known, spans.owner
    hashes, kinds = known.stems[places], known.kinds[places]
    unknown = np.bincount(owner[known.unknown[places]], minlength=rows)
    has_content = np.bincount(owner[kinds != DROPPED], minlength=rows) > 0
    kinds[(kinds == DROPPED) & ~has_content[owner]] = FREE
    kept = kinds != DROPPED
    return WordArrays(rows, owner[kept], hashes[kept], kinds[kept], unknown), kept


def _places(spans: WordSpans, parsed: dict[int, Parsed] | None = None) -> NDArray[np.int64]:
    """Return where the memo has each word of a column; those that it has not are analysed first, into `parsed` too."""
    places = _memo.places(spans.hashes)
    new = np.flatnonzero(places < 0)
    if not len(new):
        return places
    hashes, first = np.unique(spans.hashes[new], return_index=True)
    if not _memo.has_room(len(hashes)):
        _memo.clear()
        return _places_anew(spans, parsed)
    _remember(spans, new[first], parsed)
    places[new] = _memo.places(spans.hashes[new])
    return places


def _places_anew(spans: WordSpans, parsed: dict[int, Parsed] | None) -> NDArray[np.int64]:
    """Return the places in an empty memo, or in one as large as a column of many words needs."""
    global _memo
    hashes, first = np.unique(spans.hashes, return_index=True)
    while not _memo.has_room(len(hashes)):
        _memo = _memo.larger()
    _remember(spans, first, parsed)
    return _memo.places(spans.hashes)


def _remember(spans: WordSpans, numbers: NDArray[np.int64], parsed: dict[int, Parsed] | None) -> None:
    """Analyse distinct words and put what is found into the memo; `lexemes` would hold objects ten times the size."""
    found: dict[int, Parsed] = {}
    plains = _analyse(spans, numbers, found)
    listed = attested()
    kinds = [_WHAT.get(kind, FREE) for _, _, kind, _ in found.values()]
    rows = zip(kinds, plains, found.values(), strict=True)
    unknown = [what == FREE and plain not in listed and stem not in listed for what, plain, (_, stem, _, _) in rows]
    stems = [xxhash.xxh3_64_intdigest(stem.encode()) for _, stem, _, _ in found.values()]
    known = Known(
        np.array(stems, dtype=np.uint64),
        np.array(kinds, dtype=np.uint8),
        np.array(unknown, dtype=np.bool_),
        np.zeros(len(stems), dtype=np.uint64),
        np.full(len(stems), UNSEEN, dtype=np.uint8),
    )
    _memo.add(spans.hashes[numbers], known)
    if parsed is not None:
        parsed |= found


_WHAT: Final = dict.fromkeys(CONTENT_DROPPED, DROPPED) | dict.fromkeys(FIXED, BOUND) | {"question": ASKING}
