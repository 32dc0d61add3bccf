"""Ctrl-C between two steps: the run saves and stops; a second one stops at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Stop:
    """Whether the user asked to stop."""

    asked: bool = False


@contextmanager
def stop_on_signal() -> Iterator[Stop]:
    """Turn the first SIGINT or SIGTERM into a request; handlers are put back at the end."""
    stop = Stop()

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    before = {}
    for name in (signal.SIGINT, signal.SIGTERM):
        try:
            before[name] = signal.signal(name, ask)
        except ValueError:  # not the main thread, as in a notebook's server: then Ctrl-C stays what it was
            break
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
