"""Pages as they are printed: running heads, paragraphs, hyphens, tables, and what counts as damage."""

from collections.abc import Sequence

import pytest

from datakit.readers.page import Page, PageLine, Word
from datakit.readers.page_damage import page_damage
from datakit.readers.page_rows import LINE_STEP, PAGE_STEP, place
from datakit.readers.page_tables import Table, split_tables
from datakit.readers.paragraphs import joined, paragraphs
from datakit.readers.pdf_text import decoded
from datakit.readers.running_heads import PAGE_NUMBER, without_heads

LETTER = 6.0  # points a letter takes


def line(number: int, text: str, *, left: float = 72, top: float | None = None, height: float = 12) -> PageLine:
    """Return a line whose words stand one space apart; `|` makes a gap as between cells."""
    words, at = [], left
    for word in text.split():
        if word == "|":
            at += 10 * LETTER
            continue
        words.append(Word(text=word, left=at, right=at + LETTER * len(word)))
        at += LETTER * (len(word) + 0.6)
    upper = 100 + 16.0 * number if top is None else top
    return PageLine(number=number, words=tuple(words), top=upper, bottom=upper + height)


def page(number: int, head: str, *texts: str, foot: str | None = None) -> Page:
    lines = [line(1, head, top=30)] if head else []
    lines += [line(place, text) for place, text in enumerate(texts, start=2)]
    lines += [line(90, foot, top=810)] if foot else []
    return Page(number=number, lines=tuple(lines), width=595, height=842)


def texts(pages: Sequence[Page]) -> list[str]:
    return [found.text for found in without_heads(pages)]


def test_running_heads_and_page_numbers_are_left_out() -> None:
    """A line at the edge that neighbouring pages repeat, its number aside, is no text; nor is a lone number."""
    pages = [page(n, f"शिवकाल — प्रकरण {n}", f"मजकूर {n} येथे", foot=f"- {n} -") for n in range(1, 6)]
    assert texts(pages) == [f"मजकूर {n} येथे" for n in range(1, 6)]


def test_left_and_right_heads() -> None:
    """Left and right pages have heads of their own: the page after next counts too."""
    heads = ["मराठ्यांचा इतिहास", "शिवकाल", "मराठ्यांचा इतिहास", "शिवकाल"]
    assert texts([page(n, head, f"मजकूर {n}") for n, head in enumerate(heads, start=1)]) == [
        f"मजकूर {n}" for n in range(1, 5)
    ]


def test_what_stands_once_at_the_edge_is_text() -> None:
    """A title at the top of one page, and questions that only differ in their number, stay."""
    assert texts([page(1, "शिवकाल", "मजकूर"), page(2, "पेशवाई", "आणखी")]) == ["शिवकाल\nमजकूर", "पेशवाई\nआणखी"]
    kept = texts([page(1, "प्र. १) कोण होते?", "उ. शाहू"), page(2, "प्र. २) कोण होते?", "उ. तारा")])
    assert kept == ["प्र. १) कोण होते?\nउ. शाहू", "प्र. २) कोण होते?\nउ. तारा"]


@pytest.mark.parametrize("text", ["१२", "- 12 -", "पान ३", "पृष्ठ क्र. ४५", "Page 3 of 10", "xiv", "| ७ |"])
def test_page_numbers(text: str) -> None:
    """A number alone, with the word for page or with strokes, is a page number."""
    assert PAGE_NUMBER.match(text)


@pytest.mark.parametrize("text", ["१६७४ मध्ये", "१) रायगड", "प्रकरण ३", "12.5 टक्के"])
def test_no_page_numbers(text: str) -> None:
    """A number with anything else is text."""
    assert not PAGE_NUMBER.match(text)


FULL = "ही ओळ पानाच्या कडेपर्यंत पूर्ण भरलेली असल्यामुळे पुढच्या ओळीत चालू राहते असे समजावे"


def test_lines_that_fill_the_column_run_on() -> None:
    """A full line and the next are one paragraph; a short one ends it."""
    lines = [line(1, FULL), line(2, "आणि येथे संपते."), line(3, "नवा परिच्छेद येथे.")]
    assert [part.text for part in paragraphs(lines)] == [f"{FULL} आणि येथे संपते.", "नवा परिच्छेद येथे."]


@pytest.mark.parametrize("text", ["प्र. २) कोण?", "उ. शाहू", "३) रायगड", "• पुणे", "(ब) सातारा", "उत्तर: हो"])
def test_marks_begin_a_paragraph(text: str) -> None:
    """A question, an answer, an option or a list item never runs on from the line above."""
    assert [part.text for part in paragraphs([line(1, FULL), line(2, text)])] == [FULL, text]


def test_a_gap_and_a_taller_line_begin_a_paragraph() -> None:
    """White space above a line, or larger letters, set it apart; larger letters make a heading."""
    lines = [line(1, FULL, top=100), line(2, "मधला मजकूर", top=140), line(3, "मोठे शीर्षक?", top=170, height=24)]
    found = list(paragraphs([*lines, line(4, "उत्तर येथे", top=210)]))
    assert [(part.text, part.heading) for part in found] == [
        (FULL, 0), ("मधला मजकूर", 0), ("मोठे शीर्षक?", 2), ("उत्तर येथे", 0)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "whole"),
    [
        (["मराठ्यांच्या महा-", "राष्ट्रात"], "मराठ्यांच्या महाराष्ट्रात"),
        (["त्याचे आई-", "वडील आले"], "त्याचे आई-वडील आले"),
        (["the govern-", "ment of"], "the government of"),
        (["Indo-", "European"], "Indo-European"),
        (["महा\u00ad", "राष्ट्र"], "महाराष्ट्र"),
        (["१६३०-", "१६८०"], "१६३०- १६८०"),
        (["एक", "दोन"], "एक दोन"),
    ],
)
def test_hyphens_at_the_end_of_a_line(lines: list[str], whole: str) -> None:
    """A word that the line's end broke is whole again; one that is written with a hyphen keeps it."""
    assert joined(lines) == whole


def test_tables_become_markdown() -> None:
    """Lines whose words stand in columns are a table, its first line the header; text around it stays."""
    lines = [
        line(1, "किल्ल्यांची यादी"),
        line(2, "किल्ला | जिल्हा"),
        line(3, "राजगड | पुणे"),
        line(4, "सिंहगड | पुणे"),
        line(5, "शेवटची ओळ येथे आहे"),
    ]
    first, table, last = split_tables(lines)
    assert isinstance(table, Table)
    assert table.markdown() == "| किल्ला | जिल्हा |\n| --- | --- |\n| राजगड | पुणे |\n| सिंहगड | पुणे |"
    assert isinstance(first, PageLine)
    assert isinstance(last, PageLine)


@pytest.mark.parametrize("rows", [["(अ) पुणे | (ब) नाशिक", "(क) ठाणे | (ड) बीड"], ["१. | शाहू", "२. | तारा"]])
def test_options_and_lists_are_no_tables(rows: list[str]) -> None:
    """Options side by side, and numbers set apart from their items, are read as text."""
    found = list(split_tables([line(number, row) for number, row in enumerate(rows, start=1)]))
    assert all(isinstance(part, PageLine) for part in found)


def test_places_of_paragraphs() -> None:
    """A number holds page, line and how many lines follow."""
    number = PAGE_STEP * 3 + LINE_STEP * 40
    assert place(number, number) == "page 3 line 40"
    assert place(number + 2, number + 2) == "page 3 lines 40-42"
    assert place(number, PAGE_STEP * 4 + LINE_STEP * 2) == "page 3 line 40 to page 4 line 2"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("विषय: मराठ्यांचा इतिहास आणि डॉक्टर डाॅक्टर", None),
        ("Plain English text about the forts of the Marathas.", None),
        ("", "no text"),
        (" \n ", "no text"),
        ("ववषय – जीवशास्र आणण राज्य", "wrong letters"),
        ("मधीि िािे आहेत", "wrong letters"),
        ("egkjk\"V jkT;kr f'kokth egkjktkapk tUe f'kousjhoj >kyk", "legacy font"),
        ("/G01/G02/G03/G04 /G05/G06/G07", "lost letters"),
        ("\ue001\ue002 \ue003\ue004", "lost letters"),
        ("म ह र ष्ट्र त ल ग ड क ल ल े", "broken words"),
    ],
)
def test_page_damage(text: str, kind: str | None) -> None:
    """What is wrong with a page is named by its kind; right text, English too, has none."""
    found = page_damage(text)
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xfe\xff\x09\x15\x09\x3e", "का"),
        (b"\x09\x15\x09\x3e", "का"),
        ("\ufeffका".encode(), "का"),
        (b"abc", "abc"),
        (b"\x80\x81\x82", None),
        (b"", None),
    ],
)
def test_spellings_of_a_pdf(data: bytes, text: str | None) -> None:
    """PDF strings are UTF-16, UTF-8 or Latin; what is none of them tells nothing."""
    assert decoded(data) == text
