"""The readers whose packages come with the extra `sources`: what to say, and when, where they are not installed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from datakit.errors import MissingDependencyError

if TYPE_CHECKING:
    from datakit.readers.source import Input

INSTALL: Final = 'install it with: pip install "ancient-aurora[sources]"'

READS: Final = {"pdf": ("pypdfium2", "pypdfium2"), "docx": ("docx", "python-docx")}
"""Formats that cannot be read at all without a package: its module, and the name under which it is installed."""

ALSO: Final = ("trafilatura", "hinlegacy")
"""Modules that some pages of a file need: the main text of web pages, legacy fonts."""


@contextmanager
def needed(package: str, what: str) -> Iterator[None]:
    """Turn a failed import into an error that names the install line.

    Errors: `MissingDependencyError`.
    """
    try:
        yield
    except ImportError as error:
        raise MissingDependencyError(f"{package}: not installed ({error}); needed to read {what}; {INSTALL}") from error


def require_readers(inputs: Iterable["Input"]) -> None:
    """Look before anything is read whether every format has its package.

    Errors: `MissingDependencyError` naming the files, the packages and the install line.
    """
    lacking = [
        (source.name, READS[source.format][1])
        for source in inputs
        if source.format in READS and not _installed(READS[source.format][0])
    ]
    if lacking:
        shown = ", ".join(f"{name} ({package})" for name, package in lacking[:5])
        more = f" and {len(lacking) - 5:,} more" if len(lacking) > 5 else ""
        raise MissingDependencyError(
            f"{shown}{more}: found {len(lacking):,} files whose package is not installed; {INSTALL}; or take them out "
            "of the folder"
        )


def absent() -> tuple[str, ...]:
    """Return the modules of the extra that are not installed: what was read without them must be read again."""
    return tuple(module for module in (*(module for module, _ in READS.values()), *ALSO) if not _installed(module))


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # a module that stands for none, as tests put it there
        return False
