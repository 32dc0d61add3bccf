"""What the comparison is asked to show, and whether it does."""

from collections.abc import Mapping
from typing import Any, Final

RSS_LIMIT_MB: Final = 1500
BARS: Final = (
    ("documents/datatrove/wall", 12.0, "whole pipeline on documents: times datatrove's MB/s"),
    ("documents/data-juicer/wall", 50.0, "whole pipeline on documents: times data-juicer's MB/s"),
    ("qa/mb_per_cpu_s", 8.0, "whole pipeline on questions and answers: MB/s per core"),
    ("qa/polars/cpu", 0.4, "share of the speed of read, NFC, write Parquet by polars alone"),
    ("documents/rss_headroom", 1.0, f"{RSS_LIMIT_MB:,} MB by our peak memory, documents"),
    ("qa/rss_headroom", 1.0, f"{RSS_LIMIT_MB:,} MB by our peak memory, questions and answers"),
)
"""Metric, least value, what it means: from the issue that asked for speed."""


def metrics(results: Mapping[str, Any]) -> dict[str, float]:
    """Return every figure that a bar or a floor may name; for all of them more is better."""
    found: dict[str, float] = dict(results["ratios"])
    for name, contest in results["contests"].items():
        own = contest["runs"].get("ours", {})
        if "mb_per_cpu_s" in own:
            found[f"{name}/mb_per_cpu_s"] = own["mb_per_cpu_s"]
            found[f"{name}/rss_headroom"] = round(RSS_LIMIT_MB / max(own["peak_rss_mb"]), 4)
    return found
