"""A review without the web: what a decision records, what comes next, and what undo does."""

import pytest

from datakit.decisions import DecidedMeanwhile, Decision, DecisionLog
from datakit.errors import UsageError
from datakit.review import Session


def place(session: Session, reason: str | None, section: str = "") -> int:
    """The first place of a reason."""
    return next(
        at for at, one in enumerate(session.queue.items) if one.reason == reason and one.section.startswith(section)
    )


def seen(session: Session, at: int) -> tuple[str, ...]:
    return session.log.last(session.queue.items[at].row)


def test_acceptance_names_the_fault_that_was_seen(session: Session) -> None:
    """The line holds the fault of this version, the place, the version and the reviewer."""
    at = place(session, "question_too_short")
    made = session.decide(at, "accept", seen=(), note="  बरोबर\nआहे ")
    assert made.overrules == ("length.question_too_short",)
    assert (made.note, made.by, made.version) == ("बरोबर आहे", "अर्चना", session.queue.version)
    assert (made.file, made.locator) == (session.queue.items[at].file, session.queue.items[at].locator)


def test_rejection_and_edit_hold_for_the_merged_rows_too(session: Session) -> None:
    """What was merged into a row goes with it, or takes its new text; an acceptance concerns the row alone."""
    at = next(at for at, one in enumerate(session.queue.items) if one.reason is None)
    object.__setattr__(session.queue.items[at], "also", ("f" * 64,))
    try:
        assert session.decide(at, "reject", seen=()).also == ("f" * 64,)
        edit = session.decide(at, "edit", seen=seen(session, at), question="का?", answer="हो")
        assert edit.also == ("f" * 64,)
        session.undo(at, seen=seen(session, at))
        session.undo(at, seen=seen(session, at))
    finally:
        object.__setattr__(session.queue.items[at], "also", ())


def test_an_accept_after_an_edit_keeps_the_new_text(session: Session) -> None:
    """Decisions about one row build on each other: text and overruled faults are kept, a rejection drops both."""
    at = place(session, "question_too_short")
    session.decide(at, "edit", seen=(), question="गड का?", answer="उंच म्हणून")
    accept = session.decide(at, "accept", seen=seen(session, at))
    assert (accept.question, accept.answer) == ("गड का?", "उंच म्हणून")
    edit = session.decide(at, "edit", seen=seen(session, at), question="गड का हो?", answer="उंच म्हणून")
    assert edit.overrules == ("length.question_too_short",)
    session.decide(at, "reject", seen=seen(session, at))
    again = session.decide(at, "accept", seen=seen(session, at))
    assert again.question is None
    assert session.done == {"edit": 2, "accept": 2, "reject": 1}


def test_undo_goes_back_step_by_step(session: Session) -> None:
    """Undo takes back the last decision, whoever made it, and what stood before stands again."""
    at = place(session, "not_marathi")
    session.decide(at, "accept", seen=())
    session.decide(at, "reject", seen=seen(session, at))
    session.undo(at, seen=seen(session, at))
    now = session.log.decision(session.queue.items[at].row)
    assert now is not None
    assert now.action == "accept"


def test_nothing_to_undo_is_told(session: Session) -> None:
    """Undo on an undecided row writes nothing."""
    with pytest.raises(UsageError, match="nothing is decided about this row"):
        session.undo(0, seen=())
    assert not session.log.path.exists()


@pytest.mark.parametrize(
    ("reason", "action"),
    [("empty_answer", "accept"), ("special_token_in_text", "accept"), ("no_answer_given", "accept")],
)
def test_what_is_not_offered_is_refused(session: Session, reason: str, action: str) -> None:
    """The page does not offer it, and a request made by hand is refused with what is offered."""
    with pytest.raises(UsageError, match=f"{action} is not offered for this row .{reason}.; offered: reject, edit"):
        session.decide(place(session, reason), action, seen=())
    assert not session.log.path.exists()


def test_an_edit_that_changes_nothing_is_refused(session: Session) -> None:
    """Saving the text as it was is no decision."""
    at = place(session, "not_marathi")
    item = session.queue.items[at]
    with pytest.raises(UsageError, match="the text is as it was; change it, or press accept"):
        session.decide(at, "edit", seen=(), question=item.question, answer=item.answer)


def test_a_second_tab_is_told(session: Session) -> None:
    """A decision on sight of an old card is not written over a newer one."""
    at = place(session, "not_marathi")
    session.decide(at, "accept", seen=())
    with pytest.raises(DecidedMeanwhile, match="accept by अर्चना"):
        session.decide(at, "reject", seen=())


def test_a_chosen_answer_settles_the_others(session: Session) -> None:
    """With one answer of a dispute accepted, the next open row is outside of it; with it rejected, it is not."""
    first = session.queue.disputes[0]
    session.decide(0, "reject", seen=())
    assert session.next_open(0, session.standing()) == 1
    session.undo(0, seen=seen(session, 0))
    session.decide(0, "accept", seen=seen(session, 0))
    standing = session.standing()
    assert all(session.settled(at, standing) for at in range(len(first)))
    assert session.next_open(0, standing) == len(first)
    assert session.chosen(first[1], standing) is first[0]


def test_the_end_leads_round_to_what_was_skipped(session: Session) -> None:
    """After the last row comes the first that is open; when all is decided there is none."""
    size = len(session.queue.items)
    assert session.next_open(size - 1, {}) == 0
    for at, one in enumerate(session.queue.items):
        session.decide(at, "reject" if "reject" in one.actions else one.actions[0], seen=())
    assert session.next_open(5, session.standing()) is None


def test_stale_decisions_are_found(session: Session) -> None:
    """A decision about a text that this version does not have is stale, one about a row of it is not."""
    session.decide(3, "reject", seen=())
    stale = DecisionLog(session.log.path).append(Decision(action="reject", row="e" * 64, file="old.csv"))
    assert session.stale() == [stale]
