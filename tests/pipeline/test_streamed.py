"""Frames on their way from a generator into a file."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from datakit.pipeline.streamed import streamed

SCHEMA = {"n": pl.Int64(), "text": pl.String()}


def frames(heights: list[int]) -> Iterator[pl.DataFrame]:
    at = 0
    for height in heights:
        numbers = range(at, at + height)
        yield pl.DataFrame({"n": numbers, "text": [f"शके {n}" * (n % 7) for n in numbers]}, schema=SCHEMA)
        at += height


@pytest.mark.parametrize("heights", [[5], [0, 3, 0, 9_000], [1] * 50, [20_000, 1]])
def test_a_file_of_frames_is_that_of_their_pieces_on_disk(tmp_path: Path, heights: list[int]) -> None:
    """Rows written as they come give, byte for byte, the file that their pieces give once they all lie on disk."""
    pieces = []
    for number, frame in enumerate(frames(heights)):
        if frame.height:
            pieces.append(tmp_path / f"{number:02}.piece")
            frame.write_parquet(pieces[-1])
    pl.scan_parquet(pieces).sink_parquet(tmp_path / "laid", row_group_size=8192, maintain_order=True)
    some = (frame for frame in frames(heights) if frame.height)
    streamed(some, SCHEMA).sink_parquet(tmp_path / "came", row_group_size=8192, maintain_order=True)
    assert (tmp_path / "came").read_bytes() == (tmp_path / "laid").read_bytes()


def test_columns_and_rows_can_be_picked() -> None:
    """A lazy frame of frames answers as any other does."""
    found = streamed(frames([4, 4]), SCHEMA).filter(pl.col("n") > 2).select("text").head(3).collect()
    assert found["text"].to_list() == ["शके 3" * 3, "शके 4" * 4, "शके 5" * 5]


def test_no_frame_gives_no_row() -> None:
    """A generator that yields nothing gives an empty frame with all columns."""
    assert streamed(iter(()), SCHEMA).collect().schema == SCHEMA


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("क")])
def test_an_error_on_the_way_comes_out_as_it_is(tmp_path: Path, error: Exception) -> None:
    """What goes wrong while frames are made is not wrapped: a full disk stays an OSError."""

    def broken() -> Iterator[pl.DataFrame]:
        yield from frames([3])
        raise error

    with pytest.raises(type(error)) as caught:
        streamed(broken(), SCHEMA).sink_parquet(tmp_path / "came")
    assert caught.value is error


def test_no_more_than_a_few_frames_wait(tmp_path: Path) -> None:
    """Frames are made as they are written, so memory holds a few of them: pulled lazily, not gathered first."""
    made: list[int] = []
    sizes: list[int] = []
    target = tmp_path / "came"

    def counted() -> Iterator[pl.DataFrame]:
        for number in range(60):
            made.append(number)
            sizes.append(target.stat().st_size if target.exists() else 0)
            yield pl.DataFrame(
                {"n": range(2_000), "text": [f"{number}-{n * 2654435761 % 2**32}" for n in range(2_000)]}
            )

    streamed(counted(), SCHEMA).sink_parquet(target, row_group_size=2_000, maintain_order=True)
    assert len(made) == 60
    assert sizes[-1] > target.stat().st_size / 2, "most rows were on disk before the last frame was made"
