"""Near duplicates: rows that ask and answer the same in nearly the same words, wherever in the corpus they lie."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import polars as pl

from datakit.matching.blocks import block_columns, block_keys
from datakit.matching.candidates import U32, merge, pairs_of, slices
from datakit.matching.hashes import hash_64
from datakit.matching.lexemes import Lexeme, lexemes
from datakit.matching.near_match import answer_match, question_match
from datakit.matching.question_words import question_words
from datakit.matching.ranking import positions, rank_columns
from datakit.matching.signs import signs
from datakit.matching.star import Kept, verdicts
from datakit.matching.word_arrays import word_arrays
from datakit.stage import VERDICT, Corpus

_WAYS: Final = 12  # neighbours, and neighbours of neighbours, that a row is compared with beside its own pairs
_SLICE: Final = 4_000  # rows whose texts are in memory at a time: 16 MB of the legislature's rows


@dataclass(frozen=True, kw_only=True)
class NearDedup:
    """Reject a row that says the same as a better row in nearly the same words.

    Question and answer must both match: the same question with another answer is a conflict, another question with the
    same answer is no duplicate. System prompt and earlier turns must be equal, contexts equal or absent on one side.
    """

    name: ClassVar[str] = "near_dedup"
    reasons: ClassVar[tuple[str, ...]] = ("near_duplicate",)
    writes: ClassVar[tuple[str, ...]] = ()

    min_percent: int = 90
    """Percent of words that agree, of the worse of question and answer. One word changed in fourteen is 93."""

    def __post_init__(self) -> None:
        if not 1 <= self.min_percent <= 100:
            raise ValueError(f"min_percent: found {self.min_percent}, expected 1 to 100, such as 90")

    def keys(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return blocks (see blocks.py), the context's hash and what rows are ranked by."""
        usable = batch.select(
            (pl.col("question").str.strip_chars().str.len_chars() > 0)
            & (pl.col("answer").str.strip_chars().str.len_chars() > 0)
        ).to_series()
        around = (pl.col(name).fill_null("") for name in ("system", "history"))
        setting = hash_64(batch.select(pl.concat_str(*around, separator="\x1f")).to_series()).to_numpy()
        questions, answers = question_words(batch["question"]).words, word_arrays(batch["answer"])
        blocks = block_keys(self.name, questions, answers, setting, usable.fill_null(False).to_numpy())
        context = batch.select(pl.col("context").replace("", None).alias(f"{self.name}.context")).to_series()
        return pl.concat(
            [
                blocks,
                hash_64(context).to_frame(),
                rank_columns(batch, self.name, questions.unknown + answers.unknown),
            ],
            how="horizontal",
        )

    def apply(self, corpus: Corpus) -> pl.DataFrame:
        """Return a verdict for each rejected row and each row that another was merged into."""
        live, rank, tier = positions(corpus, self.name)
        if len(live) < 2:
            return pl.DataFrame(schema=VERDICT)
        better, worse = merge(
            pairs_of(hashes, live, rank) for column in block_columns(self.name) for hashes in corpus.hashes(column)
        )
        row_of = np.empty(len(live), dtype=np.uint32)
        row_of[rank] = live
        contexts = corpus.keys(f"{self.name}.context").sort("row")[f"{self.name}.context"]
        merged: dict[int, Kept] = {}
        cut = list(slices(better, worse, _SLICE))
        members = [np.unique(np.concatenate([better[chosen], worse[chosen]])) for chosen in cut]
        fetched = corpus.fetch_each([pl.Series(row_of[ranks]) for ranks in members], "question", "answer")
        for chosen, ranks, read in zip(cut, members, fetched, strict=True):
            texts = Texts(
                dict(zip(row_of[ranks].tolist(), ranks.tolist(), strict=True)),
                read,
                contexts.gather(np.searchsorted(live, row_of[ranks])).to_list(),
            )
            for one, kept in self.within(better[chosen], worse[chosen], tier, texts):
                merged[int(row_of[one])] = Kept(int(row_of[kept.row]), kept.score)
        return verdicts(corpus, merged, "near_duplicate", "says the same as")

    def within(self, better: U32, worse: U32, tier: U32, texts: "Texts") -> Iterator[tuple[int, Kept]]:
        """Yield each row that joins another of its slice, and that one: whole components at a time, rows as ranks."""
        alike = [
            (one, two)
            for one, two in zip(better.tolist(), worse.tolist(), strict=True)
            if self._matches(texts, one, two) is not None
        ]
        return self._decide(texts, _ways(alike, tier))

    def _matches(self, texts: "Texts", one: int, two: int) -> float | None:
        score = texts.match(one, two)
        return score if score is not None and score * 100 >= self.min_percent else None

    def _decide(self, texts: "Texts", ways: Iterable[tuple[int, list[int]]]) -> Iterator[tuple[int, Kept]]:
        """Go through rows, best first: a row joins the first row that stays and matches it. Rows are named by rank."""
        kept_for: dict[int, int] = {}
        for row, others in ways:
            for kept in dict.fromkeys(kept_for.get(other, other) for other in others):
                score = self._matches(texts, kept, row)
                if score is not None:
                    kept_for[row] = kept
                    yield row, Kept(kept, score)
                    break


def _ways(alike: list[tuple[int, int]], tier: U32) -> Iterator[tuple[int, list[int]]]:
    """Go through rows, best first, each with those to compare it with: its own pairs, then those of its pairs.

    Two copies with a slip each share no block, but both share one with the text they were made from. For the same
    reason the row that most others match goes first in its tier. Rows are ranks.
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


class Texts:
    """The texts of some rows and their words, split when first asked for."""

    def __init__(self, rank_of: Mapping[int, int], texts: pl.DataFrame, contexts: list[int | None]) -> None:
        """Take the texts by row, and the hashes of the contexts in the order of `rank_of`."""
        self._texts = {rank_of[row]: (question, answer) for row, question, answer in texts.iter_rows()}
        self._contexts = dict(zip(rank_of.values(), contexts, strict=True))
        self._words: dict[int, tuple[list[Lexeme], list[Lexeme]]] = {}
        self._scores: dict[tuple[int, int], float | None] = {}

    def match(self, left: int, right: int) -> float | None:
        """Return how alike two rows are, 0 to 1, or None: not duplicates."""
        pair = (left, right) if left < right else (right, left)
        if pair not in self._scores:
            self._scores[pair] = self._compare(*pair)
        return self._scores[pair]

    def _compare(self, left: int, right: int) -> float | None:
        if None not in (self._contexts[left], self._contexts[right]) and self._contexts[left] != self._contexts[right]:
            return None
        one, two = self._texts[left], self._texts[right]
        if one == two:
            return 1.0
        if signs(one[0]) != signs(two[0]) or signs(one[1]) != signs(two[1]):
            return None
        (question, answer), (other_question, other_answer) = self._split(left), self._split(right)
        asked = question_match(question, other_question) if question else 1.0 if one[0] == two[0] else None
        said = answer_match(answer, other_answer) if answer else 1.0 if one[1] == two[1] else None
        if asked is None and said == 1.0:
            asked = question_match(question, other_question, other_equal=True)
        elif said is None and asked == 1.0:
            said = answer_match(answer, other_answer, other_equal=True)
        return None if asked is None or said is None else min(asked, said)

    def _split(self, row: int) -> tuple[list[Lexeme], list[Lexeme]]:
        if row not in self._words:
            question, answer = self._texts[row]
            self._words[row] = lexemes(question), lexemes(answer)
        return self._words[row]
