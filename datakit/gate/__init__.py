"""The release gate: a suite of expectations made from the recipe, run over a release by Great Expectations."""

from datakit.gate.gate import check_ready, check_release, raise_for_failures
from datakit.gate.outcome import RESULT, SUITE, Checked, Outcome, read_outcome

__all__ = [
    "RESULT",
    "SUITE",
    "Checked",
    "Outcome",
    "check_ready",
    "check_release",
    "raise_for_failures",
    "read_outcome",
]
