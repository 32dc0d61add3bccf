"""Every error that datakit raises on purpose, and the exit code each one stands for.

    DatakitError                1  something this program did wrong
    ├── UsageError              2  a command or option that makes no sense
    │   └── RecipeError         2  a recipe with one or more problems, all listed
    ├── GateError               3  a quality gate failed; nothing was published
    ├── IntegrityError          4  a hash or a count differs from its manifest
    ├── InputError              5  input missing or unreadable
    ├── OutputError             1  the disk refused a write; nothing was published
    ├── MissingDependencyError  6  a package or a program that is not installed
    └── Interrupted           130  stopped by the user; the same command resumes

A message says what, where, found, expected and the next step. Only the command line turns an error into an exit.
"""

from collections.abc import Sequence
from typing import ClassVar


class DatakitError(Exception):
    """The root: catch it to catch everything that datakit raises on purpose."""

    exit_code: ClassVar[int] = 1


class UsageError(DatakitError):
    """A command, option or name that makes no sense."""

    exit_code = 2


class RecipeError(UsageError):
    """A recipe with problems; `problems` holds every one of them, not only the first."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        self.where = where
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{where}: {count} problem{'s' if count != 1 else ''}"
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))


class GateError(DatakitError):
    """A quality gate failed; nothing was published."""

    exit_code = 3


class IntegrityError(DatakitError):
    """A hash or a count differs from what the manifest says."""

    exit_code = 4


class InputError(DatakitError):
    """Input that is missing or cannot be read at all."""

    exit_code = 5


class OutputError(DatakitError):
    """The disk refused a write: full, read-only or gone; nothing was published."""


class MissingDependencyError(DatakitError):
    """A package, program or device that is not there; the message holds the install line."""

    exit_code = 6


class Interrupted(DatakitError):  # noqa: N818 - it is a stop asked for, not an error
    """The user stopped the run; finished parts stay and the same command resumes."""

    exit_code = 130
