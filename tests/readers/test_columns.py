"""Which column is what, by name and by mapping."""

from collections.abc import Callable
from typing import Any

import pytest

from datakit.errors import UsageError
from datakit.readers.columns import resolve, unique

Read = Callable[..., list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("names", "question", "answer"),
    [
        (["question", "answer"], "question", "answer"),
        (["प्रश्न", "उत्तर"], "प्रश्न", "उत्तर"),
        (["Question ", " ANSWER"], "Question ", " ANSWER"),
        (["\ufeffप्रश्न:", "उत्तर:"], "\ufeffप्रश्न:", "उत्तर:"),
        (["क्र.", "प्रश्न", "योग्य उत्तर"], "प्रश्न", "योग्य उत्तर"),
        (["Q", "A"], "Q", "A"),
        (["prompt", "completion"], "prompt", "completion"),
        (["prompt", "response"], "prompt", "response"),
        (["instruction", "output"], "instruction", "output"),
        (["input", "output"], "input", "output"),
        (["question", "instruction", "answer"], "question", "answer"),
        (["question", "answer", "प्रश्न", "उत्तर"], "प्रश्न", "उत्तर"),
        (["question_mr", "answer_mr", "question", "answer"], "question_mr", "answer_mr"),
    ],
)
def test_names_tell(names: list[str], question: str, answer: str) -> None:
    """Names in both languages tell question and answer, case and spaces aside; Marathi goes first."""
    roles = resolve(names)
    assert (roles["question"], roles["answer"]) == (question, answer)


@pytest.mark.parametrize(
    "names", [["text", "label"], ["शीर्षक", "मजकूर"], ["question"], ["answer"], ["Question", "question", "answer"]]
)
def test_names_that_do_not_tell(names: list[str]) -> None:
    """A table without a question or an answer, or with two of one, is not guessed at."""
    assert not {"question", "answer"} <= resolve(names).keys()


def test_input_is_context_only_beside_an_instruction() -> None:
    """Alpaca's input is the context; where nothing else asks, it is the question."""
    assert resolve(["instruction", "input", "output"])["context"] == "input"
    assert resolve(["input", "output"]).get("context") is None


def test_every_column_gets_a_name_of_its_own() -> None:
    """Empty and double names of a header become names that a mapping can point to."""
    assert unique(["प्रश्न", "", "उत्तर", "उत्तर", None]) == ["प्रश्न", "column 2", "उत्तर (1)", "उत्तर (2)", "column 5"]


def test_mapping_decides(rows: Read) -> None:
    """An explicit mapping is followed where names do not tell, and the other columns stay in meta."""
    (row,) = rows(
        "a.jsonl",
        '{"text": "क?", "reply": "ख", "why": "ग"}',
        columns={"question": "text", "answer": "why", "context": "reply"},
    )
    assert (row["question"], row["answer"], row["context"], row["meta"]) == ("क?", "ग", "ख", None)


def test_mapping_overrides_names(rows: Read) -> None:
    """A mapping wins over names that would tell something else."""
    (row,) = rows(
        "a.jsonl",
        '{"question": "क?", "answer": "ख", "answer2": "ग"}',
        columns={"question": "question", "answer": "answer2"},
    )
    assert (row["answer"], row["meta"]) == ("ग", '{"answer":"ख"}')


def test_mapping_serves_the_tables_that_have_its_columns(rows: Read) -> None:
    """One recipe reads many tables: a mapping that does not fit one leaves it to its names."""
    content = '{"question": "क?", "answer": "ख"}\n{"text": "ग?", "reply": "घ"}\n{"x": "च", "reply": "छ"}'
    found = rows("a.jsonl", content, columns={"question": "text", "answer": "reply"})
    assert [(row["question"], row["answer"]) for row in found[:2]] == [("क?", "ख"), ("ग?", "घ")]
    assert found[2]["reject_reason"] == "unrecognised_columns"
    assert "found columns: x, reply;" in found[2]["reject_detail"]


def test_mapping_to_an_unknown_role_is_refused(rows: Read) -> None:
    """A role that no record has is a mistake of the recipe, told before anything is read."""
    with pytest.raises(UsageError, match=r"found answers_text; expected some of question, answer"):
        rows("a.jsonl", '{"question": "क?", "answer": "ख"}', columns={"answers_text": "answer"})


def test_ten_thousand_columns(rows: Read) -> None:
    """A table of 10,000 columns is read, and a reject names the first dozen of them only."""
    header = ",".join(["प्रश्न", "उत्तर", *(f"c{n}" for n in range(9998))])
    (row,) = rows("a.csv", f"{header}\nक?,ख{',' * 9998}\n")
    assert (row["question"], row["answer"]) == ("क?", "ख")
    (row,) = rows("a.csv", header.replace("प्रश्न", "x") + "\nक?,ख" + "," * 9998 + "\n")
    assert row["reject_reason"] == "unrecognised_columns"
    assert "(10000 columns)" in row["reject_detail"]
    assert len(row["reject_detail"]) < 1500
