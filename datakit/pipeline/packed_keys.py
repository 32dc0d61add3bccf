"""Keys of many parts packed into few files: a corpus stage reads them column by column, each time from all files."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

_FILE_ROWS: Final = 100_000  # rows to a file: with up to 45 hashes a row 40 MB are in memory while it is written


def pack_keys(frames: Iterable[pl.DataFrame], folder: Path) -> list[Path]:
    """Write frames of one schema into files of `folder`, which is there, in their order; returns the files."""
    waiting: list[pl.DataFrame] = []
    files: list[Path] = []
    for frame in frames:
        if waiting and sum(map(len, waiting)) + frame.height > _FILE_ROWS:
            files.append(_write(waiting, folder / f"{len(files):06d}.keys.parquet"))
            waiting = []
        waiting.append(frame)
    if waiting:
        files.append(_write(waiting, folder / f"{len(files):06d}.keys.parquet"))
    return files


def packed_keys(files: Sequence[Path], columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
    """Yield the named columns of each file, or all of them."""
    for file in files:
        yield pl.read_parquet(file, columns=None if columns is None else list(columns), memory_map=False)


def _write(frames: list[pl.DataFrame], file: Path) -> Path:
    pl.concat(frames).write_parquet(file, compression="lz4", statistics=False)
    return file
