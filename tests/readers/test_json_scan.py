"""The scanner finds what a parser finds, however the stream is cut."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.readers import json_scan
from datakit.readers.json_scan import elements

TEXTS = st.text(alphabet='अआ"\\[]{},: \n\u200d😀a1', max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


class Trickle:
    """A stream that gives `step` bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._stream = io.BytesIO(data)
        self._step = step

    def read(self, size: int = -1) -> bytes:
        del size  # it is a slow stream
        return self._stream.read(self._step)

    def close(self) -> None:
        self._stream.close()


@given(st.lists(VALUES, max_size=6), st.integers(1, 40), st.booleans(), st.sampled_from([None, 1]))
def test_elements_are_those_of_a_parser(values: list[object], step: int, ascii_only: bool, indent: int | None) -> None:
    """Whatever stands in strings and wherever chunks end, the elements are those that json finds, at their bytes."""
    data = json.dumps(values, ensure_ascii=ascii_only, indent=indent).encode()
    found = list(elements(Trickle(data, step)))
    assert [json.loads(one.data) for one in found] == values
    assert [one.path for one in found] == [f"$[{n}]" for n in range(len(values))]
    assert all(data[one.start : one.end].strip() == one.data and not one.open for one in found)


@given(
    st.dictionaries(TEXTS, st.lists(VALUES, min_size=1, max_size=3) | st.integers() | TEXTS, max_size=4),
    st.integers(1, 40),
)
def test_lists_of_an_object(value: dict[str, object], step: int) -> None:
    """Each list in a top object gives its elements; other values give none."""
    data = json.dumps(value, ensure_ascii=False).encode()
    expected = [
        item
        for key, items in value.items()
        if isinstance(items, list) and key not in json_scan.NEVER_ROWS
        for item in items
    ]
    assert [json.loads(one.data) for one in elements(Trickle(data, step))] == expected


@given(st.lists(VALUES, min_size=1, max_size=4), st.data())
def test_any_cut_is_noticed(values: list[object], data: st.DataObject) -> None:
    """A document cut anywhere before its end gives an element marked open, and none that was not whole."""
    whole = json.dumps(values).encode()
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]
    found = list(elements(io.BytesIO(cut)))
    assert found[-1].open
    assert [json.loads(one.data) for one in found[:-1]] == values[: len(found) - 1]


@pytest.mark.parametrize("step", [7, 1 << 16])
def test_an_element_too_large_is_not_held(step: int) -> None:
    """An element over the limit is passed over: its place is right, its bytes are cut, the next one is whole."""
    large = json.dumps({"a": "x" * 100_000, "b": ["\\", '"'] * 1000})
    data = f'[1, {large}, {{"c": 2}}]'.encode()
    found = list(elements(Trickle(data, step), max_bytes=5_000))
    assert [one.path for one in found] == ["$[0]", "$[1]", "$[2]"]
    assert data[found[1].start : found[1].end] == large.encode()
    assert json.loads(found[2].data) == {"c": 2}
    if step < 5_000:
        assert len(found[1].data) <= json_scan.KEEP
