"""Dates that answers name, in the forms people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.matching.dates import Moment, moments


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("१६३०", Moment(1630, 1630)),
        ("सन १६३० मध्ये", Moment(1630, 1630)),
        ("इ.स. १६३०", Moment(1630, 1630)),
        ("१९ फेब्रुवारी १६३०", Moment(1630, 1630, 2, 19)),
        ("फेब्रुवारी १९, १६३०", Moment(1630, 1630, 2, 19)),
        ("१९ फेब्रुवारी, सन १६३०", Moment(1630, 1630, 2, 19)),
        ("19/02/1630", Moment(1630, 1630, 2, 19)),
        ("१९.०२.१६३०", Moment(1630, 1630, 2, 19)),
        ("31 December 1802", Moment(1802, 1802, 12, 31)),
        ("ऑगस्ट, १९४२", Moment(1942, 1942, 8)),
        ("१ मे १९६० रोजी", Moment(1960, 1960, 5, 1)),
        ("३ मे", Moment(0, 0, 5, 3)),
        ("सोळाशे चौऱ्याहत्तर", Moment(1674, 1674)),
        ("सतराशे साली", Moment(1700, 1700)),
        ("शके १५५१", Moment(1629, 1630)),
        ("१७ वे शतक", Moment(1601, 1700)),
        ("१७व्या शतकात", Moment(1601, 1700)),
        ("१९४७-४८", Moment(1947, 1948)),
        ("१६७४ ते १६८०", Moment(1674, 1680)),
        ("इ.स.पू. ३२१", Moment(-321, -321)),
        ("इ.स.पू. २५०० ते १७००", Moment(-2500, -1700)),
    ],
)
def test_a_form_of_a_date(text: str, moment: Moment) -> None:
    """Each form gives the one moment it names."""
    assert moments(text) == [moment]


@pytest.mark.parametrize("text", ["", "रायगड", "२,४०० कॅलरी", "१२३४५ रुपये", "आठ मंत्री", "9999", "मेजर", "मे"])
def test_what_is_no_date(text: str) -> None:
    """Sums, long numbers, small counts, and words that begin like a month."""
    assert moments(text) == []


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("१९ फेब्रुवारी १६३०", "१६३०", True),
        ("१७ वे शतक", "१६३०", True),
        ("१६७४ ते १६८०", "१६७६", True),
        ("शके १५९६", "१६७४", True),
        ("३ एप्रिल १६८०", "एप्रिल १६८०", True),
        ("१६३०", "१६२७", False),
        ("६ जून १६७४", "६ जुलै १६७४", False),
        ("६ जून १६७४", "८ जून १६७४", False),
        ("१७ वे शतक", "१७०७", False),
        ("इ.स.पू. ७८", "इ.स. ७८", False),
    ],
)
def test_when_two_dates_can_both_be_right(one: str, other: str, agree: bool) -> None:
    """The less exact date agrees with all it covers, in both directions."""
    left, right = moments(one)[0], moments(other)[0]
    assert left.agrees(right) is agree
    assert right.agrees(left) is agree


@given(st.text(alphabet="०१२३४५६७८९0123456789 .-/,–तेशकमेजून फेब्रुवारीइसपूव्या", max_size=40))
def test_no_text_crashes_the_reading_of_dates(text: str) -> None:
    """Whatever the digits and dots, months and days stay in range and spans run forward."""
    for moment in moments(text):
        assert moment.first <= moment.last
        assert 0 <= moment.month <= 12
        assert 0 <= moment.day <= 31
