"""The main text of a page: where it stands, all of it, and none of what surrounds it."""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import regex

from datakit.readers.html_main import main_text
from datakit.readers.html_text import hide_unseen, parse

Read = Callable[..., list[dict[str, Any]]]

WORD = regex.compile(r"[\p{L}\p{M}\p{N}\u200c\u200d]+")

STORY = [
    "छत्रपती शिवाजी महाराजांचा जन्म शिवनेरी किल्ल्यावर १९ फेब्रुवारी १६३० रोजी झाला. जिजाबाईंनी त्यांना घडवले.",
    "तोरणा किल्ला घेऊन त्यांनी स्वराज्याचे तोरण बांधले आणि राजगड ही पहिली राजधानी केली.",
    "अफजलखानाच्या वधानंतर आदिलशाहीशी संघर्ष तीव्र झाला, तरी स्वराज्याचा विस्तार थांबला नाही.",
    "६ जून १६७४ रोजी रायगडावर त्यांचा राज्याभिषेक झाला आणि नवे शक सुरू झाले.",
]


def main_of(html: str) -> list[str]:
    root = parse(html.encode())
    hide_unseen(root)
    return list(main_text(root).lines)


def page(body: str) -> str:
    return f"<!DOCTYPE html><html><head><title>शिवकाल</title></head><body>{body}</body></html>"


def test_what_surrounds_the_text_is_left_out() -> None:
    """Menus, teasers and notices beside the article are no part of its text."""
    article = "".join(f"<p>{part}</p>" for part in STORY)
    teaser = "<div class=box><a href=/1>गडकोट</a> <a href=/2>नाणी</a> <a href=/3>संपर्क</a></div>"
    body = f"<div id=top>{teaser}</div><div id=content><article>{article}</article></div><div id=bottom>{teaser}</div>"
    assert main_of(page(body)) == STORY


def test_lists_and_tables_of_the_text_stay() -> None:
    """What an extractor drops inside the article, short items and cells, is taken all the same."""
    items = "<ul><li>रायगड</li><li>राजगड</li><li>तोरणा</li></ul><table><tr><td>गड</td><td>पुणे</td></tr></table>"
    found = main_of(page("<main>" + "".join(f"<p>{part}</p>" for part in STORY) + items + "</main>"))
    assert found == [*STORY, "रायगड", "राजगड", "तोरणा", "गड", "पुणे"]


def test_a_span_for_every_word() -> None:
    """Words that each have a span are neither merged nor split; a span inside a word changes nothing."""
    body = "".join("<p>" + "\n".join(f"<span>{word}</span>" for word in part.split()) + "</p>" for part in STORY)
    assert main_of(page(f"<main>{body}<p>शिव<span>ने</span>री</p></main>")) == [*STORY, "शिवनेरी"]


def test_a_short_page_is_taken_whole() -> None:
    """Where too little is found to tell where the text stands, all visible text is the text."""
    assert main_of(page("<div><p>एक</p></div><div><p>दोन</p></div>")) == ["एक", "दोन"]


def test_a_page_that_asks_nothing_keeps_its_text(rows: Read) -> None:
    """The reject of a page of prose has the main text as context, and where it stands."""
    (row,) = rows("a.html", page("<nav>यादी</nav><main><p>" + "</p><p>".join(STORY) + "</p></main>"))
    assert row["reject_reason"] == "no_question_answer_pairs"
    assert row["context"] == "\n".join(STORY)
    assert row["locator"].startswith("body > main chars ")


def test_without_trafilatura_the_extra_is_named(rows: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of prose without the package that finds its text is a reject with the install line; pairs need it not."""
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    assert rows("a.html", page("<h2>क?</h2><p>ख</p>"))[0]["answer"] == "ख"
    (row,) = rows("b.html", page("<p>मजकूर</p>"))
    assert (row["reject_reason"], row["context"]) == ("needs_extra", None)
    assert "trafilatura: not installed" in row["reject_detail"]
    assert 'pip install "ancient-aurora[sources]"' in row["reject_detail"]


def f1(text: str, gold: str) -> float:
    found, wanted = Counter(WORD.findall(text)), Counter(WORD.findall(gold))
    right = (found & wanted).total()
    return 2 * right / (found.total() + wanted.total())


@pytest.mark.parametrize(("site", "floor"), [("mahsummary", 0.999), ("trekshitiz", 0.999), ("palakneeti", 0.997)])
def test_real_pages(shared_data: Path, site: str, floor: float) -> None:
    """On real pages word F1 is above that of the best of four extractors (benchmarks/results/html_text.json)."""
    scores = []
    for gold in sorted((shared_data / "html").glob(f"{site}*.gold.txt")):
        html = gold.with_name(gold.name.replace(".gold.txt", ".html")).read_bytes()
        root = parse(html)
        hide_unseen(root)
        scores.append(f1(main_text(root).text, gold.read_text(encoding="utf-8")))
    assert scores
    assert sum(scores) / len(scores) >= floor
