"""Wrong letters: what a broken PDF makes of Marathi, and the good words beside it."""

import pytest

from datakit.record import frame
from datakit.screening.known_words import known_words, unknown_share
from datakit.screening.wrong_letters import MAX_LETTERS, repaired, wrong_words
from datakit.stages.damage import Damage

# What three PDF readers made of Marathi words: seen in saved exam notes, written down here one by one.
CONFUSED = {
    "ववषय": "विषय",
    "ववदयार्थी": "विदयार्थी",
    "ननयम": "नियम",
    "आणण": "आणि",
    "जजल्हा": "जिल्हा",
    "अधधकार": "अधिकार",
    "संबंधधत": "संबंधित",
    "हदनांक": "दिनांक",
    "आलण": "आणि",
    "तनषेध": "निषेध",
    "सवागत": "सर्वात",
    "अथयसंकल्प": "अर्थसंकल्प",
    "सावगजतनक": "सार्वजनिक",
    "झािा": "झाला",
    "साली": None,
    "मधीि": "मधील",
    "सांपूणथ": "संपूर्ण",
    "ऄहे": "आहे",
}


@pytest.mark.parametrize(("word", "better"), CONFUSED.items())
def test_a_confused_word_is_given_back(word: str, better: str | None) -> None:
    """Undoing one or two confusions gives the frequent word; a word that is right stays."""
    found = repaired(word)
    assert (found.better if found else None) == better


@pytest.mark.parametrize(
    "word",
    ["शिवाजी", "ललित", "ननंद", "पपई", "ससून", "बोल्होबा", "गळतासराय", "रेझोनविले", "कक्ष", "तत्त्व", "वववव", "अधिकार", "नाना"],
)
def test_a_right_or_foreign_word_is_no_repair(word: str) -> None:
    """Names that no list has, and words that do begin with a doubled consonant, show nothing sure."""
    found = repaired(word)
    assert found is None or not found.sure


def test_words_that_are_too_long_are_not_searched() -> None:
    """The work grows with the square of the length, so a run of letters beyond any word is left alone."""
    assert repaired("वव" * MAX_LETTERS) is None


def test_impossible_sequences_are_named_without_a_repair() -> None:
    """Two vowel signs on one consonant are wrong even where nobody knows the word."""
    assert [(found.word, found.better) for found in wrong_words("हडप्पािी संस्कृती")] == [("हडप्पािी", "")]


def test_the_detail_shows_what_the_word_should_be() -> None:
    """A person sees the wrong word and the right one side by side."""
    row = (
        Damage()
        .apply(frame([{"question": "ववश्वातील सवागत मोठा ग्रह कोणता?", "answer": "गुरू आणण शनी"}]))
        .row(0, named=True)
    )
    assert row["reject_reason"] == "wrong_letters"
    assert "सवागत → सर्वात" in row["reject_detail"]


def test_one_slip_in_a_long_answer_is_a_flag() -> None:
    """Light damage stays in the data and is flagged once, however often the stage runs."""
    answer = "शिवाजी महाराजांनी अनेक किल्ले बांधले आणि स्वराज्याची स्थापना केली. " * 6 + "तो मोठा केिा."
    once = Damage().apply(frame([{"question": "स्वराज्याबद्दल माहिती सांगा.", "answer": answer}]))
    assert once["reject_reason"].to_list() == [None]
    assert Damage().apply(once)["flags"].to_list() == [["wrong_letters"]]


def test_the_threshold_is_an_option() -> None:
    """A stricter share rejects what the default only flags."""
    answer = "शिवाजी महाराजांनी अनेक किल्ले बांधले आणि स्वराज्याची स्थापना केली. " * 6 + "तो मोठा केिा."
    strict = Damage(wrong_percent=1).apply(frame([{"question": "स्वराज्याबद्दल माहिती सांगा.", "answer": answer}]))
    assert strict["reject_reason"].to_list() == ["wrong_letters"]


def test_the_word_list_is_marathi_and_clean() -> None:
    """The list holds the words every text has, no digits, no Latin, and none of the confusions it is there to find."""
    words = known_words()
    assert 50_000 < len(words) < 100_000
    assert all(word in words for word in ("आहे", "आणि", "महाराष्ट्र", "दऱ्या" if "दऱ्या" in words else "शिवाजी"))
    assert not any(char.isascii() or char.isdecimal() for word in words for char in word)
    assert not {word for word, better in CONFUSED.items() if better} & words.keys()


def test_unknown_share_counts_words_text_by_text() -> None:
    """Each text gets its own share; a text without a word has none."""
    import polars as pl

    shares = unknown_share(pl.Series(["शासनाने कार्यवाही केली", "बोल्होबा आंबिले", "१६७४", None, "शासनाने बोल्होबा"]))
    assert shares.to_list() == [0.0, 1.0, 0.0, 0.0, 0.5]
