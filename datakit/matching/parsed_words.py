"""`parse` of lexemes.py over words of a column: those that no table knows are told with arrays, the others by `parse`.

Nine words in ten of a corpus are in no table, and of them all that is asked for is their stem.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from datakit.matching.folded_words import FoldedWords, fold_words
from datakit.matching.letter_tree import I64, U16, LetterTree, letter_tree
from datakit.matching.lexemes import (
    LONGER,
    Lexeme,
    fold,
    misprints,
    name_endings,
    parse,
    remember,
    skeleton,
    stems_in_tables,
    table,
    unseen,
)
from datakit.matching.minhash import U64
from datakit.matching.spelling import attested
from datakit.matching.stem_columns import strip_words
from datakit.matching.unit_classes import classify
from datakit.matching.unit_hashes import HashedWords, unit_hashes
from datakit.matching.word_spans import WordSpans, spans_of

_NONE = frozenset[str]()


@dataclass(frozen=True)
class ParsedWords:
    """What `parse` says of words, one list a property; and whether a list knows the word or its stem."""

    surfaces: list[str]
    stems: list[str]
    cases: list[str]
    kinds: list[str]
    roles: list[frozenset[str]]
    known: NDArray[np.bool_]
    digests: U64
    """Hashes of the stems."""
    words: FoldedWords
    alone: NDArray[np.bool_]
    """Which words are in no table; of them `words` has the letters, and `stem_hashes` the stems."""
    stem_ends: I64
    stem_hashes: U64

    def word(self, number: int) -> tuple[str, str, str, frozenset[str]]:
        """Return surface, stem, kind and roles of one word."""
        return self.surfaces[number], self.stems[number], self.kinds[number], self.roles[number]

    def lexemes(self) -> list[Lexeme]:
        """Return the words as lexemes."""
        return list(map(Lexeme, self.surfaces, self.stems, self.cases, self.kinds, self.roles))


def parse_words(spans: WordSpans, numbers: I64) -> ParsedWords:
    """Fold and parse some words of a column; equal to `fold`, `skeleton` and `parse` word by word."""
    words = fold_words(spans, numbers)
    starts, ends = words.starts, words.ends
    stripped = strip_words(words.surfaces, starts, ends)
    plain, stem = unit_hashes(words.plains, starts, ends), unit_hashes(words.plains, starts, stripped.short)
    in_tables = (
        _listed().may_hold(unit_hashes(words.surfaces, starts, ends))
        | _listed().may_hold(unit_hashes(words.surfaces, starts, stripped.left))
        | _slips().may_hold(plain)
        | _table_stems().may_hold(stem)
    )
    digits = words.surfaces[starts] < ord("a")
    alone = stripped.told & ~words.strange & ~in_tables & ~digits
    surfaces, stems = _texts(words.surfaces, starts, ends), _texts(words.plains, starts, stripped.short)
    cases, kinds, roles = stripped.cases, ["word"] * len(numbers), [_NONE] * len(numbers)
    for number in np.flatnonzero(_named(words, stripped.short)).tolist():
        kinds[number] = "name"
    known = _attested().may_hold(plain) | _attested().may_hold(stem)
    others = np.flatnonzero(~alone).tolist()
    raw = spans.words(numbers[others])
    for number, word in zip(others, raw, strict=True):
        surface = surfaces[number] if not words.strange[number] else fold(word)
        whole = skeleton(surface)
        surfaces[number] = surface
        stems[number], cases[number], kinds[number], roles[number] = parse(surface, whole)
        known[number] = whole in attested() or stems[number] in attested()
    digests = np.array([xxhash.xxh3_64_intdigest(text.encode()) for text in stems], dtype=np.uint64)
    return ParsedWords(surfaces, stems, cases, kinds, roles, known, digests, words, alone, stripped.short, stem)


def learn(words: Iterable[str]) -> None:
    """Parse words together that will be asked of `lexeme` one by one: a third of the time; few are left to be asked."""
    new = unseen(words)
    if len(new) < _WORTH_IT:
        return
    column = classify(pl.Series(new, dtype=pl.String))
    spans = spans_of(column)
    lengths = np.diff(np.append(column.begins, len(column.units))) - 1
    one = np.flatnonzero(np.bincount(spans.owner, minlength=len(new))[spans.owner] == 1)
    whole = one[(spans.ends - spans.starts)[one] == lengths[spans.owner[one]]]  # others are no word to `word_spans`
    remember([new[owner] for owner in spans.owner[whole].tolist()], parse_words(spans, whole).lexemes())


_WORTH_IT = 64  # words: as many, one by one, take as long as all that is to be done once for a column


def _texts(units: U16, starts: I64, ends: I64) -> list[str]:
    """Return the texts of stretches that do not overlap, none of which holds BETWEEN."""
    change = np.zeros(len(units) + 1, dtype=np.int8)
    change[starts] += 1
    change[ends + 1] -= 1
    kept = units.copy()
    kept[ends] = 0
    return kept[np.cumsum(change[:-1], dtype=np.int8) > 0].tobytes().decode("utf-16-le").split("\0")[:-1]


def _named(words: FoldedWords, stem_ends: I64) -> NDArray[np.bool_]:
    """Tell which stems end as names of places or people do, with enough before that."""
    tree, shortest = _names()
    found = np.zeros(len(stem_ends), dtype=np.bool_)
    lengths = stem_ends - words.starts
    for which, nodes in tree.walks(words.plains, stem_ends - 1, lengths, back=True):
        found[which[lengths[which] >= shortest[nodes]]] = True
    return found


@cache
def _names() -> tuple[LetterTree, NDArray[np.int64]]:
    """Return the tree of the endings of names, and by node how long a stem of that ending has to be."""
    endings = name_endings()
    tree = letter_tree((ending for group in endings for ending in group), back=True)
    shortest = np.full(tree.size, 2**62, dtype=np.int64)
    for group, longer in zip(endings, LONGER, strict=True):
        for ending in group:
            shortest[tree.ends[ending]] = min(shortest[tree.ends[ending]], len(ending) + longer)
    return tree, shortest


@cache
def _listed() -> HashedWords:
    return HashedWords(frozenset(table()))


@cache
def _slips() -> HashedWords:
    return HashedWords(frozenset(misprints()))


@cache
def _table_stems() -> HashedWords:
    return HashedWords(stems_in_tables())


@cache
def _attested() -> HashedWords:
    return HashedWords(attested())
