"""Writing a version in one of the forms that trainers, hubs and catalogues read."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from datakit.errors import UsageError
from datakit.lineage import Manifest, read_manifest, sha256_text
from datakit.pack.croissant import write_croissant
from datakit.pack.hub import write_hub
from datakit.pack.llamafactory import write_llamafactory
from datakit.pack.rows import Row, release_rows, write_lines
from datakit.pack.template import ChatTemplate
from datakit.store import clear

_Folder = Callable[[Path, Manifest, Path, list[dict[str, Any]]], dict[str, int]]
NOTE: Final = "pack.json"
"""What was packed, and how: written last, so a folder without it is none of ours."""
_SHAREGPT: Final = {"system": "system", "user": "human", "assistant": "gpt"}


@dataclass(frozen=True)
class Packed:
    """What was written."""

    folder: Path
    rows: dict[str, int]
    """Rows of each split."""
    rejected: int
    """Rows with a control token of the template, or that the form cannot say: in `rejected.jsonl`, with the reason."""


def pack(version: Path, folder: Path, *, form: str, template: ChatTemplate | None = None, bos: bool = False) -> Packed:
    """Write a version's rows into a new folder in the form `form`, one of FORMATS or FOLDERS.

    FORMATS are `<split>.jsonl` for each split, `pack.json`, and `rejected.jsonl` where rows were refused; FOLDERS are
    what their own modules say. `text` needs a template, FOLDERS take none: their readers bring their own. Errors:
    `UsageError` for anything else, or for a folder in use.
    """
    if form not in FORMATS and form not in FOLDERS:
        raise UsageError(f"--as {form}: expected one of {', '.join((*FORMATS, *FOLDERS))}")
    if form == "text" and template is None:
        raise UsageError("--as text: needs --template; the text depends on it")
    if form in FOLDERS and template is not None:
        raise UsageError(f"--as {form} with --template: whoever reads it brings a template; leave it out")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: a file; give a new folder with --out")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder}: not empty; give a new folder with --out")
    manifest = read_manifest(version)
    with _staged(folder) as part:
        packed = _fill(part, version, manifest, form=form, template=template, bos=bos)
    return replace(packed, folder=folder)


@contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside the wanted one and put it in its place at the end; what fails leaves neither."""
    home = folder.resolve()
    part = home.with_name(f".{home.name}.part")
    clear(part)  # of a run that was killed
    try:
        part.mkdir(parents=True)
        yield part
        if home.exists():  # empty, and perhaps the folder that the user stands in
            for file in sorted(part.iterdir(), key=lambda file: file.name == NOTE):
                file.replace(home / file.name)
        else:
            part.rename(home)
    finally:
        clear(part)


def _fill(
    folder: Path, version: Path, manifest: Manifest, *, form: str, template: ChatTemplate | None, bos: bool
) -> Packed:
    rejected: list[dict[str, Any]] = []
    if form in FOLDERS:
        rows = FOLDERS[form](version, manifest, folder, rejected)
    else:
        rows = {
            split: _write(version, folder, split, form, template, bos, rejected)
            for split in manifest.identity["row_roots"]
        }
    if rejected:
        write_lines(folder / "rejected.jsonl", rejected)
    note = {
        "version_id": manifest.id,
        "as": form,
        "template": template and {"name": template.name, "sha256": sha256_text(template.source), "bos": bos},
        "rows": rows,
        "rejected": len(rejected),
    }
    (folder / NOTE).write_text(json.dumps(note, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return Packed(folder, rows, len(rejected))


def _write(
    version: Path,
    folder: Path,
    split: str,
    form: str,
    template: ChatTemplate | None,
    bos: bool,
    rejected: list[dict[str, Any]],
) -> int:
    count = 0

    def packed() -> Iterator[dict[str, Any]]:
        nonlocal count
        for row in release_rows(version / f"{split}.parquet"):
            found = template and next(
                filter(None, (template.special_in(turn["content"]) for turn in row["messages"])), None
            )
            if found:
                detail = f"the text holds {found}, a control token of {template.name}" if template else None
                rejected.append(
                    {"id": row["id"], "split": split, "reject_reason": "special_token_in_text", "reject_detail": detail}
                )
                continue
            count += 1
            if template is not None and form == "text":
                yield {"id": row["id"], "text": template.render(row["messages"], bos=bos)}
            else:
                yield {"id": row["id"], **FORMATS[form](row)}

    write_lines(folder / f"{split}.jsonl", packed())
    return count


def _messages(row: Row) -> dict[str, Any]:
    return {"messages": row["messages"]}


def _alpaca(row: Row) -> dict[str, Any]:
    asked = [turn["content"] for turn in row["messages"] if turn["role"] != "system"][:-2]
    history = [list(pair) for pair in zip(asked[::2], asked[1::2], strict=False)]
    return {
        "instruction": row["question"],
        "input": row["context"] or "",
        "output": row["answer"],
        "system": row["system"] or "",
        "history": history,
    }


def _sharegpt(row: Row) -> dict[str, Any]:
    return {"conversations": [{"from": _SHAREGPT[turn["role"]], "value": turn["content"]} for turn in row["messages"]]}


FORMATS: Final[dict[str, Callable[[Row], dict[str, Any]]]] = {
    "messages": _messages,
    "alpaca": _alpaca,
    "sharegpt": _sharegpt,
    "text": _messages,
}
"""How a row becomes the fields of a line; `text` is rendered by the template instead."""

FOLDERS: Final[dict[str, _Folder]] = {
    "hf": lambda version, manifest, folder, _: write_hub(version, manifest, folder),
    "croissant": lambda version, manifest, folder, _: write_croissant(version, manifest, folder),
    "llamafactory": write_llamafactory,
}
"""How a version becomes a folder of several files; rows that the form cannot say go to the list given last."""
