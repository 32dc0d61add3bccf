"""The other forms of the report, and writing it into a version's folder."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from datakit.lineage import Manifest
from datakit.report.facts import Facts, gather
from datakit.report.page import as_html
from datakit.report.sections import sections
from datakit.report.templates import environment

REPORT: Final = "report.html"
"""The name of the page in a version's folder."""


def write_report(folder: Path, manifest: Manifest, *, previous: Path | None = None) -> None:
    """Write `report.html` of the version whose Parquet files lie in `folder`; `previous` is the version before it."""
    page = as_html(gather(folder, manifest, previous=previous))
    (folder / REPORT).write_text(page, encoding="utf-8", errors="backslashreplace")


def as_json(facts: Facts) -> str:
    """Return one JSON object: the facts as they are, raw texts unescaped."""
    return json.dumps(asdict(facts), ensure_ascii=False)


def as_markdown(facts: Facts) -> str:
    """Return the report as Markdown, without the samples' full texts: for a commit message, an issue or a terminal."""
    return environment(html=False).get_template("report.md.jinja").render(facts=facts, sections=sections(facts))
