"""What a log comes to, whatever the order of its lines."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.decisions import Decision, Standing, resolve

ROWS = [f"{number:064x}" for number in range(3)]


def said(action: str, row: str = ROWS[0], *replaces: Decision, **more: str) -> Decision:
    """A decision that replaces others."""
    return Decision(action=action, row=row, replaces=tuple(sorted(one.id for one in replaces)), **more)  # type: ignore[arg-type]


steps = st.lists(
    st.tuples(st.sampled_from(ROWS), st.sampled_from(["accept", "reject", "edit", "undo"]), st.integers(0, 2))
)


@given(steps, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_says_nothing(taken: list[tuple[str, str, int]], chance: random.Random) -> None:
    """Whatever one person does, in any order of the lines and with lines repeated, what stands is what a list of
    their steps, each undo striking the last one, comes to."""
    lines: list[Decision] = []
    last: dict[str, Decision] = {}
    history: dict[str, list[Decision | None]] = {row: [None] for row in ROWS}
    for row, action, number in taken:
        before = last.get(row)
        if action == "undo":
            if before is None:
                continue
            now = history[row]
            # an undo strikes the last step; an undo of an undo brings it back
            new = said("undo", row, before)
            history[row] = [*now, now[-2]] if len(now) > 1 else now
        else:
            more = {"question": f"प्रश्न {number}?", "answer": "उत्तर"} if action == "edit" else {}
            new = said(action, row, *([before] if before else []), note=str(len(lines)), **more)
            history[row] = [*history[row], new]
        lines.append(new)
        last[row] = new
    expected = {row: past[-1] for row, past in history.items() if past[-1] is not None}
    mixed = [*lines, *chance.sample(lines, min(2, len(lines)))]
    chance.shuffle(mixed)
    found = resolve(mixed)
    assert found.contested == ()
    assert {one.row: one for one in found.decisions} == expected
    assert [one.row for one in found.decisions] == sorted(expected)


def test_an_undo_brings_back_what_stood_before() -> None:
    """reject, edit, undo: the rejection stands again; one more undo after it: the edit."""
    reject = said("reject")
    edit = said("edit", ROWS[0], reject, question="का?", answer="हो")
    undo = said("undo", ROWS[0], edit)
    redo = said("undo", ROWS[0], undo)
    assert resolve([undo, edit, reject]).decisions == (reject,)
    assert resolve([redo, undo, edit, reject]).decisions == (edit,)


def test_two_who_say_the_same_agree() -> None:
    """Lines that say the same of a row, with other notes, are one decision, and it is the same one in any order."""
    one, two = said("reject", note="चूक"), said("reject", note="खोटे")
    assert resolve([one, two]) == resolve([two, one])
    assert len(resolve([one, two]).decisions) == 1


def test_two_who_differ_are_both_left_out_until_one_decides() -> None:
    """Neither of two decisions made apart is applied; a line that replaces both settles it."""
    accept, reject = said("accept"), said("reject")
    found = resolve([accept, reject])
    assert found.decisions == ()
    assert [set(some) for some in found.contested] == [{accept, reject}]
    last = said("reject", ROWS[0], accept, reject)
    assert resolve([last, reject, accept]) == Standing(decisions=(last,))


def test_undoing_the_settlement_opens_the_contest_again() -> None:
    """What settled a contest, taken back, leaves the two who were at odds."""
    accept, reject = said("accept"), said("reject")
    last = said("reject", ROWS[0], accept, reject)
    found = resolve([said("undo", ROWS[0], last), last, accept, reject])
    assert [set(some) for some in found.contested] == [{accept, reject}]


def test_a_missing_line_is_named() -> None:
    """A line that replaces one that is not there tells which, instead of being taken for the first."""
    lost = said("accept")
    with pytest.raises(ValueError, match=f"replaces {lost.id[:12]}, which is not in the log"):
        resolve([said("reject", ROWS[0], lost)])


def test_a_rows_own_decision_holds_before_that_of_a_row_it_was_merged_into() -> None:
    """A merged row follows the row that was looked at, but what was said of itself comes first; a rejection of two
    rows that it was merged into comes before an edit."""
    edit = Decision(action="edit", row=ROWS[0], also=(ROWS[2],), question="का?", answer="हो")
    reject = Decision(action="reject", row=ROWS[1], also=(ROWS[2],))
    for both in ((edit, reject), (reject, edit)):
        assert Standing(decisions=both).by_digest()[ROWS[2]] == reject
    own = Decision(action="accept", row=ROWS[2])
    assert Standing(decisions=(edit, reject, own)).by_digest()[ROWS[2]] == own
