"""Markdown: marks are taken off, structure is used."""

from collections.abc import Callable
from typing import Any

import pytest

from datakit.readers.markdown import plain, split_cells

Read = Callable[..., list[dict[str, Any]]]
Pairs = Callable[..., list[tuple[str, str, str]]]


def test_headings_that_ask(pairs: Pairs) -> None:
    """A heading that ends in a question mark asks; the text below it, up to the next heading, answers."""
    content = """---
title: प्रश्न: नको?
---
# इतिहास

प्रस्तावना.

## १. शिवाजी महाराज कोण होते?

ते **हिंदवी** *स्वराज्याचे*
संस्थापक होते.

- रायगड
- राजगड

### कोठे?

शिवनेरीवर.

## सामान्य माहिती

येथे काही विचारलेले नाही.
"""
    assert pairs("a.md", content) == [
        ("lines 8-14", "शिवाजी महाराज कोण होते?", "ते हिंदवी स्वराज्याचे संस्थापक होते.\n- रायगड\n- राजगड"),
        ("lines 16-18", "कोठे?", "शिवनेरीवर."),
    ]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("**प्रश्न १:** ", "**उत्तर:** "),
        ("**प्र.** ", "**उ.** "),
        ("__Q:__ ", "__A:__ "),
        ("- **प्र.** ", "- **उ.** "),
        ("### प्र. १) ", ""),
        ("> प्रश्न: ", "> उत्तर: "),
        ("1. **प्रश्न:** ", "   **उत्तर:** "),
        ("* प्र. ", "* उ. "),
    ],
)
def test_marks_in_bold_lists_and_quotes(rows: Read, question: str, answer: str) -> None:
    """Bold, bullets, quotes and headings around a mark do not hide it."""
    mark = answer or "उत्तर: "
    content = f"{question}संभाजी महाराजांचा ग्रंथ कोणता?\n{mark}बुधभूषण\n"
    found = rows("a.md", content)
    assert [(row["question"], row["answer"], row["reject_reason"]) for row in found] == [
        ("संभाजी महाराजांचा ग्रंथ कोणता?", "बुधभूषण", None)
    ]


def test_tables(rows: Read) -> None:
    """A table that names question and answer gives a row a line; another table is text."""
    content = """| क्र. | प्रश्न | उत्तर |
|:---|---|---:|
| १ | कधी? | **१६७४** |
| २ | कोण \\| कोणती? | संत<br>तुकाराम |

| राजा | वर्ष |
|---|---|
| शिवाजी | १६७४ |
"""
    found = rows("a.md", content)
    assert [(row["locator"], row["question"], row["answer"]) for row in found] == [
        ("line 3", "कधी?", "१६७४"),
        ("line 4", "कोण | कोणती?", "संत\nतुकाराम"),
    ]
    assert found[0]["meta"] == '{"क्र.":"१"}'


def test_comments_and_code_are_not_text(pairs: Pairs) -> None:
    """What a reader of the page does not see as text is left out, and line numbers stay right."""
    content = "<!-- प्र. नको?\nउ. नको -->\n```\nप्र. हेही नको?\nउ. नको\n```\nप्र. हवे? <!-- टीप -->\nउ. होय\n"
    assert pairs("a.md", content) == [("lines 7-8", "हवे?", "होय")]


def test_a_hard_break_stays(pairs: Pairs) -> None:
    """Lines of a paragraph run on, but two spaces or a backslash end one."""
    content = "प्र. ओवी?\nउ. आता विश्वात्मके  \nदेवे\\\nयेणे वाग्यज्ञे\nतोषावे\n"
    assert pairs("a.md", content)[0][2] == "आता विश्वात्मके\nदेवे\nयेणे वाग्यज्ञे तोषावे"


def test_prose(rows: Read) -> None:
    """A document without a pair is one reject."""
    assert [row["reject_reason"] for row in rows("a.md", "# इतिहास\n\nप्रस्तावना.\n")] == ["no_question_answer_pairs"]


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("**ठळक** आणि *तिरके*", "ठळक आणि तिरके"),
        ('[दुवा](https://example.org "शीर्षक") ![चित्र](a.png)', "दुवा "),
        ("`संकेत` \\*तारा\\*", "संकेत *तारा*"),
        ("snake_case_name", "snake_case_name"),
        ("5 * 3 * 2", "5 * 3 * 2"),
        ("<b>ठळक</b><br>", "ठळक"),
        ("- राजगड", "- राजगड"),
    ],
)
def test_inline_marks(marked: str, text: str) -> None:
    """Inline marks go, the text and the bullets of lists stay."""
    assert plain(marked) == text


def test_cells() -> None:
    """A line of a table is split at bars that are not escaped."""
    assert split_cells("| क | ख \\| ग |") == ["क", "ख | ग"]
    assert split_cells("क | ख") == ["क", "ख"]
