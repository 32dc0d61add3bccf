"""The form of card and report: tables, headings and the warning."""

import re

import pytest

from export.verify.report import markdown
from tests.export.lineage import (
    BAD,
    FACTS,
    FIDELITY,
    card,
    front,
    report,
    subject,
)


@pytest.mark.parametrize("text", [card(), card(reports=[]), markdown([report("m.gguf", BAD)], facts={}, name="m")])
def test_every_table_is_one(text: str) -> None:
    """A table stands after an empty line, with a head and a ruler of as many cells as each row, and ends with one."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith("|") and not lines[n - 1].startswith("|")]
    assert starts
    for start in starts:
        assert lines[start - 1] == ""
        end = next((n for n in range(start, len(lines)) if not lines[n].startswith("|")), len(lines))
        assert end == len(lines) or lines[end] == ""
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in lines[start:end]}
        assert len(cells) == 1, lines[start:end]
        assert re.fullmatch(r"[|:-]+", lines[start + 1])


def test_a_heading_stands_by_itself() -> None:
    """Every heading has an empty line before and after it, so that no reader takes it for text."""
    for text in (card(system="क"), markdown([report("m.gguf", FIDELITY)], facts=FACTS, name="m")):
        lines = ["", *text.removeprefix("---\n").partition("---\n")[2 if text.startswith("---") else 0].splitlines()]
        for number, line in enumerate(lines):
            if line.startswith("#"):
                assert (lines[number - 1], lines[number + 1]) == ("", ""), line


def test_the_card_warns_of_what_the_model_says() -> None:
    """What a reader must know stands in every card: an answer is a lead, and how to come from the file to its rows."""
    for text in (card(), card(about=subject(run=None, dataset=None), reports=[])):
        assert "It can state what is false with full confidence, dates above all." in text
        assert "An answer is a lead to a source, never a source" in text
        assert "`datakit trace FILE.gguf`" in text
    assert front(card())[-4:] == ["tags:", "- gguf", "- marathi", "- history"]
