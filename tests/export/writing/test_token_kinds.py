"""Words, commands and bytes of a vocabulary are told apart."""

import pytest

from export.vocabulary import BYTE, CONTROL, NORMAL, UNUSED, USER_DEFINED, build_vocabulary


@pytest.mark.parametrize(
    ("token", "special", "kind"),
    [
        ("<|im_end|>", False, CONTROL),
        ("<｜end▁of▁sentence｜>", False, CONTROL),
        ("<unused12>", False, CONTROL),
        ("<pad>", False, CONTROL),
        ("[@BOS@]", False, CONTROL),
        ("<2mass>", False, CONTROL),
        ("रायगड", True, CONTROL),
        ("<tool>", False, USER_DEFINED),
        ("<|half", False, USER_DEFINED),
        ("half|>", False, USER_DEFINED),
        ("<unused", False, USER_DEFINED),
    ],
)
def test_an_added_token_is_a_command_or_a_word(token: str, special: bool, kind: int) -> None:
    """What is marked as special or looks like a command is one; the rest of what was added are words."""
    found = build_vocabulary({"a": 0}, [{"id": 1, "content": token, "special": special}], rows=3, bytes_as_pieces=False)
    assert found.kinds == [NORMAL, kind, UNUSED]
    assert found.id_of("[PAD2]") == 2
    assert found.id_of("nowhere") is None


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("<0x0A>", BYTE),
        ("<0xFF>", BYTE),
        ("<0x0A", NORMAL),
        ("<0x0AB>", NORMAL),
        ("<1x0A>", NORMAL),
        ("<0x0A)", NORMAL),
    ],
)
def test_only_a_byte_is_a_byte(piece: str, kind: int) -> None:
    """A piece of that very form stands for a byte where pieces do, and is a word in a byte-level vocabulary."""
    assert build_vocabulary({piece: 0}, [], rows=1, bytes_as_pieces=True).kinds == [kind]
    assert build_vocabulary({piece: 0}, [], rows=1, bytes_as_pieces=False).kinds == [NORMAL]


def test_a_marked_space_stays_in_a_command() -> None:
    """Only in words that were added the mark of a space becomes one; a special token keeps its own spelling."""
    added = [
        {"id": 0, "content": "\u2581\u2581", "special": False},
        {"id": 1, "content": "<｜end\u2581of｜>", "special": True},
    ]
    assert build_vocabulary({}, added, rows=2, bytes_as_pieces=True).tokens == ["  ", "<｜end\u2581of｜>"]
