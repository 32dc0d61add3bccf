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

import errno
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_BROKEN: Final = frozenset({errno.EROFS, errno.EIO})
_NAMES: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EEXIST})
_BY_POLARS: Final = re.compile(r"\(os error (\d+)\)")


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


def from_system(error: BaseException) -> DatakitError | None:
    """Return the purposeful error that stands for what the operating system refused; None for any other error.

    A full or broken disk and a place that may not be written are `OutputError`; what is missing or may not be read is
    `InputError`. An error of another library counts where it passes on the system's number, as polars does.
    """
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (passed_on := _BY_POLARS.search(str(error))):
        number = int(passed_on[1])
    if number is None:
        return None
    file = error.filename if isinstance(error, OSError) else None
    said = os.strerror(number)
    found = said if file is None else f"{os.fsdecode(file)}: {said}"
    if number in _FULL:
        return OutputError(f"{found}; the disk is full: make room, then run the same command again")
    if number in _BROKEN:
        return OutputError(f"{found}; the disk refused: mend it or choose another folder, then run the command again")
    if number in (errno.EACCES, errno.EPERM):
        return _not_allowed(found, file)
    if number in _NAMES:
        return InputError(f"{found}; expected a file or folder of this name: correct it, then run the command again")
    return DatakitError(f"{found}; the system refused what this command needs")


def _not_allowed(found: str, file: str | bytes | int | None) -> DatakitError:
    path = None if file is None or isinstance(file, int) else Path(os.fsdecode(file))
    if path is not None and path.exists() and not os.access(path, os.R_OK):
        return InputError(f"{found}; it may not be read: change its permissions, or run as a user who may")
    return OutputError(f"{found}; it may not be written: change its permissions, or choose another folder")
