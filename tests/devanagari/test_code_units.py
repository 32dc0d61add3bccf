"""Columns as code units: where each text begins, characters of two units, and the memory of the last two columns."""

from itertools import pairwise
from unittest.mock import patch

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from datakit.devanagari import code_units as module
from datakit.devanagari.code_units import BETWEEN, characters, code_units, cuts, look_up

TEXTS = st.lists(st.one_of(st.none(), st.text(st.sampled_from("कर्ा\0a🙂𑀓é "), max_size=6)), max_size=6)


@given(TEXTS)
def test_each_text_stands_where_it_begins(texts: list[str | None]) -> None:
    """The units from one beginning to the next are those of the text, null an empty one, and one unit between."""
    units, begins = code_units(pl.Series(texts, dtype=pl.String))
    ends = np.append(begins, len(units))[1:] - 1
    assert [units[begin:end].tobytes().decode("utf-16-le") for begin, end in zip(begins, ends, strict=True)] == [
        text or "" for text in texts
    ]
    assert (units[ends] == BETWEEN).all()


@given(st.lists(TEXTS, min_size=3, max_size=5))
def test_a_remembered_column_is_never_taken_for_another(columns: list[list[str | None]]) -> None:
    """Whatever was asked before, and in whatever order, a column has its own units; null is not the empty text."""
    series = [pl.Series(texts, dtype=pl.String) for texts in columns]
    for column in [*series, *reversed(series), *series]:
        units, begins = code_units(column)
        joined = "".join(f"{text or ''}\0" for text in column)
        assert units.tobytes().decode("utf-16-le") == joined
        assert len(begins) == len(column)


@given(TEXTS, st.integers(1, 9))
def test_a_column_joined_in_pieces_is_the_column_joined_at_once(texts: list[str | None], size: int) -> None:
    """However few characters are joined at a time, units and beginnings stay the same, of two units or one."""
    with patch.object(module, "_JOINED", size):
        units, begins = module._units(pl.Series(texts, dtype=pl.String))
    joined = [f"{text or ''}\0".encode("utf-16-le") for text in texts]
    assert units.tobytes() == b"".join(joined)
    assert begins.tolist() == [sum(map(len, joined[:row])) // 2 for row in range(len(texts))]


@given(st.lists(st.integers(1, 9), max_size=9), st.integers(1, 12))
def test_chunks_hold_every_text_once_and_are_no_larger_than_they_need_to_be(lengths: list[int], size: int) -> None:
    """Cuts rise from the first text to behind the last; a chunk of `size` units and more would be less without its
    last text."""
    begins = np.cumsum([0, *lengths])[:-1].astype(np.int64)
    found = cuts(begins, sum(lengths), size)
    assert found == sorted({0, *found, len(lengths)})
    assert all(sum(lengths[first : last - 1]) < size for first, last in pairwise(found))


def test_questions_and_answers_are_both_remembered() -> None:
    """Two columns in turn are cut once each: the same array comes back, for a column of the same texts too."""
    questions, answers = pl.Series(["राजधानी कोणती?", None]), pl.Series(["रायगड", "🙂"])
    first, second = code_units(questions)[0], code_units(answers)[0]
    assert code_units(pl.Series(questions.to_list()))[0] is first
    assert code_units(answers)[0] is second
    code_units(pl.Series(["पुणे"]))
    assert code_units(questions)[0] is not first


def test_characters_are_all_that_take_one_unit() -> None:
    """63,487 characters, each at its code; halves of pairs and 0 are none."""
    codes, chars = characters()
    assert len(codes) == 2**16 - 2**11 - 1
    assert [ord(char) for char in chars] == codes.tolist()


@given(st.integers(0, 3), st.sampled_from([np.uint8, np.uint16, np.bool_]), st.integers(0, 2**32 - 1))
def test_a_table_is_looked_up_unit_by_unit(chunks: int, dtype: type[np.generic], seed: int) -> None:
    """Whatever the length, the last place of the table and the edges of chunks included: each unit gets its entry."""
    dice = np.random.default_rng(seed)
    table = (
        dice.integers(0, 2, 2**16).astype(dtype) if dtype is np.bool_ else dice.integers(0, 250, 2**16).astype(dtype)
    )
    units = dice.integers(0, 2**16, chunks * 2**16 + int(dice.integers(-1, 2)) if chunks else 0).astype(np.uint16)
    units[-3:] = 2**16 - 1
    found = look_up(table, units)
    assert found.dtype == table.dtype
    assert (found == table[units]).all()
