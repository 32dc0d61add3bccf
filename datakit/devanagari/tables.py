"""The specification as data: TSV files beside this one, a header line and one rule row a line.

A cell may spell a code point as `\\u200D`, so that a reader sees what is otherwise invisible. In `from` cells `<C>`,
`<M>` … stand for the classes of `alphabet`.
"""

import re
from functools import cache
from importlib.resources import files
from typing import Final

_ESCAPE: Final = re.compile(r"\\u([0-9A-F]{4})")


def unescape(cell: str) -> str:
    """Turn the `\\uXXXX` and `\\n`, `\\r` of a cell into characters."""
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), cell)
    return plain.replace("\\n", "\n").replace("\\r", "\r")


@cache
def read(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of the table `name` as dicts of raw cells, in the order of the file."""
    text = (files("datakit.devanagari") / "tables" / f"{name}.tsv").read_text(encoding="utf-8")
    header, *lines = text.rstrip("\n").split("\n")
    columns = header.split("\t")
    return tuple(dict(zip(columns, line.split("\t"), strict=True)) for line in lines)
