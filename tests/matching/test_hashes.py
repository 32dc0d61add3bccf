"""Hashes of columns against hashes of texts, and the signs of a column against those of each text."""

import numpy as np
import polars as pl
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.matching.hash_lists import hash_lists
from datakit.matching.hashes import hash_64, hash_128
from datakit.matching.signs import signs, signs_of

TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["", "शिवाजी", "A+"])), max_size=8)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_a_column_hashes_as_its_texts_do(texts: list[str | None]) -> None:
    """64 bits of each text, null for null, whatever stands beside it."""
    hashes = hash_64(pl.Series("x", texts, dtype=pl.String))
    expected = [None if text is None else xxhash.xxh3_64_intdigest(text.encode()) for text in texts]
    assert (hashes.name, str(hashes.dtype), hashes.to_list()) == ("x", "UInt64", expected)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=8))
def test_two_halves_make_the_long_hash(texts: list[str]) -> None:
    """128 bits of each text, the upper half first."""
    high, low = hash_128(pl.Series(texts, dtype=pl.String))
    whole = [upper << 64 | lower for upper, lower in zip(high.to_list(), low.to_list(), strict=True)]
    assert whole == [xxhash.xxh3_128_intdigest(text.encode()) for text in texts]


SIGNED = st.text(st.sampled_from("A+-−=<≥ (९5क\n\x1c\x85\u3000़्.–ँé"), max_size=8)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(st.none(), SIGNED), max_size=8))
def test_a_column_has_the_signs_of_its_texts(texts: list[str | None]) -> None:
    """The look at the whole column misses no text that holds a sign, whatever space is before a minus."""
    assert signs_of(pl.Series(texts, dtype=pl.String)) == [signs(text) for text in texts]


def test_signs_are_found_in_a_column() -> None:
    """Plus, minus before a number or after a letter; no dash, no range."""
    texts = pl.Series(["A+", "A-", "-५ अंश", "१६३०-८०", "क-ख", "(−५)", None, ""])
    assert signs_of(texts) == ["+", "-", "-", "", "", "-", "", ""]


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0, 1, 2**60, 2**63, 2**64 - 1])), max_size=12))
def test_lists_hold_the_hashes_of_each_row_once(pairs: list[tuple[int, int]]) -> None:
    """Ascending, each once, null for a row without; also of hashes that differ in their last bits only."""
    owner = np.array([row for row, _ in pairs], dtype=np.int64)
    hashes = np.array([key for _, key in pairs], dtype=np.uint64)
    expected = [sorted({key for row, key in pairs if row == number}) or None for number in range(5)]
    assert hash_lists(5, owner, hashes).to_list() == expected


def test_hashes_that_look_alike_are_still_sorted() -> None:
    """Twenty hashes of one row that differ below what is compared first, each twice: the longer way sorts them."""
    hashes = np.array([*range(20), *range(20)], dtype=np.uint64)[::-1]
    assert hash_lists(2**20, np.full(40, 7, dtype=np.int64), hashes)[7].to_list() == list(range(20))
