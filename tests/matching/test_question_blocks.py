"""Hashes of nearly equal questions: no pair of such is lost, and short questions seldom meet for nothing."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.matching import question_blocks as module
from datakit.matching.blocks import PARTS, block_keys
from datakit.matching.overlap import _is_near, own_words
from datakit.matching.question_blocks import halves, question_blocks
from datakit.matching.question_words import question_words
from datakit.matching.word_arrays import word_arrays

POOL = (
    "शिवाजी महाराज महाराजांनी महरज संभाजी किल्ला किल्ल्याचा किल्लयाचा गड शहर गाव "
    "पुणे पुण्यात राजधानी राजधाणी राजधनी आहे आहेत अहे होता हे ते "
    "कोणती कोणता कोणात कधी झाला झाली जन्म मृत्यू १६७४ 1680 नाही एकूण नेमका श्रीमंत श्रिमंत तोरणा तोरना जिंकला जिकला लढाई लढई"
)
LETTERS = "कगजणतनमरलवसाीुंे्ॉ"


def blocks(*questions: str | None) -> list[set[int]]:
    """Return the hashes of some questions."""
    return [set(found) for found in question_blocks(question_words(pl.Series(questions, dtype=pl.String)))]


def blocks_of_all_words(*questions: str) -> list[set[int]]:
    """Return what questions met on before short ones were told apart: all words but one, whatever that one is."""
    texts = pl.Series(questions)
    nothing, every = word_arrays(pl.Series([""] * len(texts))), np.ones(len(texts), dtype=np.bool_)
    keys = block_keys("x", word_arrays(texts), nothing, np.zeros(len(texts), dtype=np.uint64), every, banded=False)
    return [{key for part in range(PARTS) for key in row[f"x.left{part}"] or ()} for row in keys.iter_rows(named=True)]


def slipped(word: str, at: int, how: int, letter: str) -> str:
    """Return a word with one edit."""
    at %= len(word)
    return (
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
    )[how]


SLIPS = st.tuples(st.integers(0, 20), st.integers(0, 3), st.sampled_from(LETTERS))
WORDS = st.sampled_from(POOL.split()) | st.builds(
    lambda word, slip: slipped(word, *slip), st.sampled_from(POOL.split()), SLIPS
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """A question and the same with slips, words lost, added or exchanged."""
    words = draw(st.lists(WORDS.filter(bool), min_size=1, max_size=6))
    other = list(words)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(other) - 1)) if other else 0
        way = draw(st.integers(0, 3))
        if way == 0:
            other.insert(at, draw(st.sampled_from(POOL.split())))
        elif other and way == 1:
            del other[at]
        elif other:
            other[at] = slipped(other[at], *draw(SLIPS)) or "क"
    return " ".join(words), " ".join(other or words)


@settings(max_examples=400, deadline=None)
@given(pairs())
def test_no_pair_is_lost(pair: tuple[str, str]) -> None:
    """Of two nearly equal questions that met on all their words but one, none parts; and the first may be sought."""
    one, two = pair
    before = blocks_of_all_words(one, two)
    if before[0] & before[1] and _is_near(one, two):
        left, right = blocks(one, two)
        assert left & right, pair
        assert own_words(pl.Series([one])).item()


@settings(max_examples=1000, deadline=None)
@given(st.text(st.sampled_from(LETTERS), min_size=1, max_size=9), SLIPS)
def test_two_words_one_edit_apart_share_a_half(word: str, slip: tuple[int, int, str]) -> None:
    """A sign lost, added, exchanged or swapped leaves one half of the word as it was."""
    assert halves(word) & halves(slipped(word, *slip))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("तोरणा जिंकला", "तोरना जिंकला"),
        ("राजधानी कोणती", "राजधाणी कोणती"),
        ("पुणे शहर", "पुणे"),
        ("हे महाराज", "ते महाराज"),
        ("महरज आहे कोण", "आहे कोण महाराज"),
        ("तोरणा कधी कोणी जिंकला होता", "तोरणा कधी कोणी जिंकल होता"),
    ],
)
def test_a_slip_or_a_title_still_meets(one: str, two: str) -> None:
    """Short and long, with a slip, with a sort of thing or a title too many: they share a hash."""
    left, right = blocks(one, two)
    assert left & right


@pytest.mark.parametrize(
    ("one", "two"), [("ते खूप", "ते वेदनादायक"), ("हो", "नको"), ("अरे गणपती", "अरे वेड्या"), ("?", "…"), (None, "")]
)
def test_short_questions_do_not_meet_for_nothing(one: str | None, two: str | None) -> None:
    """Two short questions of which one word is altogether another, or that have no word, share nothing."""
    left, right = blocks(one, two)
    assert not left & right


def test_a_question_of_one_word_is_not_sought() -> None:
    """One word is nobody's own; strange letters are left to the closer look."""
    assert own_words(pl.Series(["अरे", "अरे देवा", "अरे★", None, ""])).to_list() == [False, True, True, False, False]


def test_a_full_memo_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that are forgotten are looked at again: the hashes stay the same."""
    before = blocks("तोरणा जिंकला", "राजधानी कोणती")
    monkeypatch.setattr(module, "_MEMO_SIZE", 0)
    assert blocks("राजधानी कोणती", "तोरणा जिंकला") == before[::-1]


def test_a_slip_in_a_misprint_of_a_title_is_found() -> None:
    """श्रीमत is taken for श्रीमती and left out as a title; with one letter less it is none, and still they meet."""
    one, two = "शिवाजी शिवाजी श्रीमत", "शिवाजी शिवाजी ्रीमत"
    assert _is_near(one, two)
    left, right = blocks(one, two)
    assert left & right
