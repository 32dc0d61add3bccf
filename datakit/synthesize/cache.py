"""Replies on disk, one line each: what was paid for once is never asked again, whatever ends the run."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

from datakit.errors import OutputError, UsageError
from datakit.lineage import canonical_json, sha256_text

FILE: Final = "replies.jsonl"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server said about one page; `failed` says why there is no text."""

    key: str
    text: str = ""
    failed: str = ""
    finish: str = ""
    tokens: int = 0


def cache_key(page_sha256: str, model: str, prompt_sha256: str) -> str:
    """Return what a reply is known by: the page's words, the model's name and the prompt. No clock, no address."""
    return sha256_text(canonical_json([page_sha256, model, prompt_sha256]).decode())


class Cache:
    """The replies of a folder: an index in memory, the texts on disk. A line that a kill cut off is dropped."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream = stream
        self._path = path
        self._places: dict[str, int] = {}
        self._failed: set[str] = set()
        stream.seek(0)
        at = 0
        for line in stream:
            reply = _parse(line)
            if reply is not None:
                self._note(reply, at)
            elif not line.endswith(b"\n"):
                stream.truncate(at)  # the kill came while this line was written
                break
            at += len(line)

    def has(self, key: str, *, or_failed: bool = True) -> bool:
        """Tell whether there is a reply; `or_failed=False`: one with a text."""
        return key in self._places and (or_failed or key not in self._failed)

    def get(self, key: str) -> Reply | None:
        """Return the last reply under a key, or None."""
        at = self._places.get(key)
        if at is None:
            return None
        self._stream.seek(at)
        return _parse(self._stream.readline())

    def put(self, reply: Reply) -> None:
        """Add a reply; it is on disk when this returns. Errors: `OutputError` where the disk refuses."""
        line = json.dumps(asdict(reply), ensure_ascii=True).encode() + b"\n"
        try:
            at = self._stream.seek(0, os.SEEK_END)
            self._stream.write(line)
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise OutputError(
                f"{self._path}: cannot be written ({error.strerror}); make room and run the same command again"
            ) from error
        self._note(reply, at)

    def _note(self, reply: Reply, at: int) -> None:
        self._places[reply.key] = at
        (self._failed.add if reply.failed else self._failed.discard)(reply.key)


@contextmanager
def open_cache(folder: Path) -> Iterator[Cache]:
    """Open the replies of a folder, alone. Errors: `UsageError` where another run has it, `OutputError` as the disk."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = path.open("a+b")
    except OSError as error:
        raise OutputError(f"{path}: cannot be opened ({error.strerror}); choose another --out") from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"{folder}: another synthesize is at work here; wait for it, or choose another --out"
            ) from None
        yield Cache(stream, path)


def _parse(line: bytes) -> Reply | None:
    try:
        return Reply(**json.loads(line)) if line.endswith(b"\n") else None
    except (ValueError, TypeError):
        return None
