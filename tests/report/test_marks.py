"""Raw text made visible and harmless."""

import html
import re
import unicodedata

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from datakit.lineage import INVISIBLE
from datakit.report.marks import code_points, readable, shown
from tests.report.hostile import HOSTILE

PILE = regex.compile(r"(?<=\p{M}{6})\p{M}+")
LABEL = re.compile(r'<span class="cp" title="[^"<>]*">[^<>]*</span>')


def seen(text: str) -> str:
    """What a reader can see of a text: no invisible character, no seventh mark on a letter."""
    return "".join(INVISIBLE.sub("", PILE.sub("", piece)) for piece in re.split(f"({INVISIBLE.pattern})", text))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_holds_no_markup_of_its_own(text: str) -> None:
    """Once the labels are taken out nothing is left that a browser would take for markup."""
    rest = LABEL.sub("", shown(text))
    assert not re.search("[<>\"']", rest)
    assert html.unescape(rest) == seen(text)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_all_that_can_be_seen_stays(text: str) -> None:
    """Labels stand for what is invisible, everything else is there in order, and no format character is let through."""
    safe = shown(text)
    assert isinstance(safe, Markup)
    assert html.unescape(LABEL.sub("", safe)) == seen(text)
    assert not any(
        unicodedata.bidirectional(char) in {"LRO", "RLO", "LRE", "RLE", "LRI", "RLI", "FSI"} for char in safe
    )


def test_all_format_and_control_characters_are_covered() -> None:
    """Every character of the categories control, format and private use has a label, but tab, line feed and marks of
    scripts that are visible in their text."""
    missing = [
        code
        for code in [*range(0x2FFFF), *range(0xE0000, 0xE1000)]
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Co", "Zl", "Zp") and not INVISIBLE.match(chr(code))
    ]
    assert {chr(code) for code in missing if code < 0x80} == {"\t", "\n"}
    visible = ("ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN")
    assert [hex(code) for code in missing if code >= 0x80 and not unicodedata.name(chr(code)).startswith(visible)] == []


def test_joiners_are_named_and_the_letters_stay() -> None:
    """The eyelash ra spelt with a joiner shows it by name, its code point in the title."""
    assert shown("दर्\u200dया") == 'दर्<span class="cp" title="U+200D zero width joiner">ZWJ</span>या'


def test_a_run_is_one_label() -> None:
    """Twenty thousand zero-width spaces are one label with their number, not a megabyte."""
    safe = shown("अ" + "\u200b" * 20_000)
    assert "ZWSP ×20000" in safe
    assert len(safe) < 100


def test_a_pile_of_marks_is_cut_at_six() -> None:
    """Marks that no word has are counted: browsers draw a pile as one piece that no line holds."""
    assert readable("क" + "\u0301" * 100) == "क" + "\u0301" * 6 + "⟨+94 marks⟩"
    assert readable("स्त्र्यांनी फ़ाॅ॑") == "स्त्र्यांनी फ़ाॅ॑"


def test_line_feeds_and_tabs_stay() -> None:
    """A text keeps its lines."""
    assert shown("एक\n\tदोन") == "एक\n\tदोन"


def test_readable_text_needs_no_markup() -> None:
    """Forms without markup name the code point in brackets."""
    assert readable("राज\u200cगड\u202e") == "राज⟨U+200C⟩गड⟨U+202E⟩"
    assert readable("\u200b\u200b") == "⟨U+200B ×2⟩"


def test_code_points_are_named_one_by_one() -> None:
    """Names are Unicode's, without the block's prefix."""
    assert code_points("र्") == "U+0930 ra, U+094D virama"
    assert code_points("") == "nothing"
    assert code_points("\x07\uf0b7") == "U+0007 control, U+F0B7 private use or unassigned"
