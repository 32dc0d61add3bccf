"""The funnel: what each stage was given and what it took out, reason by reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from datakit.lineage import Manifest

READ: Final = "read"
"""The stage that readers reject in: rows that could not be read as a question and an answer."""


REVIEW: Final = "review"
"""What people rejected is taken out behind exact duplicates; no recipe names this stage."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Rows that a stage rejected for one reason: its own loss, among rows that no earlier stage had rejected."""

    reason: str
    rows: int
    only_here: int | None = None
    """How many of them no later row stage would have rejected; None where that was not measured, as for stages that
    decide about rows together."""
    estimated: bool = False
    """Whether that number was measured on some of the rows and holds for the rest by its share."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One stage."""

    stage: str
    rows_in: int
    losses: tuple[Loss, ...]

    @property
    def lost(self) -> int:
        """Rows that this stage rejected."""
        return sum(loss.rows for loss in self.losses)

    @property
    def rows_out(self) -> int:
        """Rows that went on."""
        return self.rows_in - self.lost


def steps(manifest: Manifest) -> list[Step]:
    """Return the stages in the order in which rows met them, those without rows left out.

    The order is the recipe's: a manifest read from disk has its counts by alphabet.
    """
    tallies = manifest.counts["stages"]
    alone = manifest.counts.get("only_here", {})  # absent in versions of earlier days
    recipe = [READ, *(stage["use"] for stage in manifest.identity["recipe"]["stages"])]
    if "exact_dedup" in recipe:
        recipe.insert(recipe.index("exact_dedup") + 1, REVIEW)
    order = [*recipe, *(name for name in tallies if name not in recipe)]
    return [
        Step(
            stage=name,
            rows_in=tallies[name]["in"],
            losses=tuple(
                _loss(reason, count, alone.get(name, {}).get(reason))
                for reason, count in _sorted(tallies[name]["rejected"])
            ),
        )
        for name in dict.fromkeys(order)
        if name in tallies and tallies[name]["in"]
    ]


def _loss(reason: str, rows: int, looked: Mapping[str, int] | None) -> Loss:
    if not looked or not looked["looked_at"]:
        return Loss(reason=reason, rows=rows)
    share = looked["only"] / looked["looked_at"]
    return Loss(reason=reason, rows=rows, only_here=round(share * rows), estimated=looked["looked_at"] < rows)


def _sorted(rejected: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
