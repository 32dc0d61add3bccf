"""A Hugging Face dataset folder, read without that library: written by `save_to_disk`, or a hub folder of Parquet."""

import json
from collections.abc import Iterator
from pathlib import Path

from datakit.readers.document import Document
from datakit.readers.row import Row, reject
from datakit.readers.sniff import guess
from datakit.readers.source import dataset_kind, is_ignored


def members(document: Document) -> Iterator[Document | Row]:
    """Yield the shards of every split, in order of their names."""
    folder = document.path
    assert folder is not None
    if dataset_kind(folder) == "saved":
        yield from _saved(folder, document.name)
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not is_ignored(path.name):
            with path.open("rb") as stream:
                head = stream.read(4096)
            yield _shard(path, f"{document.name}/{path.relative_to(folder).as_posix()}", guess(path.name, head))


def _saved(folder: Path, name: str) -> Iterator[Document | Row]:
    if (folder / "dataset_dict.json").is_file():
        splits = _json(folder / "dataset_dict.json").get("splits")
        for split in splits if isinstance(splits, list) else []:
            if isinstance(split, str) and (folder / split).resolve().is_relative_to(folder.resolve()):
                yield from _saved(folder / split, f"{name}/{split}")
        return
    state = _json(folder / "state.json")
    files = state.get("_data_files")
    shards = [entry.get("filename") for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
    if not shards:
        detail = (
            "found no shards named in state.json; expected _data_files with a filename each; save the dataset again"
        )
        yield reject(name, "unreadable_file", detail)
    for shard in shards:
        path = folder / str(shard)
        if not path.resolve().is_relative_to(folder.resolve()):
            yield reject(
                name,
                "unsafe_path",
                f"found the shard {shard!r}, which leads out of the folder; expected one inside; save the "
                "dataset again",
            )
        elif not path.is_file():
            yield reject(
                name,
                "truncated_file",
                f"found no shard {shard}; expected it beside state.json; fetch the dataset again",
            )
        else:
            yield _shard(path, f"{name}/{shard}", "arrow")


def _shard(path: Path, name: str, kind: str) -> Document:
    return Document(name=name, format=kind, open=lambda: path.open("rb"), size=path.stat().st_size, path=path)


def _json(path: Path) -> dict[str, object]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
