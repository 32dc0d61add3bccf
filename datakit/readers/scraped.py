"""What `datakit scrape` has fetched into raw/: from which URL a file came, and under which licence."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from datakit.errors import InputError
from datakit.readers.row import canonical

FOLDER: Final = "scraped"
"""Below raw/: `scraped/<source id>/<sha256>.html`."""

LEDGER: Final = "scrape-ledger.jsonl"
"""One line a fetch; `discover` passes over it."""

PAGES: Final = ("stored", "unchanged")
"""Outcomes after which a line's `file` holds the page as it was at that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a file came from: the id of its source, its licence if one is known, the URL that answered."""

    source: str
    licence: str | None
    url: str


def load_origins(raw: Path) -> dict[str, Origin]:
    """Return the origin of every scraped file by its path below raw/; the last fetch of a URL counts.

    Where several URLs gave the same bytes, the first by name stands for them. Errors: `InputError` with the line that
    cannot be read.
    """
    path = raw / FOLDER / LEDGER
    pages: dict[tuple[str, str], dict[str, Any]] = {}
    if path.is_file():
        with path.open("rb") as stream:
            for number, data in enumerate(stream, start=1):
                if data.endswith(b"\n") and (line := _page(path, number, data)) is not None:
                    pages[line["source"], line["url"]] = line
    found: dict[str, Origin] = {}
    for line in pages.values():
        origin = Origin(source=line["source"], licence=line["licence"], url=line["final_url"])
        known = found.get(line["file"])
        if known is None or origin.url < known.url:
            found[line["file"]] = origin
    return found


def with_url(batch: pl.DataFrame, url: str | None) -> pl.DataFrame:
    """Return the rows with the URL of their page in `meta`; None leaves them as they are."""
    if url is None:
        return batch
    metas = [canonical({**(json.loads(meta) if meta else {}), "url": url}) for meta in batch["meta"]]
    return batch.with_columns(pl.Series("meta", metas, dtype=pl.String))


def _page(path: Path, number: int, data: bytes) -> dict[str, Any] | None:
    try:
        line = orjson.loads(data)
        if line["kind"] != "page" or line["outcome"] not in PAGES:
            return None
        kept = {key: line[key] for key in ("source", "url", "final_url", "licence", "file")}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise InputError(
            f"{path}, line {number}: found no line of a ledger; expected JSON as `datakit scrape` writes it; restore "
            "the file, or move it away and scrape again"
        ) from None
    return kept if str(kept["file"]).startswith(f"{FOLDER}/{kept['source']}/") else None
