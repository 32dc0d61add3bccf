"""Words parsed by arrays against words parsed one by one: folds, endings, stems, kinds, roles, and what they bring."""

import numpy as np
import polars as pl
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

import datakit.matching.lexemes as lexemes_module
from datakit.matching.accounts import bearing, bearings_of
from datakit.matching.folded_words import fold_words
from datakit.matching.letter_tree import letter_tree
from datakit.matching.lexemes import Lexeme, analyse, lexeme, skeleton, table
from datakit.matching.parsed_words import ParsedWords, learn, parse_words
from datakit.matching.spelling import attested
from datakit.matching.stem_columns import strip_words
from datakit.matching.stems import bare, endings_by_place, fold, protected, strip
from datakit.matching.unit_hashes import HashedWords, unit_hashes
from datakit.matching.word_spans import WordSpans, word_spans
from datakit.screening.known_words import known_words
from tests.matching.test_word_spans import MIXED

ENDINGS = sorted(endings_by_place()[0])
ROOTS = "घर किल्ल रायगड साताऱ सातार दर्य कर्तव्य नदी मुलगी राज्यपाल पदोंनत पन्हाळ शिवराव सोनूबाई वडगाव बिट दुःख अंतःकरण क का"
GROWN = st.builds(
    lambda root, oblique, endings: root + oblique + "".join(endings),
    st.sampled_from([*ROOTS.split(), *sorted(protected()), "िि", "्", "x", "Pune", "१२", "ऱ्"]),
    st.sampled_from(["", "ा", "े", "ो", "्या", "ं", "ां", "्य", "्", "ऱ्या"]),
    st.lists(st.sampled_from(ENDINGS), max_size=4),
)


def laid(words: list[str]) -> WordSpans:
    """Return words as spans of a column; each has to be one word."""
    spans = word_spans(pl.Series(words, dtype=pl.String))
    assert spans.words(np.arange(len(spans.starts))) == words
    return spans


def agrees(words: list[str]) -> ParsedWords:
    """Check the law on some words."""
    parsed = parse_words(laid(words), np.arange(len(words)))
    expected = [analyse(word) for word in words]
    assert parsed.lexemes() == expected
    known = [skeleton(word.surface) in attested() or word.stem in attested() for word in expected]
    assert parsed.known.tolist() == known
    assert parsed.digests.tolist() == [xxhash.xxh3_64_intdigest(word.stem.encode()) for word in expected]
    roots, flags = bearings_of(parsed)
    told = [bearing(word.surface, word.stem, word.kind, word.roles) for word in expected]
    assert list(zip(roots.tolist(), flags.tolist(), strict=True)) == told
    return parsed


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(MIXED, GROWN), min_size=1, max_size=8))
def test_arrays_parse_as_one_by_one(texts: list[str]) -> None:
    """Every script and sign, endings upon endings, protected roots: lexemes, roots and flags are those of `parse`."""
    spans = word_spans(pl.Series(texts))
    words = spans.words(np.arange(len(spans.starts)))
    if words:
        agrees(words)


def test_the_word_list_is_parsed_as_one_by_one() -> None:
    """Each third of the 63,441 words of the legislature, and every word of the tables, comes out as `parse` has it."""
    words = list(known_words())[::3]
    parsed = agrees(words)
    assert parsed.alone.mean() > 0.75  # or the arrays would be of no use
    spans = word_spans(pl.Series(sorted(table())))
    agrees(spans.words(np.unique(spans.hashes, return_index=True)[1]))


@pytest.mark.parametrize(
    ("word", "left", "case"),
    [
        ("रस्त्यावरच्या", "रस्त्या", "gen"),
        ("टेकड्यांवरून", "टेकड्यां", "abl"),
        ("झाडाखालीलच", "झाडाखालीलच", ""),
        ("कोकरूला", "कोकरू", "dat"),
        ("ला", "ला", ""),
    ],
)
def test_endings_are_stripped_as_one_by_one(word: str, left: str, case: str) -> None:
    """Outermost first, three at most, and two letters stay: what is left, its case, and what `bare` makes of it."""
    units = np.frombuffer(f"{word}\0".encode("utf-16-le"), dtype="<u2")
    found = strip_words(units, np.array([0]), np.array([len(word)]))
    assert found.told.all()
    assert (word[: found.left[0]], found.cases[0]) == (left, case) == strip(word)[:2]
    assert word[: found.short[0]] == bare(left, strip(word)[2])


def test_words_that_may_be_protected_are_left_to_be_asked_for() -> None:
    """A protected root, or ऱ, whose oblique has another letter: the arrays say that they cannot tell."""
    words = ["शिवाजीला", "साताऱ्यात", "घराला"]
    units = np.frombuffer("".join(f"{word}\0" for word in words).encode("utf-16-le"), dtype="<u2")
    ends = np.flatnonzero(units == 0)
    assert strip_words(units, np.append(0, ends[:-1] + 1), ends).told.tolist() == [False, False, True]


def test_words_fold_as_one_by_one() -> None:
    """Digits, case, nukta, joiners, nasals before stops; other scripts and the visarga are left to be asked for."""
    words = ["हिन्दुस्थान", "५,००,०००", "Pune", "बॅङ्क", "शक्ती\u200c", "न्\u200dद", "पड़", "दर्\u200dया", "दुःख", "Éon", "सन्मान"]
    folded = fold_words(laid(words), np.arange(len(words)))
    assert folded.strange.tolist() == [word in ("दर्\u200dया", "दुःख", "Éon") for word in words]
    for number, word in enumerate(words):
        if not folded.strange[number]:
            at = slice(folded.starts[number], folded.ends[number])
            assert folded.surfaces[at].tobytes().decode("utf-16-le") == fold(word)
            assert folded.plains[at].tobytes().decode("utf-16-le") == skeleton(fold(word))


def test_a_tree_tells_what_words_begin_and_end_with() -> None:
    """A word is on the tree as long as its letters are; it touches where a whole word of the tree is passed."""
    text = "गडकोट\0कोटगड\0गड\0ग\0\0"
    units = np.frombuffer(text.encode("utf-16-le"), dtype="<u2")
    ends = np.flatnonzero(units == 0)
    starts = np.append(0, ends[:-1] + 1)
    forward, back = letter_tree(["गड", "गडकर"], back=False), letter_tree(["गड", "कोटगड"], back=True)
    assert forward.touched(units, starts, ends - starts, back=False).tolist() == [True, False, True, False, False]
    assert back.touched(units, ends - 1, ends - starts, back=True).tolist() == [False, True, True, False, False]


def test_hashed_words_hold_their_words_and_no_others() -> None:
    """A set by hashes knows each of its words wherever it stands, and none of 60,000 others."""
    held = frozenset({"रायगड", "राजगड", "", "क" * 200})
    units = np.frombuffer(("xx" + "रायगड" + "क" * 200 + "राजगडा").encode("utf-16-le"), dtype="<u2")
    starts, ends = np.array([2, 7, 207, 3, 0, 207]), np.array([7, 207, 212, 7, 0, 213])
    found = HashedWords(held).may_hold(unit_hashes(units, starts, ends))
    assert found.tolist() == [True, True, True, False, True, False]
    others = laid(sorted(set(known_words()) - held)[:60_000])
    assert not HashedWords(held).may_hold(others.hashes).any()


def test_lexemes_of_a_column_are_lexemes() -> None:
    """What is parsed by arrays is a Lexeme like any other, the roles of a table's word included."""
    parsed = agrees(["चांदगडावर", "कोणत्या", "साली", "१६७४"])
    assert parsed.lexemes()[0] == Lexeme("चांदगडावर", "चांदगड", "loc", "name", frozenset())
    assert parsed.kinds == ["name", "question", "word", "number"]
    assert "time" in parsed.roles[2]


def test_learnt_words_are_the_lexemes_they_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words put into the memo together, strange ones among them, are those of `analyse`; what is no word is left."""
    monkeypatch.setattr(lexemes_module, "_memo", {})
    words = [*list(known_words())[:200], "रायगडावर", "१,२३४", "दर्\u200dया", "aⅧ", "", "क ख", "🙂", "रायगडावर"]
    learn(words)
    learnt = dict(lexemes_module._memo)
    assert learnt == {word: analyse(word) for word in words if word not in ("aⅧ", "", "क ख", "🙂")}
    assert [lexeme(word) for word in words] == [analyse(word) for word in words]


def test_few_words_are_not_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of few words that are new nothing is parsed before it is asked for, and a memo that is full is emptied."""
    monkeypatch.setattr(lexemes_module, "_memo", {})
    learn(["पन्हाळगड"])
    assert not lexemes_module._memo
    monkeypatch.setattr(lexemes_module, "_MEMO_SIZE", 100)
    learn(list(known_words())[:300])
    assert not lexemes_module._memo


@given(st.lists(st.text(st.sampled_from("कखगघि\0a"), max_size=140), min_size=2, max_size=5))
def test_equal_stretches_have_equal_hashes_and_others_do_not(texts: list[str]) -> None:
    """By content alone, whatever stands around a stretch: four units, five, sixty-five, and zeros within and behind."""
    texts = [*texts, "", "\0", "\0\0", "क" * 64, "क" * 65, "क" * 64 + "\0"]
    ends = np.cumsum([len(text) for text in texts])
    units = np.frombuffer("".join(texts).encode("utf-16-le"), dtype="<u2")
    found = unit_hashes(units, ends - [len(text) for text in texts], ends).tolist()
    assert len(set(found)) == len(set(texts))
    assert len(set(zip(texts, found, strict=True))) == len(set(texts))
