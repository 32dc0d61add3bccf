"""How long kept questions and answers are, in characters."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import polars as pl

EDGES: Final = (0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120)
"""Characters, doubling: answers run from one word to pages."""
COLUMNS: Final = ("question", "answer", "context")


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Lengths of one column. Characters are code points; a Marathi letter with its signs is two or three of them."""

    column: str
    bins: tuple[int, ...]
    """Rows from each edge up to the next one, the last bin without end."""
    median: int
    p95: int
    """Nineteen of twenty are at most this long."""
    longest: int


def histograms(lengths: pl.DataFrame) -> list[Histogram]:
    """Return the lengths of questions, answers and, where rows have any, contexts, as `look` has measured them."""
    return [_histogram(lengths[name].drop_nulls()) for name in COLUMNS if lengths[name].null_count() < lengths.height]


def _histogram(lengths: pl.Series) -> Histogram:
    ends = (*EDGES[1:], None)
    return Histogram(
        column=lengths.name,
        bins=tuple(
            int(((lengths >= low) & (lengths < high)).sum() if high else (lengths >= low).sum())
            for low, high in zip(EDGES, ends, strict=True)
        ),
        median=_quantile(lengths, 0.5),
        p95=_quantile(lengths, 0.95),
        longest=_quantile(lengths, 1.0),
    )


def _quantile(lengths: pl.Series, share: float) -> int:
    return int(lengths.quantile(share, "nearest") or 0)


def labels() -> list[str]:
    """Return the name of each bin: `0–9`, …, `5120 and more`."""
    return [f"{low}–{high - 1}" for low, high in pairwise(EDGES)] + [f"{EDGES[-1]}+"]
