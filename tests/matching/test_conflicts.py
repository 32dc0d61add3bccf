"""Conflicts: planted ones are found, look-alikes are not, and each policy keeps what it says."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.record import frame
from datakit.stages.conflicts import Conflicts
from tests.matching.rows import batch, judge, rejected

STAGE = Conflicts()
BORN = "शिवाजी महाराजांचा जन्म कधी झाला?"
DATA = Path(__file__).parent / "data"
THREE = [(BORN, "१६३०"), ("छत्रपती शिवाजी महाराज कोणत्या साली जन्मले?", "१९ फेब्रुवारी १६३०"), (BORN, "१६२७")]


def planted(name: str) -> list[dict[str, Any]]:
    """Return the hand-written pairs of a file."""
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()]


def found(pair: dict[str, Any]) -> bool:
    """Tell whether a pair is reported as a conflict."""
    return bool(rejected(STAGE, batch([tuple(row) for row in pair["rows"]])))


def test_planted_conflicts_and_look_alikes() -> None:
    """Of more than 100 conflicts at least 90 % are found; of what is found at least 95 % are conflicts."""
    conflicts, others = planted("conflicts"), planted("lookalikes")
    assert min(len(conflicts), len(others)) >= 100
    hits = sum(map(found, conflicts))
    false = sum(map(found, others))
    assert hits / len(conflicts) >= 0.9
    assert hits / (hits + false) >= 0.95


@pytest.mark.parametrize(
    "kind", ["year", "name", "place", "number", "para-year", "para-name", "para-place", "para-number"]
)
def test_each_kind_of_conflict_is_found(kind: str) -> None:
    """No kind hides behind the average."""
    own = [pair for pair in planted("conflicts") if pair["kind"] == kind]
    assert sum(map(found, own)) / len(own) >= 0.6


@pytest.mark.parametrize(
    ("policy", "priorities", "expected"),
    [
        ("majority", (0, 0, 0), {2: 1}),
        ("majority", (0, 0, 9), {2: 1}),
        ("prefer_source", (0, 0, 9), {0: 2, 1: 2}),
        ("prefer_source", (0, 5, 0), {2: 1}),
        ("prefer_source", (0, 0, 0), {0: 2, 1: 2, 2: 1}),
        ("keep_none", (0, 0, 9), {0: 2, 1: 2, 2: 1}),
        ("keep_all", (0, 0, 0), {}),
    ],
)
def test_what_each_policy_keeps(policy: str, priorities: tuple[int, ...], expected: dict[int, int]) -> None:
    """Two sources say 1630 in two ways, one says 1627."""
    rows = batch(THREE).with_columns(pl.Series("priority", priorities, dtype=pl.Int32))
    assert rejected(Conflicts(policy=policy), rows) == expected


def test_many_rows_of_one_source_are_one_vote() -> None:
    """A source that repeats itself does not outvote two others."""
    rows = batch([(BORN, "१६२७"), (BORN + " ", "सन १६२७"), (BORN, "इ.स. १६२७"), (BORN, "१६३०"), (BORN, "सन १६३०")])
    rows = rows.with_columns(pl.Series("source_id", ["एक", "एक", "एक", "दोन", "तीन"]))
    assert set(rejected(STAGE, rows)) == {0, 1, 2}


def test_a_tie_is_decided_by_priority_and_else_by_nobody() -> None:
    """One against one: the better source stays; between equals both go, and nothing is silently chosen."""
    rows = batch([(BORN, "१६३०"), (BORN, "१६२७")])
    assert rejected(STAGE, rows) == {0: 1, 1: 0}
    assert rejected(STAGE, rows.with_columns(pl.Series("priority", [1, 2], dtype=pl.Int32))) == {0: 1}


def test_details_say_which_values_and_which_row() -> None:
    """People see both values and the other row's id and source; the whole group shares a cluster."""
    verdicts = judge(STAGE, batch(THREE)).sort("row")
    assert verdicts["reject_detail"].to_list() == [None, None, "says '१६२७', but 001 of s1 says '१९ फेब्रुवारी १६३०'"]
    assert verdicts["cluster"].to_list() == [0, 0, 0]


def test_what_cannot_be_told_stays() -> None:
    """An answer without a date is neither for nor against."""
    rows = batch([*THREE, (BORN, "इतिहासकारांमध्ये मतभेद आहेत")])
    assert set(rejected(STAGE, rows)) == {2}


def test_pronouns_are_read_beside_their_passage() -> None:
    """`त्यांचा जन्म` beside two passages asks two questions; beside one it is a conflict."""
    question = "त्यांचा जन्म कोणत्या गावी झाला?"
    rows = batch([(question, "देहू"), (question, "आळंदी")])
    apart = rows.with_columns(pl.Series("context", ["तुकाराम महाराजांविषयी", "दुसऱ्या संतांविषयी"]))
    together = rows.with_columns(pl.lit("एकच परिच्छेद").alias("context"))
    assert rejected(STAGE, apart) == {}
    assert set(rejected(STAGE, together)) == {0, 1}


def test_a_question_with_very_many_answers_is_a_template() -> None:
    """Forty different answers may be compared; with more the question is not one that has one answer."""
    few = [(BORN, str(1600 + n)) for n in range(40)]
    assert len(rejected(STAGE, batch(few))) == 40
    assert rejected(STAGE, batch([*few, (BORN, "1641")])) == {}


def test_ten_thousand_equal_rows_are_one_answer() -> None:
    """Rows that repeat an answer cost no comparisons and all share its fate."""
    rows = batch([(BORN, "१६३०")] * 6_000 + [(BORN, "१६२७")] * 4_000)
    assert set(rejected(STAGE, rows.with_columns(pl.lit("s").alias("source_id")))) == set(range(6_000, 10_000))


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)))
def test_order_does_not_matter(order: list[int]) -> None:
    """The same rows stay in every order."""
    rows = batch([*THREE, ("महाराष्ट्रात किती जिल्हे आहेत?", "३६"), ("महाराष्ट्रात किती जिल्हे आहेत?", "३५")])[order]
    gone = {rows["id"][row]: rows["id"][of] for row, of in rejected(STAGE, rows).items() if of is not None}
    assert gone == {"002": "001", "003": "004", "004": "003"}


@pytest.mark.parametrize(
    "rows", [[], [(BORN, "१६३०")], [(None, None)] * 2, [("", "१६३०"), ("", "१६२७")], [(BORN, None)] * 2]
)
def test_nothing_to_compare(rows: list[tuple[str | None, str | None]]) -> None:
    """Empty and single corpora and rows without text have no conflicts."""
    assert judge(STAGE, batch(rows)).is_empty()


def test_an_unknown_policy_is_refused() -> None:
    """The message names what there is."""
    with pytest.raises(ValueError, match="policy: found 'vote', expected one of majority, prefer_source"):
        Conflicts(policy="vote")


def test_real_questions_are_not_at_odds_with_themselves(shared_data: Path) -> None:
    """In real sets, where contradictions are rare, at most one row in a thousand is called a contradiction."""
    files = [shared_data / f"{name}.jsonl" for name in ("marathi_history_qa", "marathi_qa_factual")]
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    keep = ("id", "question", "answer", "context")
    rows = frame({name: line.get(name) for name in keep} for line in lines)
    assert len(rejected(STAGE, rows)) <= len(lines) / 1000
