"""The shipped files that are worked out from the word list and the word tables."""

from pathlib import Path

import pytest

from datakit.matching import derive, derived
from datakit.matching.derive import derive_counts, derive_misspelt, write_derived
from datakit.matching.derived import DERIVED, misspelt, skeleton_counts
from datakit.matching.lexemes import fold, misprints, skeleton, table
from datakit.matching.spelling import is_attested
from datakit.screening.known_words import known_words

REMEDY = "the word list, a word table or the folding of words has changed: run `python -m tools.derive_words`"


def test_shipped_counts_are_those_of_the_word_list() -> None:
    """The file has each skeleton of the word list as often as the list has the words that are spelt so."""
    plain: dict[str, int] = {}
    for word, count in known_words().items():
        form = skeleton(fold(word))
        plain[form] = plain.get(form, 0) + count
    assert skeleton_counts() == plain, REMEDY
    assert derive_counts() == plain


def test_shipped_misprints_are_those_of_the_tables() -> None:
    """The file lists, word by word in the order of the table, what the tables and the word list give anew."""
    shipped = misspelt()
    assert shipped == derive_misspelt(), REMEDY
    assert list(shipped) == [word for word in table() if word in shipped]


def test_a_misprint_is_of_one_word_and_no_word_itself() -> None:
    """No skeleton stands twice or is one of the table's own, so that it is all one in which order they are taken."""
    variants = [variant for found in misspelt().values() for variant in found]
    assert len(variants) == len(set(variants)) > 40_000
    assert not set(variants) & {skeleton(word) for word in table()}
    found = misprints()
    for word, some in misspelt().items():
        assert all(found[variant] == table()[word] for variant in some)


@pytest.mark.parametrize("word", ["कोणी", "नाही", "होते", "कधी"])
def test_a_frequent_word_is_no_misprint(word: str) -> None:
    """What the word list has often is not taken for a slip in another word, and slips in a closed word are."""
    assert skeleton(fold(word)) not in {variant for found in misspelt().values() for variant in found}
    assert is_attested(skeleton(fold(word)))
    doubled = skeleton(fold(word))[0] * 2 + skeleton(fold(word))[1:]
    assert misprints()[doubled] == table()[fold(word)]


def test_written_files_are_read_as_what_was_worked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written comes back the same, and the same bytes are written for the same tables."""
    monkeypatch.setattr(derive, "derive_counts", lambda: {"रायगड": 7, "राजगड": 3})
    monkeypatch.setattr(derive, "derive_misspelt", lambda: {"कोणी": ["ककोणि", "कोनि"], "नाही": ["नहि"]})
    write_derived(tmp_path / "made")
    first = {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()}
    write_derived(tmp_path / "made")
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()}
    monkeypatch.setattr(derived, "DERIVED", tmp_path / "made")
    assert skeleton_counts() == {"रायगड": 7, "राजगड": 3}
    assert misspelt() == {"कोणी": ["ककोणि", "कोनि"], "नाही": ["नहि"]}


def test_the_folder_holds_these_two_files() -> None:
    """Nothing else lies beside them that nobody derives."""
    assert {path.name for path in DERIVED.iterdir()} == {derived.COUNTS, derived.MISPRINTS}
