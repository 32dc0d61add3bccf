"""Texts aligned word by word: what may differ in near duplicates, and what may not."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datakit.matching.lexemes import lexemes
from datakit.matching.near_match import answer_match, question_match

LONG = (
    "पुरंदरचा तह जून १६६५ मध्ये शिवाजी महाराज आणि मिर्झाराजे जयसिंग यांच्यात झाला. या तहानुसार शिवाजी महाराजांना तेवीस किल्ले "
    "मुघलांच्या स्वाधीन करावे लागले आणि संभाजीराजांना मनसबदारी मिळाली."
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("शिवाजी महाराजांचा जन्म कधी झाला?", "शिवाजी महाराजांचा जन्म कधी झाला"),
        ("शिवाजी महाराजांचा जन्म कधी झाला?", "छत्रपती शिवाजी महाराजांचा जन्म केव्हा झाला?"),
        ("रायगड कोणी बांधला?", "रायगड किल्ला कोणी बांधला?"),
        ("महाराष्ट्राची राजधानी कोणती?", "महाराष्ट्राची राजधानी कोणती आहे?"),
        ("अहमदनगर या शहराचे संस्थापक कोण?", "अहमद नगर शहराचे संस्थापक कोण?"),
    ],
)
def test_the_same_question(one: str, other: str) -> None:
    """Punctuation, titles, kinds of place, an elided is and a lost space are no other question."""
    assert question_match(lexemes(one), lexemes(other)) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("शिवाजी महाराजांचा जन्म कधी झाला?", "संभाजी महाराजांचा जन्म कधी झाला?"),
        ("राजगड किल्ला कोणी बांधला?", "रायगड किल्ला कोणी बांधला?"),
        ("१६७४ मध्ये काय घडले?", "१६८० मध्ये काय घडले?"),
        ("पानिपतची पहिली लढाई कधी झाली?", "पानिपतची तिसरी लढाई कधी झाली?"),
        ("शिवाजी महाराजांचा जन्म कधी झाला?", "शिवाजी महाराजांचा जन्म कोठे झाला?"),
        ("शिवाजी महाराजांचा जन्म कधी झाला?", "शिवाजी महाराजांचा मृत्यू कधी झाला?"),
        ("शिवाजीने अफझलखानाला मारले का?", "शिवाजीला अफझलखानाने मारले का?"),
        ("हा किल्ला पुण्यात आहे?", "हा किल्ला पुण्यात नाही?"),
        ("भारताची राजधानी कोणती आहे?", "भारताची राजधानी कोणती होती?"),
        ("राज्यपालांची नेमणूक कोण करतो?", "राष्ट्रपतींची नेमणूक कोण करतो?"),
        ("सूर्य पूर्वेकडे उगवतो का?", "सूर्य पश्चिमेकडे उगवतो का?"),
    ],
)
def test_another_question(one: str, other: str) -> None:
    """One telling word is another question, however much of the text is equal, even with an equal answer."""
    assert question_match(lexemes(one), lexemes(other), other_equal=True) is None


def test_one_plain_word_of_a_long_answer_may_change() -> None:
    """The score falls with the words that differ; a second changed word is too many here."""
    once = LONG.replace("स्वाधीन", "हवाली")
    twice = once.replace("मिळाली", "दिली")
    score = answer_match(lexemes(LONG), lexemes(once))
    assert score is not None
    assert 0.9 <= score < 1
    assert answer_match(lexemes(LONG), lexemes(twice)) is None


@pytest.mark.parametrize(
    ("old", "new"), [("१६६५", "१६६६"), ("तेवीस", "बारा"), ("जयसिंग", "अफझलखान"), ("लागले", "लागले नाही"), ("जून", "मार्च")]
)
def test_a_changed_fact_in_a_long_answer_is_another_answer(old: str, new: str) -> None:
    """A year, a number word, a name, a month or a not: the rest may be equal to the letter."""
    assert answer_match(lexemes(LONG), lexemes(LONG.replace(old, new))) is None


def test_short_answers_must_be_equal_but_for_slips() -> None:
    """One word of one is all of it."""
    assert answer_match(lexemes("शीतयुद्ध"), lexemes("शितयुद्ध")) == 1.0
    assert answer_match(lexemes("शीतयुद्ध"), lexemes("महायुद्ध")) is None
    assert answer_match(lexemes(""), lexemes("")) is None


def test_long_unlike_texts_are_refused_at_once() -> None:
    """Two texts of thousands of words are not aligned word by word when their words already differ."""
    one, other = lexemes("शब्द वेगळे " * 3000), lexemes("मजकूर निराळा " * 3000)
    assert answer_match(one, other) is None


WORDS = st.sampled_from(
    [
        "रायगड",
        "किल्ला",
        "राजधानी",
        "शिवाजीने",
        "अफझलखानाला",
        "नाही",
        "कोणी",
        "कधी",
        "१६७४",
        "पहिली",
        "झाली",
        "होती",
        "आहे",
        "असे",
        "असं",
        "च",
        "पाणी",
        "महाराज",
        "वर्ष",
        ",",
        "-",
        "?",
    ]
)


@given(st.lists(WORDS, max_size=40).map(" ".join))
@example(LONG)
@example("प्रश्न उद्भवत नाही.")
def test_a_text_is_the_same_as_itself(text: str) -> None:
    """Whatever the words, and in whatever order: a text with words agrees with itself to the last, said either way."""
    words = lexemes(text)
    for other_equal in (False, True):
        scores = [match(words, lexemes(text), other_equal) for match in (question_match, answer_match)]
        assert scores == ([1.0, 1.0] if words else [None, None])
