"""What a run of the pipeline came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datakit.gate import Outcome
from datakit.pipeline.rows import Tally


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run came to."""

    version_id: str
    path: Path | None
    """None after a dry run."""
    new: bool
    """False when the same version was there already."""
    rows_in: int
    kept: int
    rejected: Mapping[str, int]
    """Rows by reason; rows_in = kept + sum of these."""
    splits: Mapping[str, int]
    seconds: float
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    """By stage, in order."""
    decisions: Mapping[str, Any] = field(default_factory=dict)
    """People's decisions that were applied, by action, and the `stale` and `contested` ones, which were not."""
    gate: Outcome | None = None
    """What the release gate found; None where the recipe asks for none."""
    unchanged: bool = False
    """True where everything that decides about the version was as it had been, so that no row was looked at."""
