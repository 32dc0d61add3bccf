"""What others named, on our terminal."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from datakit.lineage import legible, one_line

ACTS = ("Cc", "Zl", "Zp", "Cs")
"""Categories that move a cursor, end a line, or cannot be written as UTF-8."""
TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_a_name_stays_on_its_line() -> None:
    """A file's name can neither end its line, colour the terminal nor turn the direction; Marathi stays as it is."""
    assert one_line("शिवकाल.csv") == "शिवकाल.csv"
    assert one_line("a\nsource  b\t\x1b[2J\u202ec") == "a⟨U+000A⟩source  b⟨U+0009⟩⟨U+001B⟩[2J⟨U+202E⟩c"
    assert one_line("a\n\n\nb\u200b\u200d") == "a⟨U+000A ×3⟩b⟨U+200B⟩⟨U+200D⟩"


@given(st.text(st.characters(codec=None)))
def test_nothing_in_a_name_acts(name: str) -> None:
    """Whatever a name holds, half a surrogate pair included, its line can be printed and has no control character."""
    shown = one_line(name)
    assert not [char for char in shown if unicodedata.category(char) in ACTS or char in TURNS]
    assert len(shown.encode("utf-8").splitlines()) <= 1


@given(st.text(st.characters(codec=None, exclude_characters="⟨")))
def test_a_message_loses_nothing_but_what_acts(message: str) -> None:
    """Of what acts, a message keeps line feeds and tabs; beside the labels all else stands in its place."""
    expected = [char for char in message if char in "\n\t" or not (unicodedata.category(char) in ACTS or char in TURNS)]
    assert re.sub(r"⟨U\+[0-9A-F]{4}( ×\d+)?⟩", "", legible(message)) == "".join(expected)


def test_a_message_in_marathi_reads_as_it_was_written() -> None:
    """Joiners decide the form of a Marathi word, so a message that quotes one keeps them."""
    word = "दर्\u200dया, राज\u200cगड"
    assert legible(f"row 3: {word}\n  - {word}") == f"row 3: {word}\n  - {word}"
    assert legible("a\x1b]0;owned\x07") == "a⟨U+001B⟩]0;owned⟨U+0007⟩"
