"""What a check of the gate says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question put to one file, with its answer in words and in figures."""

    name: str
    """`fidelity`, `adapter`, `tokens`, `special tokens`, `chat template`, `TEMPLATE` or `answers`."""
    passed: bool
    says: str
    """One sentence: what was found, and where it failed what was expected."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    differences: Sequence[str] = ()
    """The first few places where the two sides differ."""


@dataclass(frozen=True, kw_only=True)
class FileReport:
    """All checks of one file."""

    file: str
    type: str
    bytes: int
    seconds: float
    checks: Sequence[Check]

    @property
    def passed(self) -> bool:
        """Tell whether every check passed."""
        return all(check.passed for check in self.checks)
