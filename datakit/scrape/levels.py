"""The order of a crawl: level by level, and within a level as one patient reader would meet the links.

A level is whole before the next begins, and the next is chosen by the page that holds a link, then by the link's place
on it. So the pages of a crawl do not depend on which server was quicker, nor on kills, even where `max_pages` cuts.
Nothing of this is written down: a resumed run reads the links of the pages that it has from the pages themselves.
"""

import heapq
from collections.abc import Iterable
from typing import Final

_SLACK: Final = 1_000

Rank = tuple[int, int]
"""Number of the page in its level, number of the link on the page."""


class Levels:
    """The levels of one source in one run; `max_pages` bounds all of them together."""

    def __init__(self, *, max_pages: int) -> None:
        self._max_pages = max_pages
        self._seen: set[str] = set()
        self._found: dict[str, Rank] = {}

    @property
    def room(self) -> int:
        """How many more pages may be chosen."""
        return self._max_pages - len(self._seen)

    def begin(self, urls: Iterable[str]) -> list[str]:
        """Return the first level: the URLs in their order, each once, cut to the room."""
        return self._chosen(dict.fromkeys(urls))

    def note(self, number: int, links: Iterable[str]) -> None:
        """Note the links of page `number` of the level under way."""
        for place, url in enumerate(links):
            rank = (number, place)
            if url not in self._seen and rank < self._found.get(url, (number, place + 1)):
                self._found[url] = rank
        if len(self._found) > 2 * self.room + _SLACK:  # what lies beyond the room now will not come back into it
            self._found = dict(self._first())

    def next(self) -> list[str]:
        """Return the next level: the links noted, in the reader's order, cut to the room left."""
        found, self._found = [url for url, _ in self._first()], {}
        return self._chosen(found)

    def _first(self) -> list[tuple[str, Rank]]:
        return heapq.nsmallest(self.room, self._found.items(), key=lambda item: item[1])

    def _chosen(self, urls: Iterable[str]) -> list[str]:
        chosen = [url for url in urls if url not in self._seen][: self.room]
        self._seen.update(chosen)
        return chosen
