"""The templates, set up so that no raw text can get out of the place it is printed in."""

from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from datakit.report.asked import WORDS
from datakit.report.differing import differing
from datakit.report.lengths import EDGES, labels
from datakit.report.marks import code_points, readable, shown
from datakit.report.tokens import EDGES as TOKEN_EDGES
from datakit.report.tokens import token_labels
from datakit.report.verdict import percent, rows

_MARKDOWN: Final = str.maketrans(
    {"\\": "\\\\", "`": "\\`", "*": "\\*", "_": "\\_", "[": "\\[", "]": "\\]", "|": "\\|", "#": "\\#"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": " ", "\r": " ", "\t": " "}
)


def environment(*, html: bool, package: str = "datakit.report") -> Environment:
    """Return the templates' environment; `finalize` sees every printed expression, so none can be forgotten.

    In HTML raw text may stand between tags only, never in an attribute: a label for an invisible character is markup.
    """
    made = Environment(
        loader=PackageLoader(package),
        undefined=StrictUndefined,
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_html if html else _markdown,
        optimized=False,  # folding constants takes longer than one page gains by it
    )
    made.filters |= {
        "thousands": thousands,
        "words": words,
        "excerpt": excerpt,
        "code_points": code_points,
        "differing": differing,
        "plain": plain,
    }
    made.globals |= {"percent": percent, "rows": rows, "edges": EDGES, "bin_labels": labels(), "asks": WORDS}
    made.globals |= {"token_edges": TOKEN_EDGES, "token_labels": token_labels()}
    return made


def resource(name: str) -> bytes:
    """Return a file that ships with this package."""
    return (files("datakit.report") / name).read_bytes()


def thousands(number: int) -> str:
    """Return a count with its thousands parted: `84,002`."""
    return f"{number:,}"


def words(name: str) -> str:
    """Return the words of a snake_case name: `answer truncated`."""
    return name.replace("_", " ")


def plain(text: str) -> Markup:
    """Return text for a place that cannot hold markup, such as a drawing: invisible characters stand as `⟨U+200D⟩`."""
    return escape(readable(text))


def excerpt(text: str, length: int = 110) -> str:
    """Return the beginning of a text on one line, cut between words."""
    line = " ".join(text[: 4 * length].split())
    if len(line) <= length:
        return line
    head = line[:length]
    return (head.rpartition(" ")[0] or head) + "…"


def _html(value: Any) -> Any:
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _markdown(value: Any) -> Any:
    return readable(value).translate(_MARKDOWN) if isinstance(value, str) else value
