"""Validate, length and script: the plain stages, their bands and what they say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.record import frame
from datakit.stages.length import Length
from datakit.stages.script import Script
from datakit.stages.validate import Validate

QUESTION = "स्वराज्याची राजधानी कोणती होती?"
INVISIBLE = ["", " ", "\t\n", "\u00a0", "\u200b\u200d\u200c", "\ufeff", "\u202e", "\x00", "\u2028"]


def one(stage: Any, **columns: Any) -> tuple[str | None, str | None]:
    """Return reason and detail of one row."""
    row = stage.apply(frame([columns])).row(0, named=True)
    return row["reject_reason"], row["reject_detail"]


@pytest.mark.parametrize("text", [None, *INVISIBLE])
def test_nothing_to_see_is_empty(text: str | None) -> None:
    """Null, spaces of every kind, joiners and controls are no text, on either side."""
    assert one(Validate(), question=text, answer="रायगड")[0] == "empty_question"
    assert one(Validate(), question=QUESTION, answer=text)[0] == "empty_answer"


@pytest.mark.parametrize("text", ["०", "-", "?", "्", "🙂", "\ue000", "\ufffd", "a"])
def test_anything_to_see_is_a_text(text: str) -> None:
    """What a person would see is left to the stages that judge it."""
    assert one(Validate(), question=text, answer=text) == (None, None)


def test_a_missing_licence_names_its_source() -> None:
    """The detail says which source to look up and where to write the licence."""
    reason, detail = one(Validate(require_licence=True), question=QUESTION, answer="रायगड", source_id="bakhar")
    assert reason == "licence_missing"
    assert detail == "source bakhar names no licence; add `licence` to it in sources.toml"
    assert one(Validate(require_licence=True), question=QUESTION, answer="रायगड")[1].startswith("source ? ")  # type: ignore[union-attr]


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_band_is_inclusive(question: int, answer: int) -> None:
    """A text of exactly the limit is inside the band, one character more or less is outside."""
    stage = Length(min_question_chars=10, max_question_chars=50, max_answer_chars=40)
    reason, _ = one(stage, question="अ" * question, answer="अ" * answer)
    wanted = (
        "question_too_short"
        if question < 10
        else "question_too_long"
        if question > 50
        else "answer_too_long"
        if answer > 40
        else None
    )
    assert reason == wanted


def test_the_detail_gives_both_numbers() -> None:
    """What was found and what is allowed."""
    assert one(Length(), question="का", answer="ब") == ("question_too_short", "2 characters, at least 4")
    assert one(Length(max_answer_chars=3), question=QUESTION, answer="रायगड")[1] == "5 characters, at most 3"


def test_spaces_around_a_question_do_not_lengthen_it() -> None:
    """A padded question is as short as it looks."""
    assert one(Length(), question="  का   ", answer="ब")[0] == "question_too_short"


@pytest.mark.parametrize("answer", ["", "१६७४", "क", "शीतयुद्ध"])
def test_no_answer_is_too_short(answer: str) -> None:
    """The stage has no lower limit for answers."""
    assert one(Length(), question=QUESTION, answer=answer) == (None, None)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Where is Raigad?", "In Konkan"),
        ("રાયગઢ ક્યાં છે?", "કોંકણમાં"),
        ("ரைகட் எங்கே?", "கொங்கணம்"),
        ("Где Райгад?", "В Конкане"),
        ("رائے گڑھ کہاں ہے؟", "کونکن"),
    ],
)
def test_other_scripts_are_rejected(question: str, answer: str) -> None:
    """English, Gujarati, Tamil, Russian and Urdu; the detail gives the share found and the share wanted."""
    assert one(Script(), question=question, answer=answer) == (
        "not_devanagari",
        "0 % of the letters are Devanagari, at least 25 %",
    )


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (QUESTION, "Raigad"),
        (QUESTION, "1674"),
        ("IPC चा कोणता कलम?", "302"),
        ("ISRO चे पूर्ण रूप काय?", "Indian Space Research Organisation"),
        ("१२ × १२ = ?", "१४४"),
        ("🙂?", "🙂"),
    ],
)
def test_latin_names_and_numbers_are_kept(question: str, answer: str) -> None:
    """A name in Latin letters, an abbreviation, a sum and a picture do not make a row foreign."""
    assert one(Script(), question=question, answer=answer) == (None, None)


def test_the_share_is_an_option() -> None:
    """A stricter share rejects a question with a long English answer."""
    strict = Script(min_devanagari_percent=60)
    assert one(strict, question="FDI चे पूर्ण रूप?", answer="Foreign Direct Investment")[0] == "not_devanagari"


def test_digits_do_not_count_as_letters() -> None:
    """Devanagari digits do not save an English row."""
    assert one(Script(), question="Which group is it?", answer="G२०२०२०२०२०२०")[0] == "not_devanagari"
