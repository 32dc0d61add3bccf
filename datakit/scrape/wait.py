"""How long to wait: before a retry, and when a server says when to come back."""

import email.utils
import random
from datetime import UTC, datetime
from typing import Final

TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed (RFC 9110, RFC 6585, RFC 8470)."""

_DOUBLINGS: Final = 10


def backoff_s(attempt: int, *, base_s: float, max_s: float, chance: random.Random) -> float:
    """Return the wait before retry `attempt` (from 0), in seconds: a random part of a doubling span, at least half.

    Jitter keeps many clients from coming back at once; half of the span is kept so that a wait stays a wait.
    """
    span = min(max_s, base_s * float(1 << min(attempt, _DOUBLINGS)))
    return span * (0.5 + chance.random() / 2)


def retry_after_s(header: str | None, now: datetime | None = None) -> float | None:
    """Return the wait that a Retry-After header asks for: seconds or an HTTP date; None where it says neither."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        when = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
