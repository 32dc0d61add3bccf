"""The verdict: each thing worth a sentence gets one, and nothing else does."""

from pathlib import Path
from typing import Any

import pytest

from datakit.report.facts import gather
from datakit.report.release import Release
from datakit.report.verdict import FEW_HELD_OUT, Verdict, percent, rows
from tests.report.made import kept, rejected, release, row_id


def held_out(count: int = FEW_HELD_OUT) -> list[dict[str, Any]]:
    """Enough rows in every split, of three sources, for a verdict without points."""
    made = []
    for split, number in (("train", count), ("validation", 5), ("test", count)):
        made += [kept(f"{split} प्रश्न {n}", split=split, source_id=f"स्रोत {n % 3}") for n in range(number)]
    return made


def verdict(made: Release) -> Verdict:
    return gather(made.folder, made.manifest).verdict


def points(made: Release) -> list[tuple[str, str]]:
    return [(point.text, point.section) for point in verdict(made).points]


def test_a_version_without_faults_is_sound(tmp_path: Path) -> None:
    """Enough test rows, licences everywhere, no leak: nothing stands out, and the sentence says how much was kept."""
    found = verdict(release(tmp_path, held_out()))
    assert (found.level, found.points) == ("sound", ())
    assert found.sentence == "205 of 205 rows were kept (100 %). Nothing stands out."


def test_a_leak_stops(tmp_path: Path) -> None:
    """A question in train and test is a reason not to train, named with both splits."""
    found = verdict(release(tmp_path, [*held_out(), kept("test प्रश्न 3", "दुसरे", split="train")]))
    assert found.level == "stop"
    assert found.sentence.endswith("Do not train on this version yet.")
    assert [(point.text, point.section) for point in found.points] == [
        ("1 question stands both in train and in test.", "splits")
    ]


def test_a_group_in_two_splits_stops(tmp_path: Path) -> None:
    """So is a passage whose rows lie in two splits."""
    extra = [kept("क", split_group="उतारा"), kept("ख", split_group="उतारा", split="test")]
    assert points(release(tmp_path, [*held_out(), *extra])) == [("1 group stands both in train and in test.", "splits")]


def test_nothing_to_train_on_stops(tmp_path: Path) -> None:
    """A version whose train split is empty is of no use."""
    only_test = [kept(f"प्रश्न {n}", split="test", source_id=f"स्रोत {n % 3}") for n in range(FEW_HELD_OUT)]
    found = verdict(release(tmp_path, only_test))
    assert found.level == "stop"
    assert found.points[0].text == "There are no rows to train on."


def test_a_lineage_that_does_not_add_up_stops(tmp_path: Path) -> None:
    """Where the lineage has other rows than the manifest counts, provenance cannot be trusted."""
    made = release(tmp_path, held_out())
    counts = {**made.manifest.counts, "in": 207}
    manifest = type(made.manifest)(**{**vars(made.manifest), "counts": counts})
    assert points(Release(tmp_path, manifest)) == [("The lineage and the manifest differ by 2 rows.", "lineage")]


def test_few_test_rows_are_a_point(tmp_path: Path) -> None:
    """Below a hundred test rows a score is rough; with none there is no score."""
    found = verdict(release(tmp_path / "few", held_out(FEW_HELD_OUT - 1)))
    assert found.level == "look"
    assert found.sentence == "203 of 203 rows were kept (100 %). It is usable; one thing should be looked at."
    assert found.points[0].text == "Only 99 rows to test with: a score on them is rough."
    none = [row for row in held_out() if row["split"] != "test"]
    assert points(release(tmp_path / "none", none)) == [("There are no test rows.", "splits")]


def test_rows_without_a_licence_are_a_point(tmp_path: Path) -> None:
    """A row that states no licence cannot be passed on."""
    extra = [kept(f"विना {n}", source_id="चौथा", licence=None) for n in range(2)]
    assert points(release(tmp_path, [*held_out(), *extra])) == [("2 rows state no licence.", "sources")]


def test_a_source_that_lost_most_of_its_rows_is_a_point(tmp_path: Path) -> None:
    """Half lost is nothing to say, more than half is."""
    lost = [rejected(f"गेले {n}", "empty_answer", source_id="वही") for n in range(2)]
    assert (
        points(release(tmp_path / "half", [*held_out(), *lost, *[kept(f"वही {n}", source_id="वही") for n in range(2)]]))
        == []
    )
    assert points(release(tmp_path / "most", [*held_out(), *lost, kept("वही", source_id="वही")])) == [
        ("More than half of the rows of वही were rejected.", "sources")
    ]


def test_a_source_whose_rows_were_merged_lost_nothing(tmp_path: Path) -> None:
    """Rows that say what a kept row says are no loss."""
    same = [
        rejected(f"तेच {n}", "near_duplicate", "near_dedup", of=row_id("train प्रश्न 1"), source_id="वही")
        for n in range(5)
    ]
    assert points(release(tmp_path, [*held_out(), *same])) == []


def test_one_source_with_most_of_the_rows_is_a_point(tmp_path: Path) -> None:
    """More than four fifths from one source is worth a sentence; the only source there is, is not."""
    rest = held_out()
    many = [kept(f"मोठा {n}", source_id="मोठा") for n in range(4 * len(rest) + 1)]
    assert points(release(tmp_path / "many", [*rest, *many])) == [
        ("One source, मोठा, gives 80 % of the rows.", "sources")
    ]
    alone = [{**row, "source_id": "एकच"} for row in rest]
    assert points(release(tmp_path / "alone", alone)) == []


def test_disagreements_are_a_point(tmp_path: Path) -> None:
    """A person may know which source is right."""
    odd = rejected(
        "train प्रश्न 1", "conflicting_answer", "conflicts", of=row_id("train प्रश्न 1"), id="x", source_id="स्रोत 1"
    )
    assert points(release(tmp_path, [*held_out(), odd])) == [
        ("Sources disagree on one question; a person may know who is right.", "disagreements")
    ]


def test_a_failed_stage_is_a_point(tmp_path: Path) -> None:
    """Rows on which a stage raised are this program's fault, and it says so."""
    odd = rejected("अ", "stage_failed", "length", source_id="स्रोत 1")
    assert points(release(tmp_path, [*held_out(), odd])) == [("A stage raised an error on 1 row.", "rejected")]


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (1, 3, "33.3 %"),
        (1, 2, "50 %"),
        (0, 5, "0 %"),
        (5, 5, "100 %"),
        (1, 100_000, "under 0.1 %"),
        (99_999, 100_000, "over 99.9 %"),
        (0, 0, "–"),
    ],
)
def test_shares_never_claim_all_or_nothing_for_nearly_so(part: int, whole: int, text: str) -> None:
    """100 % means all and 0 % none."""
    assert percent(part, whole) == text


def test_one_row_is_a_row() -> None:
    """Counts agree with their noun."""
    assert [rows(n, "row") for n in (0, 1, 2, 84_002)] == ["0 rows", "1 row", "2 rows", "84,002 rows"]
