"""Sample answers: the same questions in every run, answered once before training, told beside their references."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer.made import CURATED_TEXT, row
from trainer.examples import build_examples
from trainer.samples import SAMPLES, answers, answers_before, fixed_questions, stop_ids, write_samples


class Scripted:
    """An engine that gives these answers and notes what it was asked."""

    def __init__(self, *given_: list[int]) -> None:
        self.given = list(given_)
        self.asked: list[tuple[list[list[int]], int, set[int]]] = []

    def generate(self, prompts: list[list[int]], *, max_new_tokens: int, stop_ids: set[int]) -> list[list[int]]:
        self.asked.append((prompts, max_new_tokens, stop_ids))
        return self.given[: len(prompts)]


def ids(template: Any, text: str) -> list[int]:
    found: list[int] = template.tokenizer(text, add_special_tokens=False)["input_ids"]
    return found


@given(st.permutations(range(12)), st.integers(0, 15))
def test_the_questions_do_not_depend_on_the_order_of_the_rows(examples: Any, order: list[int], count: int) -> None:
    """Whatever the order of the file, the same rows are asked, and more questions are those and more."""
    chosen = fixed_questions([examples[place] for place in order], count)
    assert chosen == fixed_questions(examples, count)
    assert len(chosen) == min(count, 12)
    assert fixed_questions(examples, count + 1)[: len(chosen)] == chosen


def test_a_row_more_moves_no_other_question(examples: Any) -> None:
    """A question that is asked of eleven rows is asked of twelve, but for the one that the new row displaces."""
    few, many = fixed_questions(examples[:11], 5), fixed_questions(examples, 5)
    assert len({example.row_id for example in few} - {example.row_id for example in many}) <= 1


@pytest.mark.parametrize(
    ("end", "own", "found"), [(3, 5, {3, 5}), (3, 3, {3}), (3, None, {3}), (None, 5, {5}), (0, 0, {0})]
)
def test_an_answer_ends_where_template_or_tokenizer_say(end: int | None, own: int | None, found: set[int]) -> None:
    """Both ends stop an answer; one that a tokenizer does not have is no token, and token 0 is one."""
    tokenizer = SimpleNamespace(convert_tokens_to_ids=lambda _: end, eos_token_id=own)
    template: Any = SimpleNamespace(tokenizer=tokenizer, end_token="<end>")
    assert stop_ids(template) == found


def test_an_answer_is_text_without_control_tokens(chatml: Any, examples: Any) -> None:
    """Tokens come back as text without the white space and the marks around it; the prompt is the row's own."""
    engine: Any = Scripted(ids(chatml, " \nशिवनेरी<|im_end|>"), [])
    assert answers(engine, examples[:2], chatml, max_new_tokens=7) == ["शिवनेरी", ""]
    prompts, most, ends = engine.asked[0]
    assert prompts == [example.prompt_ids for example in examples[:2]]
    assert (most, ends) == (7, stop_ids(chatml))
    assert chatml.tokenizer.decode(prompts[0]).endswith("<|im_start|>assistant\n")


def test_the_untrained_model_is_asked_once(chatml: Any, examples: Any, tmp_path: Path) -> None:
    """A resumed run takes the answers from before training, which its model could not give any more."""
    first: Any = Scripted(ids(chatml, "एक\u2028दोन"), ids(chatml, "तीन"))
    before = answers_before(tmp_path, first, examples[:2], chatml, max_new_tokens=7)
    assert before == ["एक\u2028दोन", "तीन"]
    trained: Any = Scripted([], [])
    assert answers_before(tmp_path, trained, examples[:2], chatml, max_new_tokens=7) == before
    assert trained.asked == []
    assert [path.name for path in tmp_path.iterdir()] == ["before.json"], "nothing half written"


def test_no_question_is_no_answer(chatml: Any, tmp_path: Path) -> None:
    """Without samples nothing is asked of the rows, and the file is there and empty."""
    engine: Any = Scripted()
    before = answers_before(tmp_path, engine, [], chatml, max_new_tokens=7)
    assert write_samples(tmp_path, [], [], before, []) == []
    assert (tmp_path / SAMPLES).read_bytes() == b""
    assert not (tmp_path / "before.json").exists()


def test_a_sample_stands_beside_its_own_reference(chatml: Any, tmp_path: Path) -> None:
    """Question and reference are found by id, not by place; any text is one line and comes back."""
    rows = [row(f"{text}?", f"उत्तर {number}\nदुसरी ओळ\u2028", number) for number, text in enumerate(CURATED_TEXT[:4])]
    made = build_examples(rows, chatml, max_tokens=512).used
    asked = [made[2], made[0]]
    lines = write_samples(tmp_path, asked, rows, ['"आधी"', ""], ["नंतर", "\n"])
    assert [line["row_id"] for line in lines] == [rows[2].id, rows[0].id]
    assert lines[0] == {
        "row_id": rows[2].id, "question": rows[2].question, "reference": rows[2].answer, "before": '"आधी"',
        "after": "नंतर",
    }  # fmt: skip
    written = (tmp_path / SAMPLES).read_text("utf-8").split("\n")
    assert [json.loads(line) for line in written[:-1]] == lines
    assert written[-1] == ""
    assert "उत्तर" in written[0], "Marathi as Marathi, not as escapes"


def test_an_answer_too_few_is_an_error(chatml: Any, examples: Any, tmp_path: Path) -> None:
    """Answers are matched to questions one by one: a list of another length is never shifted along."""
    rows = [row("क?", "ख", 1)]
    made = build_examples(rows, chatml, max_tokens=512).used
    with pytest.raises(ValueError, match="shorter"):
        write_samples(tmp_path, made, rows, ["आधी"], [])
    assert not (tmp_path / SAMPLES).exists()
    assert examples
