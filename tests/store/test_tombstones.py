"""Tombstones: one for each source, growing, never lost, and never guessed."""

import json
from pathlib import Path

import pytest

from datakit.errors import IntegrityError
from datakit.store import TOMBSTONES, Tombstone, add_tombstone, read_tombstones


def test_a_tombstone_grows_and_keeps_its_first_day(tmp_path: Path) -> None:
    """Setting it again adds records, takes a new note, and leaves the day of the first withdrawal."""
    assert read_tombstones(tmp_path) == ()
    add_tombstone(tmp_path, Tombstone(source="ब", derived=(("c", "1"),), note="पहिले", at="2026-01-01"))
    add_tombstone(tmp_path, Tombstone(source="a"))
    stands = add_tombstone(tmp_path, Tombstone(source="ब", derived=(("c", "2"),), at="2026-02-02"))
    assert stands == Tombstone(source="ब", derived=(("c", "1"), ("c", "2")), note="पहिले", at="2026-01-01")
    assert read_tombstones(tmp_path) == (Tombstone(source="a"), stands)
    assert len((tmp_path / TOMBSTONES).read_text("utf-8").splitlines()) == 2


def test_the_identity_holds_what_is_kept_out_and_not_why_or_when() -> None:
    """Note and day change no id; another derived record does."""
    plain = Tombstone(source="a", derived=(("c", "1"),))
    assert Tombstone(source="a", derived=(("c", "1"),), note="x", at="y").identity() == plain.identity()
    assert Tombstone(source="a", derived=(("c", "2"),)).identity() != plain.identity()
    assert plain.identity()["source"] == "a"


@pytest.mark.parametrize(
    "line", ["{", "[]", "3", '{"source": 1}', '{"derived": []}', '{"source": "a", "derived": [1]}']
)
def test_a_line_that_is_no_tombstone_stops_everything(tmp_path: Path, line: str) -> None:
    """The line is named; nothing is read past it, since a source could come back unnoticed."""
    good = json.dumps({"source": "a", "derived": []})
    (tmp_path / TOMBSTONES).write_text(f"{good}\n{line}\n", encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"tombstones\.jsonl: line 2: not a tombstone"):
        read_tombstones(tmp_path)
