"""Rows that whoever made them has refused already: drafts of a model that did not pass the checks of `synthesize`."""

from collections.abc import Mapping
from typing import Final

import orjson

from datakit.readers.reasons import DRAFT_REASONS
from datakit.readers.row import Row, canonical
from datakit.readers.values import shown

REASON: Final = "reject_reason"
DETAIL: Final = "reject_detail"
"""Columns of a raw row. A reason that is not one of DRAFT_REASONS says nothing here: the row is read like any other."""


def is_refused(row: Mapping[str, object]) -> bool:
    """Tell whether a raw row is a refused draft."""
    return row.get(REASON) in DRAFT_REASONS


def as_refused(row: Mapping[str, object], read: Row) -> Row:
    """Return a row as read, with the verdict that it brought along; what it was made from stays in `meta`."""
    reason, detail = row[REASON], row.get(DETAIL)
    meta = orjson.loads(read.meta) if read.meta else {}
    kept = {name: value for name, value in meta.items() if name not in (REASON, DETAIL)}
    return read._replace(
        reason=str(reason),
        detail=detail if isinstance(detail, str) else DRAFT_REASONS[str(reason)],
        meta=canonical(kept) if kept else None,
        raw=shown(row).encode(),
    )
