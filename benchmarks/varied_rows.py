"""Input of any size from the 84,002 real rows of `marathi_qa.jsonl.zst`, for measurements of scale; never committed.

    python -m benchmarks.varied_rows OUT.jsonl --rows 840020        or      --gb 5

The first 84,002 rows are the real ones. Each further round goes through them again with, in every row, one content word
in five exchanged for another word of the same rows, at least two in the question and two in the answer, and every
number from ten up for one of as many digits: what it says is of no matter, but it has the length, the script, the
vocabulary and the repeated phrases of the real row, and is a near duplicate of no other. One row in a hundred is
written a second time with a letter of one word doubled, a slip of the hand: a near duplicate in another part of the
file.
Everything follows from the seed and the number of the row.
"""

import argparse
import json
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import zstandard

DATA: Final = (
    Path(os.environ.get("AURORA_DATA", Path(__file__).parents[2] / "shared" / "data")) / "marathi_qa.jsonl.zst"
)
_EXCHANGED: Final = 5  # one content word in so many
_SLIPS: Final = 100  # one row in so many comes twice
_LATER: Final = 20_000  # rows after which the second comes: ten parts away
_COMMON: Final = 300  # most frequent words, which are grammar and stay
_POOL: Final = 20_000  # the words after them, which are exchanged for each other
_WORD: Final = re.compile(r"[\u0900-\u0963\u0970-\u097f]{3,}")
_NUMBER: Final = re.compile(r"[0-9\u0966-\u096f]{2,}")


def lines(path: Path = DATA) -> Iterator[bytes]:
    """Yield the lines of a packed file, with their line feeds."""
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
        rest = b""
        while chunk := stream.read(1 << 20):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (line + b"\n" for line in whole)
        if rest:
            yield rest


def varied(*, seed: int = 0) -> Iterator[bytes]:
    """Yield rows without end."""
    yield from lines()
    pool = _pool()
    known = frozenset(pool)
    late: list[tuple[int, bytes]] = []
    number = 0
    while True:
        for line in lines():
            number += 1
            chance = random.Random(f"{seed}/{number}")
            row: dict[str, Any] = json.loads(line)
            for name in ("question", "answer"):
                if isinstance(row.get(name), str):
                    row[name] = _exchange(row[name], pool, known, chance)
            yield _line(row)
            if number % _SLIPS == 0:
                row["answer"] = _slip(row["answer"], chance)
                late.append((number + _LATER, _line(row)))
            if late and late[0][0] <= number:
                yield late.pop(0)[1]


def _pool() -> list[str]:
    counts: Counter[str] = Counter()
    for at, line in enumerate(lines()):
        if at % 8 == 0:
            counts.update(_WORD.findall(json.loads(line)["answer"]))
    return [word for word, _ in counts.most_common(_COMMON + _POOL)[_COMMON:]]


def _exchange(text: str, pool: list[str], known: frozenset[str], chance: random.Random) -> str:
    words = text.split(" ")
    may = [at for at, word in enumerate(words) if word in known]
    for at in chance.sample(may, min(len(may), max(2, len(may) // _EXCHANGED))):
        words[at] = chance.choice(pool)

    def another(found: re.Match[str]) -> str:
        return "".join(chr(ord(digit) - int(digit) + chance.randrange(10)) for digit in found[0])

    return _NUMBER.sub(another, " ".join(words))


def _slip(text: str, chance: random.Random) -> str:
    found = list(_WORD.finditer(text))
    if not found:
        return text
    at = chance.choice(found).start() + 1
    return text[:at] + text[at] + text[at:]


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def write_rows(
    target: Path, *, rows: int | None = None, max_bytes: int | None = None, seed: int = 0
) -> tuple[int, int]:
    """Write so many rows, or so many bytes of them, as JSON Lines; returns rows and bytes."""
    count = total = 0
    with target.open("wb") as out:
        for line in varied(seed=seed):
            if count == rows or (max_bytes is not None and total >= max_bytes):
                break
            total += out.write(line)
            count += 1
    return count, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("target", type=Path)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--gb", type=float)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    size = None if given.gb is None else int(given.gb * 1e9)
    rows, total = write_rows(given.target, rows=given.rows, max_bytes=size, seed=given.seed)
    print(f"{rows:,} rows, {total / 1e6:,.1f} MB")


if __name__ == "__main__":
    main()
