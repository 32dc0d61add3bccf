"""What a question asks: paraphrases have one form, different questions do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.matching.question_form import Asked, asked, asked_each, comparable


def same(one: str, other: str) -> bool:
    """Tell whether two questions are held against each other."""
    left, right = asked(one), asked(other)
    if left is None or right is None:
        return False
    return comparable(left, right)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("छत्रपती शिवाजी महाराजांचा जन्म कोणत्या साली झाला?", "शिवाजी महाराजांचे जन्मवर्ष कोणते?"),
        ("शिवाजी महाराजांचा जन्म कधी झाला?", "शिवरायांच्या जन्माचे वर्ष कोणते?"),
        ("शिवाजी महाराजांचा जन्म कधी झाला?", "कधी झाला शिवाजी महाराजांचा जन्म?"),
        ("पानिपतची तिसरी लढाई केव्हा झाली?", "पानिपतचे ३रे युद्ध कोणत्या वर्षी लढले गेले?"),
        ("सत्यशोधक समाजाचे संस्थापक कोण?", "सत्यशोधक समाजाची स्थापना कोणी केली?"),
        ("गीतारहस्य हा ग्रंथ कोणी लिहिला?", "'गीतारहस्य' या ग्रंथाचे लेखक कोण होते?"),
        ("शिवाजी महाराजांच्या गुरूंचे नाव काय होते?", "शिवाजी महाराजांचे गुरू कोण होते?"),
        ("शिवाजी महाराजांच्या आईचे नाव सांगा.", "शिवाजी महाराजांच्या मातोश्रींचे नाव काय?"),
        ("शिवाजी महाराजांचे जन्मस्थान कोणते?", "शिवाजी महाराजांचा जन्म कोणत्या ठिकाणी झाला?"),
        ("सातवाहनांची राजधानी कोठे होती?", "सातवाहन घराण्याची राजधानी कोणती होती?"),
        ("महाराष्ट्रात किती जिल्हे आहेत?", "महाराष्ट्र राज्यात एकूण जिल्ह्यांची संख्या किती आहे?"),
        ("डॉ. आंबेडकरांचा जन्म कोठे झाला?", "डॉ. बाबासाहेब आंबेडकर यांचा जन्म कोठे झाला?"),
        ("रायगड किल्ला कोणी बांधला?", "रायगड कोणी उभारला?"),
    ],
)
def test_paraphrases_have_one_form(one: str, other: str) -> None:
    """Order, titles, synonyms, compounds and the way of asking go; what is asked stays."""
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("शिवाजी महाराजांचा जन्म कधी झाला?", "संभाजी महाराजांचा जन्म कधी झाला?"),
        ("शिवाजी महाराजांचा जन्म कधी झाला?", "शिवाजी महाराजांचा जन्म कोठे झाला?"),
        ("शिवाजी महाराजांचा जन्म कधी झाला?", "शिवाजी महाराजांचा मृत्यू कधी झाला?"),
        ("पानिपतची पहिली लढाई कधी झाली?", "पानिपतची तिसरी लढाई कधी झाली?"),
        ("मराठ्यांचे पहिले पेशवे कोण?", "मराठ्यांचे पहिले छत्रपती कोण?"),
        ("अफझलखानाचा वध कोणी केला?", "अफझलखानाने कोणाचा वध केला?"),
        ("शिवाजी महाराजांचा मुलगा कोण?", "शिवाजी महाराजांची मुलगी कोण?"),
        ("शाहू महाराजांचे वडील कोण?", "राजर्षी शाहू महाराजांचे वडील कोण?"),
        ("रमाबाई आंबेडकरांचा जन्म कधी झाला?", "डॉ. आंबेडकरांचा जन्म कधी झाला?"),
        ("शिवाजी महाराजांचा जन्म कोणत्या किल्ल्यावर झाला?", "शिवाजी महाराजांचा जन्म कोणत्या जिल्ह्यात झाला?"),
        ("भारताची राजधानी कोणती आहे?", "भारताची राजधानी कोणती होती?"),
        ("सर्वात मोठा किल्ला कोणता?", "सर्वात मोठी नदी कोणती?"),
    ],
)
def test_different_questions_have_different_forms(one: str, other: str) -> None:
    """One telling word apart is another question."""
    assert not same(one, other)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "???",
        "खालीलपैकी कोणते विधान योग्य आहे?",
        "कोणती जोडी योग्य आहे?",
        "शिवाजी महाराजांच्या किल्ल्यांची नावे सांगा.",
        "शिवाजी महाराज कोण होते व ते कधी जन्मले?",
        "वरील परिच्छेदानुसार लेखक कोठे गेला?",
        "लांब " * 50,
    ],
)
def test_questions_without_one_answer_have_no_form(text: str | None) -> None:
    """Options that are not there, lists, two questions in one, passages: nothing to compare."""
    assert asked(text) is None


def test_a_pronoun_leans_on_its_context() -> None:
    """`त्यांचा जन्म` is another question beside another passage."""
    form = asked("त्यांचा जन्म कोणत्या गावी झाला?")
    assert isinstance(form, Asked)
    assert form.leans_on_context
    assert not getattr(asked("टिळकांचा जन्म कोठे झाला?"), "leans_on_context", True)


@given(st.text(max_size=80))
def test_no_text_crashes_the_form(text: str) -> None:
    """Any text has a form with words or none at all."""
    form = asked(text)
    assert form is None or form.words


def test_many_questions_have_the_forms_that_each_has() -> None:
    """`asked_each`, which parses the words together, gives each question its own form, and None where it has none."""
    texts = ["शिवाजी महाराजांचा जन्म कधी झाला?", None, "", "रायगड कोठे आहे?", "क " * 50, "★"]
    texts += [
        f"{name} किल्ला कोणी बांधला?"
        for name in ["पन्हाळा", "तोरणा", "प्रतापगड", "राजगड", "सिंहगड", "लोहगड", "विशाळगड", "पुरंदर"]
    ]
    assert asked_each(texts) == [asked(text) for text in texts]
    assert asked_each([]) == []
