"""A folder that LLaMA-Factory trains from: `dataset_info.json` and each split in both of its formats.

Its loader reads the description with the machine's own encoding, so it is ASCII; takes every column that `columns` does
not name as absent, so all of them are named; and skips, with a line in a log, a conversation whose turns do not
alternate. Here such a row is rejected with its reason instead. Source: LLaMA-Factory `data/README.md` and its loader.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from datakit.lineage import Manifest
from datakit.pack.rows import Row, release_rows, split_rows, write_lines

INFO: Final = "dataset_info.json"
_TURNS: Final = "turns_out_of_order"
_FROM: Final = {"system": "system", "user": "human", "assistant": "gpt"}
_SHAREGPT: Final[dict[str, Any]] = {
    "formatting": "sharegpt",
    "columns": {"messages": "conversations"},
    "tags": {
        "role_tag": "from",
        "content_tag": "value",
        "user_tag": "human",
        "assistant_tag": "gpt",
        "system_tag": "system",
    },
}
_ALPACA: Final[dict[str, Any]] = {
    "formatting": "alpaca",
    "columns": {
        "prompt": "instruction",
        "query": "input",
        "response": "output",
        "system": "system",
        "history": "history",
    },
}


def write_llamafactory(
    version: Path, manifest: Manifest, folder: Path, rejected: list[dict[str, Any]]
) -> dict[str, int]:
    """Write both formats of every split and their description; return the rows of each split.

    The datasets are called `<name>_<split>` (sharegpt) and `<name>_<split>_alpaca`. Rows that the loader would skip are
    appended to `rejected`.
    """
    name = manifest.identity["name"]
    info: dict[str, Any] = {}
    rows: dict[str, int] = {}
    for split in split_rows(manifest):
        fitting = []
        for row in release_rows(version / f"{split}.parquet"):
            problem = _problem(row["messages"])
            if problem is None:
                fitting.append(row)
            else:
                rejected.append({"id": row["id"], "split": split, "reject_reason": _TURNS, "reject_detail": problem})
        rows[split] = len(fitting)
        for suffix, entry, form in (("", _SHAREGPT, _sharegpt), ("_alpaca", _ALPACA, _alpaca)):
            file = f"{split}{suffix or '_sharegpt'}.jsonl"
            write_lines(folder / file, _formed(fitting, form))
            info[f"{name}_{split}{suffix}"] = {"file_name": file, **entry}
    (folder / INFO).write_text(json.dumps(info, ensure_ascii=True, indent=2) + "\n", encoding="ascii")
    return rows


def _formed(rows: Sequence[Row], form: Callable[[Row], Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {"id": row["id"], **form(row)}


def _problem(messages: Sequence[Mapping[str, str]]) -> str | None:
    """Tell why LLaMA-Factory would skip a conversation: one system turn may lead, then user and assistant alternate."""
    roles = [turn["role"] for turn in messages]
    turns = roles[1:] if roles[:1] == ["system"] else roles
    for number, role in enumerate(turns):
        wanted = ("user", "assistant")[number % 2]
        if role != wanted:
            return f"turn {number + 1} is of {role}, expected {wanted}"
    if not turns or len(turns) % 2:
        return f"{len(turns)} turns, expected pairs of user and assistant"
    return None


def _sharegpt(row: Row) -> dict[str, Any]:
    return {"conversations": [{"from": _FROM[turn["role"]], "value": turn["content"]} for turn in row["messages"]]}


def _alpaca(row: Row) -> dict[str, Any]:
    """Return the same conversation, turn by turn: `input` stays empty, since the passage is part of the user's turn."""
    turns = list(row["messages"])
    system = turns.pop(0)["content"] if turns[0]["role"] == "system" else ""
    texts = [turn["content"] for turn in turns]
    history = [list(pair) for pair in zip(texts[:-2:2], texts[1:-2:2], strict=True)]
    return {"instruction": texts[-2], "input": "", "output": texts[-1], "system": system, "history": history}
