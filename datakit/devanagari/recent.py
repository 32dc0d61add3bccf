"""What was made of the last columns of a batch: stages that need the same of the same texts let it be made once."""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar


class Comparable(Protocol):
    """A column or a frame of polars."""

    def equals(self, other: Any, /) -> bool:
        """Return whether the other has the same content."""
        ...


Given = TypeVar("Given", bound=Comparable)
Made = TypeVar("Made")


class Recent(Generic[Given, Made]):
    """The last results of a function of a column or frame, which is known again by its content."""

    def __init__(self, make: Callable[[Given], Made], count: int) -> None:
        """Take the function and how many of its results are held at a time, with the columns they were made of."""
        self._make = make
        self._count = count
        self._held: list[tuple[Given, Made]] = []

    def __call__(self, given: Given) -> Made:
        for held, made in self._held:
            if held.equals(given):
                return made
        made = self._make(given)
        self._held = [*self._held, (given, made)][-self._count :]
        return made
