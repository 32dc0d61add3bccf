"""The laws of corpus stages, checked for every one in the dict."""

from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datakit.record import frame
from datakit.stage import VERDICT, CorpusStage, MemoryCorpus
from datakit.stages import STAGES
from tests.stages.golden import is_row_stage
from tests.stages.hostile import HOSTILE
from tests.stages.strategies import rows

CORPUS_STAGES = [name for name in STAGES if not is_row_stage(name)]
LAW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def made(name: str) -> CorpusStage:
    """Return the corpus stage with its default options."""
    stage = STAGES[name]()
    assert isinstance(stage, CorpusStage)
    return stage


def judged(name: str, batch: pl.DataFrame) -> pl.DataFrame:
    """Return the verdicts of a stage over a whole corpus."""
    stage = made(name)
    return stage.apply(MemoryCorpus(batch, stage))


def by_id(batch: pl.DataFrame, verdicts: pl.DataFrame) -> dict[str, tuple[Any, ...]]:
    """Return what is said of each row in terms of ids, so that two orders of the rows can be compared."""
    ids = batch["id"].to_list()
    columns = [name for name in verdicts.columns if name not in ("row", "cluster", "reject_detail")]
    return {
        ids[row["row"]]: tuple(
            ids[row[name]] if name == "of" and row[name] is not None else row[name] for name in columns
        )
        for row in verdicts.iter_rows(named=True)
    }


@pytest.mark.parametrize("name", CORPUS_STAGES)
@LAW
@given(batch_rows=rows(most=6))
def test_verdicts_have_the_declared_form(name: str, batch_rows: list[dict[str, Any]]) -> None:
    """Known columns of known types, declared reasons, live rows only, each once; what a row is merged into is live."""
    stage, batch = made(name), frame(batch_rows)
    verdicts = judged(name, batch)
    assert set(verdicts.columns) <= {*VERDICT, *stage.writes}
    assert "row" in verdicts.columns
    assert {column: kind for column, kind in verdicts.schema.items() if column in VERDICT} == {
        column: kind for column, kind in VERDICT.items() if column in verdicts.columns
    }
    live = set(batch.with_row_index("row").filter(pl.col("reject_reason").is_null())["row"])
    assert verdicts["row"].is_unique().all()
    assert set(verdicts["row"]) <= live
    if "reject_reason" in verdicts.columns:
        rejected = verdicts.filter(pl.col("reject_reason").is_not_null())
        assert set(rejected["reject_reason"]) <= set(stage.reasons)
        if "of" in verdicts.columns:
            assert set(rejected["of"].drop_nulls()) <= live


@pytest.mark.parametrize("name", CORPUS_STAGES)
@LAW
@given(batch_rows=rows(most=6), data=st.data())
def test_the_order_of_the_rows_does_not_matter(
    name: str, batch_rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    """The same rows in another order get the same verdicts, told by id."""
    batch = frame(batch_rows)
    shuffled = batch[data.draw(st.permutations(range(len(batch_rows))))]
    assert by_id(batch, judged(name, batch)) == by_id(shuffled, judged(name, shuffled))


@pytest.mark.parametrize("name", CORPUS_STAGES)
@LAW
@given(batch_rows=rows(most=5), cut=st.integers(0, 5))
def test_keys_are_made_row_by_row(name: str, batch_rows: list[dict[str, Any]], cut: int) -> None:
    """Keys of a batch are the keys of its halves, one row each, under the stage's prefix; no columns is allowed."""
    from datakit.stage import with_text_keys

    stage, batch = made(name), with_text_keys(frame(batch_rows))
    whole = stage.keys(batch)
    assert whole.height == batch.height or not whole.columns
    assert all(column.startswith(f"{name}.") for column in whole.columns)
    assert pl.concat([stage.keys(batch[:cut]), stage.keys(batch[cut:])]).equals(whole)


@pytest.mark.parametrize("name", CORPUS_STAGES)
def test_hostile_strings_pass_through(name: str) -> None:
    """No string crashes a corpus stage."""
    texts = list(HOSTILE.values())
    batch = frame(
        {"question": question, "answer": answer, "id": f"{number:064x}"}
        for number, (question, answer) in enumerate([*zip(texts, texts, strict=True), *((t, "रायगड") for t in texts)])
    )
    verdicts = judged(name, batch)
    assert set(verdicts["row"]) <= set(range(batch.height))
