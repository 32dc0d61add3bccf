"""Slices of near-duplicate candidates: whole components, so each is decided by itself, in whatever process."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.candidates import U32, slices
from datakit.matching.lexemes import Lexeme, lexemes
from datakit.matching.near_match import answer_match, question_match
from datakit.matching.signs import signs
from datakit.matching.star import Kept

_WAYS: Final = 12  # neighbours, and neighbours of neighbours, that a row is compared with beside its own pairs


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Whole components of candidate pairs; a row is named by its place among the slice's rows, best first."""

    better: U32
    worse: U32
    rows: U32
    """Row numbers in the corpus, by place."""
    tier: U32
    """By place: rows of one tier are equal up to words, length and id."""


def cut(better: U32, worse: U32, row_of: U32, tier: U32, rows: int) -> list[Slice]:
    """Cut candidate pairs into slices of about `rows` rows; pairs, `row_of` and `tier` are by rank."""
    return [_slice(better[chosen], worse[chosen], row_of, tier) for chosen in slices(better, worse, rows)]


def _slice(better: U32, worse: U32, row_of: U32, tier: U32) -> Slice:
    """Number the rows of a slice by rank, from 0: best first, as they are gone through."""
    ranks, inverse = np.unique(np.concatenate([better, worse]), return_inverse=True)
    places: U32 = inverse.astype(np.uint32)
    return Slice(better=places[: len(better)], worse=places[len(better) :], rows=row_of[ranks], tier=tier[ranks])


def joined(chosen: Slice, texts: pl.DataFrame, min_percent: int) -> dict[int, Kept]:
    """Return each row of the slice that joins another, and the row that stays for it, both as numbered in the corpus.

    `texts`: `row, question, answer, context` (a hash or null) of the slice's rows, in any order.
    """
    found = pl.DataFrame({"row": chosen.rows}).join(texts, on="row", how="left", maintain_order="left")
    matcher = _Matcher(found, min_percent)
    pairs = zip(chosen.better.tolist(), chosen.worse.tolist(), strict=True)
    alike = [pair for pair in pairs if matcher.match(*pair) is not None]
    rows = chosen.rows.tolist()
    return {rows[one]: Kept(rows[kept], score) for one, kept, score in _decide(matcher, _ways(alike, chosen.tier))}


def untouched(merged: Mapping[int, Kept], one: U32, two: U32) -> NDArray[np.bool_]:
    """Tell which pairs of rows were compared for nothing: neither has joined a row, and none has joined it.

    Of two rows that match, the worse joins the better, or another that it matches first.
    """
    rows = np.array([row for of, kept in merged.items() for row in (of, kept.row)], dtype=np.uint32)
    found: NDArray[np.bool_] = ~(np.isin(one, rows) | np.isin(two, rows))
    return found


def _decide(matcher: "_Matcher", ways: Iterable[tuple[int, list[int]]]) -> Iterator[tuple[int, int, float]]:
    """Go through rows, best first: a row joins the first row that stays and matches it. Rows are named by place."""
    kept_for: dict[int, int] = {}
    for row, others in ways:
        for kept in dict.fromkeys(kept_for.get(other, other) for other in others):
            score = matcher.match(kept, row)
            if score is not None:
                kept_for[row] = kept
                yield row, kept, score
                break


def _ways(alike: list[tuple[int, int]], tier: U32) -> Iterator[tuple[int, list[int]]]:
    """Go through rows, best first, each with those to compare it with: its own pairs, then those of its pairs.

    Two copies with a slip each share no block, but both share one with the text they were made from. For the same
    reason the row that most others match goes first in its tier. Rows are places.
    """
    near: dict[int, list[int]] = {}
    for one, two in alike:
        near.setdefault(one, []).append(two)
        near.setdefault(two, []).append(one)
    order = sorted(near, key=lambda row: (tier[row], -len(near[row]), row))
    place = {row: number for number, row in enumerate(order)}
    for row in order:
        own = sorted((other for other in near[row] if place[other] < place[row]), key=place.__getitem__)
        through = {far for other in near[row][:_WAYS] for far in near[other][:_WAYS] if place[far] < place[row]}
        yield row, [*own, *sorted(through.difference(own), key=place.__getitem__)[:_WAYS]]


class _Matcher:
    """The texts of a slice's rows by place, and their words, split when first asked for."""

    def __init__(self, found: pl.DataFrame, min_percent: int) -> None:
        self._questions, self._answers = found["question"].to_list(), found["answer"].to_list()
        self._contexts = found["context"].to_list()
        self._min_percent = min_percent
        self._words: dict[str, list[Lexeme]] = {}
        self._signs_of: dict[str, str] = {}
        self._scores: dict[tuple[int, int], float | None] = {}

    def match(self, left: int, right: int) -> float | None:
        """Return how alike two rows are, 0 to 1, or None: not duplicates."""
        pair = (left, right) if left < right else (right, left)
        if pair not in self._scores:
            score = self._compare(*pair)
            self._scores[pair] = score if score is not None and score * 100 >= self._min_percent else None
        return self._scores[pair]

    def _compare(self, left: int, right: int) -> float | None:
        if None not in (self._contexts[left], self._contexts[right]) and self._contexts[left] != self._contexts[right]:
            return None
        questions = self._questions[left], self._questions[right]
        answers = self._answers[left], self._answers[right]
        if any(one != two and self._signs(one) != self._signs(two) for one, two in (questions, answers)):
            return None
        asked, said = self._alike(question_match, *questions), self._alike(answer_match, *answers)
        if asked is None and said == 1.0:
            asked = self._alike(partial(question_match, other_equal=True), *questions)
        elif said is None and asked == 1.0:
            said = self._alike(partial(answer_match, other_equal=True), *answers)
        return None if asked is None or said is None else min(asked, said)

    def _alike(self, match: Callable[..., float | None], one: str, two: str) -> float | None:
        """Compare two texts word by word; equal ones, as of many pairs the stock answers are, need no look."""
        if one == two:
            return 1.0
        words = self._split(one)
        return match(words, self._split(two)) if words else None

    def _signs(self, text: str) -> str:
        if text not in self._signs_of:
            self._signs_of[text] = signs(text)
        return self._signs_of[text]

    def _split(self, text: str) -> list[Lexeme]:
        if text not in self._words:
            self._words[text] = lexemes(text)
        return self._words[text]
