"""One lane a host: one request at a time, and a pause between two."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final

GIVE_UP_AFTER: Final = 5
"""URLs in a row that failed with every retry before a host is left for another run: it is down, and asking harms it."""


class Lane:
    """The turn to ask a host; use as a context manager around each request.

    The pause counts from the end of one answer to the next request, so that a slow server is never pressed.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._turn = asyncio.Lock()
        self._clock = clock
        self._sleep = sleep
        self._free_at = 0.0
        self._failed = 0
        self.delay_s = 0.0
        self.requests = 0

    async def __aenter__(self) -> "Lane":
        await self._turn.acquire()
        try:
            if (wait := self._free_at - self._clock()) > 0:
                await self._sleep(wait)
        except BaseException:
            self._turn.release()
            raise
        self.requests += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause(self.delay_s)
        self._turn.release()

    def pause(self, seconds: float) -> None:
        """Let nobody ask for so long, counted from now; a longer pause asked before stays."""
        self._free_at = max(self._free_at, self._clock() + seconds)

    def succeeded(self) -> None:
        """Note an answer, of whatever status."""
        self._failed = 0

    def failed(self) -> None:
        """Note a URL whose every attempt failed."""
        self._failed += 1

    @property
    def given_up(self) -> bool:
        """Whether the host failed too often in a row."""
        return self._failed >= GIVE_UP_AFTER
