"""JSON and Markdown say what the manifest says."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from datakit.gate import RESULT
from datakit.report.facts import Facts
from datakit.report.forms import REPORT, as_json, as_markdown, write_report
from datakit.report.page import as_html
from datakit.report.release import Release
from datakit.report.sections import sections
from tests.report.hostile import HOSTILE


@pytest.fixture(scope="module")
def markdown(facts: Facts) -> str:
    return as_markdown(facts)


def table(markdown: str, heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    section = markdown.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_json_holds_the_counts_of_the_manifest(facts: Facts, full: Release, counts: Mapping[str, Any]) -> None:
    """One object; its totals, reasons and splits are the manifest's."""
    body = json.loads(as_json(facts))
    assert body["version"] == full.manifest.id
    assert body["counts"]["in"] == counts["in"]
    assert {loss["reason"]: loss["rows"] for step in body["funnel"] for loss in step["losses"]} == counts["rejected"]
    assert {reason["reason"]: reason["count"] for reason in body["reasons"]} == counts["rejected"]
    assert body["splits"] == counts["splits"]
    assert sum(source["kept"] for source in body["sources"]) == counts["kept"]
    assert sum(kind["rows"] for kind in body["question_kinds"]) == counts["kept"]


def test_json_keeps_raw_text_as_it_is(facts: Facts) -> None:
    """No escaping but JSON's own: a program gets the characters of the row."""
    body = json.loads(as_json(facts))
    shown = {row["question"]["text"] for reason in body["reasons"] for row in reason["rows"] if row["question"]}
    assert {text for text in HOSTILE if len(text) < 1_000} <= shown


def test_markdown_has_the_sections_of_the_page(facts: Facts, markdown: str) -> None:
    """The headings are the page's, but for the recipe."""
    assert re.findall("^## (.+)$", markdown, re.MULTILINE) == [
        title for name, title in sections(facts).items() if name != "recipe"
    ]


def test_markdown_has_the_numbers_of_the_manifest(facts: Facts, markdown: str, counts: Mapping[str, Any]) -> None:
    """The funnel ends in what was kept, reasons have their counts, sources add up."""
    funnel = table(markdown, "From raw to kept")
    assert funnel[-1][:3] == ["kept", str(counts["kept"]), str(sum(counts["rejected"].values()))]
    reasons = {cells[0].replace(" ", "_"): int(cells[1]) for cells in table(markdown, "Rejected rows")[2:]}
    assert reasons == counts["rejected"]
    sources = table(markdown, "Sources and licences")[2:]
    assert sum(int(cells[2]) for cells in sources) == counts["in"]
    assert sum(int(cells[3]) for cells in sources) == counts["kept"]
    assert facts.verdict.sentence in markdown


def test_hostile_text_breaks_no_table(markdown: str) -> None:
    """Every row of a table has as many cells as its head, and no tag or invisible character is left."""
    for heading in re.findall("^## (.+)$", markdown, re.MULTILINE):
        cells = table(markdown, heading)
        assert {len(row) for row in cells} <= {len(cells[0])} if cells else True
    assert "<" not in markdown.replace("&lt;", "")
    assert not re.search("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\x00]", markdown)


def test_the_page_is_written_beside_the_rows(full: Release, facts: Facts, tmp_path: Path) -> None:
    """`write_report` writes the page of the facts, compared with the version before where it is given one."""
    for file in (*full.folder.glob("*.parquet"), full.folder / RESULT):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    write_report(tmp_path, full.manifest, previous=full.folder.parent / "before")
    assert (tmp_path / REPORT).read_text(encoding="utf-8") == as_html(replace(facts, tokens=None))
    write_report(tmp_path, full.manifest)
    assert "Since the version before" not in (tmp_path / REPORT).read_text(encoding="utf-8")
