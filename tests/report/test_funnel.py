"""The funnel: order, own losses, nothing invented."""

import json
from pathlib import Path

from datakit.lineage import Manifest, read_manifest
from datakit.report.funnel import steps
from tests.report.made import kept, published, rejected


def test_stages_stand_in_the_order_of_the_recipe(tmp_path: Path) -> None:
    """A manifest on disk has its counts by alphabet; the funnel has them as rows met the stages, `read` first."""
    rows = [
        rejected(None, "invalid_json", "read"),
        rejected("क", "question_too_short", "validate"),
        rejected("ख", "not_devanagari", "alphabet"),
        kept("रायगड कोठे आहे?"),
    ]
    made = published(tmp_path, rows, stages=["read", "validate", "alphabet"])
    read = read_manifest(tmp_path)
    assert list(read.counts["stages"]) == ["alphabet", "read", "validate"]
    found = steps(read)
    assert [(step.stage, step.rows_in, step.lost, step.rows_out) for step in found] == [
        ("read", 4, 1, 3),
        ("validate", 3, 1, 2),
        ("alphabet", 2, 1, 1),
    ]
    assert found == steps(made.manifest)


def test_losses_are_by_reason_most_frequent_first(tmp_path: Path) -> None:
    """A stage's losses add up to the manifest's, largest first and then by name."""
    rows = [rejected(f"प्रश्न {n}", reason) for n, reason in enumerate(["b", "c", "c", "a"])]
    (step,) = steps(published(tmp_path, [*rows, kept("क")]).manifest)
    assert [(loss.reason, loss.rows) for loss in step.losses] == [("c", 2), ("a", 1), ("b", 1)]


def test_a_stage_that_saw_no_rows_is_left_out() -> None:
    """What runs beside the stages, such as the computing of keys, is no step of the funnel."""
    counts = json.loads('{"stages": {"keys": {"in": 0, "rejected": {}}, "length": {"in": 3, "rejected": {}}}}')
    manifest = Manifest(kind="dataset", id="x", identity={"recipe": {"stages": [{"use": "length"}]}}, counts=counts)
    assert [step.stage for step in steps(manifest)] == ["length"]


def test_a_share_that_was_measured_on_some_rows_is_an_estimate(tmp_path: Path) -> None:
    """What was looked at decides whether the number is exact; reasons that nobody looked at have none."""
    rows = [*(rejected(f"प्रश्न {n}", "a") for n in range(4)), rejected("x", "b"), rejected("y", "c"), kept("क")]
    alone = {"validate": {"a": {"looked_at": 2, "only": 1}, "b": {"looked_at": 1, "only": 0}}}
    (step,) = steps(published(tmp_path, rows, counts={"only_here": alone}).manifest)
    assert [(loss.reason, loss.only_here, loss.estimated) for loss in step.losses] == [
        ("a", 2, True),
        ("b", 0, False),
        ("c", None, False),
    ]
