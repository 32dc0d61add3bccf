"""The quality report of a version: one set of facts, shown as a page, as Markdown or as JSON."""

from datakit.report.facts import Facts, gather
from datakit.report.forms import as_json, as_markdown, write_report
from datakit.report.page import as_html

__all__ = ["Facts", "as_html", "as_json", "as_markdown", "gather", "write_report"]
