"""The word tables: readable, without doubles, and free of what belongs to the test data."""

import unicodedata
from importlib.resources import files

import pytest

from datakit.matching.lexemes import lexeme, lexemes
from datakit.matching.names import canonical, lies_in
from datakit.matching.word_tables import listed, rows

TABLES = sorted(path.name for path in files("datakit.matching").joinpath("tables").iterdir())


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_it_is_and_has_even_rows(name: str) -> None:
    """The first line explains the columns; every row has as many cells; text is NFC."""
    text = files("datakit.matching").joinpath("tables", name).read_text("utf-8")
    assert text.startswith("# ")
    assert unicodedata.is_normalized("NFC", text)
    table = rows(name.removesuffix(".tsv"))
    assert table
    if name != "protected.tsv":
        assert len({len(row) for row in table}) == 1


def test_numbers_up_to_one_hundred_are_known() -> None:
    """Every number word from two to a hundred is there, once."""
    values = [int(row[0]) for row in rows("numbers") if row[0].isdigit()]
    assert sorted(values) == [0, *range(2, 101)]
    spelt = [word for row in rows("numbers") for word in row[1].split()]
    assert len(spelt) == len(set(spelt))


def test_protected_words_keep_their_ending() -> None:
    """The list does what it is for: these words lose no case ending."""
    assert all(lexeme(word).case == "" for word in listed("protected"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("महात्मा फुले", "जोतिबा फुले", True),
        ("लोकमान्य टिळक", "बाळ गंगाधर टिळक", True),
        ("टिळकांनी", "लोकमान्य टिळकांनी", True),
        ("डॉ. आंबेडकर", "भीमराव रामजी आंबेडकर", True),
        ("शिवरायांचा", "शिवाजीचा", True),
        ("देवगिरी", "दौलताबाद", True),
        ("महात्मा फुले", "महात्मा गांधी", False),
        ("सावित्रीबाई फुले", "महात्मा फुले", False),
        ("रमाबाई आंबेडकर", "बाबासाहेब आंबेडकर", False),
        ("शाहू महाराज", "राजर्षी शाहू महाराज", False),
        ("पहिला बाजीराव", "दुसरा बाजीराव", False),
    ],
)
def test_one_name_for_one_person(one: str, other: str, same: bool) -> None:
    """Aliases lead to one form, also inflected; a family name alone means its best known bearer only."""

    def form(text: str) -> set[str]:
        return {word.stem for word in canonical(lexemes(text)) if word.kind != "honorific"}

    assert (form(one) == form(other)) is same


def test_places_lie_in_larger_places() -> None:
    """The table is read one way: the fort lies in the district, not the district in the fort."""
    fort, district = lexeme("शिवनेरीवर").stem, lexeme("पुणे").stem
    assert lies_in(fort, district)
    assert not lies_in(district, fort)
