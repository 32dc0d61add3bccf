"""CONTRIBUTING.md's first screen: the example is complete and works as printed."""

import json
import re
from typing import Any

import polars as pl
import pytest

from datakit.record import SCHEMA, frame
from datakit.stage import CorpusStage
from tests.house.tree import PROJECT

TEXT = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CODE, DICT_LINE, CASES, *_ = re.findall(r"```(?:python|json)\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def module() -> dict[str, Any]:
    """The names that the example's module defines."""
    names: dict[str, Any] = {"__name__": "link_only"}
    exec(compile(CODE, "CONTRIBUTING.md", "exec"), names)
    return names


def test_the_example_stands_on_the_first_screen() -> None:
    """The example ends before line 70: whoever opens the file sees all three parts at once."""
    assert TEXT[: TEXT.index(CASES)].count("\n") < 70
    assert TEXT.index("## A stage in three files") < 50


def test_the_example_is_a_stage(module: dict[str, Any]) -> None:
    """The class fits the protocol, and the line for the dict names it as the class names itself."""
    stage = module["LinkOnly"]()
    assert callable(stage.apply)
    assert not isinstance(stage, CorpusStage)
    (entry,) = eval(f"{{{DICT_LINE}}}", module).items()
    assert entry == (stage.name, module["LinkOnly"])
    assert f"datakit/stages/{stage.name}.py" in TEXT
    assert f"tests/golden/stages/{stage.name}.jsonl" in TEXT


def test_the_cases_of_the_example_hold(module: dict[str, Any]) -> None:
    """The printed cases come out as printed, cover every reason, and keep at least one look-alike."""
    stage = module["LinkOnly"]()
    cases = [json.loads(line) for line in CASES.splitlines()]
    for case in cases:
        row = stage.apply(frame([case["in"]])).row(0, named=True)
        assert row["reject_reason"] == case.get("reject"), case["why"]
        assert {name: row[name] for name in case.get("out", {})} == case.get("out", {})
    assert {case["reject"] for case in cases if "reject" in case} == set(stage.reasons)
    assert any("reject" not in case for case in cases)


def test_the_option_of_the_example_does_something(module: dict[str, Any]) -> None:
    """With `max_words = 0` the answer that says three words beside its address is kept."""
    batch = frame([json.loads(CASES.splitlines()[0])["in"]])
    assert batch.schema == pl.Schema(SCHEMA)
    strict = module["LinkOnly"](max_words=0)
    assert strict.apply(batch)["reject_reason"].to_list() == [None]
    assert module["LinkOnly"]().apply(batch)["reject_detail"][0].endswith("raigad")
