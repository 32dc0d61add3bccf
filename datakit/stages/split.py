"""Split: train, validation and test by group, so that nothing the model trained on is near what it is judged by.

A group is everything that must stay together: rows of one passage, page or conversation, in whatever sources they
stand, rows that ask the same question, and rows of one duplicate cluster. A group's split is a hash of its key, hence
the same on every machine and in every order of the rows. A group that the previous version already placed stays where
it was, even as it grows; only where two placed groups merge does one of them move.
"""

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.hashes import hash_64
from datakit.matching.union import components
from datakit.stage import VERDICT, Corpus

SPLITS: Final = ("train", "validation", "test")
_SLICE: Final = 50_000  # groups whose names are Python objects at a time


@dataclass(frozen=True, kw_only=True)
class Split:
    """Place each group in train, validation or test."""

    name: ClassVar[str] = "split"
    reasons: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[tuple[str, ...]] = ("split", "split_group")

    train: int = 90
    """Parts of a hundred, like the next two; 90/5/5 is the product's default."""
    validation: int = 5
    """For choosing between trainings."""
    test: int = 5
    """For the last judgement; never look at it while choosing."""
    seed: str = ""
    """Changes every placement when changed; leave it alone between versions."""

    def __post_init__(self) -> None:
        shares = (self.train, self.validation, self.test)
        if min(shares) < 0 or sum(shares) != 100:
            raise ValueError(
                f"train + validation + test: found {' + '.join(map(str, shares))} = {sum(shares)}, expected 100"
            )

    def keys(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return `split.question`, a 64-bit hash of the question's key together with the earlier turns."""
        around = (pl.col(name).fill_null("") for name in ("history", "context"))
        asked = pl.concat_str(pl.col("question_key").fill_null("None"), *around, separator="\x1f")
        return hash_64(batch.select(asked.alias("split.question")).to_series()).to_frame()

    def apply(self, corpus: Corpus) -> pl.DataFrame:
        rows = corpus.keys("split.question", "group", "source_id")
        if rows.is_empty():
            return pl.DataFrame(schema={"row": VERDICT["row"], "split": pl.String(), "split_group": pl.String()})
        rows = rows.with_columns(
            pl.when(pl.col("group").is_not_null()).then(pl.format("{}\x1f{}", "source_id", "group")).alias("passage")
        )
        labels = _components(rows, corpus.clusters())
        rows = rows.with_columns(pl.Series("component", labels[rows["row"].to_numpy()]))
        groups = rows.group_by("component").agg(pl.col("passage").min(), pl.col("split.question").min())
        groups = pl.concat([self._placed(some) for some in groups.iter_slices(_SLICE)])
        groups = groups.join(_placed_before(corpus, labels), on="component", how="left")
        groups = groups.with_columns(pl.coalesce("before", "split").alias("split"))
        return rows.join(groups, on="component", maintain_order="left").select("row", "split", "split_group")

    def _placed(self, groups: pl.DataFrame) -> pl.DataFrame:
        """Return `component, split_group, split` of some groups: each is named and placed by its key."""
        names = [p if p is not None else f"{q:016x}" for p, q in groups.select("passage", "split.question").iter_rows()]
        keys = [hashlib.sha256(name.encode()).hexdigest()[:16] for name in names]
        return groups.select(
            "component",
            pl.Series("split_group", keys, dtype=pl.String),
            pl.Series("split", [self._place(key) for key in keys], dtype=pl.String),
        )

    def _place(self, key: str) -> str:
        point = int.from_bytes(hashlib.sha256(f"{self.seed}\x1f{key}".encode()).digest()[:8], "big") % 10_000
        if point < self.train * 100:
            return "train"
        return "validation" if point < (self.train + self.validation) * 100 else "test"


def _components(rows: pl.DataFrame, clusters: pl.DataFrame) -> NDArray[np.uint32]:
    """Label every row number with the lowest one among the rows it must stay with, merged ones included."""
    edges = [
        rows.filter(pl.col(key).is_not_null()).select("row", pl.col("row").min().over(key).alias("other"))
        for key in ("split.question", "group")  # a group is a digest of its text: equal in two sources, one passage
    ]
    pairs = pl.concat([*edges, clusters.select("row", pl.col("cluster").alias("other"))])
    top = pairs.select(pl.max_horizontal("row", "other").max()).item()
    return components(int(top) + 1, pairs["row"].to_numpy(), pairs["other"].to_numpy())


def _placed_before(corpus: Corpus, labels: NDArray[np.uint32]) -> pl.DataFrame:
    """Return `component, before` for the groups of which the previous version placed a row, even a merged one."""
    if corpus.previous is None:
        return pl.DataFrame(schema={"component": pl.UInt32, "before": pl.String})
    live = corpus.keys("id")
    merged = corpus.clusters().join(live, on="row", how="anti")["row"]
    known = pl.concat([live, corpus.fetch(merged, "id")]).join(corpus.previous.rename({"split": "before"}), on="id")
    return (
        known.select(pl.Series("component", labels[known["row"].to_numpy()]), "before")
        .group_by("component", "before")
        .agg(pl.len().alias("votes"))
        .sort("votes", "before", descending=[True, False])  # two placed groups merged: the larger one stays
        .unique("component", keep="first", maintain_order=True)
        .select("component", "before")
    )
