"""A slip of the finger is the same word; another word is not, though it is one letter away."""

import pytest

from datakit.matching.lexemes import lexeme, skeleton
from datakit.matching.spelling import edited, is_misprint, same_but_slip, same_word, two_villages


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("शिवाजी", "शिवाजि"),
        ("महाराष्ट्र", "महराष्ट्र"),
        ("महाराष्ट्रातील", "महाराष्ट्रातिल"),
        ("पानिपत", "पानीपत"),
        ("पराक्रमी", "पराक्रममी"),
        ("संग्रहालय", "संग्रहलाय"),
        ("विद्यार्थी", "विद्यार्थि"),
        ("पुणे", "पुे"),
        ("घोषणा", "घौषणा"),
        ("सारनाथ", "साराथ"),
    ],
)
def test_a_slip_is_the_same_word(one: str, other: str) -> None:
    """A sign lost or exchanged, a letter doubled or lost, neighbours swapped, a broken cluster."""
    assert same_word(lexeme(one), lexeme(other))
    assert same_word(lexeme(other), lexeme(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("राजगड", "रायगड"),
        ("शिवाजी", "जिवाजी"),
        ("संताजी", "संभाजी"),
        ("माधवराव", "यादवराव"),
        ("वडगाव", "वाडगाव"),
        ("दऱ्या", "दर्या"),
        ("पुणे", "पुरे"),
        ("राम", "रमा"),
        ("१६७४", "१६७५"),
        ("पहिली", "तिसरी"),
        ("जन्म", "मृत्यू"),
        ("कोणी", "कोठे"),
        ("आहे", "होते"),
        ("नाही", "काही"),
        ("दिल्ली", "किल्ली"),
    ],
)
def test_another_word_is_not(one: str, other: str) -> None:
    """Names, places, numbers and words that decide stay apart, even where all else is equal."""
    assert not same_word(lexeme(one), lexeme(other))
    assert not same_but_slip(lexeme(one), lexeme(other))


def test_where_all_else_is_equal_one_edit_between_words_is_a_slip() -> None:
    """तयार and तार are both words; in two questions with one answer the second is the first misspelt."""
    assert not same_word(lexeme("तयार"), lexeme("तार"))
    assert same_but_slip(lexeme("तयार"), lexeme("तार"))
    assert not same_but_slip(lexeme("तयार"), lexeme("वार"))


@pytest.mark.parametrize(
    ("word", "slip"),
    [("बॉम्बे", "बॉमब्े"), ("बॉम्बे", "बॉ्मबे"), ("अंक", "अङक्"), ("कुंभ", "कुमभ्"), ("पंचवटी", "पञचवटी")],
)
def test_a_slip_inside_a_nasal_cluster_is_one_slip(word: str, slip: str) -> None:
    """The key writes म् before ब as a bindu; torn apart it is म again, which is one slip and not two."""
    assert edited(skeleton(word), skeleton(slip))
    assert edited(skeleton(slip), skeleton(word))


def test_other_nasals_are_no_slip() -> None:
    """Only the nasal of the consonant's own class stands behind a bindu."""
    assert not edited("कुंभ", "कुङभ्")
    assert not edited("बॉंबे", "बॉनब्े")


def test_a_misprint_in_the_word_list_is_a_misprint_still() -> None:
    """A form a hundred times rarer than its neighbour is that one's misprint, also in the name of a place."""
    assert is_misprint("सिंधुदुर्ग", "सिधुदुर्ग")
    assert not two_villages("सिंधुदुर्ग", "सिधुदुर्ग")
    assert two_villages("वडगाव", "वाडगाव")


@pytest.mark.parametrize(("one", "other"), [("पदोंनती", "पदोन्नती"), ("योजनांना", "योजनान्ना"), ("सांनिध्य", "सान्निध्य")])
def test_a_bindu_for_a_nasal_before_a_nasal_is_a_slip(one: str, other: str) -> None:
    """Two spellings that are equal once the bindu is written out are parted by a slip, either way round."""
    a, b = skeleton(one), skeleton(other)
    assert edited(a, b)
    assert edited(b, a)
