"""Close calls: rows that a threshold decided by a little, measured as the distance from it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from datakit.review.rows import Rows

NEAR: Final = 0.25
"""A quarter of a limit in characters or percent. A matter of judgement, like the next: they only decide what people are
shown first, never what is kept."""
UNSURE: Final = 0.5
"""Halfway from a limit to certainty: a language label at 0.9 where 0.8 is asked, a likeness of 0.95 where 0.9 is."""

_BAND: Final = r"(\d+)(?: %| characters).*at (?:least|most) (\d+)"
_CONFIDENCE: Final = r"confidence ([01]\.\d+)"


def close_rejects(rows: Rows) -> pl.DataFrame:
    """Return `raw_sha256, distance` of the rejected rows whose detail or score tells that they missed by a little.

    The distance is 0 at the limit and 1 where a call is no longer close.
    """
    limits = _limits(rows)
    detail = pl.col("reject_detail")
    value, limit = (detail.str.extract(_BAND, group).cast(pl.Float64) for group in (1, 2))
    by_band = (value - limit).abs() / limit / NEAR
    sure = detail.str.extract(_CONFIDENCE, 1).cast(pl.Float64)
    by_answer = pl.col("reject_reason") == "answer_language_differs"
    least = pl.when(by_answer).then(limits["answer"]).otherwise(limits["row"])
    by_confidence = (sure - least) / (1.0 - least) / UNSURE
    measured = (
        rows.release.rejected()
        .filter(pl.col("reject_stage").is_in(["length", "script", "language"]))
        .select("raw_sha256", pl.coalesce(by_band, by_confidence).alias("distance"))
    )
    alike = (pl.col("score").cast(pl.Float64) - limits["near"]) / (1.0 - limits["near"]) / UNSURE
    scored = (
        rows.lineage.lazy()
        .filter((pl.col("reason") == "near_duplicate") & (pl.col("score") < 1) & (limits["near"] < 1.0))
        .select("raw_sha256", alike.alias("distance"))
    )
    found = pl.concat([measured, scored]).filter(pl.col("distance").is_between(0, 1))
    return found.sort("distance", "raw_sha256").unique("raw_sha256", keep="first", maintain_order=True).collect()


def close_kept(rows: Rows) -> list[dict[str, Any]]:
    """Return the kept rows whose question or answer is nearly too short or too long, the closest first."""
    names = ("min_question_chars", "max_question_chars", "max_answer_chars")
    length = _stages(rows).get("length", {})
    if not length.keys() >= set(names):
        return []
    question = pl.col("question").str.strip_chars().str.len_chars()
    answer = pl.col("answer").str.len_chars()
    short, long, article = (length[name] for name in names)
    near = (question <= short * (1 + NEAR)) | (question >= long * (1 - NEAR)) | (answer >= article * (1 - NEAR))
    found = rows.kept(near)

    def distance(row: Mapping[str, Any]) -> float:
        asked, said = len(row["question"].strip()), len(row["answer"])
        return float(min((asked - short) / short, (long - asked) / long, (article - said) / article))

    return sorted(found, key=lambda row: (distance(row), row["raw_sha256"]))


def _stages(rows: Rows) -> dict[str, Mapping[str, Any]]:
    stages: Sequence[Mapping[str, Any]] = rows.release.manifest.identity["recipe"]["stages"]
    return {stage["use"]: stage for stage in stages}


def _limits(rows: Rows) -> dict[str, float]:
    stages = _stages(rows)
    language, near = stages.get("language", {}), stages.get("near_dedup", {})
    return {
        "row": float(language.get("min_confidence", 0.8)),
        "answer": float(language.get("min_answer_confidence", 0.97)),
        "near": near.get("min_percent", 90) / 100,
    }
