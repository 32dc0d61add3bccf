"""Saved pages: what a person sees, with the place in the page."""

from collections.abc import Callable
from typing import Any

import pytest

from datakit.readers.html_text import Places, parse, text_of

Read = Callable[..., list[dict[str, Any]]]
Pairs = Callable[..., list[tuple[str, str, str]]]


def page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html lang=mr><head><meta charset=utf-8>{head}</head><body>{body}</body></html>"


def find(root: Any, path: str) -> Any:
    """Follow a path as a browser does, step by step."""
    element = root
    for step in path.split(" > "):
        tag, _, number = step.partition(":nth-of-type(")
        same = [child for child in element if child.tag == tag]
        element = same[int(number.rstrip(")")) - 1 if number else 0]
        assert number or len(same) == 1
    return element


FAQ = """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
{"@type": "FAQPage", "mainEntity": [
{"@type": "Question", "name": "रायगड कोठे आहे?", "acceptedAnswer": {"@type": "Answer",
"text": "<p>रायगड&nbsp;जिल्ह्यात, <b>महाडजवळ</b>.</p><p>सह्याद्रीत.</p>"}},
{"@type": ["Question"], "name": "उत्तर नाही?"}]}]}</script>"""


def test_json_ld(rows: Read) -> None:
    """FAQPage questions are read with their path inside the script, markup taken off their answers."""
    first, second = rows("a.html", page("<p>मजकूर</p>", FAQ))
    assert (first["question"], first["answer"]) == ("रायगड कोठे आहे?", "रायगड\u00a0जिल्ह्यात, महाडजवळ.\nसह्याद्रीत.")
    assert first["locator"] == 'head > script $["@graph"][0].mainEntity[0]'
    assert (second["reject_reason"], second["question"]) == ("no_answer_given", "उत्तर नाही?")


def test_what_json_ld_says_is_not_read_again(rows: Read) -> None:
    """The visible copy of a question in JSON-LD gives no second row."""
    found = rows("a.html", page("<h2>रायगड  कोठे\nआहे?</h2><p>येथे.</p><h2>दुसरा?</h2><p>हो.</p>", FAQ))
    assert [row["question"] for row in found if not row["reject_reason"]] == ["रायगड कोठे आहे?", "दुसरा?"]


def test_broken_json_ld_is_said(rows: Read) -> None:
    """A FAQ script that is no JSON is rejected, and the page is read."""
    found = rows("a.html", page("<h2>क?</h2><p>ख</p>", FAQ.replace("}]}]}", "")))
    assert [row["reject_reason"] for row in found] == ["invalid_json", None]


@pytest.mark.parametrize(
    ("body", "place", "question", "answer"),
    [
        (
            "<details><summary>होन म्हणजे काय?</summary><p>सोन्याचे नाणे.</p><p>शिवकालीन.</p></details>",
            "body > details",
            "होन म्हणजे काय?",
            "सोन्याचे नाणे.\nशिवकालीन.",
        ),
        ("<dl><dt>एक?<dd>पहिले<dd>आणखी<dt>दोन?<dd>दुसरे</dl>", "body > dl > dt:nth-of-type(1)", "एक?", "पहिले\nआणखी"),
        ("<dl><div><dt>एक?</dt><dd>पहिले</dd></div></dl>", "body > dl > div > dt", "एक?", "पहिले"),
        (
            '<div itemscope itemtype="https://schema.org/Question"><h3 itemprop="name">क?</h3>'
            '<div itemprop="acceptedAnswer" itemscope><p itemprop="text">ख</p></div></div>',
            "body > div",
            "क?",
            "ख",
        ),
        ("<h2>क?</h2><p>ख</p><ul><li>ग</li></ul><h2>इतर</h2><p>नको</p>", "body > h2:nth-of-type(1)", "क?", "ख\nग"),
        ("<p><strong>क?</strong></p><p>ख</p>", "body > p:nth-of-type(1)", "क?", "ख"),
        ("<p><b>प्र. १)</b> क?<br><b>उ.</b> ख</p>", "body > p", "क?", "ख"),
        ("<p>प्रश्न: क?</p><p>उत्तर: ख</p>", "body > p:nth-of-type(1)", "क?", "ख"),
        ("<table><tr><th>प्रश्न<th>उत्तर<tr><td>क?<td>ख</table>", "body > table > tr:nth-of-type(2)", "क?", "ख"),
        ('<div class="faq"><button class="q">क?</button><div>ख</div></div>', "body > div > button", "क?", "ख"),
        ('<h3 class="h"><button>क?</button></h3><div>ख</div>', "body > h3 > button", "क?", "ख"),
        (
            "<p>१) राजधानी? (अ) पुणे (ब) रायगड</p><p>उत्तर: (ब)</p>",
            "body > p:nth-of-type(1)",
            "राजधानी? (अ) पुणे (ब) रायगड",
            "रायगड",
        ),
    ],
)
def test_every_form_of_a_pair(pairs: Pairs, body: str, place: str, question: str, answer: str) -> None:
    """Each way in which pages ask and answer is read, and the path leads to the element that asks."""
    locator, *pair = pairs("a.html", page(body))[0]
    path, _, span = locator.partition(" chars ")
    assert (path, *pair) == (place, question, answer)
    root = parse(page(body).encode())
    assert question.split("?")[0].split(" ")[0] in "".join(find(root, place).itertext())
    start, end = map(int, span.split("-"))
    told = "".join(root.find("body").itertext())[start:end]
    assert question.split("?")[0] in told
    assert answer.rsplit("\n", 1)[-1] in told


def test_what_nobody_sees_is_left_out(pairs: Pairs) -> None:
    """Navigation, scripts, styles, hidden elements, comments and footers ask nothing."""
    ask = "<p>प्र. नको?</p><p>उ. नको</p>"
    body = (
        f"<nav>{ask}</nav><header>{ask}</header><aside>{ask}</aside><!-- {ask} --><div hidden>{ask}</div>"
        f'<div style="display: none">{ask}</div><div aria-hidden="true">{ask}</div><div class="site-footer">{ask}</div>'
        f'<div class="nav-menu">{ask}</div><ul role="navigation"><li>{ask}</ul>'
        f'<script>"{ask}"</script><style>p{{}}</style>'
        f"<template>{ask}</template><noscript>{ask}</noscript>"
        f"<main><p>प्र. हवे?</p><p>उ. होय</p></main><footer>{ask}</footer>"
    )
    assert [pair[1:] for pair in pairs("a.html", page(body))] == [("हवे?", "होय")]


def test_an_answer_ends_with_its_part_of_the_page(pairs: Pairs) -> None:
    """What follows outside the element that a heading rules is not its answer."""
    body = "<main><div class=faqs><h2>क?</h2><p>ख</p></div><div><p>संबंधित लेख वाचा</p></div></main>"
    assert [pair[1:] for pair in pairs("a.html", page(body))] == [("क?", "ख")]


def test_details_that_ask_nothing_are_no_question(rows: Read) -> None:
    """`सविस्तर वाचा` opens a text: it is not asked."""
    (row,) = rows("a.html", page("<details><summary>सविस्तर नोंदी पहा</summary><p>मजकूर</p></details>"))
    assert (row["reject_reason"], row["locator"]) == ("no_question_answer_pairs", "body chars 0-22")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p><span>शिवाजी</span>\n<span>महाराज</span>\n\t<span>आले</span></p>", "शिवाजी महाराज आले"),
        ("<p>शिव<b>नेरी</b></p>", "शिवनेरी"),
        ("<p>एक</p><p>दोन</p>", "एक\nदोन"),
        ("<div>एक<div>दोन</div>तीन</div>", "एक\nदोन\nतीन"),
        ("एक<br>दोन<br/>\nतीन", "एक\nदोन\nतीन"),
        ("<p>&nbsp;</p><p>क&nbsp;ख</p>", "क\u00a0ख"),
        ("<p>&lt;b&gt; &amp; &#2325;&zwj;</p>", "<b> & क\u200d"),
        ("<ul><li>एक<li>दोन</ul>", "एक\nदोन"),
        ("<p>  \n  </p>", ""),
    ],
)
def test_text_as_a_browser_shows_it(markup: str, text: str) -> None:
    """White space collapses, blocks and breaks end lines, inline marks do not; no-break spaces stay."""
    assert text_of(parse(page(markup).encode()).find("body")) == text


def test_paths_lead_back() -> None:
    """The path of every element finds that element."""
    root = parse(page("<main><p>a</p><div><p>b</p><p>c<i>d</i></p></div><div>e</div></main>").encode())
    places = Places(root)
    for element in root.find("body").iter():
        if element.tag != "body":
            assert find(root, places.of(element)) is element


@pytest.mark.parametrize(
    ("encoding", "head"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-16", ""), ("utf-16-be", None)],
)
def test_encodings_of_a_page(pairs: Pairs, encoding: str, head: str | None) -> None:
    """Pages in any Unicode form are read."""
    data = page("<h2>क?</h2><p>ख</p>").encode(encoding)
    assert pairs("a.html", data if head is not None else b"\xfe\xff" + data)[0][1:] == ("क?", "ख")


def test_a_declared_charset(pairs: Pairs) -> None:
    """A page that is not UTF-8 is read as what it declares."""
    head = b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">'
    data = b"<html><head>" + head + b"</head><body><h2>Caf\xe9?</h2><p>na\xefve</p></body></html>"
    assert pairs("a.html", data)[0][1:] == ("Café?", "naïve")


def test_a_page_of_source_code(pairs: Pairs) -> None:
    """Server code before the page is no text and does not hide the body."""
    assert pairs("a.html", f"<?php\n$a = '<b>x';\n?>\n{page('<h2>क?</h2><p>ख</p>')}")[0][1:] == ("क?", "ख")


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 5000 + "<h2>क?</h2><p>ख</p>" + "</div>" * 5000,
        "<b>" * 3000 + "मजकूर",
        "<p>" * 50_000,
        "\x00<p>प्र. क?\x00</p>",
    ],
)
def test_hostile_pages(rows: Read, body: str) -> None:
    """Deep, endless or broken markup ends in rows or in one reject, in bounded time."""
    found = rows("a.html", page(body))
    assert len(found) >= 1


@pytest.mark.parametrize("content", [b"<", b"\xff\xfe", b"<!-- x -->", b"<?php ?>", b"<html></html>"])
def test_pages_of_nothing(rows: Read, content: bytes) -> None:
    """A page without text is one reject."""
    assert len(rows("a.html", content)) == 1


def test_a_page_too_large(rows: Read) -> None:
    """A page beyond the limit is refused, not held."""
    (row,) = rows("a.html", b"<p>" + b"x" * (65 << 20))
    assert row["reject_reason"] == "row_too_large"
