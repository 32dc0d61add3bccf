"""Where what was fetched lies below raw/: each page once, named by the SHA-256 of its bytes."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from datakit.errors import OutputError, UsageError
from datakit.readers.scraped import FOLDER, LEDGER
from datakit.scrape.body import Stored

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; two runs at once are then the user's care
    fcntl = None  # type: ignore[assignment]

_OURS: Final = re.compile(r"[0-9a-f]{64}\.[a-z]+")


class Shelf:
    """The folder `raw/scraped`: pages in the open, the rest in hidden folders that `datakit curate` passes over."""

    def __init__(self, raw: Path) -> None:
        self.home = raw / FOLDER
        self.ledger = self.home / LEDGER
        self._work = self.home / ".work"
        self._count = 0

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the right to write here; the kernel gives it back when the process ends.

        Errors: `UsageError` where another scrape holds it, `OutputError` where the folder cannot be made.
        """
        try:
            self._work.mkdir(parents=True, exist_ok=True)
            stream = (self.home / ".lock").open("w")
        except OSError as error:
            raise OutputError(
                f"{self.home}: {error.strerror or error}; expected a folder to write to; name another with --into"
            ) from error
        with stream:
            if fcntl is not None:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise UsageError(f"{self.home}: another scrape writes here; wait for it or use --into") from None
            for stale in self._work.iterdir():
                stale.unlink()
            yield

    def scratch(self) -> Path:
        """Return a new path for a body that is still coming."""
        self._count += 1
        return self._work / f"{self._count}.part"

    def keep(self, stored: Stored, source: str, suffix: str) -> str:
        """Move a body to its place among a source's pages; return that path below raw/."""
        return self._move(stored, self.home / source, suffix)

    def keep_aside(self, stored: Stored, suffix: str) -> str:
        """Move a robots.txt or a sitemap to where no reader looks; return its path below raw/."""
        return self._move(stored, self.home / ".support", suffix)

    def holds(self, file: str, size: int) -> bool:
        """Tell whether a file that the ledger names is there in its size."""
        try:
            return self.path(file).stat().st_size == size
        except OSError:
            return False

    def path(self, file: str) -> Path:
        """Return the path of a file that the ledger names."""
        return self.home.parent / file

    def set_aside(self, current: set[str]) -> int:
        """Move the pages that no URL leads to any more out of the readers' sight; return how many went.

        They are kept: `.superseded/<source>/<sha256>.html` is what the ledger's older lines speak of.
        """
        moved = 0
        for folder in sorted(self.home.iterdir()):
            if folder.name.startswith(".") or not folder.is_dir():
                continue
            for page in sorted(folder.iterdir()):
                if _OURS.fullmatch(page.name) and f"{FOLDER}/{folder.name}/{page.name}" not in current:
                    target = self.home / ".superseded" / folder.name
                    target.mkdir(parents=True, exist_ok=True)
                    page.replace(target / page.name)
                    moved += 1
        return moved

    def _move(self, stored: Stored, folder: Path, suffix: str) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{stored.sha256}{suffix}"
        stored.path.replace(target)
        return target.relative_to(self.home.parent).as_posix()
