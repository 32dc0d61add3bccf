"""The row stages over one batch."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl
import pytest

from datakit.devanagari import normalize_series
from datakit.pipeline.rows import STAGE_FAILED, merge, process
from datakit.recipe import Recipe, parse
from datakit.record import SCHEMA, frame
from datakit.stage import Fault, RowStage, mark, with_text_keys
from datakit.stages.exact_dedup import ExactDedup
from datakit.stages.normalize import Normalize


@dataclass(frozen=True, kw_only=True)
class Odd:
    """Rejects short answers, raises on the word काढा, counts the batches it sees."""

    name: ClassVar[str] = "odd"
    reasons: ClassVar[tuple[str, ...]] = ("too_odd",)
    writes: ClassVar[tuple[str, ...]] = ()

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        if batch["question"].str.contains("काढा").any():
            raise RuntimeError("काढा आढळले")
        return mark(batch, self.name, [Fault("too_odd", pl.col("answer").str.len_chars() < 2, "short")])


@dataclass(frozen=True, kw_only=True)
class Dropper:
    """A stage that breaks the law."""

    name: ClassVar[str] = "dropper"
    reasons: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[tuple[str, ...]] = ()

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        return batch.filter(pl.col("answer") != "टाका")


def recipe(*stages: RowStage) -> Recipe:
    plain = parse('name = "x"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"')
    return Recipe(name="x", row_stages=(*stages, *plain.row_stages), corpus_stages=plain.corpus_stages)


def rows(*texts: str) -> pl.DataFrame:
    return frame(
        [{"question": text, "answer": text, "file": "f", "locator": f"line {n}"} for n, text in enumerate(texts)]
    )


def test_rows_in_are_rows_out_in_their_order() -> None:
    """Rejected and kept rows stand where they stood, in the schema of a record, with the tallies of each stage."""
    batch = rows("अबक", "अ", "कखग", "ब")
    done = process(batch, recipe(Odd()))
    assert done.rows["locator"].to_list() == [f"line {n}" for n in range(4)]
    assert done.rows["reject_reason"].to_list() == [None, "too_odd", None, "too_odd"]
    assert done.rows.schema == SCHEMA
    assert (done.tallies["odd"].rows_in, done.tallies["odd"].rejected, done.tallies["chat"].rows_in) == (
        4,
        {"too_odd": 2},
        2,
    )
    assert done.keys["row"].to_list() == [0, 2]


def test_what_a_reader_rejected_reaches_no_stage() -> None:
    """Such a row is counted under `read` and stays as it is."""
    batch = rows("काढा", "अबक").with_columns(
        pl.Series("reject_stage", ["read", None]), pl.Series("reject_reason", ["invalid_json", None], dtype=pl.String)
    )
    done = process(batch, recipe(Odd()))
    assert done.tallies["read"].rejected == {"invalid_json": 1}
    assert done.tallies["odd"].rows_in == 1
    assert done.rows["reject_reason"].to_list() == ["invalid_json", None]


@pytest.mark.parametrize("stage", [Odd(), Dropper()])
def test_a_row_on_which_a_stage_fails_is_rejected_alone(stage: RowStage) -> None:
    """A bug ends neither the run nor its neighbours: one row is rejected with the stage's name and the error."""
    bad = "काढा" if stage.name == "odd" else "टाका"
    done = process(rows(*["अबक"] * 20, bad, *["कखग"] * 20), recipe(stage))
    failed = done.rows.filter(pl.col("reject_reason").is_not_null())
    assert failed.select("locator", "reject_stage", "reject_reason").rows() == [("line 20", stage.name, STAGE_FAILED)]
    assert ("काढा आढळले" if stage.name == "odd" else "1 rows in, 0 out") in failed["reject_detail"][0]
    assert done.keys.height == 40


def test_an_empty_batch_has_every_column() -> None:
    """No rows give a part with the same columns as any other."""
    done, full = process(rows(), recipe(Odd())), process(rows("अबक"), recipe(Odd()))
    assert done.rows.schema == full.rows.schema
    assert done.keys.schema == full.keys.schema


def test_tallies_of_batches_add_up() -> None:
    """Merging two batches is counting both."""
    one, two = process(rows("अबक", "अ"), recipe(Odd())), process(rows("अ", "ब"), recipe(Odd()))
    total = merge([one.tallies, two.tallies])
    assert (total["odd"].rows_in, total["odd"].rejected) == (4, {"too_odd": 3})
    assert total["odd"].seconds == pytest.approx(one.tallies["odd"].seconds + two.tallies["odd"].seconds)


def test_a_batch_cut_in_pieces_is_what_each_piece_alone_would_be() -> None:
    """Small files share a batch: rows, keys and counts of every piece are those of the file by itself."""
    pieces = [rows("अबक", "अ"), rows("ब"), rows("कखग", "गघच", "अ"), rows("छ" * 3)]
    together = process(pl.concat(pieces), recipe(Odd())).cut([piece.height for piece in pieces])
    for alone, cut in zip((process(piece, recipe(Odd())) for piece in pieces), together, strict=True):
        assert cut.rows.equals(alone.rows)
        assert cut.keys.equals(alone.keys)
        counts = [{name: (t.rows_in, t.rejected) for name, t in done.tallies.items()} for done in (cut, alone)]
        assert counts[0] == counts[1]


@dataclass(frozen=True, kw_only=True)
class Spoiler:
    """Writes a text that is not normalized behind `normalize`."""

    name: ClassVar[str] = "spoiler"
    reasons: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[tuple[str, ...]] = ("answer",)

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        return batch.with_columns(pl.col("answer").str.replace("रायगड", "मंुबई"))


@pytest.mark.parametrize(("last", "again"), [((), 0), ((Odd(),), 0), ((Spoiler(),), 2)])
def test_what_is_normalized_is_not_normalized_again(
    last: tuple[RowStage, ...], again: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys are those of normalized texts; texts that no stage has changed since are not normalized a second time."""
    runs: list[int] = []

    def counted(series: pl.Series) -> pl.Series:
        runs.append(len(series))
        return normalize_series(series)

    monkeypatch.setattr("datakit.devanagari.key.normalize_series", counted)
    given = frame([{"question": "मंुबई कोठे?", "answer": "रायगड"}, {"question": "क?", "answer": "x"}, {"answer": None}])
    stages = Recipe(name="x", row_stages=(Normalize(), *last), corpus_stages=(ExactDedup(),))
    keys = process(given, stages).keys
    assert len(runs) == again
    texts = [("मुंबई कोठे?", "मुंबई" if Spoiler() in last else "रायगड"), ("क?", "x"), (None, None)]
    plain = with_text_keys(frame([{"question": one, "answer": two} for one, two in texts]))
    hashes = ("exact_dedup.high", "exact_dedup.low")
    assert keys.select(hashes).equals(ExactDedup().keys(plain).select(hashes)[keys["row"].to_list()])
