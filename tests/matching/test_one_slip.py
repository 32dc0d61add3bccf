"""One slip in one word, believed where the other half of two rows is equal."""

import pytest

from datakit.matching.lexemes import lexemes
from datakit.matching.one_slip import one_slip
from datakit.stages.near_dedup import NearDedup
from tests.matching.rows import batch, rejected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("महाराष्ट्राची राजधानी कोणती?", "महाराष्ट्राची राजधानी कोणीत?"),
        ("'द हिंदू' वर्तमानपत्राचे संपादक कोण होते?", "'द हिंदू' वर्तमानपत्राचे संपादक कोण होत?"),
        ("गांधींनी सरदार ही पदवी कोणाला दिली?", "गांधींनी सरार ही पदवी कोणाला दिली?"),
        ("भारताच्या पहिल्या शिक्षिका कोण?", "भारताच्या पहिल्या शिक्षिका कण?"),
        ("अष्टवन म्हणजे काय?", "अष्टवन म्हणजे का?"),
    ],
)
def test_a_question_misprinted(one: str, other: str) -> None:
    """Even a slip that makes another word, or another question word, leaves the question what it is."""
    assert one_slip(lexemes(one), lexemes(other), asks=True)
    assert rejected(NearDedup(), batch([(one, "एक उत्तर"), (other, "एक उत्तर")])) in ({0: 1}, {1: 0})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("१६७४ मध्ये काय घडले?", "१६७५ मध्ये काय घडले?"),
        ("तीन किल्ले कोणी बांधले?", "दोन किल्ले कोणी बांधले?"),
        ("राजगड कोणी बांधला?", "रायगड कोणी बांधला?"),
        ("वडगाव कोठे आहे?", "वाडगाव कोठे आहे?"),
        ("SEBI चे काम काय आहे?", "SBI चे काम काय आहे?"),
        ("तेथे कोण आले नाही?", "तेथे कोण आले काही?"),
        ("पानिपतची लढाई कधी झाली?", "लढाई पानिपतची कधी झाली?"),
        ("पानिपतची लढाई कधी झाली?", "पानिपतची लढाई कधी झाली होती?"),
    ],
)
def test_another_question(one: str, other: str) -> None:
    """A number, a negation, a letter of a name, initials, another order and a word more are no slips."""
    assert not one_slip(lexemes(one), lexemes(other), asks=True)


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("सरदार वल्लभभाई पटेल", "सरदार वल्लभभाई पेटल", True),
        ("इंदूर", "इंंदूर", True),
        ("२९ ऑगस्ट १९४७", "२९ ऑस्ट १९४७", True),
        ("तो करार चळवळीशी संबंधित होता", "तो करार चळवळीशी संबंधित होत", True),
        ("नागरी", "नगरी", False),
        ("राजा फैसल", "रजा फैसल", False),
        ("जून महिन्यात", "जुलै महिन्यात", False),
        ("त्यांना असे वाटले होते", "त्यांना असं वाटले होते", False),
    ],
)
def test_an_answer_misprinted_or_another(one: str, other: str, slip: bool) -> None:
    """In an answer a slip leads from a word to none; from a word to a word it leads in small words only."""
    assert one_slip(lexemes(one), lexemes(other), asks=False) is slip
    assert one_slip(lexemes(other), lexemes(one), asks=False) is slip


def test_two_slips_are_not_one() -> None:
    """Two words apart, or none: not for this rule."""
    one = lexemes("महाराष्ट्राची राजधानी कोणती?")
    assert not one_slip(one, one, asks=True)
    assert not one_slip(one, lexemes("महराष्ट्राची राजधनी कोणती?"), asks=True)


def test_another_answer_forbids_it() -> None:
    """A question that may be misprinted is another question where the answer is another."""
    rows = batch([("राजधानी कोणती होती?", "रायगड"), ("राजधानी कोणीत होती?", "सातारा")])
    assert rejected(NearDedup(), rows) == {}
