"""Flagged rows that were kept."""

from pathlib import Path

from datakit.report.doubts import SAMPLES, Doubt, doubts, flagged
from datakit.report.looked import look
from datakit.report.release import Release
from tests.report.made import kept, rejected, release


def doubts_of(made: Release) -> list[Doubt]:
    """Find the flags and the rows to show."""
    flags = flagged(made)
    return doubts(flags, look(made, flags["id"].explode().drop_nulls().to_list()).rows)


def test_each_flag_counts_the_kept_rows_that_carry_it(tmp_path: Path) -> None:
    """A row with two flags counts for both, a rejected row for none."""
    rows = [
        kept("क?", flags=["wrong_letters", "ocr_fragments"]),
        kept("ख?", flags=["wrong_letters"], split="test", source_id="वही"),
        kept("ग?", flags=[]),
        rejected("घ", "empty_answer", flags=["legacy_font"]),
    ]
    found = doubts_of(release(tmp_path, rows))
    assert [(one.flag, one.count) for one in found] == [("wrong_letters", 2), ("ocr_fragments", 1)]
    assert {(row.question.text, row.source) for row in found[0].rows if row.question} == {
        ("क?", "पहिला"),
        ("ख?", "वही"),
    }


def test_few_rows_are_shown_and_always_the_same(tmp_path: Path) -> None:
    """Samples are the lowest ids, whatever the order of the rows."""
    rows = [kept(f"प्रश्न {n}?", flags=["wrong_letters"], locator=f"line {n}") for n in range(20)]
    shown = []
    for name, order in (("one", rows), ("two", rows[::-1])):
        (found,) = doubts_of(release(tmp_path / name, order))
        assert found.count == 20
        shown.append([row.locator for row in found.rows])
    assert shown[0] == shown[1]
    assert len(shown[0]) == SAMPLES


def test_no_flag_no_section(tmp_path: Path) -> None:
    """Where no row carries a flag there is nothing to doubt."""
    assert doubts_of(release(tmp_path, [kept("क")])) == []
