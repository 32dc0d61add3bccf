"""One row as read, and how rows become batches in the record's schema."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import orjson
import polars as pl

from datakit.readers.limits import BATCH_BYTES
from datakit.record import SCHEMA

STAGE: Final = "read"
"""What `reject_stage` says of rows that a reader rejected."""

EXCERPT_CHARS: Final = 300


class Row(NamedTuple):
    """A question with its answer, or a reject with its reason; `raw`, where given, is hashed instead of the text."""

    locator: str
    question: str | None = None
    answer: str | None = None
    context: str | None = None
    system: str | None = None
    history: str | None = None
    group: str | None = None
    meta: str | None = None
    reason: str | None = None
    detail: str | None = None
    raw: bytes | None = None


class Broken(Exception):  # noqa: N818 - it is the state of a file, turned into a reject row, never shown as an error
    """The rest of a file cannot be read; the rows found so far stay."""

    def __init__(self, reason: str, detail: str, locator: str = "file") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.locator = locator

    def row(self) -> Row:
        """Return the reject row that says so."""
        return Row(self.locator, reason=self.reason, detail=self.detail)


def reject(locator: str, reason: str, detail: str, raw: bytes | str | None = None, **known: str | None) -> Row:
    """Build a reject: `raw`, the text as it stood there, is cut to 300 characters for the detail and hashed whole."""
    if raw is not None:
        detail = f"{detail}. Text: {excerpt(raw)}"
    data = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    return Row(locator, reason=reason, detail=detail, raw=data, **known)


def excerpt(raw: bytes | str) -> str:
    """Return the first 300 characters on one line; bytes that are not UTF-8 show as `\\xNN`."""
    text = raw[: EXCERPT_CHARS * 4].decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
    text = text[:EXCERPT_CHARS].encode("utf-8", "backslashreplace").decode()
    return " ".join(text.replace("\x00", "\\x00").split())[:EXCERPT_CHARS]


def canonical(value: object) -> str:
    """Return canonical JSON: sorted keys, no spaces, UTF-8. Floats must have been turned into strings before."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def key16(text: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of a text: the key of a group."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def batches(rows: Iterable[tuple[str, Row]], batch_rows: int) -> Iterator[pl.DataFrame]:
    """Collect `(file, row)` pairs into frames of at most `batch_rows` rows and about 16 MiB of text each."""
    files: list[str] = []
    kept: list[Row] = []
    digests: list[str] = []
    size = 0
    for file, row in rows:
        text = orjson.dumps(row[1:6])  # question, answer, context, system, history: the text as read
        if size + len(text) > BATCH_BYTES and kept:
            yield _frame(files, kept, digests)
            files, kept, digests, size = [], [], [], 0
        files.append(file)
        kept.append(row)
        digests.append(hashlib.sha256(text if row.raw is None else row.raw).hexdigest())
        size += len(text)
        if len(kept) >= batch_rows:
            yield _frame(files, kept, digests)
            files, kept, digests, size = [], [], [], 0
    if kept:
        yield _frame(files, kept, digests)


def _frame(files: list[str], rows: list[Row], digests: list[str]) -> pl.DataFrame:
    columns = dict(zip(Row._fields, zip(*rows, strict=True), strict=True))
    reasons = columns["reason"]
    data = {
        name: columns[name]
        for name in ("question", "answer", "context", "system", "history", "locator", "group", "meta")
    }
    read = data | {
        "file": files,
        "raw_sha256": digests,
        "reject_stage": [None if reason is None else STAGE for reason in reasons],
        "reject_reason": reasons,
        "reject_detail": columns["detail"],
    }
    frame = pl.DataFrame(read, schema={name: SCHEMA[name] for name in read})
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in SCHEMA.items() if name not in read]
    return frame.with_columns(missing).select(SCHEMA.keys())
