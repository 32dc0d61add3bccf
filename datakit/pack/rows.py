"""Reading a split row by row, and writing JSON Lines."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.lineage import Manifest
from datakit.stages.split import SPLITS

Row = Mapping[str, Any]
_BATCH_ROWS: Final = 10_000


def release_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a split with what a trainer may want of them, a batch in memory at a time."""
    frame = pl.scan_parquet(path).select("id", "messages", "question", "answer", "context", "system")
    total = frame.select(pl.len()).collect().item()
    for start in range(0, total, _BATCH_ROWS):
        yield from frame.slice(start, _BATCH_ROWS).collect().iter_rows(named=True)


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object a line, text as it is."""
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def split_rows(manifest: Manifest) -> dict[str, int]:
    """Return the rows of each split in the order people name them; a manifest on disk has them by alphabet."""
    there: Mapping[str, int] = manifest.counts["splits"]
    return {name: there[name] for name in (*SPLITS, *there) if name in there}
