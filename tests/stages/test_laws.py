"""The laws of a stage, checked for every stage in the dict: nothing to write for a new one."""

import json
import time
from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any, get_type_hints

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from datakit.record import SCHEMA, frame
from datakit.stage import CorpusStage, RowStage, options
from datakit.stages import STAGES
from tests.stages.golden import cases, is_row_stage
from tests.stages.hostile import HOSTILE
from tests.stages.strategies import rows

ROW_STAGES = [name for name in STAGES if is_row_stage(name)]
VERDICT_COLUMNS = ("reject_stage", "reject_reason", "reject_detail")
LAW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def made(name: str) -> RowStage:
    """Return the row stage with its default options."""
    stage = STAGES[name]()
    assert not isinstance(stage, CorpusStage)
    return stage


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_a_frozen_dataclass_of_its_name(name: str) -> None:
    """Options are keyword-only fields with defaults, the name is the key in the dict, nothing can be set later."""
    stage = STAGES[name]
    assert stage.name == name
    assert is_dataclass(stage)
    assert all(field.kw_only for field in fields(stage))
    instance = stage()
    first = next(iter(options(instance)), "name")
    with pytest.raises((FrozenInstanceError, AttributeError)):
        setattr(instance, first, None)


@pytest.mark.parametrize("name", STAGES)
def test_options_are_plain_values(name: str) -> None:
    """A recipe can state every option: text, numbers, true, false, and lists of these, which survive JSON unchanged."""
    given_options = options(STAGES[name]())
    for value in given_options.values():
        items = value if isinstance(value, list | tuple) else [value]
        assert all(isinstance(item, str | bool | int | float) for item in items)
    assert json.loads(json.dumps(given_options)) == {
        key: list(value) if isinstance(value, tuple) else value for key, value in given_options.items()
    }


@pytest.mark.parametrize("name", STAGES)
def test_reasons_are_declared_faults(name: str) -> None:
    """Reasons are snake_case words without digits, no two alike; `writes` of a row stage names record columns."""
    stage = STAGES[name]
    assert len(set(stage.reasons)) == len(stage.reasons)
    assert all(reason.replace("_", "").isalpha() and reason.islower() for reason in stage.reasons)
    if is_row_stage(name):
        assert set(stage.writes) <= SCHEMA.keys()
        assert get_type_hints(stage)


@pytest.mark.parametrize("name", ROW_STAGES)
@LAW
@given(batch_rows=rows())
def test_rows_are_conserved_and_only_declared_things_happen(name: str, batch_rows: list[dict[str, Any]]) -> None:
    """Same rows, same order, same schema; only declared columns and reasons; an earlier rejection stays as it was."""
    stage, before = made(name), frame(batch_rows)
    after = stage.apply(before)
    assert after.schema == before.schema
    untouched = [column for column in SCHEMA if column not in (*stage.writes, *VERDICT_COLUMNS)]
    assert_frame_equal(after.select(untouched), before.select(untouched))
    was_live = before["reject_reason"].is_null()
    assert_frame_equal(
        after.filter(~was_live).select(VERDICT_COLUMNS), before.filter(~was_live).select(VERDICT_COLUMNS)
    )
    verdicts = after.filter(was_live).select(VERDICT_COLUMNS).filter(pl.col("reject_reason").is_not_null())
    assert set(verdicts["reject_reason"]) <= set(stage.reasons)
    assert set(verdicts["reject_stage"]) <= {name}


@pytest.mark.parametrize("name", ROW_STAGES)
@LAW
@given(batch_rows=rows(most=4), data=st.data())
def test_the_verdict_does_not_depend_on_neighbours(
    name: str, batch_rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Applied twice, in another order, or to the halves of a batch, a stage says the same of each row."""
    stage, batch = made(name), frame(batch_rows)
    once = stage.apply(batch)
    assert_frame_equal(stage.apply(once), once)
    order = data.draw(st.permutations(range(len(batch_rows))))
    assert_frame_equal(stage.apply(batch[order]), once[order])
    cut = data.draw(st.integers(0, len(batch_rows)))
    assert_frame_equal(pl.concat([stage.apply(batch[:cut]), stage.apply(batch[cut:])]), once)


@pytest.mark.parametrize("name", ROW_STAGES)
def test_golden_rows_obey_the_same_laws(name: str) -> None:
    """What holds for random rows holds for the cases, where every reason occurs."""
    stage = made(name)
    batch = frame(case["in"] for case in cases(name))
    once = stage.apply(batch)
    assert_frame_equal(stage.apply(once), once)
    assert_frame_equal(stage.apply(batch.reverse()), once.reverse())
    assert_frame_equal(pl.concat([stage.apply(part) for part in batch.iter_slices(3)] or [once]), once)


@pytest.mark.parametrize("name", ROW_STAGES)
def test_hostile_strings_pass_through(name: str) -> None:
    """No string crashes a stage or holds it up, in any text column: 5,000 characters cost milliseconds, not minutes."""
    stage = made(name)
    texts = list(HOSTILE.values())
    batch = frame(
        [{"question": text, "answer": "रायगड"} for text in texts]
        + [{"question": "राजधानी कोणती?", "answer": text} for text in texts]
        + [{"question": text, "answer": text, "context": text, "system": text} for text in texts]
    )
    started = time.process_time()
    after = stage.apply(batch)
    assert time.process_time() - started < 20
    assert after.height == batch.height
    assert set(after["reject_reason"].drop_nulls()) <= set(stage.reasons)
