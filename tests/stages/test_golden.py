"""Every stage has cases for every reason it declares, look-alikes that it keeps, and gets all of them right."""

from typing import Any

import pytest

from datakit.stages import STAGES
from tests.stages.golden import Case, cases, given_reasons, is_row_stage, run_corpus_case, run_row_case

WITHOUT_REJECTS = {name for name, stage in STAGES.items() if not stage.reasons}
ROW_CASES = [
    pytest.param(name, case, id=f"{name}-{number}-{case['why']}")
    for name in STAGES
    if is_row_stage(name)
    for number, case in enumerate(cases(name), start=1)
]
CORPUS_CASES = [
    pytest.param(name, case, id=f"{name}-{number}-{case['why']}")
    for name in STAGES
    if not is_row_stage(name)
    for number, case in enumerate(cases(name), start=1)
]


@pytest.mark.parametrize("name", STAGES)
def test_each_stage_has_a_case_for_each_reason(name: str) -> None:
    """A stage without a golden file, or a reason without a case, fails here with the line to write."""
    if name in WITHOUT_REJECTS:
        return
    given = {reason for case in cases(name) for reason in given_reasons(case)}
    missing = sorted(set(STAGES[name].reasons) - given)
    assert not missing, f'add {{"why", "in", "reject"}} to tests/golden/stages/{name}.jsonl for {", ".join(missing)}'
    undeclared = sorted(given - set(STAGES[name].reasons))
    assert not undeclared, f"{name} does not declare {', '.join(undeclared)}"


@pytest.mark.parametrize("name", [name for name in STAGES if name not in WITHOUT_REJECTS])
def test_each_stage_has_rows_that_it_must_keep(name: str) -> None:
    """A case of a row that looks bad and is good stands beside the bad ones, or the stage could reject everything."""
    kept = [case for case in cases(name) if ("in" in case and "reject" not in case) or _keeps_one(case)]
    assert kept, f"tests/golden/stages/{name}.jsonl has no row that must be kept"


def _keeps_one(case: Case) -> bool:
    return "rows" in case and any(not out.get("reject") for out in case["out"])


@pytest.mark.parametrize(("name", "case"), ROW_CASES)
def test_a_row_gets_the_verdict_of_its_case(name: str, case: Case) -> None:
    """The row is rejected by this stage for the reason given, or kept with the columns given."""
    row = run_row_case(name, case)
    if "reject" in case:
        assert (row["reject_stage"], row["reject_reason"]) == (name, case["reject"]), row["reject_detail"]
        assert row["reject_detail"], f"{case['reject']} says nothing that helps to find the fault"
        return
    assert row["reject_reason"] is None, f"{row['reject_reason']}: {row['reject_detail']}"
    wanted: dict[str, Any] = case["out"]
    assert {column: row[column] for column in wanted} == wanted


@pytest.mark.parametrize(("name", "case"), CORPUS_CASES)
def test_rows_of_a_corpus_get_the_verdicts_of_their_case(name: str, case: Case) -> None:
    """Each row named is rejected for the reason given and merged into the row given, or stays."""
    verdicts = {row["row"]: row for row in run_corpus_case(name, case).iter_rows(named=True)}
    for wanted in case["out"]:
        found = verdicts.get(wanted["row"], {"reject_reason": None, "of": None})
        assert found["reject_reason"] == wanted.get("reject"), f"row {wanted['row']}"
        if wanted.get("of") is not None:
            assert found["of"] == wanted["of"], f"row {wanted['row']}"


def test_golden_files_belong_to_stages() -> None:
    """A file that names no stage would be dead weight that nobody runs."""
    from tests.stages.golden import FOLDER

    assert {path.stem for path in FOLDER.glob("*.jsonl")} <= set(STAGES)
