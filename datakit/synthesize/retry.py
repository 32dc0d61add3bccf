"""How long to wait before a request is sent again."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

RETRIED: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Answers after which the same request may go well."""
FIRST_WAIT_S: Final = 1.0
MAX_WAIT_S: Final = 120.0
"""No server is waited for longer, whatever it asks for: the same command goes on later."""


def wait_s(attempt: int, retry_after: str | None = None, *, now: datetime | None = None) -> float:
    """Return the seconds to wait after the `attempt`th failure (from 1): as the server says, else 1, 2, 4, …

    `retry_after` is the header's value, seconds or a date; what cannot be read is passed over.
    """
    asked = _asked(retry_after, now or datetime.now(UTC)) if retry_after else None
    wait = FIRST_WAIT_S * 2 ** (attempt - 1) if asked is None else asked
    return min(max(wait, 0.0), MAX_WAIT_S)


def _asked(value: str, now: datetime) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return None
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return seconds if seconds == seconds else None
