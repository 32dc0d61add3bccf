"""The release: the Parquet files of a version, written part by part: memory follows a batch, not the corpus."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from datakit.pipeline.bins import compact
from datakit.pipeline.corpus import DiskCorpus
from datakit.pipeline.streamed import streamed
from datakit.pipeline.withdrawn import parents_of
from datakit.record import SCHEMA
from datakit.stages.chat import MESSAGES, Chat
from datakit.stages.split import SPLITS

RELEASE_COLUMNS: Final = (
    "id", "messages", "question", "answer", "context", "system",
    "source_id", "licence", "file", "locator", "split_group", "lang", "flags", "meta",
)  # fmt: skip
REJECTED_COLUMNS: Final = (*SCHEMA, "of")
LINEAGE: Final[dict[str, pl.DataType]] = {
    "row_id": pl.String(),
    "source_id": pl.String(),
    "licence": pl.String(),
    "file": pl.String(),
    "locator": pl.String(),
    "raw_sha256": pl.String(),
    "role": pl.String(),  # kept | duplicate_of | rejected
    "of": pl.String(),  # id of the row it was merged into, or that it disagrees with
    "stage": pl.String(),
    "reason": pl.String(),
    "score": pl.Float32(),
    "cluster": pl.String(),  # id of the cluster's kept row
    "split": pl.String(),
    "changes": pl.List(pl.String()),
    # what a corpus stage asks of a record beside its text, so that a withdrawal can decide again without raw/
    "priority": pl.Int32(),
    "group": pl.String(),
    "derived_from": pl.List(pl.String()),  # ids of the sources or rows it was made from
}
_SLICE: Final = 50_000  # digests that are Python objects at a time
_TOLD: Final = {
    "row_id": pl.String(),
    "split": pl.Enum(SPLITS),
    **{name: LINEAGE[name] for name in ("source_id", "licence", "raw_sha256")},
}
"""Columns of lineage that are remembered of all rows; the first two of kept ones only."""
_MERGED: Final = ("exact_duplicate", "near_duplicate")


@dataclass(frozen=True)
class Released:
    """What the files hold."""

    roots: dict[str, str]
    """Row root of each split."""
    rows: dict[str, int]
    """Rows of each split."""
    records_by_source: dict[str, tuple[str, str | None]]
    """Source id to the root over its records as read, and its licence."""


def write_release(corpus: DiskCorpus, chat: Chat, folder: Path, spill: Path) -> Released:
    """Write one Parquet file a split, `rejected.parquet` and `lineage.parquet` into `folder`.

    `spill` is a folder for the pieces of all files but that of train, which is written as its rows come; the caller
    removes it. Rows stand in the order of the input.
    """
    rejections = corpus.rejections()
    of_ids = corpus.fetch(rejections["of"].drop_nulls(), "id").rename({"row": "of", "id": "of_id"})
    verdicts = rejections.join(of_ids, on="of", how="left").sort("row")
    names = (*SPLITS, "rejected", "lineage")
    for name in names:
        (spill / name).mkdir(parents=True)
    told: list[pl.DataFrame] = [pl.DataFrame(schema=_TOLD)]

    def largest() -> Iterator[pl.DataFrame]:
        """Yield the rows of the first split, which go straight into their file, and lay aside all others."""
        for number, (kept, rejected, lineage) in enumerate(_pieces(corpus, chat, verdicts)):
            pieces = {name: kept.filter(pl.col("split") == name) for name in SPLITS}
            for name in SPLITS[1:]:
                _spill(pieces[name].select(RELEASE_COLUMNS), spill / name, number)
            _spill(rejected.select(REJECTED_COLUMNS), spill / "rejected", number)
            _spill(lineage, spill / "lineage", number)
            kept_here = pl.col("role") == "kept"
            there = [pl.when(kept_here).then(name).cast(_TOLD[name]).alias(name) for name in ("row_id", "split")]
            told.append(compact(lineage.with_columns(there).select(_TOLD.keys())))
            if pieces[SPLITS[0]].height:
                yield pieces[SPLITS[0]].select(RELEASE_COLUMNS)

    empty = {name: pl.DataFrame(schema=_release_schema()) for name in SPLITS}
    empty["rejected"] = pl.DataFrame(schema={**SCHEMA, "of": pl.String})
    empty["lineage"] = pl.DataFrame(schema=LINEAGE)
    _write(streamed(largest(), _release_schema()), folder / f"{SPLITS[0]}.parquet").collect()
    rows = pl.concat(told)
    ids = {name: rows["row_id"].filter(rows["split"].eq_missing(name)) for name in SPLITS}
    if not len(ids[SPLITS[0]]):
        empty[SPLITS[0]].write_parquet(folder / f"{SPLITS[0]}.parquet")
    for pair in (names[1:3], names[3:]):  # side by side; all four at once hold a row group of each: 120 MB more
        pl.collect_all([_gathered(spill / name, folder / f"{name}.parquet", empty[name]) for name in pair])
    return Released(
        roots={name: _root(found) for name, found in ids.items()},
        rows={name: len(found) for name, found in ids.items()},
        records_by_source=_sources(rows),
    )


def _pieces(
    corpus: DiskCorpus, chat: Chat, verdicts: pl.DataFrame
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]]:
    """Yield each part's kept rows, rejected rows and lineage; `verdicts` are sorted by `row`."""
    placed = corpus.written("split", "split_group")
    for start, part in corpus.parts():
        mine = _between(verdicts, start, part.height)
        mine = mine.rename({name: f"v_{name}" for name in ("reject_reason", "reject_detail", "stage")})
        frame = pl.read_parquet(part.rows, memory_map=False).with_row_index("row", offset=start)
        frame = frame.join(mine, on="row", how="left", maintain_order="left")
        frame = frame.join(_between(placed, start, part.height), on="row", how="left", maintain_order="left")
        frame = frame.with_columns(
            pl.coalesce("reject_stage", "v_stage").alias("reject_stage"),
            pl.coalesce("reject_reason", "v_reject_reason").alias("reject_reason"),
            pl.coalesce("reject_detail", "v_reject_detail").alias("reject_detail"),
        )
        kept = frame.filter(pl.col("reject_reason").is_null())
        kept = kept.with_columns(chat.message_column(kept))
        rejected = frame.filter(pl.col("reject_reason").is_not_null()).with_columns(pl.col("of_id").alias("of"))
        yield kept, rejected, _lineage(frame)


def _between(sorted_rows: pl.DataFrame, start: int, height: int) -> pl.DataFrame:
    rows = sorted_rows["row"]
    begin, end = rows.search_sorted(start), rows.search_sorted(start + height)
    return sorted_rows[begin:end]


def _root(digests: pl.Series) -> str:
    """Return `content_root` of a column of hex digests, a slice of them at a time as Python objects."""
    root = hashlib.sha256()
    for piece in digests.sort().to_frame().iter_slices(_SLICE):
        root.update("".join(f"{digest}\n" for digest in piece.to_series()).encode("ascii"))
    return root.hexdigest()


def _lineage(frame: pl.DataFrame) -> pl.DataFrame:
    merged = pl.col("reject_reason").is_in(_MERGED)
    role = pl.when(pl.col("reject_reason").is_null()).then(pl.lit("kept")).when(merged).then(pl.lit("duplicate_of"))
    return frame.select(
        pl.col("id").alias("row_id"),
        "source_id",
        "licence",
        "file",
        "locator",
        "raw_sha256",
        role.otherwise(pl.lit("rejected")).alias("role"),
        pl.col("of_id").alias("of"),
        pl.col("reject_stage").alias("stage"),
        pl.col("reject_reason").alias("reason"),
        "score",
        pl.when(merged).then(pl.col("of_id")).alias("cluster"),
        "split",
        "changes",
        "priority",
        "group",
        pl.Series("derived_from", [parents or None for parents in parents_of(frame)], dtype=LINEAGE["derived_from"]),
    ).select(pl.col(name).cast(dtype) for name, dtype in LINEAGE.items())


def _release_schema() -> dict[str, pl.DataType]:
    extra = {"messages": MESSAGES, "split_group": pl.String()}
    return {name: extra[name] if name in extra else SCHEMA[name] for name in RELEASE_COLUMNS}


def _spill(piece: pl.DataFrame, folder: Path, number: int) -> None:
    if piece.height:
        piece.write_ipc(folder / f"{number:06d}.arrow", compression="lz4")


def _gathered(folder: Path, target: Path, empty: pl.DataFrame) -> pl.LazyFrame:
    files = sorted(folder.glob("*.arrow"))
    return _write(pl.scan_ipc(files) if files else empty.lazy(), target)


def _write(rows: pl.LazyFrame, target: Path) -> pl.LazyFrame:
    """Return a frame that, once it is collected, has written the rows."""
    return rows.sink_parquet(target, compression="zstd", row_group_size=8192, maintain_order=True, lazy=True)


def _sources(records: pl.DataFrame) -> dict[str, tuple[str, str | None]]:
    # Pages of one source may state different licences: together they are under all of them, and under none if one is.
    several = pl.when(pl.col("licence").null_count() == 0).then(pl.col("licence").unique().sort().str.join(" AND "))
    grouped = records.group_by("source_id").agg(several.alias("licence"), pl.len().alias("rows")).sort("source_id")
    digests = records.select("source_id", "raw_sha256").sort("source_id")["raw_sha256"]
    found, at = {}, 0
    for source, licence, rows in grouped.iter_rows():
        found[source] = (_root(digests.slice(at, rows)), licence)
        at += rows
    return found
