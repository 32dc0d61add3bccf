"""A row found again in its source."""

from pathlib import Path

import polars as pl
import pytest

from datakit.review.original import original


def test_every_row_of_the_sample_is_found_again(sample: Path, project: Path) -> None:
    """For one row of every file and kind of place, the source shows its lines, or its texts as they were read."""
    lineage = pl.read_parquet(sample / "lineage.parquet").unique("file", keep="first", maintain_order=True)
    assert lineage.height > 20
    for row in lineage.iter_rows(named=True):
        found = original(project / "raw", row["file"], row["locator"], row["raw_sha256"])
        assert found.problem == "", row["file"]
        assert any(own for _, _, own in found.lines) or any(text for _, text in found.row)


def test_lines_stand_among_their_neighbours(tmp_path: Path) -> None:
    """Two lines before and two after are shown, the row's own are marked, and bytes that are no text are named."""
    (tmp_path / "a.csv").write_bytes(b"1\n2\n3\n4 \xe0\xff\n5\n6\n7\n8\n")
    found = original(tmp_path, "a.csv", "lines 4-5", "")
    assert [(number, own) for number, _, own in found.lines] == [
        *((2, False), (3, False), (4, True), (5, True), (6, False), (7, False)),
    ]
    assert found.lines[2][1] == "4 \\xe0\\xff"


@pytest.mark.parametrize("file", ["../secret.txt", "/etc/passwd", "a/../../secret.txt", "link.txt"])
def test_no_file_outside_the_sources_is_shown(tmp_path: Path, file: str) -> None:
    """A version that names a file elsewhere, or a link that leads out, gets no word of it."""
    raw = tmp_path / "raw"
    raw.mkdir()
    (tmp_path / "secret.txt").write_text("गुपित\n", encoding="utf-8")
    (raw / "link.txt").symlink_to(tmp_path / "secret.txt")
    found = original(raw, file, "line 1", "0" * 64)
    assert found.problem
    assert "गुपित" not in str(found)


@pytest.mark.parametrize(
    ("file", "locator", "says"),
    [
        ("a.jsonl", "line 9", "has no line 9 any more"),
        ("a.jsonl", "$[3]", "holds no row with this text any more"),
        ("gone.jsonl", "line 1", "gone.jsonl is not below"),
    ],
)
def test_what_is_gone_is_told(tmp_path: Path, file: str, locator: str, says: str) -> None:
    """A source that changed since the version says so instead of showing another row."""
    (tmp_path / "a.jsonl").write_text('{"question": "का?", "answer": "हो"}\n', encoding="utf-8")
    assert says in original(tmp_path, file, locator, "0" * 64).problem


def test_without_the_sources_the_way_is_told(tmp_path: Path) -> None:
    """Where raw/ is elsewhere, the message names the option."""
    assert "start the review with --raw FOLDER" in original(tmp_path / "raw", "a", "line 1", "").problem


def test_a_long_line_is_cut(tmp_path: Path) -> None:
    """A line of megabytes is shown in part."""
    (tmp_path / "a.txt").write_text("अ" * 1_000_000 + "\n", encoding="utf-8")
    found = original(tmp_path, "a.txt", "line 1", "")
    assert sum(len(text) for _, text, _ in found.lines) < 70_000
