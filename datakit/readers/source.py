"""Find the inputs below a folder. Nothing is read but the first bytes of each file."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from datakit.errors import InputError
from datakit.readers.sniff import guess

IGNORED: Final = (
    "sources.toml", "readme", "readme.*", "license*", "licence*", "*.tmp", "thumbs.db", "__macosx",
    "scrape-ledger.jsonl",
)  # fmt: skip

HEAD_BYTES: Final = 4096


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input: `name` is its path below raw/ with forward slashes, `format` a guess, `size` in bytes."""

    name: str
    path: Path
    size: int
    format: str


def discover(raw: Path) -> list[Input]:
    """Return the inputs below `raw`, sorted by name; a single file is an input too.

    Left out: hidden files, sources.toml, the ledger of `datakit scrape`, README, LICENSE, *.tmp. A saved Hugging Face
    dataset is one input. A link that leads out of `raw` is an input whose reading says so: it is never followed.
    Errors: `InputError` where there is nothing to look at.
    """
    if raw.is_file():
        return [_file(raw, raw.name)]
    if not raw.is_dir():
        raise InputError(f"{raw}: found no such folder; expected a folder of sources; create it, or name the right one")
    root = raw.resolve()
    return sorted(_below(raw, root, ""), key=lambda found: found.name)


def is_ignored(name: str) -> bool:
    """Tell whether a file or folder of this name is no data."""
    return name.startswith(".") or any(fnmatch(name.casefold(), pattern) for pattern in IGNORED)


def dataset_kind(folder: Path) -> str | None:
    """Tell a folder written by `save_to_disk` (`saved`) or a hub folder, a card with its header and Parquet (`hub`)."""
    if (folder / "dataset_dict.json").is_file() or (
        (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file()
    ):
        return "saved"
    card = folder / "README.md"
    if card.is_file() and any(folder.rglob("*.parquet")):
        with card.open("rb") as stream:
            return "hub" if stream.read(4).startswith(b"---") else None
    return None


def _below(folder: Path, root: Path, prefix: str) -> Iterator[Input]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield Input(name=prefix.rstrip("/") or folder.name, path=folder, size=0, format="unreadable")
        return
    for entry in entries:
        if is_ignored(entry.name):
            continue
        # A name that is not UTF-8 is shown with \xNN; the path keeps its bytes.
        path, name = Path(entry.path), prefix + os.fsencode(entry.name).decode("utf-8", "backslashreplace")
        if entry.is_symlink() and not _inside(path, root):
            yield Input(name=name, path=path, size=0, format="outside")
        elif entry.is_dir(follow_symlinks=False):
            if dataset_kind(path):
                size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
                yield Input(name=name, path=path, size=size, format="dataset")
            else:
                yield from _below(path, root, f"{name}/")
        elif not (entry.is_symlink() and path.is_dir()):  # a linked folder inside raw is found where it really stands
            yield _file(path, name)


def _inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # it leads nowhere, or in a circle
        return False


def _file(path: Path, name: str) -> Input:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # opening a pipe would wait for ever
            return Input(name=name, path=path, size=0, format="not a file")
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError:
        return Input(name=name, path=path, size=0, format="unreadable")
    return Input(name=name, path=path, size=found.st_size, format=guess(name, head))
