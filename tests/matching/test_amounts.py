"""Amounts that answers name: digits, words, scales, units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.matching.amounts import amounts


@pytest.mark.parametrize(
    ("text", "value", "quantity"),
    [
        ("३६", 36, ""),
        ("छत्तीस जिल्हे", 36, ""),
        ("१६,११० रुपये", 16110, ""),
        ("४ लाख ५० हजार", 450_000, ""),
        ("दहा हजार", 10_000, ""),
        ("दीड हजार", 1_500, ""),
        ("११.२४ कोटी", 112_400_000, ""),
        ("तीनशे साठ", 360, ""),
        ("साडेतीन किमी", 3_500, "length"),
        ("साडे तीन", 3.5, ""),
        ("१६४६ मीटर", 1646, "length"),
        ("८०%", 80, "percent"),
        ("८० टक्के", 80, "percent"),
        ("लाख", 100_000, ""),
    ],
)
def test_a_form_of_an_amount(text: str, value: float, quantity: str) -> None:
    """Each form gives one amount in the base unit of its quantity."""
    found = amounts(text)
    assert [amount.quantity for amount in found] == [quantity]
    assert found[0].value == pytest.approx(value)


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("३५", "पस्तीस", True),
        ("१६४६ मीटर", "५४०० फूट", True),
        ("सुमारे ३५०", "३६०", True),
        ("८०%", "८० टक्के", True),
        ("१० किलो", "१० किमी", True),
        ("३६", "३५", False),
        ("सुमारे ३५०", "७५", False),
        ("२३ किल्ले", "तेरा किल्ले", False),
        ("१४६५ किमी", "९८० किलोमीटर", False),
    ],
)
def test_when_two_amounts_can_both_be_right(one: str, other: str, agree: bool) -> None:
    """Rounding and `about` are allowed for; different quantities cannot be compared, so they do not contradict."""
    left, right = amounts(one)[0], amounts(other)[0]
    assert left.agrees(right) is agree
    assert right.agrees(left) is agree


@pytest.mark.parametrize("text", ["", "रायगड", "एक थोर राजा", "शेवट", "हजारो"])
def test_words_that_are_no_amount(text: str) -> None:
    """एक is an article, शेवट only begins like शे."""
    assert amounts(text) == []


@given(st.text(max_size=60))
def test_no_text_crashes_the_reading_of_amounts(text: str) -> None:
    """Any text has amounts that are not negative."""
    assert all(amount.value >= 0 for amount in amounts(text))
