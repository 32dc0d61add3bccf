"""One look at the texts of all kept rows: to read and unpack them costs more than most of what is told from them."""

from typing import Final

import polars as pl

from datakit.report.asked import kinds
from datakit.report.leaks import compared
from datakit.report.lengths import COLUMNS
from datakit.report.release import Release

_ROWS: Final = 16_384
"""Rows whose texts are in memory at a time, two groups of a file: streamed, 84,000 of the legislature took 200 MB more
and no less CPU."""


def look(release: Release) -> pl.DataFrame:
    """Return `id, split, split_group` of the kept rows and what was seen of their texts, never the texts themselves.

    `begin, key`: how the question begins and goes on, as `compared` returns them; `kind`: what it asks for; `question,
    answer, context`: characters.
    """
    frames: list[pl.DataFrame] = []
    rows = release.manifest.counts["splits"]
    for split in sorted(release.splits, key=lambda name: rows[name]):  # the largest last: it is not read again for keys
        seen = pl.concat([frame["begin"] for frame in frames]) if frames else pl.Series(dtype=pl.UInt64)
        texts = release.kept("id", "split_group", *COLUMNS, splits=[split])
        frames += [_seen(texts.slice(start, _ROWS), seen) for start in range(0, max(rows[split], 1), _ROWS)]
    return pl.concat(frames)


def _seen(texts: pl.LazyFrame, before: pl.Series) -> pl.DataFrame:
    question = pl.col("question")
    told = (compared(before).alias("compared"), kinds(question).alias("kind"), pl.col(COLUMNS).str.len_chars())
    return texts.select("id", "split", "split_group", *told).unnest("compared").collect()
