"""Statements are copies in the same words only; questions are known by what they ask."""

import pytest

from datakit.matching.lexemes import lexeme, lexemes
from datakit.matching.near_match import answer_match, question_match
from datakit.matching.wording import declares, is_statement, same_wording, written_alike


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("शिवाजी महाराजांचा जन्म शिवनेरीवर झाला", True),
        ("शिवाजी महाराजांचा जन्म कोठे झाला", False),
        ("मराठ्यांच्या किल्ल्यांची नावे सांगा", False),
        ("या मूलद्रव्यांची नावे आधीच दिली आहेत", True),
        ("रायगड किल्ल्यावर", False),
        ("", False),
    ],
)
def test_what_is_a_statement(text: str, statement: bool) -> None:
    """A question word or an imperative asks; a name or a place of three words is no sentence."""
    assert is_statement(lexemes(text)) is statement


@pytest.mark.parametrize(
    ("text", "declaration"),
    [
        ("मराठ्यांनी अटकेपार झेंडे लावले आहेत", True),
        ("पेशव्यांची सत्ता १८१८ मध्ये समाप्त झाली", True),
        ("अभिनव भारत या गुप्त संस्थेचे संस्थापक", False),
        ("खालील विषयावर परिच्छेद लिहाः किल्ला जिंकला होता", False),
        ("ही घटनादुरुस्ती कशाशी संबंधित आहे", False),
        ("प्लासीची लढाई कोणाच्यात झाली", False),
    ],
)
def test_what_is_a_declaration(text: str, declaration: bool) -> None:
    """A sentence that ends in its verb; a phrase to be completed, a task and a question are none."""
    assert declares(lexemes(text)) is declaration


def test_two_declarations_in_the_place_of_questions_are_one_only_to_the_letter() -> None:
    """They ask nothing, so an equal answer does not say that one is a copy; as answers a misprint joins them."""
    one, other = (lexemes(f"मराठ्यांच्या {word} मागणी वाढली आहे") for word in ("बाजारपेठेत", "बाजारापेठेत"))
    assert question_match(one, one, other_equal=True) == 1.0
    assert question_match(one, other, other_equal=True) is None
    assert answer_match(one, other, other_equal=True) == 1.0
    asked, misprinted = (lexemes(f"मराठ्यांच्या {word} मागणी का वाढली आहे") for word in ("बाजारपेठेत", "बाजारापेठेत"))
    assert question_match(asked, misprinted, other_equal=True) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("राजस्थानच्या सर्व विकेटसमध्ये त्याचा हात होता", "राजस्थानच्या सर्व विकेट्समध्ये त्याचा हात होता"),
        ("लोकांच्या निवाऱ्याची सोय करण्यात आली", "लोकांच्या निवार्याची सोय करण्यात आली"),
        ("गावातील सिव्हील रुग्णालयात सोय झाली", "गावातील सिव्हिल रुग्णालयात सोय झाली"),
        ("छत्रपती शिवाजी महाराज पुण्यात राहत होते", "शिवाजी महाराज पुण्यात राहत होते"),
        ("त्यांनी नवीन पेन ड्राइव्ह विकत घेतला", "त्यांनी नवीन पेनड्राइव्ह विकत घेतला"),
    ],
)
def test_a_copy_with_a_misprint_has_one_wording(one: str, other: str) -> None:
    """A slip, an eyelash spelling, a long vowel, a title, a lost space."""
    assert same_wording(lexemes(one), lexemes(other), 0)
    assert same_wording(lexemes(other), lexemes(one), 0)


REWORDED = [
    ("साळवी यांनी दिले आहेत हे त्यांनी सांगितले", "साळवी यांनी दिला आहे हे त्यांनी सांगितले"),
    ("ही घरे लोकप्रतिनिधींसाठी राखीव आहेत", "ही घरे लोकप्रतिनिधींच्या राखीव आहेत"),
    ("तसेच शिंदे यांनी असे म्हटले आहे", "तसेच शिंदे यांनी असं म्हटले आहे"),
    ("त्यामुळे पक्षाला फटका बसला आहेच", "त्यामुळे पक्षाला फटका बसला आहे"),
    ("राजश्री पवार, शरद देऊळगावकर व कुलकर्णी", "राजश्री पवार, शरद देऊळगावकर, कुलकर्णी"),
    ("डॉक्टरांनी त्यांना मोलाचा सल्ला दिला", "डॉक्टरांनी त्याला मोलाचा सल्ला दिला"),
]


@pytest.mark.parametrize(("one", "other"), REWORDED)
def test_another_ending_or_small_word_is_another_statement(one: str, other: str) -> None:
    """What is inflected otherwise, spoken for written, stressed by -च or joined by व was written anew."""
    assert not same_wording(lexemes(one), lexemes(other), 0)
    assert question_match(lexemes(one), lexemes(other), other_equal=True) is None
    assert answer_match(lexemes(one), lexemes(other), other_equal=True) is None


@pytest.mark.parametrize(("one", "other"), REWORDED[:2])
def test_a_leak_is_a_leak_in_other_words(one: str, other: str) -> None:
    """Decontamination lets endings differ in statements too."""
    assert question_match(lexemes(one), lexemes(other), reworded=True) is not None


def test_a_question_may_be_inflected_otherwise() -> None:
    """What is asked hangs on the content words: रायगड किल्ला and रायगडाचा किल्ला."""
    one, other = "रायगड किल्ला कोणी बांधून घेतला?", "रायगडाचा किल्ला कोणी बांधून घेतला?"
    assert question_match(lexemes(one), lexemes(other)) is not None


def test_two_slips_need_fifteen_words() -> None:
    """One slip is a slip; a second needs a statement of fifteen words or more."""
    once = "पानिपतच्या तिसऱ्या लढाईत मराठयांचा पराभव झाला होता"
    right = "पानिपतच्या तिसऱ्या लढाईत मराठ्यांचा पराभव झाला होता"
    twice = once.replace("पराभव", "पराभवव")
    assert same_wording(lexemes(right), lexemes(once), 0)
    assert not same_wording(lexemes(right), lexemes(twice), 0)
    assert same_wording(lexemes(f"{right} {right} {right}"), lexemes(f"{twice} {right} {right}"), 0)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("महाराष्ट्र", "महराष्ट्र", True),
        ("केला", "केली", False),
        ("म्हणणे", "म्हणणं", False),
        ("रायगड", "राजगड", False),
        ("दऱ्याखोऱ्या", "दर्याखोऱ्या", True),
        ("इतिहास", "इतीहास", True),
    ],
)
def test_words_as_written(one: str, other: str, alike: bool) -> None:
    """One slip makes a word no other; two known forms of a word are two."""
    assert written_alike(lexeme(one), lexeme(other)) is alike
    assert written_alike(lexeme(other), lexeme(one)) is alike
