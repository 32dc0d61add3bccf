"""Waiting: back-off, Retry-After, and a host's lane."""

import asyncio
import random
from datetime import UTC, datetime

import pytest

from datakit.scrape.lane import GIVE_UP_AFTER, Lane
from datakit.scrape.wait import backoff_s, retry_after_s

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_waits_double_and_stay_under_the_limit() -> None:
    """Each wait lies between half of a doubling span and the whole of it, and never passes the limit."""
    chance = random.Random(1)
    for attempt, span in enumerate((1, 2, 4, 8, 10, 10)):
        for _ in range(50):
            assert span / 2 <= backoff_s(attempt, base_s=1.0, max_s=10.0, chance=chance) <= span
    assert backoff_s(10_000, base_s=1.0, max_s=10.0, chance=chance) <= 10


def test_waits_differ() -> None:
    """Jitter: a hundred clients do not come back at one moment."""
    chance = random.Random(2)
    assert len({backoff_s(3, base_s=1.0, max_s=60.0, chance=chance) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0), (" 0 ", 0.0), ("Mon, 23 Nov 2026 06:01:00 GMT", 60.0), ("Mon, 23 Nov 2026 05:00:00 GMT", 0.0),
        ("", None), (None, None), ("soon", None), ("-5", None), ("१२", None), ("1.5", None),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    """Both forms of Retry-After are read; a date that is past asks no wait; anything else asks nothing."""
    assert retry_after_s(header, NOW) == seconds


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


def test_a_lane_lets_one_in_and_pauses() -> None:
    """Requests to a host never overlap, and the pause counts from the end of the one before."""
    clock = Clock()
    lane = Lane(clock=clock, sleep=clock.sleep)
    lane.delay_s = 2.0
    spans: list[tuple[float, float]] = []

    async def ask() -> None:
        async with lane:
            began = clock.now
            clock.now += 1.0
            await asyncio.sleep(0)
            spans.append((began, clock.now))

    async def main() -> None:
        await asyncio.gather(*(ask() for _ in range(4)))

    asyncio.run(main())
    assert spans == [(100.0, 101.0), (103.0, 104.0), (106.0, 107.0), (109.0, 110.0)]


def test_the_longer_pause_counts() -> None:
    """A server that asks for a long pause gets it; the usual pause does not shorten it."""
    clock = Clock()
    lane = Lane(clock=clock, sleep=clock.sleep)
    lane.delay_s = 1.0

    async def main() -> None:
        async with lane:
            lane.pause(30.0)
        async with lane:
            assert clock.now == 130.0

    asyncio.run(main())


def test_a_cancelled_wait_gives_the_turn_back() -> None:
    """Who is stopped while waiting does not block the host for the others."""
    lane = Lane()
    lane.pause(60.0)

    async def wait() -> None:
        async with lane:
            pass

    async def main() -> None:
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not lane._turn.locked()

    asyncio.run(main())


def test_a_host_that_is_down_is_given_up() -> None:
    """After some URLs in a row without any answer a host is left alone; an answer between starts anew."""
    lane = Lane()
    for _ in range(GIVE_UP_AFTER - 1):
        lane.failed()
    lane.succeeded()
    lane.failed()
    assert not lane.given_up
    for _ in range(GIVE_UP_AFTER - 1):
        lane.failed()
    assert lane.given_up
