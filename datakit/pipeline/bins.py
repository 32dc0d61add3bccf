"""Frames sorted into numbered bins on disk: rows come in any order and leave bin by bin, so memory holds one bin."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

_HELD_BYTES: Final = 32 << 20  # rows wait in memory until there are so many: a bin's file is opened a few hundred times
_LENGTH: Final = 8  # bytes before each piece of a bin's file that say how long the piece is


class Bins:
    """`put` rows, then go through all bins once; every frame has the columns of the first."""

    def __init__(self, folder: Path) -> None:
        """Take a folder that is there; its files are named by the numbers of the bins and gone once they were read."""
        self._folder = folder
        self._waiting: list[pl.DataFrame] = []
        self._bytes = 0
        self._used: set[int] = set()

    def put(self, frame: pl.DataFrame, bins: NDArray[np.integer]) -> None:
        """Put each row of a frame into its bin; rows of one bin keep their order."""
        if frame.height:
            self._waiting.append(frame.with_columns(pl.Series("__bin", bins.astype(np.uint32))))
            self._bytes += int(frame.estimated_size())
        if self._bytes >= _HELD_BYTES:
            self._flush()

    def take(self, number: int) -> pl.DataFrame | None:
        """Return the rows of a bin and forget them; None where nothing was put into it."""
        self._flush()
        if number not in self._used:
            return None
        self._used.remove(number)
        file = self._file(number)
        payload = file.read_bytes()
        file.unlink()
        return pl.concat(_pieces(payload), rechunk=True)

    def _flush(self) -> None:
        if not self._waiting:
            return
        together = pl.concat(self._waiting).sort("__bin", maintain_order=True)
        self._waiting, self._bytes = [], 0
        for (number,), piece in together.partition_by("__bin", as_dict=True, maintain_order=True).items():
            payload = as_stream(piece.drop("__bin"))
            with self._file(int(number)).open("ab") as stream:
                stream.write(len(payload).to_bytes(_LENGTH, "little"))
                stream.write(payload)
            self._used.add(int(number))

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:06d}.bin"


def as_stream(frame: pl.DataFrame) -> bytes:
    """Return a frame as an Arrow stream."""
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="lz4")
    return buffer.getvalue()


def compact(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame that holds its own rows and nothing else.

    Rows picked out of a frame keep all of its text in memory: polars points into the old buffers. Two hundred rows of
    42 parts held 322 MB instead of 6.
    """
    return pl.read_ipc_stream(io.BytesIO(as_stream(frame)))


def _pieces(payload: bytes) -> Iterator[pl.DataFrame]:
    at = 0
    while at < len(payload):
        end = at + _LENGTH + int.from_bytes(payload[at : at + _LENGTH], "little")
        yield pl.read_ipc_stream(io.BytesIO(payload[at + _LENGTH : end]))
        at = end
