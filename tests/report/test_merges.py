"""Clusters of merged rows."""

from pathlib import Path
from typing import Any

from datakit.report.merges import Merges, merges
from datakit.report.passages import Row
from tests.report.made import kept, rejected, release, row_id


def merged(question: str, into: str, score: float, reason: str = "near_duplicate", **more: Any) -> dict[str, Any]:
    """A row merged into the kept row that asks `into`."""
    return rejected(question, reason, "near_dedup", of=row_id(into), score=score, **more)


def found(folder: Path, rows: list[dict[str, Any]]) -> Merges:
    result = merges(release(folder, rows))
    assert result is not None
    return result


def asked(row: Row) -> str:
    assert row.question is not None
    return row.question.text


def test_the_least_similar_cluster_comes_first(tmp_path: Path) -> None:
    """Doubtful merges are on top, and within a cluster the doubtful members."""
    rows = [
        kept("रायगड कोठे आहे?"),
        merged("रायगड आहे कोठे?", "रायगड कोठे आहे?", 0.99),
        kept("राजगड कोठे आहे?"),
        merged("राजगड कोठे?", "राजगड कोठे आहे?", 0.95),
        merged("राजगड हा कोठे आहे?", "राजगड कोठे आहे?", 0.91),
    ]
    result = found(tmp_path, rows)
    assert [asked(cluster.kept) for cluster in result.shown] == ["राजगड कोठे आहे?", "रायगड कोठे आहे?"]
    assert [asked(member.row) for member in result.shown[0].members] == ["राजगड हा कोठे आहे?", "राजगड कोठे?"]
    assert [cluster.size for cluster in result.shown] == [3, 2]
    assert (result.merged, result.clusters) == ({"near_duplicate": 3}, 2)


def test_exact_copies_are_counted_and_not_shown(tmp_path: Path) -> None:
    """A cluster of nothing but exact duplicates needs no look; the row may even have the kept row's id."""
    same = {**kept("क"), "split": None, "reject_reason": "exact_duplicate", "reject_stage": "exact_dedup"}
    result = found(tmp_path, [kept("क"), {**same, "of": row_id("क"), "score": 1.0, "source_id": "दुसरा"}])
    assert (result.merged, result.shown) == ({"exact_duplicate": 1}, ())
    assert result.across_sources == 1


def test_a_chain_ends_at_the_kept_row(tmp_path: Path) -> None:
    """A row merged into one that was merged later belongs to the cluster of the row that stayed."""
    rows = [
        kept("क"),
        {**merged("ख", "क", 0.95), "id": "ख"},
        {**merged("ग", "क", 1.0, "exact_duplicate"), "of": "ख"},
    ]
    result = found(tmp_path, rows)
    assert result.clusters == 1
    (cluster,) = result.shown
    assert asked(cluster.kept) == "क"
    assert [asked(member.row) for member in cluster.members] == ["ख", "ग"]


def test_sources_are_counted_across(tmp_path: Path) -> None:
    """Only a merge from another source gives a kept row a second source."""
    rows = [kept("क"), merged("ख", "क", 0.95), kept("ग"), merged("घ", "ग", 0.95, source_id="दुसरा")]
    assert found(tmp_path, rows).across_sources == 1


def test_a_row_merged_into_one_that_was_rejected_later_is_no_crash(tmp_path: Path) -> None:
    """A cluster whose row a later stage rejected is counted and not shown."""
    gone = rejected("क", "conflicting_answer", "conflicts", id="क")
    result = found(tmp_path, [gone, {**merged("ख", "क", 0.95), "of": "क"}, kept("ग")])
    assert (result.clusters, result.shown) == (1, ())


def test_nothing_merged_nothing_to_say(tmp_path: Path) -> None:
    """Without a merged row the section is absent."""
    assert merges(release(tmp_path, [kept("क"), rejected("ख", "empty_answer")])) is None
