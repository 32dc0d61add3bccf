"""A generated block: the lines between two marks in a page that people write."""

import re


def replace_block(text: str, name: str, body: str, *, where: str) -> str:
    """Return the page with the block's lines replaced.

    Errors: `ValueError` where the page has no such block, or has it twice; the message holds the marks to write.
    """
    begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
    pattern = re.compile(re.escape(begin) + r"\n.*?" + re.escape(end), re.DOTALL)
    found = pattern.findall(text)
    if len(found) != 1:
        raise ValueError(
            f"{where}: found {len(found)} blocks {name!r}, expected one, between the lines {begin} and {end}"
        )
    return pattern.sub(lambda _: f"{begin}\n{body.rstrip()}\n{end}", text)


def table(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table; a `|` in a cell is escaped, a line break becomes a space."""
    cells = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in cells)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
