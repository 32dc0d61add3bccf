"""The cases of this project for normalization, and strategies that lean on what breaks it."""

from pathlib import Path

from hypothesis import strategies as st

from datakit.devanagari.rules import RuleSet
from datakit.devanagari.tables import unescape

HERE = Path(__file__).parent


def read(name: str) -> list[list[str]]:
    """Return the rows of a case file beside this module, escapes resolved."""
    lines = (HERE / name).read_text(encoding="utf-8").rstrip("\n").split("\n")
    return [[unescape(cell) for cell in line.split("\t")] for line in lines[1:]]


KEPT = read("kept.tsv")
MENDED = read("mended.tsv")

_PIECES = [
    *(row[0] for row in KEPT),
    *(row[0] for row in MENDED),
    *"कखगचजटठडदनपबमयरलवशसहळऱअआइउएऋॲऍऑ",
    *"ािीुूृेैोौॅॉंँः़्ऽ।॥०१९",
    *" \n\t-:|&;Sa1",
    "\u200c", "\u200d", "\u200b", "\u00a0", "\u25cc", "\u0310", "\u0086", "\ufeff", "\u202a", "\u0951", "\u1cd0",
    "या", "जा", "हाड", "दु:", "नि:", "||", "।।", "&amp;", "&#2358;",
    "à¤", "Ã\u00a0Â¤", "א", "é", "e\u0301", "\U0001f6a9",
]  # fmt: skip

damaged_text = st.lists(st.sampled_from(_PIECES), max_size=24).map("".join)
"""Text put together from Marathi words, signs without a base, joiners, spaces and the beginnings of defects."""

any_text = st.one_of(damaged_text, st.text(max_size=60), st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
"""The same, and any Unicode string; the last has no lone surrogates, as a polars column cannot hold them."""

column_text = st.one_of(damaged_text, st.text(alphabet=st.characters(codec="utf-8"), max_size=60))

HOSTILE = [
    "",
    " ",
    "\x00",
    "\ud800",
    "\udfff शिवाजी",
    "्" * 5_000,
    "ि" * 5_000,
    "\u200d" * 5_000,
    "क" + "़" * 3_000,
    "&amp;" * 2_000,
    "&" + "amp;" * 5_000 + "lt;",
    "|" * 5_000,
    "| " * 3_000 + "क|",
    "। " * 3_000,
    "दुस-या" * 2_000,
    "दु:ख" * 2_000,
    "क ा" * 3_000,
    "à¤" * 3_000,
    "Ã\u00a0Â¤" * 2_000,
    " " * 100_000,
    "क " * 50_000,
    "a\u0301" * 3_000 + "क",
    "\U000e0001\U0010ffff\ufdd0\uffff क",
    "\u202e" * 1_000 + "क",
    "अ" + "ं" * 2_000 + "ि" + "क्" * 2_000,
    "इ" + "ि" + "क्" * 3_000 + "ष",
    "S" * 1_000 + "कS" * 2_000 + "क",
    "-या" * 3_000,
    "क:" * 3_000,
    "\r" * 2_000,
]
"""Strings that are long, empty, malformed or made to need many passes."""


def every_rule(rules: RuleSet) -> list:
    """Return all rules of a set in order."""
    return [*rules.any_script, *rules.text, *rules.word, *rules.line]
