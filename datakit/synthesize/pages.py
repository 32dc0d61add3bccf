"""The pages of a raw folder or of a version: documents in which nothing is asked, and the contexts of rows."""

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final

import polars as pl

from datakit.errors import InputError
from datakit.readers import Source, discover, load_sources, read
from datakit.store import read_tombstones, require_rows
from datakit.synthesize.page import MIN_CHARS, Page, cut

DOCUMENT: Final = "no_question_answer_pairs"
"""The reason under which readers give a document, its text in `context`."""
MARK: Final = "synthetic"
"""The column of a raw row that says a model wrote it; such rows are asked nothing again."""
DERIVED_FROM: Final = "derived_from"
"""The column of a raw row that names the source it was made from, as datakit.pipeline.withdrawn reads it."""
GROUP: Final = "page_group"
"""The column of a raw row that names what it must share a split with, as datakit.readers.pairs reads it."""
_COLUMNS: Final = ("context", "source_id", "licence", "file", "locator", "meta")


def pages_of_raw(raw: Path, curated: Path) -> Iterator[Page]:
    """Yield the pages of a folder of raw files, each text once, sources withdrawn from `curated` left out.

    Errors: as `load_sources` and `read`; `InputError` for a source whose id holds a comma.
    """
    if not raw.is_dir():
        raise InputError(f"{raw}: found no folder; expected a folder of raw files, or a version; name the right one")
    sources = load_sources(raw)
    gone = {stone.source for stone in read_tombstones(curated)}
    return _unique(_raw_texts(raw, sources.of, gone))


def _raw_texts(raw: Path, source_of: Callable[[str], Source], gone: Collection[str]) -> Iterator[Page]:
    for found in discover(raw):
        if source_of(found.name).id in gone:
            continue
        for batch in read(found):
            wanted = batch.filter(_is_page()).select("context", "file", "locator", "meta", "group")
            for text, file, locator, meta, group in wanted.iter_rows():
                source = source_of(file)
                if source.id not in gone and not _made(meta):
                    yield from _cut(text, source.id, source.licence, file, locator, group)


def pages_of_version(version: Path) -> Iterator[Page]:
    """Yield the pages of a version: its documents, and the contexts of its training rows.

    Contexts of validation and test rows are left out, or a model would train on questions about what it is tested on.
    Errors: `InputError` where the version has no rows any more.
    """
    require_rows(version)
    return _unique(_version_texts(version))


def _version_texts(version: Path) -> Iterator[Page]:
    for name in ("train.parquet", "rejected.parquet"):
        frame = pl.scan_parquet(version / name)
        if name == "rejected.parquet":
            frame = frame.filter(pl.col("reject_reason") == DOCUMENT)
        chosen = frame.filter(pl.col("context").is_not_null()).select(_COLUMNS).collect()
        for text, source, licence, file, locator, meta in chosen.iter_rows():
            if not _made(meta):
                yield from _cut(text, source, licence, file, locator)


def _is_page() -> pl.Expr:
    reason = pl.col("reject_reason")
    return pl.col("context").is_not_null() & (reason.is_null() | (reason == DOCUMENT))


def _made(meta: str | None) -> bool:
    return meta is not None and f'"{MARK}"' in meta and json.loads(meta).get(MARK) is not None


def _cut(
    text: str, source: str, licence: str | None, file: str, locator: str, group: str | None = None
) -> Iterator[Page]:
    if "," in source:
        raise InputError(
            f"{file}: found a source id with a comma, {source!r}; expected one without: pairs name their source in a"
            " list with commas; declare the file in sources.toml under an id of its own"
        )
    pieces = [piece for piece in cut(text) if len(piece[1]) >= MIN_CHARS]
    for offset, piece in pieces:
        place = locator if piece == text.strip() else f"{locator} chars {offset}-{offset + len(piece)}"
        yield Page(text=piece, source_id=source, licence=licence, file=file, locator=place, row_group=group)


def _unique(pages: Iterator[Page]) -> Iterator[Page]:
    """Leave out a text that a source has given already; of two sources with one text each has its pairs."""
    seen: set[tuple[str, str]] = set()
    for page in pages:
        key = (page.source_id, page.sha256)
        if key not in seen:
            seen.add(key)
            yield page
