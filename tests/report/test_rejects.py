"""Samples of rejected rows."""

import random
from pathlib import Path

from datakit.report.rejects import SAMPLES, reasons
from tests.report.made import kept, rejected, release


def test_every_reason_is_there_with_its_count_and_five_rows_at_most(tmp_path: Path) -> None:
    """Counts are of all rows, samples of up to five, the most frequent reason first."""
    rows = [rejected(f"प्रश्न {n}", "empty_answer", source_id="वही", file="वही.csv") for n in range(9)]
    rows += [rejected("का?", "question_too_short", "length", reject_detail="2 characters, expected 8 or more")]
    found = reasons(release(tmp_path, [*rows, kept("रायगड कोठे आहे?")]))
    assert [(one.stage, one.reason, one.count, len(one.rows)) for one in found] == [
        ("validate", "empty_answer", 9, SAMPLES),
        ("length", "question_too_short", 1, 1),
    ]
    first = found[0].rows[0]
    assert (first.source, first.file) == ("वही", "वही.csv")
    assert first.locator.startswith("line ")
    (short,) = found[1].rows
    assert short.question is not None
    assert short.question.text == "का?"
    assert short.detail is not None
    assert short.detail.text == "2 characters, expected 8 or more"
    assert short.answer is None


def test_the_same_rows_are_shown_in_any_order_of_the_input(tmp_path: Path) -> None:
    """Samples are chosen by digest, not by place in the file."""
    rows = [
        rejected(f"प्रश्न {n}", "empty_answer", locator=f"line {n}", raw_sha256=f"{n * 7919:064x}") for n in range(40)
    ]
    shown = []
    for seed in (1, 2):
        random.Random(seed).shuffle(rows)
        (reason,) = reasons(release(tmp_path / str(seed), [kept("क"), *rows]))
        shown.append([row.locator for row in reason.rows])
    assert shown[0] == shown[1]
    assert len(set(shown[0])) == SAMPLES


def test_one_reason_of_two_stages_is_two_entries(tmp_path: Path) -> None:
    """A reason is named together with the stage that gave it."""
    rows = [rejected("क", "empty_answer", "validate"), rejected("ख", "empty_answer", "length")]
    assert [(one.stage, one.count) for one in reasons(release(tmp_path, rows))] == [("length", 1), ("validate", 1)]


def test_no_rejected_row_no_reason(tmp_path: Path) -> None:
    """A version that lost nothing has no reasons."""
    assert reasons(release(tmp_path, [kept("क")])) == []
