"""What is chosen for review."""

from pathlib import Path

import polars as pl
import pytest

from datakit.decisions import Decision, Standing
from datakit.lineage import read_manifest
from datakit.review import Queue, build_queue
from tests.report.made import kept, published, rejected, row_id

NEVER = {"exact_duplicate"}


def queue_of(folder: Path, **more: int) -> Queue:
    return build_queue(folder, read_manifest(folder), Standing(decisions=()), **more)


def test_every_reason_of_the_sample_is_there(queue: Queue, sample: Path) -> None:
    """Each reason for which the sample loses rows has a row in the queue, but for what nobody may overrule."""
    reasons = set(pl.read_parquet(sample / "rejected.parquet")["reject_reason"])
    assert len(reasons) > 30
    assert {one.reason for one in queue.items if one.reason} == reasons - NEVER


def test_each_row_stands_once_in_its_section(queue: Queue) -> None:
    """Sections follow each other without a gap, hold what they say they hold, and no row is asked twice."""
    assert len({one.row for one in queue.items}) == len(queue.items)
    at = 0
    for section in queue.sections:
        assert section.start == at
        assert section.count <= section.total
        assert {one.section for one in queue.items[at : at + section.count]} == {section.name}
        at += section.count
    assert at == len(queue.items)


def test_every_item_has_what_a_decision_needs(queue: Queue, sample: Path) -> None:
    """Place, digest and something to do; the digest is the one in the lineage at that place."""
    lineage = pl.read_parquet(sample / "lineage.parquet")
    digests = {
        (file, locator, digest) for file, locator, digest in lineage.select("file", "locator", "raw_sha256").rows()
    }
    for one in queue.items:
        assert (one.file, one.locator, one.row) in digests
        assert one.actions
        assert one.question or one.answer or one.detail


def test_a_dispute_shows_all_sides(queue: Queue) -> None:
    """The first section holds disputes; each side is an item with the others beside it, the kept one first."""
    assert queue.sections[0].name == "disputes"
    assert queue.disputes
    for sides in queue.disputes.values():
        assert len(sides) >= 2
        assert sides[0].reason is None
        answers = {one.answer for one in sides}
        for one in sides:
            assert {one.answer, *(other.answer for other in one.beside)} == answers
            assert "conflicts.conflicting_answer" in one.faults


def test_near_duplicates_show_what_was_kept_least_alike_first(queue: Queue) -> None:
    """A merged row has the row that stayed beside it, and the doubtful merges come first."""
    merged = [one for one in queue.items if one.reason == "near_duplicate"]
    assert len(merged) == 10
    assert all(one.beside[0].title == "Kept instead" for one in merged)
    scores = [one.score or 0.0 for one in merged]
    assert scores == sorted(scores)


def test_the_choice_is_the_same_for_everybody(queue: Queue, sample: Path) -> None:
    """Two reviewers of one version see one queue."""
    assert queue_of(sample) == queue
    few = queue_of(sample, samples=1).sections
    assert [section.count for section in few if section.name not in ("disputes", "close")] == [1] * (len(few) - 2)


def test_close_calls_are_measured(tmp_path: Path) -> None:
    """A question just too long is a close call, one of ten times the limit is none; so with confidence."""
    far, near = "45000 characters, at most 4500", "4700 characters, at most 4500"
    sure, unsure = "question and answer: hin, confidence 1.0", "question and answer: hin, confidence 0.83"
    rows = [
        kept("गड कोठे आहे?"),
        rejected("लांब प्रश्न १", "question_too_long", "length", reject_detail=far),
        rejected("लांब प्रश्न २", "question_too_long", "length", reject_detail=near),
        rejected("प्रश्न हिंदी १", "not_marathi", "language", reject_detail=sure),
        rejected("प्रश्न हिंदी २", "not_marathi", "language", reject_detail=unsure),
        rejected("विलीन १", "near_duplicate", "near_dedup", score=0.91, of=row_id("गड कोठे आहे?")),
        rejected("विलीन २", "near_duplicate", "near_dedup", score=0.99, of=row_id("गड कोठे आहे?")),
    ]
    folder = published(tmp_path / "made", rows).folder
    close = [one.question for one in queue_of(folder).items if one.section == "close"]
    assert set(close) == {"लांब प्रश्न २", "प्रश्न हिंदी २", "विलीन १"}


def test_kept_rows_with_a_flag_and_kept_rows_near_a_limit_are_asked(tmp_path: Path) -> None:
    """A fault that a stage let pass, and a question that is nearly too short, are shown although they were kept."""
    folder = published(
        tmp_path / "made", [kept("गड कोठे?", flags=["wrong_letters"]), kept("का गड?"), kept("रायगड कोठे आहे?")]
    )
    manifest = read_manifest(folder.folder)
    limits = {"use": "length", "min_question_chars": 5, "max_question_chars": 4500, "max_answer_chars": 8000}
    manifest.identity["recipe"]["stages"].append(limits)
    found = {one.section: one.question for one in build_queue(folder.folder, manifest, Standing(decisions=())).items}
    assert found == {"flag-wrong_letters": "गड कोठे?", "close": "का गड?"}


def test_contested_rows_come_first(sample: Path, queue: Queue) -> None:
    """Rows about which reviewers are at odds open the queue."""
    row = queue.items[30].row
    contested = ((Decision(action="accept", row=row), Decision(action="reject", row=row)),)
    found = build_queue(sample, read_manifest(sample), Standing(decisions=(), contested=contested))
    assert found.sections[0].name == "contested"
    assert found.items[0].row == row


@pytest.mark.parametrize("hops", [1, 2])
def test_merged_rows_are_named_however_far_they_were_handed_on(tmp_path: Path, hops: int) -> None:
    """A row merged into a row that was merged later belongs to the row that was kept in the end."""
    first, second = row_id("गड कोठे आहे?"), row_id("गड कोठे", None)
    rows = [
        kept("गड कोठे आहे?", flags=["doubt"]),
        rejected("गड कोठे", "near_duplicate", "near_dedup", of=first, score=0.99),
        rejected("गड  कोठे", "exact_duplicate", "exact_dedup", of=second if hops == 2 else first, score=1.0),
    ]
    folder = published(tmp_path / "made", rows).folder
    (one,) = [one for one in queue_of(folder).items if one.question == "गड कोठे आहे?"]
    assert len(one.also) == 2


def test_equal_text_in_two_sources_is_the_row_that_was_kept(tmp_path: Path) -> None:
    """Where one digest stands for a kept row and for its exact duplicate, the kept one is asked about."""
    digest = "d" * 64
    rows = [
        rejected(
            "गड?", "exact_duplicate", "exact_dedup", of=row_id("गड?"), raw_sha256=digest, file="b.jsonl", score=1.0
        ),
        kept("गड?", raw_sha256=digest),
    ]
    folder = published(tmp_path / "made", rows).folder
    contested = ((Decision(action="accept", row=digest), Decision(action="reject", row=digest)),)
    found = build_queue(folder, read_manifest(folder), Standing(decisions=(), contested=contested))
    (one,) = found.items
    assert (one.reason, one.file) == (None, "a.jsonl")
