"""What the command line shows: the whole of an example, times and events as people read them."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.made import CURATED_TEXT
from trainer.terminal import duration, event_text, examples_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.4, "0 s"), (89.4, "89 s"), (90, "2 min"), (119, "2 min"), (3_600, "60 min"), (5_399, "90 min"),
        (5_400, "1.5 h"), (36_000, "10.0 h"), (864_000, "240.0 h"),
    ],
)  # fmt: skip
def test_a_time_has_the_unit_that_people_use(seconds: float, text: str) -> None:
    """Under a minute and a half in seconds, under an hour and a half in minutes, then hours."""
    assert duration(seconds) == text


@given(st.floats(0, 1e9))
def test_a_longer_time_is_never_shown_as_shorter(seconds: float) -> None:
    """Rounding moves a time by half its unit at most."""
    number, unit = duration(seconds).split()
    size = {"s": 1, "min": 60, "h": 3600}[unit]
    assert abs(float(number) * size - seconds) <= size * (0.05 if unit == "h" else 0.5) + 1e-6 * seconds


def test_examples_show_every_token(examples: Any, tiny: Any) -> None:
    """Without the marks the text is the whole row, the marked part what is learnt, and each token has its label."""
    text = examples_text(examples, tiny.tokenizer, colour=False)
    shown = text.split("\n\nrow ")
    assert len(shown) == len(examples)
    for part, example in zip(shown, examples, strict=True):
        head, _, rest = part.partition("\n")
        assert example.row_id in head
        assert f"{len(example.input_ids)} tokens, {example.answer_tokens} learnt" in head
        body, _, labels = rest.rpartition("\n")
        whole = body.replace("⟦", "").replace("⟧", "").replace("⏎\n", "\n")
        assert whole == tiny.tokenizer.decode(example.input_ids)
        assert [pair.rpartition(":")[2] == "learn" for pair in labels.split()] == list(
            map(bool, example.completion_mask)
        )
        assert [int(pair.partition(":")[0]) for pair in labels.split()] == list(example.input_ids)


def test_the_learnt_part_is_the_answer_and_its_end(examples: Any, tiny: Any) -> None:
    """Between ⟦ and ⟧ stands the answer with the token that ends it, and nothing of the question."""
    for number, part in enumerate(examples_text(examples, tiny.tokenizer, colour=False).split("\n\nrow ")):
        learnt = part[part.index("⟦") + 1 : part.index("⟧")]
        answer = CURATED_TEXT[number][: 10 + 3 * number]
        assert learnt.replace("⏎\n", "\n").strip().startswith(answer.strip())
        assert part.count("⟦") == 1


def test_colour_marks_the_same_parts(examples: Any, tiny: Any) -> None:
    """Colours stand where the marks would, every colour is switched off again, and the words are the same."""
    plain = examples_text(examples, tiny.tokenizer, colour=False)
    coloured = examples_text(examples, tiny.tokenizer, colour=True)
    assert coloured.count("\x1b[32m") == plain.count("⟦")
    assert coloured.count("\x1b[0m") == coloured.count("\x1b[32m") + coloured.count("\x1b[2m")
    stripped = coloured.replace("\x1b[32m", "").replace("\x1b[2m", "").replace("\x1b[0m", "")
    assert stripped == plain.replace("⟦", "").replace("⟧", "")


@pytest.mark.parametrize(
    ("event", "facts", "text"),
    [
        (
            "step",
            {"step": 1200, "loss": 1.23456, "learning_rate": 2e-4, "tokens_per_s": 15_432.1},
            "step  1,200  loss 1.2346  rate 2.00e-04  15,432 tokens/s",
        ),
        ("evaluation", {"step": 7, "validation_loss": 0.5}, "step      7  validation 0.5000"),
        (
            "evaluation",
            {"step": 7, "validation_loss": 0.5, "best": True, "stopped_early": True},
            "step      7  validation 0.5000  best so far  stopping early",
        ),
        (
            "out_of_memory",
            {"step": 3, "token_budget": 512},
            "step      3  out of memory; micro-batches of at most 512 tokens now",
        ),
    ],
)
def test_events_are_one_line(event: str, facts: dict[str, Any], text: str) -> None:
    """A step, an evaluation and a shortage of memory are each one line with their numbers."""
    assert event_text(event, facts) == text


def test_the_beginning_says_what_will_be_done() -> None:
    """The first line names folder, steps, engine, device and time."""
    plan = SimpleNamespace(steps=1_250, rows_per_step=8, engine="fake", device="cpu", seconds=600.0)
    text = event_text("begin", {"run": "runs/abc", "plan": plan})
    assert text == "runs/abc: 1,250 steps of 8 rows, engine fake on cpu, about 10 min"
