"""What a recipe may ask of the release gate. Nothing here changes a row, so nothing here is part of a version's id."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class GateOptions:
    """The `[gate]` table of a recipe; all other expectations follow from its stages."""

    require_licence: bool = True
    """Whether each row must state a licence."""
    licences: tuple[str, ...] = ()
    """The licences that may be in a release; none named: any."""
    max_source_loss_percent: int = 50
    """How much of its rows a source may lose from one version to the next. More than half is what the report calls
    broken, too (`MOSTLY_LOST` in datakit/report/verdict.py)."""
    max_length_drift: float = 2.0
    """By what factor the median length of questions or answers may change before it is a warning. No failure: the
    median answer of the sample's sources lies between 9 and 247 characters, so another mix of them may double it."""
    suite: Path | None = None
    """A suite of Great Expectations (JSON) of one's own, checked together with the others."""

    def __post_init__(self) -> None:
        if not 0 <= self.max_source_loss_percent <= 100:
            raise ValueError(f"`max_source_loss_percent` is {self.max_source_loss_percent}, expected 0 to 100")
        if self.max_length_drift < 1:
            raise ValueError(f"`max_length_drift` is {self.max_length_drift}, expected a factor of 1 or more")
