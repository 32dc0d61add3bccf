"""The log of decisions: `curated/<name>/decisions.jsonl`, appended to and never rewritten.

A line is one write to a descriptor opened for appending, under a lock that all reviewers of this file share, after
the lines that others added have been read. So two tabs, or two reviewers, lose nothing, and the second to decide a row
is told of the first.
"""

import contextlib
import os
from collections import defaultdict
from pathlib import Path
from typing import Final

from datakit.decisions.decision import Decision, check, parse
from datakit.decisions.resolve import Standing, last, resolve, standing
from datakit.errors import InputError, OutputError, UsageError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; one reviewer at a time is then the user's care
    fcntl = None  # type: ignore[assignment]

DECISIONS: Final = "decisions.jsonl"


def decisions_file(curated: Path, name: str) -> Path:
    """Return where the decisions about a dataset lie: beside its versions."""
    return curated / name / DECISIONS


class DecidedMeanwhile(UsageError):  # noqa: N818 - it is a state, shown to the person as a new card
    """Somebody else decided about the row since it was looked at; `now` is their decision, None: undone."""

    def __init__(self, now: Decision | None) -> None:
        self.now = now
        what = f"{now.action}{f' by {now.by}' if now.by else ''}" if now else "its decision was undone"
        super().__init__(f"row decided meanwhile: {what}; look again and decide")


class DecisionLog:
    """A log on disk as far as it has been read; every call reads what was added since. A missing file has no lines.

    Errors of every call: `InputError` that names the file and each line that is no decision.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._resolved: Standing | None = None  # of the lines read so far: a page asks many times between two lines
        self._forget()

    def standing(self) -> Standing:
        """Return the decisions that stand now."""
        self._refresh()
        try:
            found = self._resolved or resolve(self._known.values())
        except ValueError as error:
            raise InputError(f"{self.path}: {error}; put it back, from a backup or from version control") from error
        self._resolved = found
        return found

    def last(self, row: str) -> tuple[str, ...]:
        """Return the ids of the last lines about a row, which the next one about it replaces."""
        self._refresh()
        return self._last(row)

    def decision(self, row: str) -> Decision | None:
        """Return what stands about a row; None where nothing does, or where it is contested."""
        self._refresh()
        return self._decision(row)

    def append(self, decision: Decision) -> Decision:
        """Write a decision, durably, and return it.

        Errors: `ValueError` where it makes no sense, `DecidedMeanwhile` where `replaces` is no longer the last line
        about its row, `OutputError` where the disk refuses.
        """
        check(decision)
        line = decision.line()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                if fcntl is not None:
                    fcntl.flock(descriptor, fcntl.LOCK_EX)  # given back by close
                self._refresh(locked=True)
                if self._last(decision.row) != decision.replaces:
                    raise DecidedMeanwhile(self._decision(decision.row))
                _write(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise OutputError(f"{self.path}: the decision was not written ({error}); make room and decide again") from (
                error
            )
        self._refresh()
        return decision

    def _decision(self, row: str) -> Decision | None:
        found = standing(self._by_row.get(row, ()), self._known)
        return found[0] if len(found) == 1 else None

    def _last(self, row: str) -> tuple[str, ...]:
        return tuple(one.id for one in last(self._by_row.get(row, ())))

    def _forget(self) -> None:
        self._read_bytes = 0
        self._lines = 0
        self._resolved = None
        self._known: dict[str, Decision] = {}
        self._by_row: defaultdict[str, list[Decision]] = defaultdict(list)

    def _refresh(self, *, locked: bool = False) -> None:
        try:
            with self.path.open("rb") as stream:
                if fcntl is not None and not locked:
                    fcntl.flock(stream, fcntl.LOCK_SH)  # no half of a line that is being written
                if os.fstat(stream.fileno()).st_size < self._read_bytes:
                    self._forget()  # another file lies here now
                stream.seek(self._read_bytes)
                added = stream.read()
        except FileNotFoundError:
            self._forget()
            return
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read ({error.strerror})") from error
        if added:
            self._take(added)

    def _take(self, added: bytes) -> None:
        problems: list[str] = []
        found: list[Decision] = []
        lines = added.split(b"\n")
        if lines[-1]:
            problems.append(f"line {self._lines + len(lines)}: cut short, without its line feed; delete it")
        for number, line in enumerate(lines[:-1], start=self._lines + 1):
            if not line.strip():
                continue
            try:
                found.append(parse(line))
            except ValueError as error:
                problems.append(f"line {number}: {error}")
        if problems:
            listed = "\n".join(f"  - {problem}" for problem in problems)
            raise InputError(f"{self.path}: {len(problems)} problem(s); mend or delete these lines:\n{listed}")
        self._read_bytes += len(added)
        self._lines += len(lines) - 1
        self._resolved = None
        for decision in found:
            if decision.id not in self._known:
                self._known[decision.id] = decision
                self._by_row[decision.row].append(decision)


def _write(descriptor: int, line: bytes) -> None:
    """Write a whole line to the disk, or nothing: what a full disk took of it is cut off again."""
    before = os.fstat(descriptor).st_size
    try:
        if os.write(descriptor, line) != len(line):
            raise OSError("the disk took a part of the line only")
        os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, before)
        raise
