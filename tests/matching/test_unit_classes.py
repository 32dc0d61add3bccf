"""Classes of code units: what each text of a column holds, against the patterns that say it of one text."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from datakit.matching.unit_classes import (
    BEFORE_MINUS,
    COMMA,
    HALF,
    KIND,
    LATIN,
    LETTER,
    NUMBER,
    OTHER,
    SAME_WORDS,
    SIGN,
    same_words,
    unit_classes,
)

CHARS = st.sampled_from("कि१a1,+-− (=\u00a0\u2028\x1c\0★🙂𑀓é\u200d₹~")


@given(st.lists(st.one_of(st.none(), st.text(CHARS, max_size=5)), max_size=5))
def test_a_text_is_of_same_words_as_the_pattern_says(texts: list[str | None]) -> None:
    """One character beyond is enough; null has no words and is of them."""
    column = pl.Series(texts, dtype=pl.String)
    assert same_words(column).tolist() == column.str.contains(SAME_WORDS).fill_null(True).to_list()


def test_every_character_has_its_class() -> None:
    """Letters, marks and joiners, numbers, the comma; what Python calls white space and Latin stands as such."""
    chars = [chr(code) for code in range(1, 2**16) if not 0xD800 <= code < 0xE000]
    found = unit_classes(pl.Series(["".join(chars)])).classes[:-1]
    kinds = dict(zip(chars, (found & KIND).tolist(), strict=True))
    assert [kinds[char] for char in "कि\u200dé१½,.\u200b"] == [LETTER] * 4 + [NUMBER] * 2 + [COMMA] + [OTHER] * 2
    before = [char for char, known in zip(chars, found.tolist(), strict=True) if known & BEFORE_MINUS]
    assert before == [char for char in chars if char.isspace() or char in "(="]
    latin = [char for char, known in zip(chars, found.tolist(), strict=True) if known & LATIN]
    assert "".join(latin) == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_a_text_holds_what_its_units_are() -> None:
    """A bit of a text is set where one of its own units has it: none leaks from the text before or behind."""
    held = unit_classes(pl.Series(["क+", "क", None, "🙂", "क"])).texts
    assert (held & SIGN).astype(bool).tolist() == [True, False, False, False, False]
    assert (held & HALF).astype(bool).tolist() == [False, False, False, True, False]
    assert len(unit_classes(pl.Series([], dtype=pl.String)).texts) == 0


def test_the_last_columns_are_known_again() -> None:
    """Two columns in turn are classified once each, and a third is not taken for one of them."""
    one, two = pl.Series(["रायगड", "अ+"]), pl.Series(["पुणे"])
    first, second = unit_classes(one), unit_classes(two)
    assert unit_classes(pl.Series(one.to_list())) is first
    assert unit_classes(two) is second
    third = unit_classes(pl.Series(["पुणे", None]))
    assert np.array_equal(third.begins, [0, 5])
