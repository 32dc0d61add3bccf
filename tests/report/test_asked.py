"""What questions ask for, by their question word."""

import json
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.report.asked import _OFTEN, UNKNOWN, WORDS, _by_table, asking, kinds, question_kinds, words
from datakit.report.looked import look
from tests.report.made import kept, rejected, release

LABELLED = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "question_kinds.jsonl").read_text(encoding="utf-8").splitlines()
]
TABLE = [
    line.split("\t")
    for line in (files("datakit.report") / "tables" / "question_words.tsv").read_text(encoding="utf-8").splitlines()[1:]
]


def kind_of(question: str | None) -> str | None:
    kind: str | None = kinds(pl.Series([question], dtype=pl.String)).item()
    return kind


@pytest.mark.parametrize("case", LABELLED, ids=lambda case: case["question"])
def test_labelled_questions(case: dict[str, str]) -> None:
    """Questions labelled by hand get their label, look-alikes (कोणार्क, कसबा, काका) among them."""
    assert kind_of(case["question"]) == case["kind"]


@pytest.mark.parametrize(("kind", "pattern", "example"), TABLE, ids=[row[2] for row in TABLE])
def test_each_row_of_the_table_has_an_example_of_its_own(kind: str, pattern: str, example: str) -> None:
    """The example of a row is of its kind, and it is this row's pattern that says so."""
    assert kind_of(example) == kind
    assert asking(pl.Series("asked", [example])).to_frame().select(words(pl.col("asked")).str.contains(pattern)).item()


def test_every_kind_has_a_word_for_readers() -> None:
    """The page names each kind with one of its words."""
    assert {kind for kind, _, _ in TABLE} == WORDS.keys()


@pytest.mark.parametrize("label", ["labelled", "table"])
def test_the_cases_cover_every_kind(label: str) -> None:
    """No kind goes without a case."""
    found = {case["kind"] for case in LABELLED} - {UNKNOWN} if label == "labelled" else {row[0] for row in TABLE}
    assert found == WORDS.keys()


def test_choices_are_not_what_is_asked() -> None:
    """कोणी among the choices does not make a question ask who."""
    assert kind_of("हा उतारा कोणत्या ग्रंथातील आहे? (अ) कोणी एके काळी (ब) बखर (क) लीळाचरित्र (ड) गाथा") == "which"


def test_a_long_question_asks_at_its_end() -> None:
    """Only the end of a text of pages is read: what stands before it is told, not asked."""
    told = "कोणी एक राजा होता. " * 200
    assert kind_of(told + "त्याची राजधानी कोठे होती?") == "where"


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_a_kind(text: str) -> None:
    """No text raises, every one is of a known kind, and null stays null."""
    assert kind_of(text) in {*WORDS, UNKNOWN}
    assert kind_of(None) is None


PIECES = [
    *("कारण", "कारणे", "कारणांची", "काय", "सांगा", "का", "की", "कोठे", "कोणी", "कोणत्या", "वर्षी", "दिवशी", "किती"),
    *("केव्हा", "कशामुळे", "____", "…", "अकारण", "रिकाम्या", "जागा", "शाहू", "१६७४", "?", "(अ)", "(2)"),
]
BETWEEN = [" ", "  ", ", ", ". ", ".", "...", "\n", "\u00a0", "-", " (", "?) ", ""]


@settings(deadline=None, max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(BETWEEN)), max_size=9))
def test_what_is_told_without_cutting_into_words_is_what_the_table_says(pieces: list[tuple[str, str]]) -> None:
    """The short way for questions after reasons answers as the table does, word by word, whatever else is asked."""
    question = "".join(piece for pair in pieces for piece in pair)
    ends = asking(pl.Series("text", [question])).to_frame()
    slowly = ends.select(words(pl.col("text")).alias("text")).select(_by_table(pl.col("text"))).item()
    assert kind_of(question) == slowly


def test_the_short_way_is_that_of_the_row_that_tells_most() -> None:
    """`_OFTEN` points at the row about reasons, whose pattern has no place for signs: only so may it be tried on texts
    that are not cut into words."""
    kind, pattern, example = TABLE[_OFTEN]
    assert (kind, "कारणे" in example) == ("why", True)
    assert "[^" not in pattern
    assert "$" not in pattern
    assert "." not in pattern


@pytest.mark.parametrize("before", ["कोणत्या वर्षी", "केव्हा", "कोठे", "____"])
def test_a_row_above_wins_over_reasons(before: str) -> None:
    """A question that asks when or where, and then for reasons, is told by the first row of the table, as any other."""
    asks_too = f"{before} लढाई झाली, तिची कारणे काय होती?"
    assert kind_of("लढाई झाली, तिची कारणे काय होती?") == "why"
    assert kind_of(asks_too) in {"when", "where", "fill in"}


def test_signs_around_a_word_do_not_hide_it() -> None:
    """However many signs, dots and spaces follow the last word, it is still the last."""
    assert kind_of("मल्हारराव जिवंत परतले का ?. ") == "yes or no"


def test_kept_questions_are_counted_and_those_without_a_word_come_last(tmp_path: Path) -> None:
    """Rejected questions do not count; the rest is sorted by rows, what is unknown last however frequent."""
    rows = [kept("रायगड कोठे आहे?"), kept("सिंहगड कोणी जिंकला?"), kept("तोरणा कोणी जिंकला?")]
    rows += [kept(f"किल्ला {n}") for n in range(5)] + [rejected("का?", "question_too_short")]
    found = [(share.name, share.rows) for share in question_kinds(look(release(tmp_path, rows)).seen)]
    assert found == [("who", 2), ("where", 1), (UNKNOWN, 5)]
