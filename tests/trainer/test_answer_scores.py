"""Scores of answers: exact match forgives form, chrF is the published one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.answer_scores import chrf, exact_match
from trainer.question_type import question_type


@pytest.mark.parametrize(
    ("answer", "reference", "same"),
    [
        ("१६७४", "1674.", True),
        (" रायगड ।", "रायगड", True),
        ("Fort  Raigad", "fort raigad", True),
        ("रायगड", "राजगड", False),
        ("१६७४", "१६८०", False),
        ("", "रायगड", False),
    ],
)
def test_exact_match_forgives_form_and_nothing_else(answer: str, reference: str, same: bool) -> None:
    """White space, closing punctuation, case and digit script do not count; a letter or a year does."""
    assert exact_match(answer, reference) is same


def test_chrf_is_the_published_figure() -> None:
    """By hand for n up to 6: "abcd" against "abce" has 3/4, 2/3, 1/2 and 0/1 of its n-grams, their mean twice."""
    mean = (3 / 4 + 2 / 3 + 1 / 2 + 0) / 4
    assert chrf(["abcd"], ["abce"]) == pytest.approx(100 * mean)  # precision equals recall, so F equals both
    # recall weighs four times: half of the reference, all of it right
    precision, recall = 1.0, (2 / 4 + 1 / 3) / 2
    assert chrf(["ab"], ["abcd"]) == pytest.approx(100 * 5 * precision * recall / (4 * precision + recall))


def test_chrf_has_its_ends() -> None:
    """Equal texts score 100 whatever their spaces, texts with nothing in common 0, nothing at all 0."""
    assert chrf(["रायगड किल्ला"], ["रायगडकिल्ला"]) == pytest.approx(100)
    assert chrf(["अआइ"], ["xyz"]) == 0
    assert chrf([""], ["रायगड"]) == 0
    assert chrf([], []) == 0


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=5))
def test_chrf_stays_between_0_and_100(pairs: list[tuple[str, str]]) -> None:
    """Whatever the texts, the score is a percentage."""
    assert 0 <= chrf([one for one, _ in pairs], [other for _, other in pairs]) <= 100 + 1e-9


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("शिवाजी महाराजांचा राज्याभिषेक केव्हा झाला?", "when"),
        ("पुरंदरचा तह कोणत्या साली झाला?", "when"),
        ("शिवनेरी किल्ला कोठे आहे?", "where"),
        ("अष्टप्रधान मंडळात किती मंत्री होते?", "how many"),
        ("शाहिस्तेखान पुण्यातून का परतला?", "why"),
        ("महाराज आग्र्याहून कसे निसटले?", "how"),
        ("सिंहगड कोणी जिंकला?", "who"),
        ("‘बृहत्कथा’ हा ग्रंथ कोणाचा?", "who"),
        ("स्वराज्याची पहिली राजधानी कोणती?", "which"),
        ("चौथाई म्हणजे काय?", "what"),
        ("वतन या शब्दाचा अर्थ सांगा.", "other"),
    ],
)
def test_a_question_is_sorted_by_its_question_word(question: str, kind: str) -> None:
    """The question word decides; `कोणत्या साली` asks for a time, though it holds `which`."""
    assert question_type(question) == kind
