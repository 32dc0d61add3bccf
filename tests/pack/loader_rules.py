"""What LLaMA-Factory's loader does with a folder, told in our own words.

It looks a dataset up in `dataset_info.json`, reads its file, takes a column as absent unless `columns` names it, and
turns each line into a system text, earlier turns and an answer. A conversation whose turns do not alternate it skips.
"""

import json
from pathlib import Path
from typing import Any

Conversation = tuple[str, list[tuple[str, str]], str]
"""System text, turns before the answer as (role, text), the answer."""


def load(folder: Path, name: str) -> list[Conversation | None]:
    """Read a dataset; None stands for a line that the loader would skip."""
    entry = json.loads((folder / "dataset_info.json").read_text(encoding="ascii"))[name]
    lines = (folder / entry["file_name"]).read_text(encoding="utf-8").splitlines()
    read = {"alpaca": _alpaca, "sharegpt": _sharegpt}[entry.get("formatting", "alpaca")]
    return [read(json.loads(line), entry) for line in lines]


def _alpaca(row: dict[str, Any], entry: dict[str, Any]) -> Conversation:
    """Question and input make one turn, parted by a line feed; history is a list of pairs."""
    columns = entry["columns"]

    def cell(role: str) -> Any:
        return row[columns[role]] if role in columns else None

    turns = [
        (role, text) for pair in cell("history") or [] for role, text in zip(("user", "assistant"), pair, strict=True)
    ]
    turns.append(("user", "\n".join(filter(None, [cell("prompt"), cell("query")]))))
    assert isinstance(cell("response"), str)
    return cell("system") or "", turns, cell("response")


def _sharegpt(row: dict[str, Any], entry: dict[str, Any]) -> Conversation | None:
    """A first turn of the system's is taken off; then the user's and the assistant's alternate, in pairs."""
    tags = entry["tags"]
    roles = {tags["user_tag"]: "user", tags["assistant_tag"]: "assistant"}
    turns = [(turn[tags["role_tag"]], turn[tags["content_tag"]]) for turn in row[entry["columns"]["messages"]]]
    system = turns.pop(0)[1] if turns and turns[0][0] == tags["system_tag"] else ""
    named = [(roles.get(role, "?"), text) for role, text in turns]
    wanted = [("user", "assistant")[number % 2] for number in range(len(named))]
    if not named or len(named) % 2 or [role for role, _ in named] != wanted:
        return None
    return system, named[:-1], named[-1][1]
