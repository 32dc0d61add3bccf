"""Values of any type become text, meta and excerpts without a surprise, and a value that is no text is named."""

import datetime
import decimal
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.readers.row import canonical, excerpt, key16
from datakit.readers.values import NotText, as_text, meta_of, shown, text_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.decimals(allow_nan=False) | st.dates()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("शिवाजी", "शिवाजी"),
        ("", ""),
        ("  क ", "  क "),
        (1674, "1674"),
        (-1, "-1"),
        (10**30, "1" + "0" * 30),
        (1674.0, "1674"),
        (0.5, "0.5"),
        (1e22, "10000000000000000000000"),
        (1e-7, "1e-07"),
        (math.nan, None),
        (None, None),
        (decimal.Decimal("3.140"), "3.140"),
        (datetime.date(1674, 6, 6), "1674-06-06"),
        (datetime.datetime(1674, 6, 6), "1674-06-06"),
        (datetime.datetime(1674, 6, 6, 9, 30), "1674-06-06T09:30:00"),
        (datetime.time(9, 30), "09:30:00"),
    ],
)
def test_a_value_is_the_text_a_person_would_write(value: object, text: str | None) -> None:
    """A year in a spreadsheet is no float, a date no time, and a cell that is not a number is empty."""
    assert as_text(value) == text


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinity_is_written_out(value: float) -> None:
    """No number that JSON knows, and still a text: nothing is lost and nothing fails."""
    assert as_text(value) == repr(value)


@pytest.mark.parametrize(
    ("value", "kind"), [([], "a list"), ({}, "an object"), (True, "a truth value"), (b"x", "bytes"), ({1}, "set")]
)
def test_what_is_no_text_is_named_with_its_column(value: object, kind: str) -> None:
    """A list is not joined and an object not printed: both would make an answer that nobody wrote."""
    with pytest.raises(NotText) as caught:
        text_of({"उत्तर": value}, "उत्तर")
    assert caught.value.found() == (
        f"column उत्तर: found {kind}, expected text or a number; write the text itself there"
    )


def test_a_column_that_is_not_there_is_no_text() -> None:
    """A missing column, and no column at all, are None and no error."""
    assert text_of({"a": "x"}, "b") is None
    assert text_of({"a": "x"}, None) is None


@given(SCALARS)
def test_any_scalar_is_text_or_nothing(value: object) -> None:
    """Of a number, a date or a text there is always a text, but for what is empty; a truth value is none."""
    if isinstance(value, bool):
        with pytest.raises(NotText):
            as_text(value)
        return
    text = as_text(value)
    assert text is None or isinstance(text, str)
    assert (text is None) == (value is None or value != value)


@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_meta_is_canonical_json_of_the_scalars(row: dict[str, Any]) -> None:
    """Meta has sorted keys and no floats, is the same for any order of columns, and leaves lists and objects out."""
    meta = meta_of(row, row)
    assert meta == meta_of(dict(reversed(row.items())), list(reversed(row)))
    scalars = {
        name: value
        for name, value in row.items()
        if value is not None and not isinstance(value, list | dict) and value == value
    }
    if meta is None:
        assert not scalars
        return
    found = json.loads(meta)
    assert found.keys() == scalars.keys()
    assert list(found) == sorted(found, key=lambda name: name.encode())
    assert not any(isinstance(value, float) for value in found.values())
    for name, value in scalars.items():
        if isinstance(value, str | bool):
            assert found[name] == value
        else:
            assert float(found[name]) == float(value)


def test_meta_takes_the_columns_asked_for_only() -> None:
    """A column that is part of the pair is not told twice; one that is not there is not made up."""
    assert meta_of({"question": "क", "page": 4, "ok": True}, ("page", "ok", "none")) == '{"ok":true,"page":4}'
    assert meta_of({"question": "क"}, ()) is None
    assert meta_of({"page": 2**64}, ("page",)) == '{"page":"18446744073709551616"}'
    assert meta_of({"page": 2**64 - 1}, ("page",)) == '{"page":18446744073709551615}'


@given(JSON)
def test_any_value_can_be_shown(value: object) -> None:
    """What a reject shows of a row never fails, however odd the row is."""
    assert isinstance(shown(value), str)


def test_what_no_json_holds_can_be_shown() -> None:
    """A nesting deeper than the JSON writer goes, and keys and values of other types, are shown all the same."""
    value: object = "क"
    for _ in range(300):
        value = [value]
    assert shown(value) == "[" * 300 + "'क'" + "]" * 300
    assert shown({1: "क", "२": b"x"}) == '{"1":"क","२":"b\'x\'"}'
    assert len(shown({1: {2, 3}, "x": "\ud800" * 9_000})) <= 2_000


@given(TEXT | st.binary(max_size=60))
def test_an_excerpt_is_one_line(raw: str | bytes) -> None:
    """An excerpt has no line end and no NUL, and at most 300 characters, of text and of any bytes."""
    text = excerpt(raw)
    assert len(text) <= 300
    assert len(text.splitlines()) <= 1
    assert "\x00" not in text
    assert text == text.strip()


def test_an_excerpt_is_the_beginning() -> None:
    """The first 300 characters, not bytes: of Devanagari as many as of Latin."""
    assert excerpt("शि" * 400) == "शि" * 150
    assert excerpt(("शि" * 400).encode()).startswith("शि" * 50)
    assert excerpt(b"a\xffb") == "a\\xffb"
    assert excerpt("\ud800क") == "\\ud800क"


@given(st.dictionaries(TEXT, st.integers(0, 9) | TEXT, max_size=4))
def test_canonical_json_does_not_follow_the_order(value: dict[str, Any]) -> None:
    """The same object written in another order is the same text, and so has the same key."""
    other = dict(reversed(value.items()))
    assert canonical(value) == canonical(other)
    assert key16(canonical(value)) == key16(canonical(other))
    assert json.loads(canonical(value)) == value


@given(TEXT, TEXT)
def test_keys_of_groups_differ_with_their_text(one: str, other: str) -> None:
    """Sixteen hex digits, equal for equal texts only; half a character is no error."""
    assert len(key16(one)) == 16
    assert (key16(one) == key16(other)) is (one == other)
    assert len(key16("\ud800")) == 16
