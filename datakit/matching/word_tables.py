"""Word tables that duplicates and conflicts are judged by: TSV files beside the code, one kind of knowledge a file."""

from functools import cache
from importlib.resources import files


@cache
def rows(table: str) -> tuple[tuple[str, ...], ...]:
    """Return the cells of `matching/tables/<table>.tsv`, comment lines left out.

    Errors: `FileNotFoundError` where the package was built without its tables.
    """
    text = files("datakit.matching").joinpath("tables", f"{table}.tsv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return tuple(tuple(cell.strip() for cell in line.split("\t")) for line in lines)


@cache
def listed(table: str) -> frozenset[str]:
    """Return every word of a table that has words only."""
    return frozenset(word for row in rows(table) for cell in row for word in cell.split())
