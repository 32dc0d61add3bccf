"""`inspect` tells what `read` would find."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from datakit.errors import UsageError
from datakit.readers import Inspection, discover, inspect


@pytest.fixture
def look(raw: Path) -> Callable[..., Inspection]:
    """Write one input and inspect it."""

    def run(name: str, content: bytes | str, **options: object) -> Inspection:
        (raw / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        (source,) = discover(raw)
        return inspect(source, **options)  # type: ignore[arg-type]

    return run


@pytest.mark.parametrize(
    ("name", "content", "shape", "columns"),
    [
        ("a.csv", "प्रश्न,उत्तर,टीप\nक?,ख,\n", "question/answer", {"question": "प्रश्न", "answer": "उत्तर"}),
        (
            "a.jsonl",
            '{"instruction": "क?", "input": "", "output": "ख"}',
            "alpaca",
            {"question": "instruction", "answer": "output", "context": "input"},
        ),
        (
            "a.jsonl",
            '{"conversations": [{"from": "human", "value": "क?"}, {"from": "gpt", "value": "ख"}]}',
            "sharegpt",
            {"conversation": "conversations"},
        ),
        (
            "a.jsonl",
            '{"messages": [{"role": "user", "content": "क?"}, {"role": "assistant", "content": "ख"}]}',
            "messages",
            {"conversation": "messages"},
        ),
        (
            "a.json",
            '{"data": [{"paragraphs": [{"context": "ख", "qas": [{"question": "क?", "answers": [{"text": "ख"}]}]}]}]}',
            "squad",
            {},
        ),
        (
            "a.jsonl",
            '{"question": "क?", "options": ["ख", "ग"], "answer": "अ"}',
            "options",
            {"question": "question", "answer": "answer", "options": "options"},
        ),
        ("a.txt", "प्र. क?\nउ. ख\n", "blocks", {}),
        ("a.html", "<details><summary>क?</summary>ख</details>", "details", {}),
    ],
)
def test_shapes(look: Callable[..., Inspection], name: str, content: str, shape: str, columns: dict[str, str]) -> None:
    """The shape of the rows and the columns taken for their parts are told."""
    found = look(name, content)
    assert (found.shape, dict(found.columns), found.rows, dict(found.rejects)) == (shape, columns, 1, {})


def test_counts_encoding_and_problems(look: Callable[..., Inspection]) -> None:
    """Rows, rejects by reason, the encoding and the first problems with their places are told."""
    text = "question,answer\nक?,ख\n" + "ग\n" * 7
    found = look("a.csv", text.encode("utf-16"))
    assert (found.rows, found.rejects, found.encoding) == (1, {"ragged_row": 7}, "utf-16-le-sig")
    assert len(found.problems) == 5
    file, locator, reason, detail = found.problems[0]
    assert (file, locator, reason) == ("a.csv", "line 3", "ragged_row")
    assert "found 1 fields, expected 2" in detail


def test_packed_inputs(look: Callable[..., Inspection]) -> None:
    """The format named is that of the input, the shape that of what is packed in it."""
    found = look("a.csv.gz", gzip.compress("प्रश्न,उत्तर\nक?,ख\n".encode()))
    assert (found.format, found.shape, found.encoding, found.rows) == ("gz", "question/answer", "utf-8", 1)


def test_the_mapping_is_used(look: Callable[..., Inspection]) -> None:
    """An explicit mapping is followed, and a wrong one refused, as in reading."""
    assert look("a.csv", "x,y\nक?,ख\n", columns={"question": "x", "answer": "y"}).rows == 1
    with pytest.raises(UsageError, match="found colour; expected some of question"):
        look("a.csv", "x,y\nक?,ख\n", columns={"colour": "x"})


def test_nothing_recognised(look: Callable[..., Inspection]) -> None:
    """Where nothing is recognised there is no shape, and the problem says what to write."""
    found = look("a.csv", "x,y\nक?,ख\n")
    assert (found.shape, found.rows) == (None, 0)
    assert 'question = "x", answer = "y"' in found.problems[0][3]
