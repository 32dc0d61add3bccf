"""The queue: what is worth a person's time in a version, each row once, the most doubtful kinds first."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from datakit.decisions import REJECTED, Standing
from datakit.lineage import Manifest
from datakit.review import disputes
from datakit.review.borderline import close_kept, close_rejects
from datakit.review.disputes import disputed
from datakit.review.item import Item, Section, item
from datakit.review.lookup import Lookup
from datakit.review.rows import Rows

SAMPLES: Final = 10
"""Rows of each reason, and disputes times two: a reader who agrees with ten of ten errs on a rule that is wrong half of
the time in one case of a thousand (½^10)."""
_NAMES: Final = {"json": "JSON", "utf8": "UTF-8", "ocr": "OCR", "marathi": "Marathi", "devanagari": "Devanagari"}
_Found = tuple[str, str, str, list[Item], int]


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Items in order, and the sections they belong to."""

    name: str
    version: str
    items: tuple[Item, ...]
    sections: tuple[Section, ...]
    digests: frozenset[str]
    """`raw_sha256` of every row of the version: a decision about any other row is stale."""

    @cached_property
    def disputes(self) -> dict[int, list[Item]]:
        """Return the items of each dispute."""
        found: dict[int, list[Item]] = {}
        for one in self.items:
            if one.dispute is not None:
                found.setdefault(one.dispute, []).append(one)
        return found


def build_queue(folder: Path, manifest: Manifest, standing: Standing, *, samples: int = SAMPLES) -> Queue:
    """Read a version and choose its rows to review: contested ones, disputes, close calls, doubts, then each reason.

    Which rows are taken of a kind is decided by their digests, of merged ones the least alike, so it is the same for
    everybody. Reasons that nobody may
    overrule, such as exact duplicates, are left to the report.
    """
    rows = Rows(folder, manifest)
    seen: set[str] = set()
    items: list[Item] = []
    sections: list[Section] = []
    for name, title, about, found, total in _kinds(rows, standing, samples):
        fresh = [one for one in found if one.row and one.row not in seen and one.actions]
        fresh = list({one.row: one for one in reversed(fresh)}.values())[::-1]
        if fresh:
            sections.append(
                Section(name=name, title=title, about=about, start=len(items), count=len(fresh), total=total)
            )
        seen |= {one.row for one in fresh}
        items += fresh
    return Queue(
        name=manifest.identity["name"],
        version=manifest.id,
        items=tuple(items),
        sections=tuple(sections),
        digests=frozenset(rows.lineage["raw_sha256"].drop_nulls()),
    )


def _kinds(rows: Rows, standing: Standing, samples: int) -> Iterator[_Found]:
    contested = [some[0].row for some in standing.contested]
    yield (
        "contested",
        "Reviewers at odds",
        "Two people decided these rows differently without knowing of each other; neither decision is applied.",
        Lookup(rows, contested).items(contested, "contested"),
        len(contested),
    )
    sides, total = disputed(rows, 2 * samples)
    yield (
        disputes.SECTION,
        "Disputed answers",
        "Sources answer one question differently. Accept the answer that is right: the others go.",
        sides,
        total,
    )
    close = close_rejects(rows)
    closest = close["raw_sha256"].head(2 * samples).to_list()
    near = [one for one in Lookup(rows, closest).items(closest, "close") if one.reason]
    kept = [
        item(row, "close", also=rows.also(row), why="kept; nearly too short or too long")
        for row in close_kept(rows)[:samples]
    ]
    yield (
        "close",
        "Close calls",
        "A threshold decided these rows by a little.",
        [*near, *kept],
        close.height + len(kept),
    )
    yield from _flagged(rows, samples)
    yield from _reasons(rows, samples)


def _flagged(rows: Rows, samples: int) -> Iterator[_Found]:
    flagged = rows.release.kept("flags").select(pl.col("flags").drop_nulls().explode().value_counts(sort=True))
    for flag, count in flagged.collect().unnest("flags").drop_nulls().iter_rows():
        found = rows.kept(pl.col("flags").list.contains(flag))[:samples]
        made = [item(row, f"flag-{flag}", also=rows.also(row), why=f"kept; {flag.replace('_', ' ')}") for row in found]
        yield f"flag-{flag}", f"Kept: {flag.replace('_', ' ')}", "A stage saw this fault and let it pass.", made, count


def _reasons(rows: Rows, samples: int) -> Iterator[_Found]:
    order = {stage["use"]: number for number, stage in enumerate(rows.release.manifest.identity["recipe"]["stages"])}
    counted = rows.release.rejected().group_by("reject_stage", "reject_reason").len().collect().rows()
    wanted: dict[tuple[str, str], list[str]] = {}
    for stage, reason, _ in counted:
        lines = rows.lineage.filter((pl.col("stage") == stage) & (pl.col("reason") == reason))
        ordered = lines.sort("score", "raw_sha256")["raw_sha256"].unique(maintain_order=True)
        wanted[stage, reason] = ordered.head(samples).to_list()
    found = Lookup(rows, (digest for digests in wanted.values() for digest in digests))
    for stage, reason, count in sorted(counted, key=lambda one: (order.get(one[0], -1), one[0], one[1])):
        about = "People rejected these rows." if reason == REJECTED else f"Rejected by the stage {stage}."
        name = f"{stage}-{reason}"
        yield name, _title(reason), about, found.items(wanted[stage, reason], name, reason=reason), count


def _title(reason: str) -> str:
    words = [_NAMES.get(word, word) for word in reason.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])
