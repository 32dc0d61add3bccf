"""One look at the texts of all kept rows: to read and unpack them costs more than most of what is told from them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import polars as pl

from datakit.report.asked import kinds
from datakit.report.leaks import compared
from datakit.report.lengths import COLUMNS
from datakit.report.release import Release

_SHOWN: Final = ("id", "source_id", "file", "locator", "question", "answer")
_ROWS: Final = 8_192
"""Rows whose texts are looked at together, a group of a file: streamed, 84,000 of the legislature took 200 MB more and
no less CPU."""
_AT_ONCE: Final = 2
"""Groups that are looked at side by side, each on a thread; polars lets others run meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What was seen."""

    seen: pl.DataFrame
    """`id, split, split_group` of all kept rows and what is told of their texts, which it does not hold. `begin, key`:
    how the question begins and goes on, as `compared` returns them; `kind`: what it asks for; `question, answer,
    context`: characters."""
    rows: Mapping[str, dict[str, Any]]
    """The rows that are wanted with their place, question and answer, by id."""


def look(release: Release, wanted: Sequence[str] = ()) -> Looked:
    """Look at the kept rows; `wanted` are ids of rows to show, found on the way."""
    ids = pl.Series(wanted, dtype=pl.String)
    seen: list[pl.DataFrame] = []
    shown: dict[str, dict[str, Any]] = {}
    sizes = {split: release.kept("id", splits=[split]).select(pl.len()).collect().item() for split in release.splits}
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for split in sorted(sizes, key=lambda name: sizes[name]):  # the largest last: it is not read again for keys
            before = pl.concat([frame["begin"] for frame in seen]) if seen else pl.Series(dtype=pl.UInt64)
            kept = release.kept(*_SHOWN, "context", "split_group", splits=[split])
            groups = [kept.slice(start, _ROWS) for start in range(0, max(sizes[split], 1), _ROWS)]
            for frame, some in threads.map(partial(_look_at, before=before, wanted=ids.implode()), groups):
                seen.append(frame)
                shown |= {row["id"]: row for row in some.iter_rows(named=True)}
    return Looked(seen=pl.concat(seen), rows=shown)


def _look_at(group: pl.LazyFrame, *, before: pl.Series, wanted: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what is seen of some rows, and those of them that are wanted."""
    rows = group.collect()
    return _seen(rows, before), rows.filter(pl.col("id").is_in(wanted)).select(_SHOWN)


def _seen(rows: pl.DataFrame, before: pl.Series) -> pl.DataFrame:
    # one after the other: as expressions of one query, side by side on two threads, they took a tenth more CPU
    told = rows.select("id", "split", "split_group", pl.col(COLUMNS).str.len_chars())
    return told.hstack(compared(rows, before)).with_columns(kinds(rows["question"]).alias("kind"))
