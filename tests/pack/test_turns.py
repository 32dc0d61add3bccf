"""Conversations in the forms for trainers: no turn is lost, none is out of order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.pack.llamafactory import _alpaca as for_llamafactory
from datakit.pack.llamafactory import _problem
from datakit.pack.pack import FORMATS

CONTENT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


PAIRS = st.lists(st.tuples(CONTENT, CONTENT), min_size=1, max_size=4)


def messages(pairs: list[tuple[str, str]], system: str | None) -> list[dict[str, str]]:
    """A conversation."""
    made = [] if system is None else [{"role": "system", "content": system}]
    for asked, told in pairs:
        made += [{"role": "user", "content": asked}, {"role": "assistant", "content": told}]
    return made


@given(PAIRS, st.none() | CONTENT)
def test_no_form_loses_a_turn(pairs: list[tuple[str, str]], system: str | None) -> None:
    """From each form the whole conversation can be put together again, letter by letter."""
    turns = messages(pairs, system)
    row = {
        "id": "x", "messages": turns, "question": pairs[-1][0], "answer": pairs[-1][1], "context": None,
        "system": system,
    }  # fmt: skip
    assert FORMATS["messages"](row) == {"messages": turns}
    names = {"system": "system", "human": "user", "gpt": "assistant"}
    talked = FORMATS["sharegpt"](row)["conversations"]
    assert [{"role": names[turn["from"]], "content": turn["value"]} for turn in talked] == turns
    for told in (FORMATS["alpaca"](row), dict(for_llamafactory(row))):
        again = [*map(tuple, told["history"]), (told["instruction"], told["output"])]
        assert messages(again, told["system"] or None) == messages(pairs, system or None)
        assert told["input"] == ""
    assert _problem(turns) is None


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        ("", "0 turns, expected pairs of user and assistant"),
        ("s", "0 turns, expected pairs of user and assistant"),
        ("u", "1 turns, expected pairs of user and assistant"),
        ("sua", None),
        ("uaua", None),
        ("uau", "3 turns, expected pairs of user and assistant"),
        ("a", "turn 1 is of assistant, expected user"),
        ("suu", "turn 2 is of user, expected assistant"),
        ("usua", "turn 2 is of system, expected assistant"),
        ("ssua", "turn 1 is of system, expected user"),
        ("uaau", "turn 3 is of assistant, expected user"),
    ],
)
def test_turns_out_of_order_are_told_by_their_place(roles: str, says: str | None) -> None:
    """One system turn may lead; then user and assistant alternate, and the answer comes last."""
    names = {"s": "system", "u": "user", "a": "assistant"}
    assert _problem([{"role": names[role], "content": ""} for role in roles]) == says
