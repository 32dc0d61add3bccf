"""`report.html`: one file that says what was kept, what was not and why, with the rows themselves to look at.

It is self-contained: no request goes out, no script runs, and raw text is escaped wherever it stands.
"""

from pathlib import Path
from typing import Any, Final

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from datakit.lineage import Manifest
from datakit.pipeline.card import TEMPLATES
from datakit.stages.split import SPLITS

_SAMPLES: Final = 5
_MERGED_PAIRS: Final = 12
_BINS: Final = (0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120)
"""Characters, doubling: answers run from one word to pages."""


def write_report(folder: Path, manifest: Manifest) -> None:
    """Write the report of a version whose Parquet files lie in `folder`."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = "{:,}".format
    html = environment.get_template("report.html.jinja").render(
        manifest=manifest,
        identity=manifest.identity,
        counts=manifest.counts,
        rejected_total=sum(manifest.counts["rejected"].values()),
        stages=[(name, tally) for name, tally in manifest.counts["stages"].items() if tally["in"]],
        reasons=_reasons(folder),
        merged=_merged(folder),
        sources=_sources(folder),
        lengths=_lengths(folder),
    )
    (folder / "report.html").write_text(html, encoding="utf-8", errors="backslashreplace")


def _reasons(folder: Path) -> list[dict[str, Any]]:
    """Return each reason with its count and its first rows, most frequent first."""
    rejected = pl.scan_parquet(folder / "rejected.parquet")
    grouped = (
        rejected.group_by("reject_stage", "reject_reason")
        .agg(
            pl.len().alias("count"),
            pl.struct("file", "locator", "question", "answer", "reject_detail").head(_SAMPLES).alias("rows"),
        )
        .sort(["count", "reject_reason"], descending=[True, False])
        .collect()
    )
    return grouped.to_dicts()


def _merged(folder: Path) -> list[dict[str, Any]]:
    """Return near-duplicates and conflicts beside the kept row, the least similar first: those are doubtful."""
    lineage = pl.scan_parquet(folder / "lineage.parquet")
    pairs = (
        lineage.filter(pl.col("reason").is_in(["near_duplicate", "conflicting_answer"]) & pl.col("of").is_not_null())
        .sort("score", "row_id", nulls_last=True)
        .select("row_id", "of", "reason", "score", "file", "locator")
        .group_by("reason", maintain_order=True)
        .head(_MERGED_PAIRS)
        .collect()
    )
    texts = ["question", "answer"]
    gone = pl.scan_parquet(folder / "rejected.parquet").select("id", "file", "locator", *texts)
    kept = pl.concat(
        [pl.scan_parquet(folder / f"{split}.parquet").select("id", "file", "locator", *texts) for split in SPLITS]
    )
    every = pl.concat([kept, gone.select("id", "file", "locator", *texts)])
    left = pairs.lazy().join(gone.drop("id"), on=["file", "locator"], how="left", maintain_order="left")
    others = every.filter(pl.col("id").is_in(pairs["of"].implode())).unique("id", keep="first")
    both = left.join(others, left_on="of", right_on="id", how="left", suffix="_kept", maintain_order="left")
    return both.collect().to_dicts()


def _sources(folder: Path) -> list[dict[str, Any]]:
    lineage = pl.scan_parquet(folder / "lineage.parquet")
    return (
        lineage.group_by("source_id")
        .agg(pl.col("licence").first(), pl.len().alias("rows"), (pl.col("role") == "kept").sum().alias("kept"))
        .sort("source_id")
        .collect()
        .to_dicts()
    )


def _lengths(folder: Path) -> list[dict[str, Any]]:
    """Return how many kept questions and answers fall in each range of characters."""
    kept = pl.concat([pl.scan_parquet(folder / f"{split}.parquet").select("question", "answer") for split in SPLITS])
    lengths = kept.select(pl.col("question", "answer").str.len_chars().fill_null(0)).collect()
    bars = []
    for low, high in zip(_BINS, (*_BINS[1:], 1 << 40), strict=True):
        inside = lengths.select(((pl.all() >= low) & (pl.all() < high)).sum()).row(0, named=True)
        bars.append({"label": f"{low}–{high - 1}" if high < 1 << 40 else f"{low}+", **inside})
    most = max((max(bar["question"], bar["answer"]) for bar in bars), default=0) or 1
    return [{**bar, "question_share": bar["question"] / most, "answer_share": bar["answer"] / most} for bar in bars]
