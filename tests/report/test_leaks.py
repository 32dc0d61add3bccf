"""Leakage: planted leaks are found, look-alikes are none."""

import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.report.leaks import _BEGIN, Leakage, _begin, _letters, leakage
from datakit.report.looked import look
from datakit.report.release import Release
from tests.report.made import kept, release

QUESTION = "शिवाजी महाराजांचा राज्याभिषेक १६७४ मध्ये कोठे झाला?"


def leaks_of(made: Release) -> Leakage:
    """Look at a version and compare its splits."""
    return leakage(made, look(made).seen)


def test_one_question_in_two_splits_is_a_leak(tmp_path: Path) -> None:
    """Spaces, punctuation and the script of digits do not hide it, and both rows are shown with their split."""
    again = "शिवाजी  महाराजांचा राज्याभिषेक 1674 मध्ये कोठे झाला ?"
    found = leaks_of(release(tmp_path, [kept(QUESTION), kept(again, split="test")]))
    assert {pair.between: pair.questions for pair in found.pairs} == {
        ("train", "validation"): 0,
        ("train", "test"): 1,
        ("validation", "test"): 0,
    }
    assert found.found == 1
    assert sorted(row.detail.text for row in found.shown if row.detail) == ["in test", "in train"]


def test_another_year_or_word_is_another_question(tmp_path: Path) -> None:
    """१६७४ and १६८०, राजगड and रायगड keep two questions apart."""
    rows = [
        kept(QUESTION),
        kept(QUESTION.replace("१६७४", "१६८०"), split="test"),
        kept("रायगड कोठे आहे?"),
        kept("राजगड कोठे आहे?", split="validation"),
    ]
    assert leaks_of(release(tmp_path, rows)).found == 0


def test_a_question_about_another_passage_is_another_question(tmp_path: Path) -> None:
    """`लेखक कोण?` on two passages is no leak; on the same passage it is."""
    ask = "या उताऱ्याचा लेखक कोण?"
    apart = [kept(ask, context="एक उतारा"), kept(ask, context="दुसरा उतारा", split="test")]
    assert leaks_of(release(tmp_path / "apart", apart)).found == 0
    same = [kept(ask, context="एक उतारा"), kept(ask, "दुसरे उत्तर", context="एक उतारा", split="test")]
    assert leaks_of(release(tmp_path / "same", same)).found == 1


def test_a_group_in_two_splits_is_a_leak(tmp_path: Path) -> None:
    """Rows of one passage belong to one split, whatever they ask."""
    rows = [kept("क", split_group="उतारा"), kept("ख", split_group="उतारा", split="validation")]
    found = leaks_of(release(tmp_path, rows))
    assert [pair.groups for pair in found.pairs] == [1, 0, 0]
    assert found.found == 1


def test_a_group_counts_whatever_its_questions_are(tmp_path: Path) -> None:
    """A question without letters cannot be compared; its group can."""
    rows = [kept("?", split_group="उतारा"), kept("लेखक कोण?", split_group="उतारा", split="test")]
    assert [pair.groups for pair in leaks_of(release(tmp_path, rows)).pairs] == [0, 1, 0]


@pytest.mark.parametrize("largest", ["train", "validation", "test"])
def test_leaks_are_found_between_any_two_splits(tmp_path: Path, largest: str) -> None:
    """Whichever split is looked at last, a question of two splits is found in both of them, and in no third."""
    rows = [kept(f"{QUESTION} {name}", split=split) for name in ("अ", "आ") for split in ("train", "test")]
    rows += [kept(f"{QUESTION} इ", split=split) for split in ("train", "validation")]
    rows += [kept(f"{QUESTION} ई", split=split) for split in ("validation", "test")]
    rows += [kept(f"{QUESTION} {number}", split=largest) for number in range(20)]
    found = leaks_of(release(tmp_path, rows))
    assert [(pair.between, pair.questions) for pair in found.pairs] == [
        (("train", "validation"), 1),
        (("train", "test"), 2),
        (("validation", "test"), 1),
    ]
    assert len(found.shown) == 8


def test_questions_twice_in_one_split_are_no_leak(tmp_path: Path) -> None:
    """A doubled question within train is the business of deduplication."""
    assert leaks_of(release(tmp_path, [kept(QUESTION), kept(QUESTION, "रायगडावर")])).found == 0


def test_questions_without_letters_share_nothing(tmp_path: Path) -> None:
    """`?` and `…` have no letters in common, although nothing of both is left."""
    assert leaks_of(release(tmp_path, [kept("?"), kept("…", split="test")])).found == 0


NOISE = "… — , (  ) ; ' / "


def spaced(text: str, chance: random.Random) -> str:
    """Return a text with other signs between its letters, up to two hundred in a row, and digits of another script."""
    between = [NOISE[: chance.randint(0, len(NOISE))] * chance.choice([0, 0, 1, 12]) for _ in text]
    return "".join(sign + letter for sign, letter in zip(between, text, strict=True)).translate(
        str.maketrans("१६७४", "1674")
    )


@pytest.mark.parametrize("seed", range(12))
def test_long_questions_are_told_apart_by_all_their_letters(tmp_path: Path, seed: int) -> None:
    """Whatever signs stand at its start, a question is found again; one that goes on otherwise is another."""
    chance = random.Random(seed)
    told = "इ.स. १६७४ मध्ये रायगडावर शिवाजी महाराजांचा राज्याभिषेक झाला, असे बखरकार सांगतात; तर "
    asks = [f"{told}{word} कोणी केले?" for word in ("नेतृत्व", "आयोजन", "वर्णन", "नियोजन", "पौरोहित्य")]
    again, apart = chance.sample(asks, 3), chance.sample(asks, 2)
    rows = [kept(question) for question in again]
    rows += [kept(spaced(question, chance), split="test") for question in again[:2]]
    rows += [kept(spaced(question, chance), split="validation") for question in set(apart) - set(again)]
    found = leaks_of(release(tmp_path, rows))
    assert {pair.between: pair.questions for pair in found.pairs} == {
        ("train", "validation"): 0,
        ("train", "test"): 2,
        ("validation", "test"): 0,
    }
    assert len(found.shown) == 4


@given(
    st.lists(st.text(alphabet="कि१1 .?,a\u0301\u200d", max_size=400), min_size=1, max_size=5),
    st.lists(st.none() | st.just("शके " * 60), max_size=2),
)
def test_the_first_letters_are_those_of_all(texts: list[str], more: list[str | None]) -> None:
    """Letters found in the first characters are the first of all letters: equal questions have one beginning."""
    questions = pl.Series([*texts, *more], dtype=pl.String)
    assert _begin(questions).to_list() == _letters(questions).str.head(_BEGIN).to_list()
