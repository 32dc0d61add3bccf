"""The verdict: what a reader should know before anything else, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from datakit.lineage import Manifest
from datakit.report.disputes import Disputes
from datakit.report.leaks import Leakage
from datakit.report.mix import Share, Source
from datakit.report.origins import Origins

Level = Literal["sound", "look", "stop"]

# Where a number begins to be worth a sentence is a matter of judgement, not of measurement; these only decide which
# sentences stand at the top. Nothing is rejected or held back by them.
MOSTLY_LOST: Final = 0.5
"""A source that loses more than half of its rows is broken, or is read wrongly."""
ONE_SIDED: Final = 0.8
"""One source with more than four fifths of the rows decides what the model will sound like."""
FEW_HELD_OUT: Final = 100
"""Test rows below this give an accuracy within ten points at best: 1.96 × √(¼ / 100) = 0.098."""
_FAULT: Final = "stage_failed"


@dataclass(frozen=True, kw_only=True)
class Point:
    """Something to look at, and the section that shows it."""

    text: str
    section: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`stop`: do not train on it. `look`: usable, with points to look at. `sound`: nothing stands out."""

    level: Level
    sentence: str
    points: tuple[Point, ...]


def judge(
    manifest: Manifest,
    sources: Sequence[Source],
    licences: Sequence[Share],
    leakage: Leakage,
    disputes: Disputes | None,
    origins: Origins,
) -> Verdict:
    """Return the verdict; the reasons to stop come first."""
    stops = _stops(manifest, leakage, origins)
    looks = [
        *_near(leakage),
        *_splits(manifest),
        *_faults(manifest),
        *_sources(sources, licences),
        *_disputes(disputes),
    ]
    kept, read = manifest.counts["kept"], manifest.counts["in"]
    amount = f"{kept:,} of {read:,} rows were kept ({percent(kept, read)})."
    if stops:
        return Verdict(level="stop", sentence=f"{amount} Do not train on this version yet.", points=(*stops, *looks))
    if looks:
        them = "one thing" if len(looks) == 1 else f"{len(looks)} things"
        return Verdict(
            level="look", sentence=f"{amount} It is usable; {them} should be looked at.", points=tuple(looks)
        )
    return Verdict(level="sound", sentence=f"{amount} Nothing stands out.", points=())


def percent(part: int, whole: int) -> str:
    """Return a share as people write it: `88.7 %`; never 100 % or 0 % for what is only nearly so."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "under 0.1 %"
    if 99.9 < share < 100:
        return "over 99.9 %"
    return f"{share:.1f} %".replace(".0 %", " %")


def _stops(manifest: Manifest, leakage: Leakage, origins: Origins) -> list[Point]:
    found = []
    for pair in leakage.pairs:
        one, two = pair.between
        if pair.questions or pair.groups:
            what = f"{rows(pair.questions, 'question')}" if pair.questions else rows(pair.groups, "group")
            found.append(
                Point(
                    text=f"{what} {_stands(pair.questions or pair.groups)} both in {one} and in {two}.",
                    section="splits",
                )
            )
    if not manifest.counts["splits"].get("train"):
        found.append(Point(text="There are no rows to train on.", section="splits"))
    if origins.unaccounted:
        found.append(
            Point(text=f"The lineage and the manifest differ by {rows(origins.unaccounted, 'row')}.", section="lineage")
        )
    return found


def _near(leakage: Leakage) -> list[Point]:
    if not leakage.near:
        return []
    what = (
        f"{rows(leakage.near, 'question')} of train {_stands(leakage.near, 'is', 'are')} nearly equal to one held out."
    )
    return [Point(text=what, section="splits")]


def _splits(manifest: Manifest) -> list[Point]:
    found = []
    for split, count in manifest.counts["splits"].items():
        if split != "train" and not count:
            found.append(Point(text=f"There are no {split} rows.", section="splits"))
    test = manifest.counts["splits"].get("test", 0)
    if 0 < test < FEW_HELD_OUT:
        found.append(Point(text=f"Only {rows(test, 'row')} to test with: a score on them is rough.", section="splits"))
    return found


def _faults(manifest: Manifest) -> list[Point]:
    failed = manifest.counts["rejected"].get(_FAULT, 0)
    if not failed:
        return []
    return [Point(text=f"A stage raised an error on {rows(failed, 'row')}.", section="rejected")]


def _sources(sources: Sequence[Source], licences: Sequence[Share]) -> list[Point]:
    found = []
    kept = sum(source.kept for source in sources)
    unlicensed = sum(share.rows for share in licences if not share.name)
    if unlicensed:
        found.append(
            Point(
                text=f"{rows(unlicensed, 'row')} {_stands(unlicensed, 'states', 'state')} no licence.",
                section="sources",
            )
        )
    largest = max(sources, key=lambda source: source.kept, default=None)
    if largest and len(sources) > 1 and largest.kept > ONE_SIDED * kept:
        found.append(
            Point(text=f"One source, {largest.id}, gives {percent(largest.kept, kept)} of the rows.", section="sources")
        )
    lossy = [source.id for source in sources if source.rejected > MOSTLY_LOST * source.read]
    if lossy:
        named = ", ".join(lossy[:3]) + (f" and {len(lossy) - 3} more" if len(lossy) > 3 else "")
        found.append(
            Point(
                text=f"More than half of the rows of {named} were rejected.",
                section="sources",
            )
        )
    return found


def _disputes(disputes: Disputes | None) -> list[Point]:
    if disputes is None:
        return []
    asked = "one question" if disputes.questions == 1 else f"{disputes.questions:,} questions"
    return [Point(text=f"Sources disagree on {asked}; a person may know who is right.", section="disagreements")]


def rows(count: int, noun: str) -> str:
    """Return `1 row`, `2 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _stands(count: int, one: str = "stands", many: str = "stand") -> str:
    return one if count == 1 else many
