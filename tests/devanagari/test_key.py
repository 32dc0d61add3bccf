"""The dedup key: what it folds, and what it must keep apart."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.devanagari import dedup_key, dedup_keys
from datakit.devanagari.key import folded_units

SAME = [
    ("दर्\u200dया", "दऱ्या", "eyelash spellings"),
    ("दुस-या", "दुसऱ्या", "hyphen eyelash"),
    ("ॲपल", "ऍपल", "candra a letters"),
    ("काँग्रेस", "कांग्रेस", "candrabindu and anusvara"),
    ("हिन्दुस्थान", "हिंदुस्थान", "homorganic nasal"),
    ("गङ्गा", "गंगा", "homorganic nasal"),
    ("सम्भाजी", "संभाजी", "homorganic nasal"),
    ("पञ्च", "पंच", "homorganic nasal"),
    ("पण्डित", "पंडित", "homorganic nasal"),
    ("फ़ारसी", "फारसी", "nukta"),
    ("नैर्ऋत्य", "नैरृत्य", "vocalic r"),
    ("वाङ्\u200cमय", "वाङ्मय", "ZWNJ"),
    ("सन १६७४", "सन 1674", "digits"),
    ("१,२३,४५६", "123456", "grouped digits"),
    ("1,23,45,678 रु.", "१२३४५६७८ रु", "grouped digits"),
    ("शिवाजी महाराज!", "शिवाजी, महाराज.", "punctuation"),
    ("१०:३०", "10.30", "separators of numbers"),
    ("१६३०–८०", "१६३०-८०", "dashes"),
    ("Shivaji", "SHIVAJI", "case"),
    ("ＡＢＣ १", "abc 1", "compatibility characters"),
    ("❤\ufe0f पुणे", "❤ पुणे", "variation selector"),
]
DIFFERENT = [
    ("दऱ्या", "दर्या", "valleys and sea"),
    ("टिळक", "टिलक", "ळ and ल"),
    ("१.५ लाख", "१५ लाख", "decimal point"),
    ("१,२,३", "१२३", "a list is no number"),
    ("१६३० ८०", "१६३०८०", "two numbers"),
    ("१६७४", "१६८०", "years"),
    ("शिवाजी", "संभाजी", "names"),
    ("वाङ्मय", "वांमय", "nasal before a nasal stays"),
    ("अन्न", "अंन", "doubled nasal stays"),
    ("कऱ्हाड", "कर्हाड", "eyelash and reph"),
    ("दिन", "दीन", "vowel length"),
]


@pytest.mark.parametrize(("one", "other", "why"), SAME)
def test_same_text_has_one_key(one: str, other: str, why: str) -> None:
    """Spellings, digits and punctuation that do not change the meaning give one key."""
    assert dedup_key(one) == dedup_key(other), why


@pytest.mark.parametrize(("one", "other", "why"), DIFFERENT)
def test_different_text_has_different_keys(one: str, other: str, why: str) -> None:
    """What differs in meaning keeps different keys."""
    assert dedup_key(one) != dedup_key(other), why


def test_key_holds_letters_marks_and_digits() -> None:
    """A key is letters, marks, ASCII digits and `~` between numbers, nothing else."""
    assert dedup_key("इ.स. १६३०–१६८० (शिवाजी) ॥") == "इस1630~1680शिवाजी"
    assert dedup_key("~१~२~") == "1~2"


@pytest.mark.parametrize("text", ["", "???", "…", " \n", "❤\ufe0f", "\u200d"])
def test_signs_alone_have_no_key(text: str) -> None:
    """A text without a letter or digit has the empty key."""
    assert dedup_key(text) == ""


def test_keys_of_a_column() -> None:
    """A column of plain, foreign and null texts is keyed row by row, in order."""
    series = pl.Series("q", ["सन १६७४?", None, "ﬁn ２", "1,23,456", "", "पुणे"])
    assert dedup_keys(series).to_list() == ["सन1674", None, "fin2", "123456", "", "पुणे"]
    assert dedup_keys(series[:0]).to_list() == []


def test_private_use_marks_cannot_be_forged() -> None:
    """The marks that the fold uses inside are removed when they come with the text."""
    assert dedup_key("क\ue0001\ue002,\ue0012") == dedup_keys(pl.Series(["क\ue0001\ue002,\ue0012"]))[0] == "क1~2"


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("कङञणनमतचटपरऋऱऩऴअऍँंः़्ृिा०१२३४५123,,,.~:-/ \n।॥॰"),
        st.sampled_from("AbZİΣ\u200b\u200c\u200d\u2060\ufeff\ufe0f\ue000\ue001\ue002\0\x1f½²٣ⅷﬁＡ🙂𝟏\u0951"),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(st.none(), HOSTILE), max_size=6))
def test_a_column_has_the_keys_of_its_texts(texts: list[str | None]) -> None:
    """Found with arrays or one by one, with neighbours or without, null, empty or strange: the same key."""
    keys = dedup_keys(pl.Series("text", texts, dtype=pl.String))
    assert keys.to_list() == [None if text is None else dedup_key(text) for text in texts]
    assert keys.name == "text"


def test_numbers_of_two_rows_are_not_parted() -> None:
    """A row that ends in a number before one that begins with one: no ~ in either key."""
    assert dedup_keys(pl.Series(["सन १६३०", "१६७४ साली", "", "१,२३४", "१,२३४५", "५ ... ६"])).to_list() == [
        "सन1630",
        "1674साली",
        "",
        "1234",
        "1~2345",
        "5~6",
    ]


def test_a_strange_row_leaves_its_neighbours_alone() -> None:
    """A row beyond the plain characters takes the slow way by itself."""
    keys, strange = folded_units(pl.Series(["गङ्गा १", "é१\0२", "सम्भाजी"]))
    assert strange.tolist() == [1]
    assert keys.to_list() == ["गंगा1", "", "संभाजी"]


@pytest.mark.parametrize("chunk", [1, 3, 64])
def test_keys_are_the_same_however_the_column_is_cut(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks are of whole texts: numbers, nasals and strange rows come out as in one piece, empty texts too."""
    texts = ["१,२३,४५६ रु", "", None, "न्", "द १.५", "ﬁ १", "हिन्दुस्थान" * 20, "🙂 १६७४", "1", "2", "", "गङ्गा"]
    whole = dedup_keys(pl.Series(texts))
    monkeypatch.setattr("datakit.devanagari.key._CHUNK", chunk)
    assert dedup_keys(pl.Series(texts)).to_list() == whole.to_list() == [t and dedup_key(t) for t in texts]
    assert folded_units(pl.Series(["क", "ﬁ", "ख", "ﬁ"]))[1].tolist() == [1, 3]
