"""Near duplicates: rows that ask and answer the same in nearly the same words, wherever in the corpus they lie."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from datakit.stage import VERDICT, Corpus
from datakit.stages.blocks import block_columns, block_keys
from datakit.stages.candidates import U32, merge, pairs_of, slices
from datakit.stages.lexemes import Lexeme, lexemes
from datakit.stages.near_match import answer_match, question_match
from datakit.stages.ranking import positions, rank_columns
from datakit.stages.signs import signs
from datakit.stages.star import Kept, verdicts
from datakit.stages.word_arrays import word_arrays

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
        setting = [
            xxhash.xxh3_64_intdigest(f"{system or ''}\x1f{history or ''}".encode())
            for system, history in zip(batch["system"], batch["history"], strict=True)
        ]
        blocks = block_keys(
            self.name,
            word_arrays(batch["question"]),
            word_arrays(batch["answer"]),
            np.array(setting, dtype=np.uint64),
            usable.fill_null(False).to_numpy(),
        )
        contexts = [xxhash.xxh3_64_intdigest(text.encode()) if text else None for text in batch["context"]]
        return pl.concat(
            [
                blocks,
                pl.DataFrame({f"{self.name}.context": pl.Series(contexts, dtype=pl.UInt64)}),
                rank_columns(batch, self.name),
            ],
            how="horizontal",
        )

    def apply(self, corpus: Corpus) -> pl.DataFrame:
        """Return a verdict for each rejected row and each row that another was merged into."""
        live, rank = positions(corpus, self.name)
        if len(live) < 2:
            return pl.DataFrame(schema=VERDICT)
        better, worse = merge(pairs_of(corpus.keys(column), live, rank) for column in block_columns(self.name))
        row_of = np.empty(len(live), dtype=np.uint32)
        row_of[rank] = live
        contexts = corpus.keys(f"{self.name}.context").sort("row")[f"{self.name}.context"]
        merged: dict[int, Kept] = {}
        for chosen in slices(better, worse, _SLICE):
            merged |= dict(self._decide(corpus, row_of[better[chosen]], row_of[worse[chosen]], live, contexts))
        return verdicts(corpus, merged, "near_duplicate", "says the same as")

    def _decide(
        self, corpus: Corpus, better: U32, worse: U32, live: NDArray[np.uint32], contexts: pl.Series
    ) -> Iterator[tuple[int, Kept]]:
        """Go through pairs of whole components, worse rows by rank: a row joins the best kept row it matches."""
        rows = np.unique(np.concatenate([better, worse]))
        texts = _Texts(corpus.fetch(pl.Series(rows, dtype=pl.UInt32), "question", "answer"))
        context_of = dict(zip(rows.tolist(), contexts.gather(np.searchsorted(live, rows)), strict=True))
        gone: set[int] = set()
        for left, right in zip(better.tolist(), worse.tolist(), strict=True):
            if left in gone or right in gone:
                continue
            one, two = context_of[left], context_of[right]
            if one is not None and two is not None and one != two:
                continue
            score = texts.match(left, right)
            if score is not None and score * 100 >= self.min_percent:
                gone.add(right)
                yield right, Kept(left, score)


class _Texts:
    """The texts of some rows and their words, split when first asked for."""

    def __init__(self, texts: pl.DataFrame) -> None:
        self._texts = {row: (question, answer) for row, question, answer in texts.iter_rows()}
        self._words: dict[int, tuple[list[Lexeme], list[Lexeme]]] = {}

    def match(self, left: int, right: int) -> float | None:
        """Return how alike two rows are, 0 to 1, or None: not duplicates."""
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
