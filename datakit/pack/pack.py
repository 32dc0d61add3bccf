"""Writing a version's splits as JSON Lines in one of the forms that trainers read."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.errors import UsageError
from datakit.lineage import read_manifest, sha256_text
from datakit.pack.template import ChatTemplate

Row = Mapping[str, Any]
_BATCH_ROWS: Final = 10_000
_SHAREGPT: Final = {"system": "system", "user": "human", "assistant": "gpt"}


@dataclass(frozen=True)
class Packed:
    """What was written."""

    folder: Path
    rows: dict[str, int]
    """Rows of each split."""
    rejected: int
    """Rows that hold a control token of the template; they stand in `rejected.jsonl` with the reason."""


def pack(version: Path, folder: Path, *, form: str, template: ChatTemplate | None = None, bos: bool = False) -> Packed:
    """Write `<split>.jsonl` for each split of a version, `pack.json`, and `rejected.jsonl` where rows were refused.

    `form` is one of FORMATS; `text` needs a template. Errors: `UsageError` for anything else, or for a folder in use.
    """
    if form not in FORMATS:
        raise UsageError(f"--as {form}: expected one of {', '.join(FORMATS)}")
    if form == "text" and template is None:
        raise UsageError("--as text: needs --template; the text depends on it")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder}: not empty; give a new folder with --out")
    manifest = read_manifest(version)
    folder.mkdir(parents=True, exist_ok=True)
    rejected: list[dict[str, Any]] = []
    rows = {
        split: _write(version, folder, split, form, template, bos, rejected) for split in manifest.identity["row_roots"]
    }
    if rejected:
        _lines(folder / "rejected.jsonl", rejected)
    note = {
        "version_id": manifest.id,
        "as": form,
        "template": template and {"name": template.name, "sha256": sha256_text(template.source), "bos": bos},
        "rows": rows,
        "rejected": len(rejected),
    }
    (folder / "pack.json").write_text(json.dumps(note, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
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
        for row in _rows(version / f"{split}.parquet"):
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

    _lines(folder / f"{split}.jsonl", packed())
    return count


def _rows(path: Path) -> Iterator[Row]:
    frame = pl.scan_parquet(path).select("id", "messages", "question", "answer", "context", "system")
    total = frame.select(pl.len()).collect().item()
    for start in range(0, total, _BATCH_ROWS):
        yield from frame.slice(start, _BATCH_ROWS).collect().iter_rows(named=True)


def _lines(path: Path, rows: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


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
