"""The page: what a browser and a screen reader find in it, and what they do not."""

import base64
import hashlib
import html.parser
import re
from itertools import pairwise
from pathlib import Path

import pytest

from datakit.report.facts import Facts, gather
from datakit.report.forms import write_report
from datakit.report.marks import readable
from datakit.report.page import as_html
from datakit.report.sections import sections
from tests.report.hostile import HOSTILE
from tests.report.made import kept, release

VOID = {"meta", "rect", "line", "br"}


class Tree(html.parser.HTMLParser):
    """Elements with their attributes and the ones they stand in; text by element."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.text: dict[str, str] = {}
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), tuple(self.open)))

    def handle_data(self, data: str) -> None:
        for tag in {"", *self.open}:
            self.text[tag] = self.text.get(tag, "") + data

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs, _ in self.elements if tag in tags]


@pytest.fixture(scope="module")
def tree(page: str) -> Tree:
    return Tree(page)


def test_every_section_is_filled(facts: Facts, tree: Tree) -> None:
    """The fixture has something to say in each section; each has its heading and more than that."""
    expected = sections(facts)
    assert len(expected) == 17
    found = [attrs["id"] for attrs in tree.all("section")]
    assert found == list(expected)
    assert len(tree.all("h2")) == len(expected)
    for title in expected.values():
        assert tree.text["h2"].count(title) == 1


def test_elements_are_closed_in_order(tree: Tree) -> None:
    """The parser above fails on a tag that closes another one's; nothing is left open."""
    assert tree.open == []


def test_no_script_and_no_outside_request(tree: Tree) -> None:
    """No element that loads or runs, no handler, no address but anchors and the page's own fonts."""
    assert not tree.all(
        "script", "img", "iframe", "link", "object", "embed", "base", "form", "audio", "video", "template"
    )
    assert {
        name for _, attrs, _ in tree.elements for name in attrs if name.startswith("on") or name == "style"
    } == set()
    links = [attrs["href"] for attrs in tree.all("a")]
    assert links
    assert all(link and re.fullmatch("#[a-z0-9_-]+", link) for link in links)
    assert {attrs.get("http-equiv") for attrs in tree.all("meta")} == {None, "Content-Security-Policy"}
    style = tree.text["style"]
    assert set(re.findall(r"url\((.{0,26})", style)) == {"data:font/woff2;base64,d09"}
    assert "@import" not in style


def test_the_policy_allows_the_style_it_comes_with_and_nothing_else(tree: Tree) -> None:
    """The digest in the policy is that of the style; scripts, images and addresses are refused."""
    (policy,) = [attrs["content"] for attrs in tree.all("meta") if "http-equiv" in attrs]
    digest = base64.b64encode(hashlib.sha256(tree.text["style"].encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; font-src data:; "
        "img-src 'none'; base-uri 'none'; form-action 'none'"
    )


def test_raw_text_never_stands_in_an_attribute(tree: Tree) -> None:
    """Attributes hold what the templates put there: no letter of the data."""
    values = {value for _, attrs, _ in tree.elements for value in attrs.values() if value}
    assert not [value for value in values if re.search("[\u0900-\u097f<>]|alert|example\\.org", value)]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_strings_are_shown_as_text(number: int, tree: Tree) -> None:
    """Each of the forty is there to be read, what is invisible in it by its code point."""
    shown = " ".join(re.sub(r"⟨([^⟩]*)⟩", r"\1", readable(HOSTILE[number])).split())
    names = {"ZWSP": "U+200B", "ZWNJ": "U+200C", "ZWJ": "U+200D", "NBSP": "U+00A0", "BOM": "U+FEFF", "SHY": "U+00AD"}
    text = " ".join(re.sub("|".join(names), lambda match: names[match[0]], tree.text["main"]).split())
    assert shown in text


def test_headings_do_not_skip_a_level(tree: Tree) -> None:
    """One h1, an h2 a section, h3 below: a screen reader's outline has no holes."""
    levels = [int(tag[1]) for tag, _, _ in tree.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_landmarks_and_names(tree: Tree) -> None:
    """A skip link leads to main; nav and sections have names; every chart has a title and a description."""
    assert [len(tree.all(tag)) for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    assert tree.all("a")[0] == {"class": "skip", "href": "#main"}
    assert tree.all("nav")[0]["aria-label"] == "Sections"
    ids = [attrs["id"] for _, attrs, _ in tree.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = [attrs for attrs in tree.all("section") if attrs.get("aria-labelledby") not in ids]
    assert named == []
    targets = {attrs["href"][1:] for attrs in tree.all("a") if attrs["href"]}
    assert targets <= set(ids)
    for chart in tree.all("svg"):
        if chart.get("aria-hidden") != "true":
            assert chart["role"] == "img"
            assert {*str(chart["aria-labelledby"]).split()} <= set(ids)


def test_tables_say_what_their_cells_belong_to(tree: Tree) -> None:
    """Every header cell has a scope; every chart of lengths has its numbers in a table."""
    assert {attrs.get("scope") for attrs in tree.all("th")} == {"col", "row"}
    assert tree.text["table"].count("5120+") == 1


def test_reasons_of_the_funnel_lead_to_their_rows(facts: Facts, page: str) -> None:
    """Each reason in the funnel links the place where its rows are shown."""
    for step in facts.funnel:
        for loss in step.losses:
            anchor = f"reason-{step.stage}-{loss.reason}"
            assert page.count(f'href="#{anchor}"') == page.count(f'id="{anchor}"') == 1


def test_the_numbers_of_the_manifest_are_on_the_page(facts: Facts, tree: Tree) -> None:
    """Read, kept and each split stand in the header."""
    for number in (facts.counts["in"], facts.counts["kept"], *facts.splits.values()):
        assert str(number) in tree.text["header"]


def test_sections_without_content_are_left_out(tmp_path: Path) -> None:
    """A version that lost nothing shows no empty section."""
    made = release(tmp_path, [kept("रायगड कोठे आहे?")])
    found = sections(gather(tmp_path, made.manifest))
    assert list(found) == [
        "funnel", "sources", "questions", "lengths", "tokens", "splits", "expectations", "lineage", "recipe",
    ]  # fmt: skip
    tree = Tree(as_html(gather(tmp_path, made.manifest)))
    assert [attrs["id"] for attrs in tree.all("section")] == list(found)


def test_the_page_stays_small(tmp_path: Path) -> None:
    """Sixty reasons with five rows of two long pages each fit into three megabytes, hostile marks included."""
    long = "शिवाजी महाराजांचा इतिहास <b>&</b> \u200d\u200c" * 500
    gone = {"split": None, "reject_stage": "x"}
    rows = [kept(f"{n} {long}", long) | gone | {"reject_reason": f"reason_{n % 60}"} for n in range(300)]
    rows.append(kept("रायगड कोठे आहे?"))
    made = release(tmp_path, rows)
    write_report(tmp_path, made.manifest)
    assert (tmp_path / "report.html").stat().st_size < 3_000_000


def test_the_page_depends_on_nothing_but_the_version(facts: Facts, page: str) -> None:
    """The same facts give the same bytes."""
    assert as_html(facts) == page
