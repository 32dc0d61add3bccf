"""What a stage is. A stage marks rows, it never drops one: rows in = rows kept + rows rejected, always.

Two kinds, told apart by type:

- a **row stage** sees one batch at a time, so it streams, runs in parallel and on a cluster unchanged;
- a **corpus stage** first maps each batch to a few compact key columns (`keys`, run beside the row stages), and
  later decides over the keys of the whole corpus (`apply`).

Both are frozen dataclasses: the fields are the options a recipe may set, all keyword-only with defaults.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, Final, Protocol, TypeVar, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.devanagari import dedup_keys
from datakit.record import complete, is_live

KEY_COLUMNS: Final = ("id", "source_id", "group", "priority")
"""Record columns that every corpus stage may ask for beside its own keys."""

VERDICT: Final[dict[str, pl.DataType]] = {
    "row": pl.UInt32(),  # which row, as numbered in `Corpus.keys`
    "reject_reason": pl.String(),  # null: the row stays
    "reject_detail": pl.String(),
    "of": pl.UInt32(),  # the row it was merged into, or that it disagrees with
    "cluster": pl.UInt32(),  # the lowest row number of the cluster the row belongs to
    "score": pl.Float32(),  # similarity to `of`, 0 to 1
}
"""What `CorpusStage.apply` may say of a row, beside the columns in the stage's `writes`. `row` is required."""


Job = TypeVar("Job")
Found = TypeVar("Found")


class RowStage(Protocol):
    """A stage that decides each row by itself.

    It may have a `trigger: ClassVar[str]`, a Rust pattern found in every text that it asks `first_look.shows` about:
    the triggers of all stages are looked for in one pass.
    """

    name: ClassVar[str]
    reasons: ClassVar[tuple[str, ...]]  # every reject reason it may give, snake_case faults
    writes: ClassVar[tuple[str, ...]]  # record columns it may change, beside the verdict

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the same rows in the same order, some of them marked or rewritten."""
        ...


class Corpus(Protocol):
    """What a corpus stage sees: keys of every live row, text of a few."""

    previous: pl.DataFrame | None
    """`id, split` of the rows of the version before this one; None: there is none."""

    def keys(self, *columns: str) -> pl.DataFrame:
        """Return `row` and the named key columns of all live rows. Ask for few columns at a time: they fill memory.

        Row numbers follow the order of the input, which must not matter: break ties by `id`, never by `row`.
        """
        ...

    def hashes(self, column: str) -> Iterator[pl.DataFrame]:
        """Yield `row` and the hashes of a key column, a line for each hash of a list, nulls left out, a few at a time.

        Equal hashes always stand in one frame: what is compared by them needs no more of the corpus in memory.
        """
        ...

    def fetch(self, rows: pl.Series, *columns: str) -> pl.DataFrame:
        """Return `row` and the named record columns of the named rows, sorted by `row`. Reads from disk."""
        ...

    def each(
        self,
        work: Callable[[Job, pl.DataFrame], Found],
        jobs: Sequence[tuple[pl.Series, Job]],
        *columns: str,
    ) -> Iterator[Found]:
        """Yield `work(job, texts)` for each rows and job, in their order; `texts` is what `fetch` returns for the rows.

        The disk is read once for all of them. The work may be done in other processes, so it is a function of a module,
        or a `partial` of one, and depends on nothing but what it is handed.
        """
        ...

    def known_apart(self, stage: str, pairs: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which pairs of rows the run before has compared and found apart, so that a stage may pass over them.

        A pair is named by a hash of all that the comparison looks at: the verdicts are the same without.
        """
        ...

    def note_apart(self, stage: str, pairs: NDArray[np.uint64]) -> None:
        """Note for the next run which pairs are apart, those that were known included."""
        ...

    def clusters(self) -> pl.DataFrame:
        """Return `row, cluster` for every row, rejected ones too, that an earlier stage put in a cluster."""
        ...

    def written(self, column: str) -> pl.DataFrame:
        """Return `row` and a column that an earlier corpus stage wrote, such as `split`."""
        ...

    def accepted(self, fault: str) -> frozenset[int]:
        """Return the rows that people let stand against a fault, named as `stage.reason`."""
        ...


@runtime_checkable
class CorpusStage(Protocol):
    """A stage that compares rows with each other."""

    name: ClassVar[str]
    reasons: ClassVar[tuple[str, ...]]
    writes: ClassVar[tuple[str, ...]]  # columns of its verdict beside VERDICT, such as `split`

    def keys(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return one row of compact key columns for each row of the batch, names prefixed `<stage>.`.

        A stage that needs no keys returns no columns. The batch carries two columns more than a record: `question_key`
        and `answer_key`, the dedup keys of both texts (see `with_text_keys`), computed once for all corpus stages.
        """
        ...

    def apply(self, corpus: Corpus) -> pl.DataFrame:
        """Return verdicts; rows left out stay as they are."""
        ...


Stage = RowStage | CorpusStage
"""`isinstance(stage, CorpusStage)` tells the kinds apart: only those have `keys`. RowStage cannot be asked for."""


@dataclass(frozen=True)
class Fault:
    """One reason for rejecting: `when` is a boolean expression over the batch, `detail` the text shown to people."""

    reason: str
    when: pl.Expr
    detail: pl.Expr | str | None = None


def mark(batch: pl.DataFrame, stage: str, faults: Sequence[Fault]) -> pl.DataFrame:
    """Reject the live rows for which a fault holds; the first fault in the list wins, an earlier rejection stays.

    A `when` that is null counts as false. Details are computed for the rejected rows only.
    """
    which = pl.coalesce(
        [pl.when(fault.when).then(pl.lit(number, pl.Int16)) for number, fault in enumerate(faults)]
        + [pl.lit(None, pl.Int16)]
    )
    found = batch.select(pl.when(is_live()).then(which).alias("fault"))["fault"]
    if found.null_count() == len(found):
        return batch
    marked = batch.with_columns(found.alias("__fault")).with_row_index("__row")
    bad = marked.filter(pl.col("__fault").is_not_null())
    bad = bad.rechunk()  # polars 2.1 panics (`i < self.len()`) where details join columns that are cut differently
    details = [
        pl.when(pl.col("__fault") == number).then(
            fault.detail if isinstance(fault.detail, pl.Expr) else pl.lit(fault.detail, pl.String)
        )
        for number, fault in enumerate(faults)
    ]
    verdicts = bad.select(
        "__row",
        pl.lit(stage).alias("__stage"),
        pl.col("__fault")
        .replace_strict({n: f.reason for n, f in enumerate(faults)}, return_dtype=pl.String)
        .alias("__reason"),
        pl.coalesce([*details, pl.lit(None, pl.String)]).cast(pl.String).alias("__detail"),
    )
    joined = marked.join(verdicts, on="__row", how="left", maintain_order="left")
    hit = pl.col("__reason").is_not_null()
    return joined.with_columns(
        pl.when(hit).then(pl.col("__stage")).otherwise(pl.col("reject_stage")).alias("reject_stage"),
        pl.when(hit).then(pl.col("__reason")).otherwise(pl.col("reject_reason")).alias("reject_reason"),
        pl.when(hit).then(pl.col("__detail")).otherwise(pl.col("reject_detail")).alias("reject_detail"),
    ).select(batch.columns)


def flag(batch: pl.DataFrame, name: str, when: pl.Expr) -> pl.DataFrame:
    """Add `name` to the flags of the rows for which `when` holds, once."""
    flags = pl.coalesce(pl.col("flags"), pl.lit([], pl.List(pl.String)))
    new = when.fill_null(False) & ~flags.list.contains(name)
    return batch.with_columns(
        pl.when(new).then(pl.concat_list(flags, pl.lit(name))).otherwise(pl.col("flags")).alias("flags")
    )


def with_text_keys(batch: pl.DataFrame, *, normalized: bool = False) -> pl.DataFrame:
    """Add `question_key` and `answer_key`: equal keys mean equal text, whatever the spelling, digits or punctuation.

    `normalized`: all texts are normalized by the default policy already, so that it need not be done again.
    """
    columns = {"question_key": "question", "answer_key": "answer"}
    return batch.with_columns(
        dedup_keys(batch[name], normalized=normalized).alias(key) for key, name in columns.items()
    )


def flat_hashes(keys: pl.DataFrame) -> pl.DataFrame:
    """Return `row` and the hashes of a column, a line for each hash of a list, without nulls."""
    name = keys.columns[1]
    if isinstance(keys.schema[name], pl.List):
        keys = keys.filter(pl.col(name).list.len() > 0).explode(name)
    return keys.drop_nulls(name)


class MemoryCorpus:
    """A whole corpus in one frame: what tests, notebooks and small callers hand to a corpus stage."""

    def __init__(
        self,
        batch: pl.DataFrame,
        *stages: CorpusStage,
        clusters: pl.DataFrame | None = None,
        previous: pl.DataFrame | None = None,
        written: pl.DataFrame | None = None,
        accepted: Mapping[str, frozenset[int]] | None = None,
    ) -> None:
        records = complete(batch).with_row_index("row")
        keyed = with_text_keys(records.drop("row"))
        self._records = records
        self._keys = pl.concat([records, *(stage.keys(keyed) for stage in stages)], how="horizontal")
        self._clusters = clusters
        self._written = written
        self._accepted = accepted or {}
        self.previous = previous

    def keys(self, *columns: str) -> pl.DataFrame:
        return self._keys.filter(is_live()).select("row", *columns)

    def fetch(self, rows: pl.Series, *columns: str) -> pl.DataFrame:
        return self._records.filter(pl.col("row").is_in(rows.implode())).select("row", *columns)

    def hashes(self, column: str) -> Iterator[pl.DataFrame]:
        yield flat_hashes(self.keys(column))

    def each(
        self,
        work: Callable[[Job, pl.DataFrame], Found],
        jobs: Sequence[tuple[pl.Series, Job]],
        *columns: str,
    ) -> Iterator[Found]:
        for rows, job in jobs:
            yield work(job, self.fetch(rows, *columns))

    def known_apart(self, stage: str, pairs: NDArray[np.uint64]) -> NDArray[np.bool_]:  # noqa: ARG002 - knows of none
        return np.zeros(len(pairs), dtype=np.bool_)

    def note_apart(self, stage: str, pairs: NDArray[np.uint64]) -> None:
        """There is no run before and none after."""

    def clusters(self) -> pl.DataFrame:
        if self._clusters is not None:
            return self._clusters
        return pl.DataFrame(schema={"row": pl.UInt32, "cluster": pl.UInt32})

    def written(self, column: str) -> pl.DataFrame:
        if self._written is not None:
            return self._written.select("row", column)
        return pl.DataFrame(schema={"row": pl.UInt32, column: pl.String})

    def accepted(self, fault: str) -> frozenset[int]:
        return self._accepted.get(fault, frozenset())


def options(stage: Stage) -> dict[str, Any]:
    """Return the options a stage runs with, defaults included, in the order they are declared."""
    return {name: getattr(stage, name) for name in option_names(type(stage))}


def option_names(kind: type[Stage]) -> list[str]:
    """Return the names of the options a stage has; a stage that is no dataclass has none."""
    return [field.name for field in fields(kind)] if is_dataclass(kind) else []
