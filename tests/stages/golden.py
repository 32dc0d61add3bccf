"""Golden cases: one line a case, read and run here for row stages and for corpus stages."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from datakit.record import frame
from datakit.stage import CorpusStage, MemoryCorpus, Stage
from datakit.stages import STAGES

FOLDER = Path(__file__).parents[1] / "golden" / "stages"
Case = dict[str, Any]


def cases(stage: str) -> list[Case]:
    """Return the cases of a stage; empty where it has no file."""
    path = FOLDER / f"{stage}.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


def is_row_stage(name: str) -> bool:
    """Return whether the stage decides row by row (`keys` makes a corpus stage)."""
    return not hasattr(STAGES[name], "keys")


def given_reasons(case: Case) -> set[str]:
    """Return the reasons that a case expects."""
    if "rows" in case:
        return {out["reject"] for out in case["out"] if out.get("reject")}
    return {case["reject"]} if "reject" in case else set()


def made_by(stage: str, case: Case) -> Stage:
    """Return the stage with the case's options; file options are relative to the project."""
    given = dict(case.get("options", {}))
    if "against" in given:
        given["against"] = tuple(Path(path) for path in given["against"])
    return STAGES[stage](**given)


def run_row_case(stage: str, case: Case) -> dict[str, Any]:
    """Return the one row of a row-stage case after the stage."""
    made = made_by(stage, case)
    assert not isinstance(made, CorpusStage)
    return made.apply(frame([case["in"]])).row(0, named=True)


def run_corpus_case(stage: str, case: Case) -> pl.DataFrame:
    """Return the verdicts of a corpus-stage case, whole columns of VERDICT filled up with nulls."""
    made = made_by(stage, case)
    assert isinstance(made, CorpusStage)
    written = pl.DataFrame(case["written"]).with_row_index("row") if "written" in case else None
    verdicts = made.apply(MemoryCorpus(frame(case["rows"]), made, written=written))
    missing = [pl.lit(None).alias(name) for name in ("reject_reason", "of") if name not in verdicts.columns]
    return verdicts.with_columns(missing)
