"""Policies, explanations, and the parts of the engine that need code."""

import unicodedata

import pytest

from datakit.devanagari import Change, Policy, explain, normalize
from datakit.devanagari.alphabet import short_name, visible
from datakit.devanagari.engine import MAX_PASSES
from datakit.devanagari.rules import rule_set
from datakit.errors import UsageError
from tests.devanagari.cases import HOSTILE


def test_explain_names_rule_and_code_points() -> None:
    """A change shows its rule, the word it stands in, and the code points before and after."""
    assert explain("उंच दर्\u200dया दिसल्या") == [
        Change(rule="eyelash_zwj", before="र्\u200d", after="ऱ्", word="दर्\u200dया")
    ]
    line = str(explain("दर्\u200dया")[0])
    assert line == "eyelash_zwj\tदर्\u200dया\tU+0930 U+094D U+200D → U+0931 U+094D"


def test_explain_lists_changes_of_later_passes() -> None:
    """A repair that another repair made possible is listed too, in the order made."""
    rules = [change.rule for change in explain("काॅंग्रेसच्\u200dया")]
    assert rules == ["split_sign", "candra_nasal", "zwj"]
    twice = [change.rule for change in explain("भ  ारतात")]
    assert twice == ["spaces", "space_before_sign"]


def test_explain_is_silent_on_canonical_text() -> None:
    """Canonical text has no changes, however long."""
    assert explain("शेतकऱ्यांना दुःख झाले. " * 50 + "।") == []


def test_deletion_is_explained_as_nothing() -> None:
    """A deleted character becomes `nothing`, not an empty string that nobody sees."""
    assert str(explain("राय\ufeffगड")[0]).endswith("U+FEFF → nothing")


def test_context_is_cut_in_long_words() -> None:
    """The word around a change stays readable where a text has no spaces."""
    change = explain("क" * 500 + "ाा" + "ग" * 500)[0]
    assert "ाा" in change.word
    assert len(change.word) < 60


def test_visible_and_short_name() -> None:
    """Code points are named so that two look-alikes can be told apart."""
    assert visible("ऱ") == "U+0931"
    assert visible("") == "nothing"
    assert short_name("र") == "U+0930 LETTER RA"
    assert short_name("\u200d") == "U+200D ZERO WIDTH JOINER"
    assert short_name("\u0086") == "U+0086 CONTROL-0086"


@pytest.mark.parametrize(
    ("policy", "before", "after"),
    [
        (Policy(digits="deva"), "सन 1674, 12.5 टक्के (1630-80)", "सन १६७४, १२.५ टक्के (१६३०-८०)"),
        (Policy(digits="deva"), "A4 कागद, MH12 गाडी, http://x.in/12", "A4 कागद, MH12 गाडी, http://x.in/12"),
        (Policy(digits="ascii"), "सन १६७४ व 1680", "सन 1674 व 1680"),
        (Policy(digits="keep"), "सन १६७४ व 1680", "सन १६७४ व 1680"),
        (Policy(quotes="ascii"), "“स्वराज्य” ‘केसरी’ शिवाजी’चा", "\"स्वराज्य\" 'केसरी' शिवाजी'चा"),
        (Policy(nukta="drop"), "क़िला फ़ारसी किनाऱ्यावर तमिऴ", "किला फारसी किनाऱ्यावर तमिऴ"),
        (Policy(nukta="drop"), "वाडय़ात", "वाड्यात"),
        (Policy(zwj="keep"), "विश्\u200dव दर्\u200dया अ\u200dॅप", "विश्\u200dव दऱ्या ॲप"),
        (Policy(zwnj="keep"), "राज\u200cगड वाङ्\u200cमय", "राज\u200cगड वाङ्\u200cमय"),
    ],
)
def test_policy(policy: Policy, before: str, after: str) -> None:
    """Each choice does what it says, and nothing to look-alikes."""
    assert normalize(before, policy=policy) == after


def test_no_policy_removes_every_joiner() -> None:
    """Even the strictest policy keeps the ZWNJ that means something."""
    assert normalize("वाङ्\u200cमय", policy=Policy(zwj="noise", zwnj="noise", nukta="drop")) == "वाङ्\u200cमय"


def test_unknown_choice_names_the_choices() -> None:
    """A policy that does not exist is refused with the ones that do."""
    with pytest.raises(UsageError, match=r"policy: digits = 'roman' is unknown; choose one of keep, deva, ascii"):
        Policy(digits="roman")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"zwj = 'drop' is unknown; choose one of noise, keep"):
        Policy(zwj="drop")  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["मराठा साम्राज्य", "ठाणे व ठसा", "“शिवाजी” – ‘राजे’"])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_mojibake_is_read_back(text: str, times: int, encoding: str) -> None:
    """Text encoded once or twice, through Windows-1252 or Latin-1, is restored, ठ with its no-break space included."""
    table = {byte: chr(byte) for byte in range(256)}
    if encoding == "cp1252":
        for byte in range(256):
            try:
                table[byte] = bytes([byte]).decode("cp1252")
            except UnicodeDecodeError:
                continue
    damaged = text
    for _ in range(times):
        damaged = "".join(table[byte] for byte in damaged.encode("utf-8"))
    assert normalize(damaged) == text


def test_broken_mojibake_stays() -> None:
    """A run that is no strict UTF-8 is left as it is, beside one that is."""
    assert normalize("à¤ª à¤") == "प à¤"


def test_nested_entities_settle() -> None:
    """An entity encoded many times over is decoded in few passes."""
    assert normalize("&" + "amp;" * 3_000 + "lt; पुणे") == "< पुणे"


@pytest.mark.parametrize("entity", ["&#0;", "&#xD800;", "&#x110000;", "&#99999999;", "&nosuchname;", "&;", "&#;"])
def test_impossible_entities_stay(entity: str) -> None:
    """An entity that names no character is text."""
    assert normalize(f"पुणे {entity}") == f"पुणे {entity}"


def test_hostile_text_settles_within_the_bound() -> None:
    """No hostile string needs more passes than the engine allows."""
    for text in HOSTILE:
        rules, passes = rule_set(Policy()), 0
        while passes < MAX_PASSES:
            before, passes = text, passes + 1
            for rule in (*rules.any_script, *rules.text, *rules.word, *rules.line):
                text = rule.apply(text)
            if text == before:
                break
        assert passes <= 5, ascii(before[:40])


def test_nfc_trigger_is_sound() -> None:
    """What the NFC trigger takes for harmless is NFC, no combining mark, and composes with nothing before it."""
    import polars as pl

    nfc = rule_set(Policy()).word[-1]
    assert nfc.id == "nfc"
    points = [chr(code) for code in range(0x20, 0x110000) if not 0xD800 <= code <= 0xDFFF]
    found = pl.Series(points).str.contains(nfc.trigger)
    harmless = [char for char, hit in zip(points, found, strict=True) if not hit]
    assert len(harmless) > 5_000
    second = {
        chr(int(part, 16)) for char in points for part in unicodedata.decomposition(char).split()[1:] if part[0] != "<"
    }
    canonical = {
        chr(int(parts[1], 16))
        for char in points
        if (parts := unicodedata.decomposition(char).split()) and not parts[0].startswith("<") and len(parts) > 1
    }
    assert canonical <= second
    for char in harmless:
        assert unicodedata.is_normalized("NFC", char), visible(char)
        assert unicodedata.combining(char) == 0 or char == "्", visible(char)
        assert char not in canonical, visible(char)
