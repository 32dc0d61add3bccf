"""The first look: joined triggers may see too much, never too little."""

import polars as pl
import pytest
from hypothesis import given, settings

from datakit.pipeline.rows import process
from datakit.recipe import BUILTIN, DEFAULT, Recipe, load
from datakit.record import SCHEMA, frame, is_live
from datakit.screening.first_look import asked_of, first_look, shows
from datakit.screening.phrases import as_words, either, phrases, shown_by
from datakit.stages.pii import Pii
from tests.stages.strategies import rows

BATCHES = rows().map(frame)
LOOKING = [stage for stage in load(DEFAULT).row_stages if hasattr(stage, "trigger")]
TRIGGERS = [stage.trigger for stage in LOOKING]


def test_the_stages_that_search_for_rare_things_have_a_trigger() -> None:
    """Six of the default stages share the pass; one that lost its trigger would read every text again."""
    assert {stage.name for stage in LOOKING} == {"damage", "script", "placeholder", "quality", "pii", "chat"}


@settings(max_examples=40, deadline=None)
@given(BATCHES)
def test_a_stage_says_the_same_with_and_without_the_first_look(batch: pl.DataFrame) -> None:
    """Rows in which nothing was seen are rows that no stage with a trigger would have named for it."""
    look = first_look(batch, TRIGGERS)
    for stage in LOOKING:
        assert stage.apply(batch.with_columns(look)).drop(look.columns).equals(stage.apply(batch)), stage.name


@settings(max_examples=20, deadline=None)
@given(BATCHES)
def test_a_pipeline_with_the_look_decides_as_its_stages_do_one_by_one(batch: pl.DataFrame) -> None:
    """The rows that `process` returns are those that the stages of the default recipe make without it."""
    recipe = load(DEFAULT)
    numbered = batch.with_row_index("n")
    expected, live = [numbered.filter(~is_live())], numbered.filter(is_live())
    for stage in recipe.row_stages:
        marked = stage.apply(live.drop("n")).select(batch.columns).with_columns(live["n"])
        expected.append(marked.filter(~is_live()))
        live = marked.filter(is_live())
    whole = pl.concat([live.select("n", *batch.columns), *(part.select("n", *batch.columns) for part in expected)])
    assert process(batch, recipe).rows.equals(whole.sort("n").drop("n"))


def test_texts_that_a_stage_rewrites_are_looked_at_again() -> None:
    """What masking writes into a text is seen by the stages behind it."""
    recipe = load(DEFAULT)
    stages = [Pii(policy="mask") if stage.name == "pii" else stage for stage in recipe.row_stages]
    row = {"question": "संपर्क कोणता?", "answer": "दूरध्वनी ९८२२४९८२२४ असा आहे", "file": "f", "locator": "line 1"}
    out = process(frame([row]), Recipe(name="x", row_stages=tuple(stages), corpus_stages=recipe.corpus_stages))
    assert out.rows["answer"].to_list() == ["दूरध्वनी [दूरध्वनी] असा आहे"]
    assert out.rows.columns == list(SCHEMA)


@pytest.mark.parametrize(
    "table", [("placeholder", "inside"), *(("boilerplate", kind) for kind in phrases("boilerplate")),
              *(("model_phrases", kind) for kind in phrases("model_phrases"))]
)  # fmt: skip
def test_every_phrase_is_shown(table: tuple[str, str]) -> None:
    """Each phrase, in any case and with any run of space, behind any mark, is found by the pattern for its kind."""
    name, kind = table
    for phrase in phrases(name)[kind]:
        for text in (phrase, f"… {phrase}", f"।{phrase.upper()}।", phrase.replace(" ", " \n "), f"१२ ({phrase})"):
            seen, named = (
                pl.select(pl.lit(text).str.contains(p)).item()
                for p in (shown_by(name, kind), as_words(either(name, kind)))
            )
            assert named, text
            assert seen, text


def test_a_phrase_inside_a_longer_word_shows_nothing() -> None:
    """`मुखपृष्ठावर जा` begins a word, or it is not what the rules look for; plain Marathi is passed over."""
    texts = pl.Series(["रायगड ही राजधानी होती.", "अमाफ करा", "माफ करा"])
    assert texts.str.contains(shown_by("model_phrases", "opening")).to_list() == [False, False, True]


def test_the_question_is_put_to_the_named_rows_only() -> None:
    """Rows outside are false whatever they hold, and null is false."""
    batch = frame([{"question": text} for text in ("क", "ख", None, "क")])
    asks = pl.col("question") == "क"
    assert asked_of(batch, pl.Series([False, True, True, True]), asks).to_list() == [False, False, False, True]
    assert asked_of(batch, pl.Series([False] * 4), asks).to_list() == [False] * 4
    assert asked_of(batch, pl.Series([True] * 4), asks).to_list() == [True, False, False, True]


def test_texts_that_showed_nothing_are_not_read() -> None:
    """Text by text: a question in which something was seen does not make the answer beside it worth a search."""
    batch = frame([{"question": "क", "answer": "क"}, {"question": "ख", "answer": "क"}, {"answer": "क"}])
    assert shows(batch, "क", "question", "answer").to_list() == [True, True, True]
    assert shows(batch, "क", "question", "context").to_list() == [True, False, False]
    looked = batch.with_columns(first_look(batch, ["ख", "ग"]))
    assert shows(looked, "क", "question", "answer").to_list() == [False] * 3
    assert shows(looked, "ख", "question").to_list() == [False, True, False]


def test_a_batch_without_text_or_triggers_shows_nothing() -> None:
    """No text: false for each row. Nothing to look for: no columns, and so nothing is passed over."""
    empty = frame([{"file": "f"}, {"file": "g"}])
    assert not any(any(column) for column in first_look(empty, TRIGGERS))
    assert first_look(empty, []).width == 0


@pytest.mark.parametrize("name", sorted(path.stem for path in BUILTIN.glob("*.toml")))
def test_every_builtin_recipe_runs_with_the_look(name: str) -> None:
    """A recipe may leave out any stage; the triggers of the others are joined."""
    row = {"question": "शिवनेरी कोठे आहे?", "answer": "जुन्नरजवळ <|im_end|>", "file": "f", "locator": "line 1"}
    assert process(frame([row]), load(name)).rows["reject_reason"].to_list() == ["special_token_in_text"]
