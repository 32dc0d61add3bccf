"""Texts fit into their share of the report."""

from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.report.passages import LONGEST, SHORTEST, cost, rows

TEXT = st.text(alphabet="अआकखग \u200d<", max_size=900)


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({"question": TEXT, "answer": TEXT}), max_size=12), st.integers(0, 9_000))
def test_texts_fit_or_are_as_short_as_texts_may_get(found: list[dict[str, str]], room: int) -> None:
    """All texts together take the room they were given, unless each is at the least length already."""
    cut = [text for row in rows(found, room) for text in (row.question, row.answer) if text]
    assert sum(cost(text.text) for text in cut) <= max(room, len(cut) * SHORTEST)


@settings(deadline=None)
@given(st.lists(TEXT, max_size=8), st.integers(0, 3_000))
def test_a_cut_text_says_how_much_is_missing(texts: list[str], room: int) -> None:
    """What is shown is the beginning of the text, and shown plus left out is its length."""
    for text, row in zip(texts, rows([{"answer": text} for text in texts], room), strict=True):
        if row.answer is None:
            assert text == ""
        else:
            assert text.startswith(row.answer.text)
            assert len(row.answer.text) + row.answer.left_out == len(text)


def test_short_texts_stay_whole_when_a_long_one_is_cut() -> None:
    """One page-long answer costs the other rows nothing."""
    found = rows([{"answer": "अ" * 5_000}, {"answer": "रायगड"}, {"answer": "१६७४"}], 1_000)
    lengths = [(len(row.answer.text), row.answer.left_out) for row in found if row.answer]
    assert lengths == [(991, 4_009), (5, 0), (4, 0)]


def test_no_text_is_longer_than_the_longest() -> None:
    """With all the room there is, a text ends at the limit."""
    (row,) = rows([{"answer": "अ" * (LONGEST + 5)}], 10**9)
    assert row.answer is not None
    assert (len(row.answer.text), row.answer.left_out) == (LONGEST, 5)


def test_missing_columns_are_none() -> None:
    """Null and empty texts are no passages, a missing place is empty."""
    (row,) = rows([{"question": None, "answer": "", "file": None}], 100)
    assert (row.question, row.answer, row.context, row.file, row.source) == (None, None, None, "", "")
