"""Questions that wait for a key: how many, until when, and which key is one."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.readers import unanswered
from datakit.readers.answer_key import AnswerKey, Entry, opened
from datakit.readers.unanswered import Answered, Asked, Unanswered, matched


def asked(number: int, question: str = "कोण होते?", *, sure: bool = True) -> Asked:
    return Asked(number=number, place=f"line {number}", question=question, sure=sure)


def key(*entries: Entry) -> AnswerKey:
    return AnswerKey(90, 90, sections=[list(entries)])


def test_long_questions_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The characters of what waits are bounded as its number is: the first go until the next has room."""
    monkeypatch.setattr(unanswered, "MAX_WAITING_CHARS", 20)
    waiting = Unanswered()
    given_up = [
        [row.locator for row in waiting.hold(asked(n, "क" * size))] for n, size in enumerate((8, 8, 4, 8, 17, 21), 1)
    ]
    assert given_up == [[], [], [], ["line 1"], ["line 2", "line 3", "line 4"], ["line 5", "line 6"]]
    assert waiting.waiting == []


@pytest.mark.parametrize("end", ["release", "apply"])
def test_what_is_over_counts_no_more(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """After a key, or where all are given up, the next paper begins with nothing."""
    monkeypatch.setattr(unanswered, "MAX_WAITING_CHARS", 20)
    waiting = Unanswered(answered={7})
    assert list(waiting.hold(asked(1, "क" * 20))) == []
    found = list(waiting.release() if end == "release" else waiting.apply(key((1, "राजगड")), "line 90"))
    assert len(found) == 1
    assert (waiting.waiting, waiting.answered) == ([], set())
    assert list(waiting.hold(asked(2, "क" * 20))) == []
    assert waiting.numbers() == {2}


def test_a_line_that_may_be_prose_is_not_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A numbered line that was not sure to be a question is let go in silence, pushed out or released."""
    monkeypatch.setattr(unanswered, "MAX_WAITING", 1)
    waiting = Unanswered()
    assert list(waiting.hold(asked(1, "महसूल", sure=False))) == []
    assert list(waiting.hold(asked(2, "जात", sure=False))) == []
    assert waiting.numbers() == {2}
    assert list(waiting.release()) == []


@pytest.mark.parametrize(
    ("answer", "question", "reason"),
    [
        ("३", "शिवाजी महाराजांना किती मुले होती?", None),
        ("ब", "शिवाजी महाराजांना किती मुले होती?", "answer_not_among_options"),
        ("ब", "राजधानी कोणती? (अ) सातारा (ब) पुणे", None),
        ("बखर", "इतिहासाचे साधन कोणते?", None),
    ],
)
def test_a_number_is_an_answer_and_a_letter_without_options_is_none(
    answer: str, question: str, reason: str | None
) -> None:
    """Where no options stand, a number in the key answers by itself, a word too; a lone letter names nothing."""
    waiting = Unanswered()
    list(waiting.hold(asked(1, question)))
    (found,) = waiting.apply(key((1, answer)), "line 90")
    if reason is None:
        assert found == Answered(asked(1, question), answer)
    else:
        assert not isinstance(found, Answered)
        assert found.reason == reason


@given(numbers=st.lists(st.integers(1, 400), unique=True, min_size=1, max_size=20), order=st.randoms())
def test_a_paper_that_counts_through_takes_its_entries_in_any_order(numbers: list[int], order: object) -> None:
    """Each question gets the entry of its number, wherever the entry stands; one without an entry is told apart."""
    entries = [(number, f"उत्तर {number}") for number in numbers[1:]]
    order.shuffle(entries)  # type: ignore[attr-defined]
    found = matched([asked(number) for number in numbers], key(*entries).runs())
    if not entries:
        assert found is None
        return
    assert found is not None
    assert [(one.number, entry) for one, entry in found] == [
        (numbers[0], None),
        *((number, (number, f"उत्तर {number}")) for number in numbers[1:]),
    ]


@given(sizes=st.lists(st.integers(1, 5), min_size=2, max_size=5))
def test_sections_are_matched_in_their_order(sizes: list[int]) -> None:
    """Sections that each count from one get the entries of the run in the same place, and of no other."""
    paper = [asked(number) for size in sizes for number in range(1, size + 1)]
    entries = [(number, f"{place}.{number}") for place, size in enumerate(sizes) for number in range(1, size + 1)]
    found = matched(paper, key(*entries).runs())
    assert found is not None
    assert [entry for _, entry in found] == entries
    assert matched(paper, key(*entries).runs()[1:]) is None


@pytest.mark.parametrize(
    ("line", "waiting", "answered", "several", "opens"),
    [
        ("उत्तरे: १-ब, २-अ", (1,), (), True, True),  # half of the numbers wait
        ("उत्तरे: १-ब, २-अ, ३-क", (1,), (), True, False),  # a third
        ("उत्तरे: १-ब, २-अ", (1,), (2,), False, True),  # one open question, the other answered above
        ("उत्तरे: १-ब, २-अ", (1,), (), False, False),  # a number of no question: pairs to match
        ("उत्तरे: १-ब", (), (1,), False, False),  # nothing waits for it
        ("उत्तरे:", (1, 2), (), True, True),
        ("उत्तरे:", (1,), (), False, False),  # the answer of one question follows
        ("उत्तरसूची", (), (), False, True),
        ("उत्तरसूची: १-ब", (), (), False, True),
        ("उत्तरसूची: पुढे", (1,), (), True, False),
    ],
)
def test_which_line_opens_a_key(
    line: str, waiting: Sequence[int], answered: Sequence[int], several: bool, opens: bool
) -> None:
    """`उत्तरसूची` always does with entries or alone; `उत्तरे` where at least half its numbers wait, or all are known."""
    assert (opened(line, 5, waiting, answered, several=several) is not None) is opens


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("१) रायगड", True),
        ("२) पुणे", False),  # no question of that number
        ("१) रायगड हा किल्ला कोठे आहे?", False),  # the next question
    ],
)
def test_an_entry_in_words_is_to_a_question_above(line: str, taken: bool) -> None:
    """A numbered line below a key is an entry only where that number was asked, and only the first time."""
    reading = AnswerKey(1, 1, frozenset({1}))
    assert reading.take(line, 2) is taken
    assert reading.last == (2 if taken else 1)
    if taken:
        assert not reading.take(line, 3)
        assert reading.runs() == [[(1, "रायगड")]]
