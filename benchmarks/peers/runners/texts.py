"""What every runner does: read the texts, time the work, print one line. Standard library only."""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of all JSON Lines files of a folder, file by file."""
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as file:
            for line in file:
                yield json.loads(line)


def texts(folder: Path) -> list[str]:
    """Return the texts of a folder: `text`, or question and answer with a line break between."""
    return [row.get("text") or f"{row['question']}\n{row['answer']}" for row in rows(folder)]


def megabytes(found: list[str]) -> float:
    """Return the size of texts as UTF-8, in units of 10^6 bytes."""
    return sum(len(text.encode()) for text in found) / 1e6


def cpu_seconds() -> float:
    """Return user and system seconds of this process and its children that ended."""
    used = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        one = resource.getrusage(who)
        used += one.ru_utime + one.ru_stime
    return used


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Do the work; return its result, the CPU and the wall seconds it took."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    result = work()
    return result, cpu_seconds() - cpu, time.perf_counter() - wall


def report(**found: Any) -> None:
    """Print the one line that the comparison reads."""
    sys.stdout.write("\n" + json.dumps(found, ensure_ascii=False) + "\n")


def lines_in(folder: Path, pattern: str) -> int:
    """Return the number of lines in the files of a folder that match."""
    total = 0
    for path in folder.rglob(pattern):
        with path.open("rb") as file:
            total += sum(1 for _ in file)
    return total
