"""Near duplicates: rows that ask and answer the same in nearly the same words, wherever in the corpus they lie."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final

import numpy as np
import polars as pl

from datakit.matching.blocks import block_columns, block_keys
from datakit.matching.candidates import merge, pairs_of
from datakit.matching.hashes import hash_64
from datakit.matching.near_slice import Slice, cut, joined, untouched
from datakit.matching.question_words import question_words
from datakit.matching.ranking import pair_names, positions, rank_columns
from datakit.matching.star import Kept, verdicts
from datakit.matching.word_arrays import word_arrays
from datakit.stage import VERDICT, Corpus

_SLICE: Final = 1_000  # rows whose texts are together in memory: 4 MB of the legislature's rows


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
        names = pair_names(corpus, self.name, live, rank, (better, worse))
        known = corpus.known_apart(self.name, names)
        better, worse, new = better[~known], worse[~known], names[~known]
        row_of = np.empty(len(live), dtype=np.uint32)
        row_of[rank] = live
        contexts = corpus.keys(f"{self.name}.context").sort("row")[f"{self.name}.context"]
        jobs = [
            (pl.Series(one.rows), (one, contexts.gather(np.searchsorted(live, np.sort(one.rows)))))
            for one in cut(better, worse, row_of, tier, _SLICE)
        ]
        merged: dict[int, Kept] = {}
        for found in corpus.each(partial(_joined, min_percent=self.min_percent), jobs, "question", "answer"):
            merged |= found
        corpus.note_apart(
            self.name, np.concatenate([names[known], new[untouched(merged, row_of[better], row_of[worse])]])
        )
        return verdicts(corpus, merged, "near_duplicate", "says the same as")


def _joined(job: tuple[Slice, pl.Series], texts: pl.DataFrame, *, min_percent: int) -> dict[int, Kept]:
    """Decide a slice whose contexts stand in the order of its row numbers, as the texts do."""
    chosen, contexts = job
    return joined(chosen, texts.with_columns(contexts.alias("context")), min_percent)
