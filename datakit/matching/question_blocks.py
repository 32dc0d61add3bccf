"""Hashes that nearly equal questions share, whatever their answers: for hold-outs, evaluation sets and leaks.

Two such questions have all their words in common but one at most: it differs by a slip, or is a title or a sort of
thing that only one of them has. Long questions meet on the words that are left when one is left out. Of short ones too
many have the others in common (ते खूप, ते वेदनादायक), so there half of the word left out has to be the same as well: a
slip leaves the first half of a word as it is, or the last.
"""

from functools import cache
from typing import Final

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from datakit.matching.blocks import LEFT_OUT_UP_TO
from datakit.matching.hash_lists import hash_lists
from datakit.matching.lexemes import Lexeme, forms_of, misprints
from datakit.matching.minhash import U64, mix
from datakit.matching.parsed_words import parse_words
from datakit.matching.stems import skeleton
from datakit.matching.word_arrays import FREE, QuestionArrays
from datakit.matching.word_memo import I64

SHORT: Final = 3
"""Words up to which half of the word left out must be the same: of 120,000 pairs that met in 20,000 short documents
without that, 114,000 were of so few words, and 56 pairs in all were nearly equal."""
_LOOSE: Final = frozenset({"weak", "filler", "tense", "honorific", "function"})
_MAYBE: Final = frozenset({"tense", "honorific"})
_HEAD: Final = 2  # code points by which an inflected title may be known
_MEMO_SIZE: Final = 50_000  # words of short questions, .5 kB each

_memo: dict[int, tuple[bool, tuple[int, ...]]] = {}


def question_blocks(questions: QuestionArrays) -> pl.Series:
    """Return the hashes of each question, ascending; none for those without words, or with more than 28."""
    words, kept = questions.words, questions.kept
    count = np.bincount(words.owner, minlength=words.rows)
    free = words.kinds == FREE
    usable = (count > 0) & (np.bincount(words.owner[free], minlength=words.rows) <= LEFT_OUT_UP_TO)
    hashes = mix(words.hashes)
    total = np.zeros(words.rows, dtype=np.uint64)
    np.add.at(total, words.owner, hashes)
    left_out = free & usable[words.owner]
    rest = total[words.owner] - hashes
    short = np.flatnonzero(left_out & (count[words.owner] <= SHORT))
    loose, at, halves = _halves_of(questions, kept[short])
    plain = left_out.copy()
    plain[short[~loose]] = False
    found = [(np.flatnonzero(usable), total[usable]), (words.owner[plain], rest[plain])]
    found.append((words.owner[short[at]], mix(rest[short[at]]) ^ halves))
    owners, keys = (np.concatenate(parts) for parts in zip(*found, strict=True))
    near = hash_lists(words.rows, owners, mix(keys)).alias("near")
    return near.fill_null(pl.Series([[]], dtype=pl.List(pl.UInt64)))


def _halves_of(questions: QuestionArrays, numbers: I64) -> tuple[NDArray[np.bool_], I64, U64]:
    """Return which of some words may be missing on the other side, and the halves of each: number of the word, hash."""
    spans = questions.spans
    keys = spans.hashes[numbers].tolist()
    if len(_memo) > _MEMO_SIZE:
        _memo.clear()
    new = {key: number for number, key in zip(numbers.tolist(), keys, strict=True) if key not in _memo}
    words = parse_words(spans, np.array(list(new.values()), dtype=np.int64)).lexemes() if new else []
    _memo.update(zip(new, map(_look_at, words), strict=True))
    known = [_memo[key] for key in keys]
    counts = [len(halves) for _, halves in known]
    at = np.repeat(np.arange(len(known), dtype=np.int64), counts)
    flat = np.array([half for _, halves in known for half in halves], dtype=np.uint64)
    return np.array([loose for loose, _ in known], dtype=np.bool_), at, flat


def _look_at(found: Lexeme) -> tuple[bool, tuple[int, ...]]:
    """Tell whether a question may have a word that its like has not, or has as a title, and hash its halves."""
    plain, root = skeleton(found.surface), skeleton(found.stem)
    forms = (plain,) if root == plain else (plain, root)
    loose = found.kind in _LOOSE or plain[:_HEAD] in _heads() or any(map(_may_be_title, forms))
    return loose, tuple(frozenset[int]().union(*map(halves, forms)))


def halves(word: str) -> frozenset[int]:
    """Return hashes of which two words share one that differ by an edit: a sign lost, added, exchanged, or two swapped.

    Of two lengths the longer counts, so each word is cut as one of its length and as one that has lost a sign.
    """
    cuts = {(len(word) - 1) // 2, len(word) // 2}
    parts = [part for cut in cuts for part in (f"{word[:cut]}\x1f", f"\x1f{word[len(word) - cut :]}")]
    return frozenset([xxhash.xxh3_64_intdigest(part.encode()) for part in parts])


def _cut_by_one(word: str) -> list[str]:
    """Return a word and what is left of it without each of its code points: words one edit apart have one in common."""
    return [word, *[word[:at] + word[at + 1 :] for at in range(len(word))]]


def _may_be_title(word: str) -> bool:
    return len(word) <= _longest_title() and not _cut_titles().isdisjoint(_cut_by_one(word))


@cache
def _longest_title() -> int:
    return max(map(len, _cut_titles())) + 1


@cache
def _cut_titles() -> frozenset[str]:
    """The same of titles, is and was, which blocks leave out, and of their misprints, which are taken for them: a word
    that is a slip away from one may be one."""
    slips = {slip for slip, (kind, _, _) in misprints().items() if kind in _MAYBE}
    return frozenset(cut for form in forms_of(_MAYBE) | slips for cut in _cut_by_one(form))


@cache
def _heads() -> frozenset[str]:
    return frozenset(form[:_HEAD] for form in forms_of(_MAYBE))
