"""HTML entities left in text: only terminated ones with a known name or a valid number are decoded."""

import html
import re
from html.entities import html5
from typing import Final

# `&amp;amp;lt;` is one entity encoded three times: the inner `amp;` run goes with it, so that one pass settles it.
ENTITY: Final = re.compile(
    r"&(?:amp;|#0*38;|#[xX]0*26;)*(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)

TRIGGER: Final = r"&(?:#[0-9xX]|[A-Za-z])[0-9A-Za-z]*;"


def decode(match: re.Match[str]) -> str:
    """Return the character an entity names; unknown names and impossible numbers stay, less their repeated `amp;`."""
    body = match[1]
    unknown = f"&{body};"
    if body[0] != "#":
        return html5.get(f"{body};", unknown)
    number = int(body[2:], 16) if body[1] in "xX" else int(body[1:])
    if number == 0 or number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return unknown
    # 80–9F mean Windows-1252 in HTML: that table is the standard library's.
    return html.unescape(f"&#{number};")
