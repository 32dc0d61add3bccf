"""Hold-out: no row is trained on whose question the validation or test split asks in nearly the same words."""

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.hashes import hash_64
from datakit.matching.overlap import asks_the_same, own_words
from datakit.matching.question_blocks import question_blocks
from datakit.matching.question_words import question_words
from datakit.stage import VERDICT, Corpus

_SLICE: Final = 1_000  # train rows whose questions, with those they are held against, are together in memory
_ROWS: Final = {"row": pl.UInt32(), "of": pl.UInt32()}


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """Reject train rows that overlap the held-out splits, by the code that keeps evaluation sets out.

    Groups are split whole, so equal questions and merged rows never part; what is left are questions that differ by a
    slip and have another answer. Eight words in a row do not count here: long questions of one kind share phrases.
    """

    name: ClassVar[str] = "holdout"
    reasons: ClassVar[tuple[str, ...]] = ("in_evaluation_set",)
    writes: ClassVar[tuple[str, ...]] = ()

    def keys(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return `holdout.question`, a hash of the question's key, and `.near`, hashes that near ones share.

        `.own`: the question has words of its own, without which it is held against none.
        """
        questions = batch["question"]
        equal, own = hash_64(batch["question_key"].replace("", None)), own_words(questions)
        near = question_blocks(question_words(questions))
        return pl.DataFrame({f"{self.name}.question": equal, f"{self.name}.near": near, f"{self.name}.own": own})

    def apply(self, corpus: Corpus) -> pl.DataFrame:
        """Return a verdict for each train row that overlaps; without held-out rows there is none."""
        placed = corpus.written("split")
        split = placed["split"]
        held, train = placed["row"].filter(split != "train"), placed["row"].filter(split == "train")
        if held.is_empty() or train.is_empty():
            return pl.DataFrame(schema=VERDICT)
        is_held = np.zeros(int(placed["row"].to_numpy().max()) + 1, dtype=np.bool_)
        is_train = is_held.copy()
        is_held[held.to_numpy()], is_train[train.to_numpy()] = True, True
        own = corpus.keys(f"{self.name}.own")
        is_train[own["row"].filter(~own[f"{self.name}.own"]).to_numpy()] = False
        equal = self._meeting(corpus, "question", is_held, is_train).group_by("row").agg(pl.col("of").min())
        near = self._meeting(corpus, "near", is_held, is_train).join(equal, on=["row", "of"], how="anti")
        pairs = pl.concat([equal.with_columns(way=pl.lit(0)), near.with_columns(way=pl.lit(1))])
        pairs = pairs.sort("row", "way", "of")
        number = (pairs["row"].rle_id() // _SLICE).alias("slice")
        cut = pairs.with_columns(number).partition_by("slice", maintain_order=True, include_key=False)
        jobs = [(pl.concat([some["row"], some["of"]]), some) for some in cut]
        hits = pl.concat([pl.DataFrame(schema=_ROWS), *corpus.each(_first, jobs, "question")])
        named = (
            corpus.fetch(hits["of"], "id")
            .rename({"row": "of"})
            .join(placed.select(pl.col("row").alias("of"), "split"), on="of", how="left")
        )
        detail = pl.format("asks nearly the same as row {} of the {} split", pl.col("id").str.head(12), "split")
        return (
            hits.join(named, on="of", how="left", maintain_order="left")
            .select("row", pl.lit(self.reasons[0]).alias("reject_reason"), detail.alias("reject_detail"), "of")
            .sort("row")
        )

    def _meeting(
        self, corpus: Corpus, key: str, is_held: NDArray[np.bool_], is_train: NDArray[np.bool_]
    ) -> pl.DataFrame:
        """Return `row, of`: each train row with each held-out row that shares a hash with it, once."""
        found = [pl.DataFrame(schema=_ROWS)]
        for hashes in corpus.hashes(f"{self.name}.{key}"):
            rows = hashes["row"].to_numpy()
            within = np.minimum(rows, len(is_held) - 1)  # a row that was placed nowhere is neither
            inside = rows == within
            held = hashes.filter(pl.Series(inside & is_held[within])).rename({"row": "of"})
            train = hashes.filter(pl.Series(inside & is_train[within]))
            found.append(train.join(held, on=hashes.columns[1]).select(list(_ROWS)).unique())
        return pl.concat(found).unique()


def _first(pairs: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """Return `row, of`: for each train row the first of its pairs that holds."""
    texts = dict(questions.iter_rows())
    found: dict[int, int] = {}
    for row, of, way in pairs.select("row", "of", "way").iter_rows():
        if row not in found and asks_the_same(texts[row], texts[of], equal=way == 0):
            found[row] = of
    return pl.DataFrame({"row": list(found), "of": list(found.values())}, schema=_ROWS)
