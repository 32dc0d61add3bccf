"""JSON Lines: each line stands for itself."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

Rows = list[dict[str, Any]]
Read = Callable[..., Rows]

GOOD = '{"question": "राज्याभिषेक कधी झाला?", "answer": "१६७४"}'


def test_a_row_carries_text_place_and_hash(rows: Read) -> None:
    """A pair is read as it stands, with its line and the hash of its text."""
    (row,) = rows(
        "a.jsonl", '\n{"id": 7, "question": "कधी?  ", "answer": "१६७४", "year": 1674.5, "ok": true, "tags": ["x"]}\n'
    )
    assert (row["question"], row["answer"], row["locator"], row["file"]) == ("कधी?  ", "१६७४", "line 2", "a.jsonl")
    assert row["meta"] == '{"id":7,"ok":true,"year":"1674.5"}'
    canonical = json.dumps(
        ["कधी?  ", "१६७४", None, None, None], ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    assert row["raw_sha256"] == hashlib.sha256(canonical.encode()).hexdigest()
    assert (row["group"], row["source_id"], row["id"], row["history"]) == (None, None, None, None)


def test_hash_is_of_the_text_alone(rows: Read) -> None:
    """The same pair has the same hash on another line, in another column order, with other columns beside it."""
    lines = [GOOD, '{"n": 1, "answer": "१६७४", "question": "राज्याभिषेक कधी झाला?"}', GOOD.replace("१६७४", "१६७५")]
    digests = [row["raw_sha256"] for row in rows("a.jsonl", "\n".join(lines))]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("line", "reason", "words"),
    [
        ('{"question": "क?", "answer"', "invalid_json", "expected one object"),
        ("नुसता मजकूर", "invalid_json", "expected one object"),
        ("[1, 2]", "not_an_object", "found list"),
        ("42", "not_an_object", "found int"),
        ('{"question": "क?", "answer": ["ख"]}', "not_text", "column answer: found a list"),
        ('{"question": {"text": "क?"}, "answer": "ख"}', "not_text", "column question: found an object"),
        ('{"question": "क?", "answer": true}', "not_text", "column answer: found a truth value"),
        ('{"question": "क?", "answer": "ख\x00ग"}', "nul_bytes", "NUL byte at byte"),
        ('{"part": "प्रस्तावना", "page": 4}', "unrecognised_columns", 'columns = { question = "part", answer = "page" }'),
        (
            '{"text": "प्रस्तावना", "page": 4}',
            "no_question_answer_pairs",
            'columns = { question = "text", answer = "page" }',
        ),
        ('{"question": "\\ud800", "answer": "ख"}', "invalid_json", "surrogate"),
    ],
)
def test_a_bad_line_is_rejected_alone(rows: Read, line: str, reason: str, words: str) -> None:
    """A line that cannot be taken is rejected with its place, reason and text, and its neighbours are read."""
    first, bad, last = rows("a.jsonl", f"{GOOD}\n{line}\n{GOOD}\n")
    assert (first["reject_reason"], last["reject_reason"], last["locator"]) == (None, None, "line 3")
    assert (bad["reject_reason"], bad["locator"]) == (reason, "line 2")
    assert words in bad["reject_detail"]
    assert "Text: " in bad["reject_detail"]


def test_not_text_keeps_what_is_text(rows: Read) -> None:
    """A reject shows the parts of the pair that were text, so that a person can mend it."""
    (row,) = rows("a.jsonl", '{"question": "क?", "answer": ["ख"], "context": "उतारा"}')
    assert (row["question"], row["answer"], row["context"]) == ("क?", None, "उतारा")


def test_numbers_become_text(pairs: Callable[..., Any]) -> None:
    """A number answer is its digits, without a `.0` that a spreadsheet put there."""
    lines = [
        '{"question": "कधी?", "answer": 1674}',
        '{"question": "किती?", "answer": 12.0}',
        '{"question": "किती?", "answer": 1.5}',
    ]
    assert [answer for _, _, answer in pairs("a.jsonl", "\n".join(lines))] == ["1674", "12", "1.5"]


def test_null_and_empty_are_left_to_validation(pairs: Callable[..., Any]) -> None:
    """An empty or absent text is no fault of the file: the validate stage says so."""
    lines = ['{"question": "कधी?", "answer": ""}', '{"question": null, "answer": "ख"}']
    assert [found[1:] for found in pairs("a.jsonl", "\n".join(lines))] == [("कधी?", ""), (None, "ख")]


def test_nan_is_read_as_null(pairs: Callable[..., Any]) -> None:
    """NaN, which Python writes though JSON has none, costs no row."""
    assert pairs("a.jsonl", '{"question": "कधी?", "answer": "१६७४", "score": NaN}') == [("line 1", "कधी?", "१६७४")]


def test_invalid_utf8_names_the_byte(rows: Read) -> None:
    """A line that is not UTF-8 is rejected with its byte range and the byte at fault."""
    data = f"{GOOD}\n".encode()
    found = rows("a.jsonl", data + b'{"question": "\xe0\xa4", "answer": "x"}\n' + data)
    assert [row["reject_reason"] for row in found] == [None, "invalid_utf8", None]
    start = len(data)
    assert found[1]["locator"] == f"bytes {start}-{start + 33}"
    assert f"line 2: found byte 0xE0 at byte {start + 14}" in found[1]["reject_detail"]
    assert "\\xe0\\xa4" in found[1]["reject_detail"]


@pytest.mark.parametrize("deep", [65, 1000, 5000])
def test_deep_nesting_is_rejected(rows: Read, deep: int) -> None:
    """JSON nested deeper than any known shape is rejected before anything recurses into it."""
    line = '{"question": "क?", "answer": "ख", "x": ' + "[" * deep + "]" * deep + "}"
    found = rows("a.jsonl", f"{line}\n{GOOD}")
    assert [row["reject_reason"] for row in found] == ["too_deep", None]
    assert "more than 64 deep" in found[0]["reject_detail"]


def test_brackets_in_text_are_not_depth(pairs: Callable[..., Any]) -> None:
    """A text full of brackets is not deep."""
    assert pairs("a.jsonl", json.dumps({"question": "[" * 500, "answer": '{"' * 500}))[0][1] == "[" * 500


def test_last_line_without_line_end(pairs: Callable[..., Any]) -> None:
    """The last line counts though nothing ends it."""
    assert len(pairs("a.jsonl", f"{GOOD}\n{GOOD}")) == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(pairs: Callable[..., Any], end: str) -> None:
    """LF, CR LF and CR end a line, and blank lines count."""
    assert [place for place, _, _ in pairs("a.jsonl", f"{GOOD}{end}{end}{GOOD}{end}")] == ["line 1", "line 3"]


def test_an_array_named_jsonl_is_read(pairs: Callable[..., Any]) -> None:
    """A JSON array is read as one, whatever the file is called."""
    assert pairs("a.jsonl", f"[\n{GOOD},\n{GOOD}\n]")[1][0] == "$[1]"


def test_batches_are_cut_by_rows(rows: Read) -> None:
    """No batch holds more rows than asked for, and none is lost between two."""
    content = "\n".join(json.dumps({"question": f"प्रश्न {n}?", "answer": str(n)}) for n in range(103))
    found = rows("a.jsonl", content, batch_rows=10)
    assert [row["answer"] for row in found] == [str(n) for n in range(103)]
