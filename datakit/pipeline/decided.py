"""People's decisions, laid over the finished parts: a part in which nobody decided anything stays as it is.

Parts are a checkpoint that decisions do not enter, so a review costs what it touches: the decided rows are taken out of
their parts, go through the row stages again (an edited row from the first one on, an accepted row from the one after
the stage that rejected it), and are put back in their places.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.decisions import EDITED, Decision, Standing
from datakit.pipeline.parts import Part, write_part
from datakit.pipeline.rows import READ, Processed, apply_safely, keys_of
from datakit.pipeline.withdrawn import WITHDRAWN
from datakit.recipe import Recipe
from datakit.record import SCHEMA, is_live
from datakit.store import clear

FIRST: Final = 2**31 - 1
"""The priority of an edited row among duplicates: what a person wrote stays, whichever source says nearly the same."""
_COLUMNS: Final = tuple(SCHEMA)
CONFLICT: Final = "conflicts.conflicting_answer"
_VERDICT: Final = ("reject_stage", "reject_reason", "reject_detail")


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What the decisions came to in the row stages, and what the corpus stages must know."""

    parts: list[Part]
    applied: tuple[Decision, ...] = ()
    """The decisions whose row is there: they are part of the version's identity."""
    stale: tuple[Decision, ...] = ()
    """The decisions whose row is not there any more."""
    contested: tuple[tuple[Decision, ...], ...] = ()
    rejected: Mapping[int, str] = field(default_factory=dict)
    """Row number of each row that a person rejected, and why."""
    overruled: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Row numbers that people let stand, by `stage.reason`."""
    stands: frozenset[int] = frozenset()
    """Row numbers of the rows that a person accepted or rewrote."""
    edited: frozenset[int] = frozenset()

    @property
    def accepted(self) -> dict[str, frozenset[int]]:
        """Return the rows that corpus stages let stand, by fault; in a dispute what a person wrote is right."""
        return {**self.overruled, CONFLICT: self.overruled.get(CONFLICT, frozenset()) | self.edited}

    @property
    def counts(self) -> dict[str, Any]:
        """Return what the manifest tells: how many of each action, and the stale and contested ones by name."""
        by_action = {action: sum(one.action == action for one in self.applied) for action in _ACTIONS}
        contested = [one for some in self.contested for one in some]
        return {
            **by_action,
            "stale": [_named(one) for one in self.stale],
            "contested": [_named(one) for one in contested],
        }


_ACTIONS: Final = ("accept", "reject", "edit")


def _named(decision: Decision) -> dict[str, str]:
    names = ("action", "row", "file", "locator")
    return {"id": decision.id, **{name: getattr(decision, name) for name in names}}


def lay_over(parts: Sequence[Part], standing: Standing, recipe: Recipe, folder: Path) -> Decided:
    """Apply decisions to parts; the parts that change are written anew into `folder`, which is emptied first."""
    clear(folder)
    by_digest = standing.by_digest()
    found = _find(parts, by_digest) if by_digest else []
    present = {decision.id for rows in found for decision in rows.values()}
    starts = _starts(parts)
    laid = _redo(parts, found, recipe, folder) if found else list(parts)
    rejected: dict[int, str] = {}
    overruled: dict[str, set[int]] = {}
    edited: set[int] = set()
    stands: set[int] = set()
    for start, rows in zip(starts, found, strict=False):
        for place, decision in rows.items():
            if decision.action == "reject":
                rejected[start + place] = decision.note
            else:
                stands.add(start + place)
            if decision.question is not None:
                edited.add(start + place)
            for fault in decision.overrules:
                overruled.setdefault(fault, set()).add(start + place)
    return Decided(
        parts=laid,
        applied=tuple(one for one in standing.decisions if one.id in present),
        stale=tuple(one for one in standing.decisions if one.id not in present),
        contested=standing.contested,
        rejected=rejected,
        overruled={fault: frozenset(rows) for fault, rows in overruled.items()},
        stands=frozenset(stands),
        edited=frozenset(edited),
    )


def _starts(parts: Sequence[Part]) -> list[int]:
    starts, at = [], 0
    for part in parts:
        starts.append(at)
        at += part.height
    return starts


def _find(parts: Sequence[Part], by_digest: Mapping[str, Decision]) -> list[dict[int, Decision]]:
    """Return, for each part, the places in it of decided rows; a withdrawn row is gone whatever people said of it."""
    wanted = pl.Series(list(by_digest)).implode()
    found = []
    for part in parts:
        columns = ["raw_sha256", "reject_reason"]
        digests = pl.read_parquet(part.rows, columns=columns, memory_map=False).with_row_index("place")
        there = pl.col("reject_reason").ne_missing(pl.lit(WITHDRAWN))
        hits = digests.filter(there & pl.col("raw_sha256").is_in(wanted)).select("place", "raw_sha256")
        found.append({place: by_digest[digest] for place, digest in hits.iter_rows()})
    return found


def _redo(parts: Sequence[Part], found: Sequence[dict[int, Decision]], recipe: Recipe, folder: Path) -> list[Part]:
    """Return the parts, those with rows to do again written anew."""
    wholes: dict[int, pl.DataFrame] = {}
    taken: list[pl.DataFrame] = []
    for number, (part, rows) in enumerate(zip(parts, found, strict=True)):
        if not any(decision.question is not None or decision.overrules for decision in rows.values()):
            continue
        whole = pl.read_parquet(part.rows, memory_map=False)
        again = [place for place, decision in rows.items() if _goes_again(whole, place, decision)]
        if again:
            wholes[number] = whole
            taken.append(_taken(whole, number, again, rows))
    if not taken:
        return list(parts)
    done = _stages(pl.concat(taken), recipe)
    laid = list(parts)
    for number, whole in wholes.items():
        mine = done.filter(pl.col("__part") == number).drop("__part", "__overrules")
        laid[number] = _written(parts[number], whole, mine, recipe, folder / f"{number:06d}")
    return laid


def _goes_again(whole: pl.DataFrame, place: int, decision: Decision) -> bool:
    if decision.question is not None:
        return True
    stage, reason = whole["reject_stage"][place], whole["reject_reason"][place]
    return f"{stage}.{reason}" in decision.overrules


def _taken(whole: pl.DataFrame, number: int, again: list[int], rows: Mapping[int, Decision]) -> pl.DataFrame:
    """Return the rows to do again, with the new texts, and `__part, __row, __overrules`."""
    decisions = [rows[place] for place in again]
    new = pl.DataFrame(
        {
            "__row": again,
            "__part": [number] * len(again),
            "__overrules": [list(decision.overrules) for decision in decisions],
            "__question": [decision.question for decision in decisions],
            "__answer": [decision.answer for decision in decisions],
        },
        schema={
            "__row": pl.UInt32,
            "__part": pl.UInt32,
            "__overrules": pl.List(pl.String),
            "__question": pl.String,
            "__answer": pl.String,
        },
    )
    picked = pl.concat([whole.select(pl.all().gather(again)), new], how="horizontal")
    edited = pl.col("__question").is_not_null()
    forgotten = ("id", "lang", "flags", *_VERDICT)  # said of the old text
    return picked.with_columns(
        pl.coalesce("__question", "question").alias("question"),
        pl.coalesce("__answer", "answer").alias("answer"),
        pl.when(edited).then(pl.lit([EDITED])).otherwise("changes").alias("changes"),
        *(pl.when(~edited).then(pl.col(name)).alias(name) for name in forgotten),
    ).drop("__question", "__answer")


def _stages(rows: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Run the row stages: live rows pass all of them, a row whose fault is overruled goes on behind that stage."""
    columns = rows.columns
    for stage in recipe.row_stages:
        live, out = rows.filter(is_live()), rows.filter(~is_live())
        beside = live.select("__row", "__part", "__overrules")
        marked = apply_safely(stage, live.select(_COLUMNS)) if live.height else live.select(_COLUMNS)
        rows = pl.concat([pl.concat([marked, beside], how="horizontal").select(columns), out])
        fault = pl.format("{}.{}", "reject_stage", "reject_reason")
        passes = (pl.col("reject_stage") == stage.name) & pl.col("__overrules").list.contains(fault)
        rows = rows.with_columns(pl.when(~passes.fill_null(False)).then(pl.col(name)).alias(name) for name in _VERDICT)
    return rows


def _written(part: Part, whole: pl.DataFrame, mine: pl.DataFrame, recipe: Recipe, folder: Path) -> Part:
    """Put rows back in their places and write the part."""
    places = mine["__row"]
    rest = whole.with_row_index("__row").filter(~pl.col("__row").is_in(places.implode()))
    rows = pl.concat([rest, mine.select(rest.columns)]).sort("__row").drop("__row")
    seconds = {stage: tally.seconds for stage, tally in part.tallies.items()}
    fresh = keys_of(mine.filter(is_live()).sort("__row"), recipe, dict(seconds))
    edited = mine.filter(pl.col("changes").list.contains(EDITED))["__row"]
    fresh = fresh.with_columns(
        pl.when(pl.col("row").is_in(edited.implode()))
        .then(pl.lit(FIRST, pl.Int32))
        .otherwise("priority")
        .alias("priority")
    )
    old = pl.read_parquet(part.keys, memory_map=False).filter(~pl.col("row").is_in(places.implode()))
    keys = pl.concat([old, fresh.select(pl.col(name).cast(dtype) for name, dtype in old.schema.items())]).sort("row")
    decided = (READ, *(stage.name for stage in recipe.row_stages))
    return write_part(folder, 0, Processed(rows, keys, seconds, decided))
