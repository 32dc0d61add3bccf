"""JSON documents of any size and shape."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., list[dict[str, Any]]]
Pairs = Callable[..., list[tuple[str, str, str]]]

ROW = {"question": "कधी?", "answer": "१६७४"}


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ([ROW, ROW], ["$[0]", "$[1]"]),
        (ROW, ["$"]),
        ({"data": [ROW, ROW]}, ["$.data[0]", "$.data[1]"]),
        ({"version": 1, "rows": [ROW]}, ["$.rows[0]"]),
        ({"train": [ROW], "test": [ROW]}, ["$.train[0]", "$.test[0]"]),
        ({"धडा १": {"questions": [ROW]}}, ['$["धडा १"].questions[0]']),
        ([{"chapter": "१", "questions": [ROW, ROW]}], ["$[0].questions[0]", "$[0].questions[1]"]),
        ({"1": ROW, "2": ROW}, ['$["1"]', '$["2"]']),
        ([[ROW], [ROW]], ["$[0][0]", "$[1][0]"]),
        ({"messages": [{"role": "user", "content": "कधी?"}, {"role": "assistant", "content": "१६७४"}]}, ["$"]),
    ],
)
def test_where_rows_stand(pairs: Pairs, value: object, places: list[str]) -> None:
    """Rows are found in lists and objects of any name, each with its path."""
    assert pairs("a.json", dump(value)) == [(place, "कधी?", "१६७४") for place in places]


def test_json_lines_under_the_wrong_name(pairs: Pairs) -> None:
    """Lines of objects in a .json file are read as lines."""
    content = json.dumps(ROW, ensure_ascii=False) + "\n"
    assert [place for place, _, _ in pairs("a.json", content * 3)] == ["line 1", "line 2", "line 3"]


def test_an_element_that_is_no_json(rows: Read) -> None:
    """A damaged element of an array is rejected by its path, and the others are read."""
    good = json.dumps(ROW, ensure_ascii=False)
    found = rows("a.json", f'[{good}, {{"question": क?}}, 7, null, "मजकूर", {good}]')
    assert [(row["locator"], row["reject_reason"]) for row in found] == [
        ("$[0]", None),
        ("$[1]", "invalid_json"),
        ("$[2]", "not_an_object"),
        ("$[3]", "not_an_object"),
        ("$[4]", "not_an_object"),
        ("$[5]", None),
    ]


@pytest.mark.parametrize("cut", [3, 20, 60, 90])
@pytest.mark.parametrize("wrap", ["[%s, %s", '{"data": [%s, %s'])
def test_a_truncated_document_keeps_its_whole_rows(rows: Read, wrap: str, cut: int) -> None:
    """Rows before the cut are read; the cut is one reject that says where."""
    good = json.dumps(
        {"question": "राज्याभिषेक सोहळा कधी झाला होता?", "answer": "१६७४ साली रायगडावर"}, ensure_ascii=False
    )
    content = (wrap % (good, good)).encode()[:-cut]
    found = rows("a.json", content)
    assert [row["reject_reason"] for row in found] == [None, "truncated_file"]
    start, end = found[1]["locator"].removeprefix("bytes ").split("-")
    assert int(end) == len(content)
    assert int(start) <= int(end)
    assert "[1]; expected its closing brackets" in found[1]["reject_detail"]


def test_invalid_utf8_inside_an_element(rows: Read) -> None:
    """An element that is not UTF-8 is rejected by its bytes; the next is read."""
    good = json.dumps(ROW, ensure_ascii=False).encode()
    bad = b'{"question":"\xe0\xa4","answer":"x"}'
    found = rows("a.json", b"[" + good + b"," + bad + b"," + good + b"]")
    assert [row["reject_reason"] for row in found] == [None, "invalid_utf8", None]
    start, end = map(int, found[1]["locator"].removeprefix("bytes ").split("-"))
    assert (start, end - start) == (len(good) + 2, len(bad))
    assert "$[1]: found byte 0xE0" in found[1]["reject_detail"]


@pytest.mark.parametrize(
    "content",
    ['{"a": ' * 1000 + "1" + "}" * 1000, "[" * 1000 + "]" * 1000, "[" + '{"a":' * 500 + "[]" + "}" * 500 + "]"],
)
def test_deep_documents(rows: Read, content: str) -> None:
    """A document nested 1,000 deep is rejected and nothing recurses into it."""
    assert [row["reject_reason"] for row in rows("a.json", content)] == ["too_deep"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("मजकूर", "invalid_json"),
        ("42", "invalid_json"),
        ("{}", "unrecognised_columns"),
        ("[]", "invalid_json"),
        ('{"a": 1}', "unrecognised_columns"),
        ("[1, 2]", "not_an_object"),
    ],
)
def test_documents_without_rows(rows: Read, content: str, reason: str) -> None:
    """A document that holds no rows says what it holds instead."""
    found = rows("a.json", content)
    assert {row["reject_reason"] for row in found} == {reason}
    assert "expected" in found[0]["reject_detail"]


def test_an_element_larger_than_the_limit(rows: Read) -> None:
    """A row of more than 8 MiB is rejected with its byte range; its neighbours are read."""
    good = json.dumps(ROW, ensure_ascii=False).encode()
    large = b'{"question": "' + b"x" * (9 << 20) + b'"}'
    found = rows("a.json", b"[" + good + b"," + large + b"," + good + b"]")
    assert [row["reject_reason"] for row in found] == [None, "row_too_large", None]
    assert found[1]["locator"] == f"bytes {len(good) + 2}-{len(good) + 2 + len(large)}"
    assert f"found {len(large):,} bytes in one row" in found[1]["reject_detail"]


def test_a_large_object_of_lists_is_streamed(pairs: Pairs) -> None:
    """A top object larger than the limit is read list by list, with the same paths as a small one."""
    rows = [{"question": f"प्रश्न {n}?", "answer": "उत्तर " * 600} for n in range(1000)]
    content = json.dumps({"version": "1", "meta": {"tags": ["x"]}, "data": rows}, ensure_ascii=False)
    assert len(content.encode()) > 8 << 20
    found = pairs("a.json", content)
    assert [place for place, _, _ in found] == [f"$.data[{n}]" for n in range(1000)]


def test_byte_order_mark_and_utf16(pairs: Pairs) -> None:
    """Unicode in any form is JSON too."""
    for encoding in ("utf-8-sig", "utf-16", "utf-16-be"):
        assert pairs("a.json", dump([ROW]).encode(encoding)) == [("$[0]", "कधी?", "१६७४")]
