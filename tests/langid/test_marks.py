"""The closed-class words and endings: whole words and real endings only, Marathi's apart from the others'."""

import polars as pl
import pytest

from datakit.langid.marks import MARATHI, OTHERS


def marked(text: str) -> tuple[bool, bool]:
    """Say whether a text has marks of Marathi, and of others."""
    texts = pl.Series([text])
    return texts.str.contains(MARATHI)[0], texts.str.contains(OTHERS)[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("कुतुबशाहीचा संस्थापक?", (True, False)),
        ("अकबर कोण?", (True, False)),
        ("'नील दर्पण' चे लेखक", (True, False)),
        ("बाबरनामा कोणी लिहिले?", (True, False)),
        ("अकबर का बेटा", (False, True)),
        ("बाबर कौन था?", (False, True)),
        ("अशोकः", (False, True)),
        ("नेपालको राजधानी", (False, True)),
        ("सम्राट अशोक", (False, False)),
        ("", (False, False)),
    ],
)
def test_marks_of_marathi_and_of_others(text: str, found: tuple[bool, bool]) -> None:
    """An ending of a name or a question word shows the language; names alone show none."""
    assert marked(text) == found


def test_konkani_shares_a_word_with_marathi_and_shows_itself_by_others() -> None:
    """कोण and -ची are both languages', so a Konkani question has marks of both, and is not spared."""
    assert marked("गोंयची राजधानी खंयची?") == (True, True)
    assert marked("शणै गोंयबाब कोण आशिल्लो?") == (True, True)


@pytest.mark.parametrize("text", ["कोणार्क मंदिर", "काशी", "हैदर", "नेताजी", "चेन्नई", "केसरी", "सेना", "होळकर"])
def test_a_mark_is_a_whole_word_or_an_ending(text: str) -> None:
    """Names that begin with a mark do not have it."""
    assert marked(text) == (False, False)
