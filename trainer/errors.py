"""Errors of the trainer that datakit's own tree has no name for; the exit codes are the same ones.

DatakitError                  1
├── UsageError                2
│   └── ConfigError           2  a configuration with one or more problems, all listed
├── IntegrityError            4
│   └── ResumeError           4  the version, the base or the configuration is not what the run began with
└── MissingDependencyError    6
    └── DoesNotFitError       6  the device has too little memory for what was asked
"""

from collections.abc import Sequence

from datakit.errors import IntegrityError, MissingDependencyError, UsageError


class ConfigError(UsageError):
    """A configuration with problems; `problems` holds every one of them, not only the first."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{where}: {count} problem{'s' if count != 1 else ''}"
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))


class ResumeError(IntegrityError):
    """What a run began with is not what is there now; the message names each difference."""


class DoesNotFitError(MissingDependencyError):
    """The device has too little memory; the message names what would fit."""
