"""The normalize stage."""

import json
import sys
from pathlib import Path

import polars as pl
import pytest

from datakit.devanagari import normalize
from datakit.errors import MissingDependencyError, UsageError
from datakit.lineage import canonical_json
from datakit.record import SCHEMA, TEXT, frame
from datakit.stage import RowStage, options
from datakit.stages.normalize import Normalize

GOLDEN = Path(__file__).parents[1] / "golden" / "stages" / "normalize.jsonl"
CASES = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_golden(case: dict[str, dict[str, object]]) -> None:
    """Each golden row comes out as written, and a second time unchanged."""
    once = Normalize().apply(frame([case["in"]]))
    assert {name: once[name].to_list()[0] for name in case["out"]} == case["out"]
    assert Normalize().apply(once).equals(once)


def test_is_a_row_stage_with_the_policy_as_options() -> None:
    """The stage fits the protocol, may write texts and changes only, and offers the policy and the engine."""
    stage: RowStage = Normalize()
    assert stage.name == "normalize"
    assert stage.writes == (*TEXT, "changes")
    assert stage.reasons == ()
    assert options(stage) == {
        "digits": "keep", "quotes": "keep", "nukta": "keep", "zwj": "noise", "zwnj": "noise", "engine": "datakit",
    }  # fmt: skip


def test_rows_schema_and_order_are_kept() -> None:
    """Rows, their order and the schema stay, and columns the stage does not own are untouched."""
    rows = [{"question": f"मंुबई {n}?", "answer": "होय", "file": "a.csv", "locator": f"line {n}"} for n in range(50)]
    before = frame(rows)
    after = Normalize().apply(before)
    assert after.schema == before.schema == pl.Schema(SCHEMA)
    others = [name for name in SCHEMA if name not in Normalize.writes]
    assert after.select(others).equals(before.select(others))
    assert after["question"].to_list() == [f"मुंबई {n}?" for n in range(50)]


def test_rejected_rows_keep_their_text() -> None:
    """What was rejected is shown as it was, so that a person can see why."""
    batch = frame(
        [
            {"question": "मंुबई?", "answer": "होय", "reject_stage": "read", "reject_reason": "no_answer"},
            {"question": "मंुबई?"},
        ]
    )
    after = Normalize().apply(batch)
    assert after["question"].to_list() == ["मंुबई?", "मुंबई?"]
    assert after["changes"].to_list() == [None, ["bindu_order"]]


def test_empty_batch() -> None:
    """A batch of no rows passes."""
    batch = frame([])
    assert Normalize().apply(batch).equals(batch)


def test_history_stays_canonical_json() -> None:
    """Only the contents of turns change; roles, keys and structure stay, in canonical JSON."""
    turns = [{"role": "user", "content": "दुस-या दर्\u200dया"}, {"role": "assistant", "content": 'म्हणाले "स्वत: जा"\n'}]
    batch = frame([{"question": "मग?", "history": canonical_json(turns).decode()}, {"question": "मग?"}])
    after = Normalize().apply(batch)
    expected = [{**turn, "content": normalize(turn["content"])} for turn in turns]
    assert after["history"].to_list() == [canonical_json(expected).decode(), None]
    assert after["changes"].to_list() == [["eyelash_zwj", "hyphen_eyelash", "visarga"], None]


@pytest.mark.parametrize(
    "history", ["not json", "{}", "[1]", '[{"role":"user"}]', '[{"content":1}]', "[" * 5_000, "[]", ""]
)
def test_malformed_history_is_left_alone(history: str) -> None:
    """A history that is no list of turns is for the validate stage to name, not to crash on."""
    batch = frame([{"question": "मंुबई?", "history": history}])
    after = Normalize().apply(batch)
    assert after["history"].to_list() == [history]
    assert after["question"].to_list() == ["मुंबई?"]


def test_policy_reaches_every_text() -> None:
    """The options work on columns and on turns of the history."""
    batch = frame([{"question": "१६७४", "answer": "सन “१६७४”", "history": '[{"content":"सन १६८०","role":"user"}]'}])
    after = Normalize(digits="ascii", quotes="ascii").apply(batch)
    assert after.select("question", "answer", "history").row(0) == (
        "1674", 'सन "1674"', '[{"content":"सन 1680","role":"user"}]',
    )  # fmt: skip
    assert after["changes"].to_list() == [["digits", "quotes"]]


def test_unknown_options_name_the_choices() -> None:
    """A wrong option is refused when the stage is made, with the choices."""
    with pytest.raises(UsageError, match=r"normalize: engine = 'nisaba' is unknown; choose one of datakit, indic-nlp"):
        Normalize(engine="nisaba")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"takes no policy; leave out digits"):
        Normalize(engine="indic-nlp", digits="ascii")
    with pytest.raises(UsageError, match=r"digits = 'roman' is unknown"):
        Normalize(digits="roman")  # type: ignore[arg-type]


@pytest.fixture
def without_indic_nlp(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which indic-nlp-library is not installed."""
    for name in [name for name in sys.modules if name.split(".")[0] == "indicnlp"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "indicnlp", None)


@pytest.mark.usefixtures("without_indic_nlp")
def test_missing_engine_tells_how_to_install() -> None:
    """Without the library the error holds the install line, and the default engine works."""
    batch = frame([{"question": "मंुबई?"}])
    with pytest.raises(MissingDependencyError, match=r"pip install 'ancient-aurora\[engines\]'"):
        Normalize(engine="indic-nlp").apply(batch)
    assert Normalize().apply(batch)["question"][0] == "मुंबई?"


@pytest.mark.parametrize(
    ("text", "harmed"),
    [("दर्\u200dया", "दर्या"), ("ॲड. सावरकर", "एड. सावरकर"), ("१०:३०", "१०ः३०"), ("नाव | गाव", "नाव । गाव")],
)
def test_indic_nlp_harms_what_the_docs_say(text: str, harmed: str) -> None:
    """The other engine can be chosen, and does the damage that docs/normalization.md names; the default does none."""
    pytest.importorskip("indicnlp", reason="indic-nlp-library is an extra: ancient-aurora[engines]")
    batch = frame([{"question": text}, {"question": "साधा"}])
    after = Normalize(engine="indic-nlp").apply(batch)
    assert after["question"].to_list() == [harmed, "साधा"]
    assert after["changes"].to_list() == [["indic_nlp"], None]
    assert Normalize().apply(batch)["question"][0] != harmed
