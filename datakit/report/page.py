"""The report as one HTML file: no script, no request to anywhere, its font inside."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import Final

from markupsafe import Markup, escape

from datakit.report.facts import Facts
from datakit.report.marks import readable
from datakit.report.sections import sections
from datakit.report.templates import environment, resource

# Tiro Devanagari Marathi draws ल, श and the eyelash ra as Marathi readers know them. fonts/LICENSE.md says what it is.
_FONTS: Final = (
    ("fonts/devanagari.woff2", "U+0900-097F, U+200B-200D, U+20B9, U+25CC, U+A8FC-A8FD"),
    ("fonts/latin.woff2", "U+0020-007E, U+00A0-00FF, U+2009, U+2013-2026, U+2032-2033, U+2212"),
)


def as_html(facts: Facts) -> str:
    """Return the page. Its policy allows no script and no style but its own, named by its digest."""
    style = _style()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; font-src data:; "
        "img-src 'none'; base-uri 'none'; form-action 'none'"
    )
    template = environment(html=True).get_template("report.html.jinja")
    return template.render(
        facts=facts,
        sections=sections(facts),
        title=escape(readable(facts.name)),  # a title cannot hold markup
        style=Markup(style),
        policy=Markup(policy),
    )


@cache
def _style() -> str:
    faces = [
        "@font-face{font-family:Aurora;font-display:block;"
        f"src:url(data:font/woff2;base64,{b64encode(resource(name)).decode()}) format('woff2');"
        f"unicode-range:{letters}}}"
        for name, letters in _FONTS
    ]
    return "\n".join([*faces, resource("templates/style.css.jinja").decode()])
