"""How far a crawl has come: level by level, each a list of URLs in a file, so that a stopped run goes on.

A level is whole before the next begins, and the next is chosen in the order in which one patient reader would meet the
links: by the page that holds them, then by their place on it. So the pages of a crawl do not depend on which server
was quicker, nor on kills, even where `max_pages` cuts.
"""

import heapq
import os
from pathlib import Path
from typing import IO, Final

import orjson

_SLACK: Final = 1_000

Rank = tuple[int, int]
"""Number of the page in its level, number of the link on the page."""


class Levels:
    """The levels of one source in one run, below `folder`; `max_pages` bounds all of them together."""

    def __init__(self, folder: Path, *, max_pages: int) -> None:
        self._folder = folder
        self._max_pages = max_pages
        self._seen: set[str] = set()
        self._found: dict[str, Rank] = {}
        self._notes: IO[bytes] | None = None

    @property
    def room(self) -> int:
        """How many more pages may be chosen."""
        return self._max_pages - len(self._seen)

    def open(self, depth: int) -> list[str] | None:
        """Return the URLs of a level that was chosen before, with the links noted for the next; None if it was not."""
        try:
            urls = [line.decode() for line in self._list(depth).read_bytes().splitlines()]
        except FileNotFoundError:
            return None
        self._seen.update(urls)
        self._begin_notes(depth)
        return urls

    def choose(self, depth: int, urls: list[str] | None = None) -> list[str]:
        """Fix the URLs of a level: those given, or the links noted on the level before; cut to the room left."""
        if urls is None:
            urls = [url for url, _ in heapq.nsmallest(self.room, self._found.items(), key=lambda item: item[1])]
        chosen = [url for url in dict.fromkeys(urls) if url not in self._seen][: self.room]
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._list(depth).with_suffix(".new")
        fresh.write_text("".join(f"{url}\n" for url in chosen), encoding="utf-8")
        fresh.replace(self._list(depth))
        self._seen.update(chosen)
        self._begin_notes(depth)
        return chosen

    def note(self, number: int, links: list[str]) -> None:
        """Note the links of page `number` of the open level. Call it before the page's line goes to the ledger."""
        fresh = []
        for place, url in enumerate(links):
            if url not in self._seen and self._better(url, (number, place)):
                fresh.append((place, url))
        if fresh and self._notes is not None:
            self._notes.write(orjson.dumps([number, fresh]) + b"\n")
            self._notes.flush()
        if len(self._found) > 2 * self.room + _SLACK:  # what is beyond the room now will not come back into it
            kept = heapq.nsmallest(self.room, self._found.items(), key=lambda item: item[1])
            self._found = dict(kept)

    def close(self) -> None:
        """Let go of the open level's file."""
        if self._notes is not None:
            self._notes.close()
        self._notes = None

    def _better(self, url: str, rank: Rank) -> bool:
        known = self._found.get(url)
        if known is None or rank < known:
            self._found[url] = rank
            return True
        return False

    def _begin_notes(self, depth: int) -> None:
        """Open the notes of a level, with what a stopped run has written there; its torn last line is cut off."""
        self.close()
        self._found = {}
        path = self._folder / f"{depth}.links"
        whole = 0
        if path.exists():
            with path.open("rb") as stream:
                for data in stream:
                    if not data.endswith(b"\n"):
                        break
                    whole += len(data)
                    number, links = orjson.loads(data)
                    for place, url in links:
                        if url not in self._seen:
                            self._better(url, (number, place))
            os.truncate(path, whole)
        self._notes = path.open("ab")

    def _list(self, depth: int) -> Path:
        return self._folder / f"{depth}.urls"
