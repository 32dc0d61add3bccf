"""Results of Ray tasks: in order, a few under way at a time, and a worker's error as the error it was."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import polars as pl

from datakit.engines.cluster import needed
from datakit.engines.tasks import RETRIES
from datakit.errors import DatakitError

AHEAD: Final = 2  # tasks under way for each CPU: enough to keep it busy, few enough to bound memory


def in_order(submit: Callable[..., Any], calls: Iterable[tuple[Any, ...]], *, width: int) -> Iterator[Any]:
    """Submit calls and yield their results in the same order, with no more than `width` under way.

    Errors: as `result`; then the tasks still under way are cancelled.
    """
    flying: deque[Any] = deque()
    try:
        for call in calls:
            flying.append(submit(*call))
            if len(flying) >= width:
                yield result(flying.popleft())
        while flying:
            yield result(flying.popleft())
    finally:
        for ref in flying:
            needed().cancel(ref, force=True)


def result(ref: Any) -> Any:
    """Wait for one result.

    Errors: what the task raised, if it is of ours, of the disk or of polars; `DatakitError` where workers died on it
    again and again or the cluster lost its data.
    """
    ray = needed()
    try:
        return ray.get(ref)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, (DatakitError, OSError, pl.exceptions.PolarsError)):
            raise cause from None
        raise
    except ray.exceptions.RayError as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise DatakitError(
            f"ray: a task was lost {RETRIES + 1} times ({type(error).__name__}: {reason}); expected workers that live;"
            " see the memory of the nodes. Nothing was published; finished parts are kept: the same command goes on"
        ) from error
