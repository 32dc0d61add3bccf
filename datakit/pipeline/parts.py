"""Parts: each batch, once processed, is spilled to the work folder. Finished parts are the checkpoint.

A part is `<number>.rows.parquet`, `<number>.keys.parquet` and `<number>.json`; the JSON is renamed into place last, so
a part that has it is whole. The folder's name is a hash of everything that decides its content: the file's bytes, the
recipe, and this program's own rules. A killed run finds its parts again, and so does a later run over an
input of which other files have changed.
"""

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.lineage import canonical_json, sha256_file
from datakit.pipeline.rows import Processed, Tally

FORMAT: Final = 1
_RULES: Final = (
    "devanagari",
    "langid",
    "matching",
    "readers",
    "screening",
    "stages",
    "record.py",
    "stage.py",
    "pipeline/rows.py",
    "pipeline/withdrawn.py",
    "lineage/identity.py",
)
DONE: Final = "done.json"
_HOME: Final = Path(__file__).parent.parent


@dataclass(frozen=True)
class Part:
    """One finished batch on disk."""

    rows: Path
    keys: Path
    height: int
    live: int
    tallies: dict[str, Tally]


def write_part(folder: Path, number: int, processed: Processed) -> Part:
    """Spill a batch; after a kill at any moment the part is either whole or unknown to `find_part`."""
    folder.mkdir(parents=True, exist_ok=True)
    part = Part(
        _file(folder, number, "rows.parquet"),
        _file(folder, number, "keys.parquet"),
        processed.rows.height,
        processed.keys.height,
        processed.tallies,
    )
    _into_place(part.rows, lambda path: processed.rows.write_parquet(path, compression="lz4", statistics=False))
    _into_place(part.keys, lambda path: processed.keys.write_parquet(path, compression="lz4", statistics=False))
    sizes = [part.rows.stat().st_size, part.keys.stat().st_size]
    note = {
        "sizes": sizes,
        "height": part.height,
        "live": part.live,
        "tallies": {name: asdict(t) for name, t in part.tallies.items()},
    }
    _into_place(_file(folder, number, "json"), lambda path: path.write_text(json.dumps(note), encoding="utf-8"))
    return part


def find_part(folder: Path, number: int) -> Part | None:
    """Return a finished part, or None."""
    try:
        note = json.loads(_file(folder, number, "json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    rows, keys = _file(folder, number, "rows.parquet"), _file(folder, number, "keys.parquet")
    if [path.stat().st_size if path.exists() else None for path in (rows, keys)] != note["sizes"]:
        return None  # a machine that lost power may leave names without content
    tallies = {name: Tally(**tally) for name, tally in note["tallies"].items()}
    return Part(rows, keys, note["height"], note["live"], tallies)


def write_done(folder: Path, count: int) -> None:
    """Note that a file was read to its end, in so many parts."""
    folder.mkdir(parents=True, exist_ok=True)
    _into_place(folder / DONE, lambda path: path.write_text(json.dumps({"parts": count}), encoding="utf-8"))


def finished_parts(folder: Path) -> list[Part] | None:
    """Return all parts of a file that was read to its end; None where it was not."""
    try:
        count = json.loads((folder / DONE).read_text(encoding="utf-8"))["parts"]
    except FileNotFoundError:
        return None
    parts = [find_part(folder, number) for number in range(count)]
    whole = [part for part in parts if part is not None]
    return whole if len(whole) == count else None


def part_key(path: Path, decided_by: dict[str, Any]) -> str:
    """Return the name of the folder for one input: a hash of its bytes and of what decides about its rows."""
    return hashlib.sha256(
        canonical_json(
            {
                "format": FORMAT,
                "content": content_digest(path),
                "rules": rules_digest(),
                "polars": pl.__version__,
                **decided_by,
            }
        )
    ).hexdigest()[:40]


def content_digest(path: Path) -> str:
    """Return the sha256 of a file, or of the names and bytes of all files below a folder."""
    if path.is_file():
        return sha256_file(path)
    digest = hashlib.sha256()
    for file in sorted(item for item in path.rglob("*") if item.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()}\0{sha256_file(file)}\n".encode())
    return digest.hexdigest()


@cache
def rules_digest() -> str:
    """Return a digest of the code and tables that turn bytes into rows: a changed rule must not meet old parts."""
    return _digest_of(*(_HOME / name for name in _RULES))


@cache
def code_digest() -> str:
    """Return a digest of all code and tables of this package: a changed program must not take over an old result."""
    return _digest_of(_HOME)


def _digest_of(*roots: Path) -> str:
    digest = hashlib.sha256()
    for root in roots:
        for file in [root] if root.is_file() else sorted(root.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                digest.update(f"{file.relative_to(_HOME).as_posix()}\0{sha256_file(file)}\n".encode())
    return digest.hexdigest()


def _file(folder: Path, number: int, suffix: str) -> Path:
    return folder / f"{number:06d}.{suffix}"


def _into_place(path: Path, write: Any) -> None:
    # A killed run's orphan, here or on another machine, may still write the same part.
    fresh = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.new")
    write(fresh)
    fresh.replace(path)
