"""Is there room? Counted to the byte, said in units."""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from datakit.errors import OutputError
from export.disk import check_room

SLACK = 16 << 20


class Usage(NamedTuple):
    """What `shutil.disk_usage` gives."""

    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("free", "result", "scratch", "passes"),
    [
        (100 + SLACK, 100, 0, True),
        (99 + SLACK, 100, 0, False),
        (100 + SLACK, 60, 40, True),
        (99 + SLACK, 60, 40, False),
        (SLACK - 1, 0, 0, False),
    ],
)
def test_room_is_counted_to_the_byte(
    free: int, result: int, scratch: int, passes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Result, intermediate and 16 MiB for the system must be free where the file will lie; one byte less is refused."""
    asked = []

    def usage(folder: Path) -> Any:
        asked.append(folder)
        return Usage(free * 2, free, free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    if passes:
        check_room(tmp_path / "a" / "b" / "m.gguf", result=result, scratch=scratch)
    else:
        with pytest.raises(OutputError, match=r"nothing was written\. Make room, or choose another place with --out"):
            check_room(tmp_path / "a" / "b" / "m.gguf", result=result, scratch=scratch)
    assert asked == [tmp_path]


@pytest.mark.parametrize(
    ("result", "scratch", "free", "says"),
    [
        (1 << 30, 0, 5 << 20, "needs 1.00 GiB, but {} has 5.0 MiB free"),
        (1 << 30, 3 << 29, 0, "needs 1.00 GiB and 1.50 GiB for an intermediate file that is removed again, but {} has"),
        (1 << 40, 0, 1 << 26, "needs 1024.00 GiB, but {} has 0.06 GiB free"),
        ((1 << 26) - 1, 0, 1 << 20, "needs 64.0 MiB, but {} has 1.0 MiB free"),
        (1 << 26, 0, 1 << 20, "needs 0.06 GiB, but {} has 1.0 MiB free"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_in_units(
    result: int, scratch: int, free: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Need and room are said in GiB from 64 MiB on, else in MiB; an intermediate file only where there is one."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 0, free))
    with pytest.raises(OutputError) as caught:
        check_room(tmp_path / "m.gguf", result=result, scratch=scratch)
    assert f"m.gguf: {says.format(tmp_path)}" in str(caught.value)
