"""Optional packages of the extra `sources`: asked for only when a file needs them."""

from collections.abc import Iterator
from contextlib import contextmanager

from datakit.errors import MissingDependencyError


@contextmanager
def needed(package: str, what: str) -> Iterator[None]:
    """Turn a failed import into an error that names the install line.

    Errors: `MissingDependencyError`.
    """
    try:
        yield
    except ImportError as error:
        raise MissingDependencyError(
            f"{package}: not installed ({error}); needed to read {what};"
            ' install it with: pip install "ancient-aurora[sources]"'
        ) from error
