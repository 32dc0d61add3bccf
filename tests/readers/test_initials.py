"""`प्र. वि. का. राजवाडे` may be a question about a man or a man's own initials: the line below tells."""

from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., list[dict[str, Any]]]
Pairs = Callable[..., list[tuple[str, str, str]]]

BEFORE = "प्र. राजधानी कोणती?\nउ. रायगड\n"


@pytest.mark.parametrize(
    "answer", ["उ. इतिहास संशोधन.", "उत्तर: इतिहास संशोधन.", "उ) इतिहास संशोधन.", "\nउ. इतिहास संशोधन."]
)
@pytest.mark.parametrize(
    "question",
    [
        "वि. का. राजवाडे यांचे कार्य कोणते?",
        "ना. सं. इनामदार यांच्याविषयी माहिती लिहा.",
        "न.चिं. केळकर कोण होते?",
        "त्र्यं. शं. शेजवलकर यांनी\nकोणते ग्रंथ लिहिले?",
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_a_question_that_begins_with_initials(pairs: Pairs, name: str, question: str, answer: str) -> None:
    """Where उ. or उत्तर follows, प्र. before initials asks; the answer above it ends there."""
    found = pairs(name, f"{BEFORE}\nप्र. {question}\n{answer}\n")
    asked = question.replace("\n", " ") if name == "a.md" else question
    assert [pair[1:] for pair in found] == [("राजधानी कोणती?", "रायगड"), (asked, "इतिहास संशोधन.")]
    assert found[1][0].startswith("lines 4-")


def test_on_one_line_and_at_the_start_of_a_file(pairs: Pairs) -> None:
    """The answer may stand on the same line, and nothing needs to stand above."""
    content = "प्र. वि. का. राजवाडे कोण? उ. संशोधक.\nप्र. म. म. पोतदार कोण होते?\nउ. इतिहासकार.\n"
    assert [pair[1:] for pair in pairs("a.txt", content)] == [
        ("वि. का. राजवाडे कोण?", "संशोधक."),
        ("म. म. पोतदार कोण होते?", "इतिहासकार."),
    ]


def test_a_heading_with_initials(pairs: Pairs) -> None:
    """In Markdown the question may be a heading that does not end in a question mark."""
    content = "## प्र. वि. का. राजवाडे यांच्याविषयी लिहा\n\nउ. ते संशोधक होते.\n"
    assert [pair[1:] for pair in pairs("a.md", content)] == [("वि. का. राजवाडे यांच्याविषयी लिहा", "ते संशोधक होते.")]


@pytest.mark.parametrize("man", ["प्र. के. अत्रे", "प्र.के.अत्रे", "प्र. के.अत्रे"])
@pytest.mark.parametrize(
    "after", ["", "प्र. पुढचा?\nउ. हो\n", "\nप्र. १) पुढचा?\nउ. हो\n", "\n---\nप्रश्न: पुढचा?\nउत्तर: हो\n"]
)
def test_a_man_inside_an_answer(pairs: Pairs, man: str, after: str) -> None:
    """Initials inside an answer stay text where a question, a rule or the end follows before any उ."""
    found = pairs("a.txt", f"{BEFORE}{man} यांनी मराठा हे दैनिक काढले.\nते नाटककार होते.\n{after}")
    assert found[0][2] == f"रायगड\n{man} यांनी मराठा हे दैनिक काढले.\nते नाटककार होते."
    assert [pair[1:] for pair in found[1:]] == ([("पुढचा?", "हो")] if after else [])


def test_two_men_one_below_the_other(pairs: Pairs) -> None:
    """Of two lines with initials only the one whose answer follows asks."""
    content = f"{BEFORE}प्र. के. अत्रे नाटककार होते.\nप्र. वि. का. राजवाडे कोण होते?\nउ. संशोधक.\n"
    assert [answer for _, _, answer in pairs("a.txt", content)] == ["रायगड\nप्र. के. अत्रे नाटककार होते.", "संशोधक."]


def test_a_man_inside_a_question(pairs: Pairs) -> None:
    """A name on the second line of a question is part of what is asked."""
    (found,) = pairs("a.txt", "प्र. १) ओळखा पाहू:\nप्र. के. अत्रे\nउ. नाटककार.\n")
    assert found[1:] == ("ओळखा पाहू:\nप्र. के. अत्रे", "नाटककार.")


def test_a_question_without_answer_above(rows: Read) -> None:
    """Where the line with initials itself asks, the open question above it has no answer and says so."""
    found = rows("a.txt", "प्र. १) एकटा?\nप्र. वि. का. राजवाडे कोण होते?\nउ. संशोधक.\n")
    assert sorted((row["question"], row["answer"], row["reject_reason"]) for row in found) == [
        ("एकटा?", None, "no_answer_given"),
        ("वि. का. राजवाडे कोण होते?", "संशोधक.", None),
    ]


def test_an_answer_too_far_below(rows: Read) -> None:
    """An उ. a page further down does not make a question of a name: the text between is kept where it stood."""
    lines = "\n".join(f"ओळ {number}" for number in range(20))
    first, *_ = rows("a.txt", f"{BEFORE}प्र. के. अत्रे आले.\n{lines}\nउ. दुसरे\n")
    assert first["answer"] == f"रायगड\nप्र. के. अत्रे आले.\n{lines}\nदुसरे"


def test_a_man_in_prose(rows: Read) -> None:
    """A text of nothing but prose stays one reject, the name in it too."""
    (row,) = rows("a.txt", "प्र. के. अत्रे यांनी मराठा काढला.\n\nप्र.के.अत्रे लेखक होते.\n")
    assert (row["reject_reason"], row["locator"]) == ("no_question_answer_pairs", "lines 1-3")
