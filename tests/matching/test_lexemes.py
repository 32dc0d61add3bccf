"""Words: one stem for the forms of a word, different stems for different words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.matching.lexemes import content, fold, lexeme, lexemes, skeleton, spelt


@pytest.mark.parametrize(
    "forms",
    [
        "रायगड रायगडावर रायगडाचा रायगडला रायगडात रायगडाच्या रायगडावरील",
        "पुणे पुण्यात पुण्याला पुण्याचा पुण्यातील",
        "सातारा साताऱ्यात साताऱ्याचा साताऱ्याला",
        "किल्ला किल्ले किल्ल्यावर किल्ल्याचा किल्ल्यांची",
        "भारत भारताचा भारतात भारतातील",
        "इतिहास इतिहासात इतिहासाचा",
        "भोसले भोसल्यांनी भोसल्यांचे",
        "युद्ध युद्धात युद्धाचे लढाई लढाईत संग्राम",
        "बांधला बांधली बांधले बांधण्यात उभारला",
        "शाहू शाहूंनी शाहूंचा शाहूला",
        "राज्य राज्यात राज्याची राज्यातील",
        "अफझलखान अफझलखानाला अफझलखानाचा अफझलखानाने",
        "पहिला पहिली पहिले पहिल्या १",
        "आठ आठवा आठव्या ८ 8",
    ],
)
def test_forms_of_a_word_share_a_stem(forms: str) -> None:
    """Case endings, number, gender and listed synonyms lead to one stem."""
    assert len({lexeme(form).stem for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("शिवाजी", "संभाजी"),
        ("राजगड", "रायगड"),
        ("मुलगा", "मुलगी"),
        ("मराठा", "मराठी"),
        ("राज्य", "राजा"),
        ("दऱ्या", "दर्या"),
        ("टिळक", "टिलक"),
        ("काशी", "काका"),
        ("झाशी", "झाड"),
        ("१६७४", "१६८०"),
        ("दक्षिण", "उत्तर"),
        ("आहे", "होते"),
        ("नाही", "नव्हते"),
    ],
)
def test_different_words_have_different_stems(one: str, other: str) -> None:
    """What tells two facts apart survives the stemmer."""
    assert lexeme(one).stem != lexeme(other).stem


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("१६७४", "number"),
        ("तिसरी", "number"),
        ("पस्तीस", "number"),
        ("कोणत्या", "question"),
        ("कधि", "question"),
        ("कोनत्या", "word"),
        ("नाही", "negation"),
        ("आहे", "tense"),
        ("आहहे", "tense"),
        ("झाला", "light"),
        ("महाराजांनी", "honorific"),
        ("किल्ल्यावर", "weak"),
        ("जन्म", "value"),
        ("निंबाळकर", "name"),
        ("धारवाडकर", "name"),
        ("वडगाव", "name"),
        ("मंदिर", "word"),
    ],
)
def test_kinds_of_words(word: str, kind: str) -> None:
    """Each word is known for what it does; a slip in a question word or in is and was is seen through."""
    assert lexeme(word).kind == kind


def test_joiners_nasals_and_digits_are_folded() -> None:
    """What dedup keys fold is folded here too, word by word."""
    assert fold("सम्भाजी") == fold("संभाजी")
    assert fold("दर्\u200dया") == fold("दऱ्या") != fold("दर्या")
    assert fold("१,२३,४५६") == "123456"
    assert fold("चाँद") == fold("चांद")
    assert skeleton("शिवाजी") == skeleton("शीवाजि")


def test_words_are_split_at_signs_and_between_digits_and_letters() -> None:
    """`१६३०मध्ये` is a number and a word; matras do not split words."""
    assert [w.surface for w in lexemes("१६३०मध्ये (रायगड-किल्ला), 'मराठी'!")] == ["1630", "मध्ये", "रायगड", "किल्ला", "मराठी"]
    assert lexemes(None) == lexemes("") == lexemes("?!–") == []


def test_a_text_of_titles_keeps_them() -> None:
    """छत्रपती alone is an answer, not nothing."""
    assert [w.surface for w in content(lexemes("छत्रपती शिवाजी"))] == ["शिवाजी"]
    assert [w.surface for w in content(lexemes("छत्रपती"))] == ["छत्रपती"]


@given(st.text(max_size=60))
def test_no_text_crashes_the_analysis(text: str) -> None:
    """Any Unicode text has lexemes, each with a surface and a stem."""
    assert all(word.surface == word.surface.casefold() and word.kind for word in lexemes(text))


def test_constants_have_the_stems_of_lexemes() -> None:
    """`spelt`, which knows no misprints, gives each word that the code names the stem that `lexemes` gives it."""
    words = "पराभव विजय वध युद्ध वीरमरण लेखन नेमणूक कैद मृत्यू फाशी विवाह सुटका स्थापना नेतृत्व सैन्य सेनापती सरसेनापती सरनौबत घेतला दिला"
    words += " झाला ग्रंथ काव्य नाटक कादंबरी पोवाडा अभंग म्हणतात मानत मानतात समजतात संबोधतात हस्ते देखरेखीखाली मार्गदर्शनाखाली"
    words += " पुढाकाराने प्रेरणेने प्रयत्नांमुळे"
    assert [spelt(word) for word in words.split()] == [word.stem for word in lexemes(words)]
