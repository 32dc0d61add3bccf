"""The gate's report: everything in verify.json, what a person wants to know in verify.md."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from export.verify.check import FileReport


def write_report(folder: Path, files: Sequence[FileReport], *, facts: Mapping[str, Any], name: str) -> None:
    """Write verify.json and verify.md into a folder."""
    body = {"name": name, "passed": passed(files), **facts, "files": [_as_json(file) for file in files]}
    text = json.dumps(body, ensure_ascii=False, indent=2) + "\n"
    (folder / "verify.json").write_text(text, encoding="utf-8")
    (folder / "verify.md").write_text(markdown(files, facts=facts, name=name), encoding="utf-8")


def passed(files: Sequence[FileReport]) -> bool:
    """Tell whether there is a file and every check of every file passed."""
    return bool(files) and all(file.passed for file in files)


def _as_json(file: FileReport) -> dict[str, Any]:
    return {**asdict(file), "passed": file.passed}


def markdown(files: Sequence[FileReport], *, facts: Mapping[str, Any], name: str) -> str:
    """Return the short report."""
    verdict = "passed" if passed(files) else "FAILED: nothing was published"
    lines = [
        f"# Verification of {name}: {verdict}",
        "",
        "Each file was opened by llama.cpp itself and held against the Hugging Face model (base and adapter, unmerged) "
        f"in {facts.get('reference_dtype', 'float32')}, on {facts.get('conversations_compared', 0)} conversations "
        f"({facts.get('tokens_compared', 0)} tokens) and the texts of {facts.get('dataset', 'no dataset')}.",
        "",
    ]
    for file in files:
        lines += [
            f"## {file.file}",
            "",
            f"{file.type}, {file.bytes / 1e6:,.0f} MB, checked in {file.seconds:.0f} s",
            "",
        ]
        lines += ["| check | | what was found |", "|---|---|---|"]
        lines += [f"| {c.name} | {'ok' if c.passed else 'FAILED'} | {_cell(c.says)} |" for c in file.checks]
        lines.append("")
        for check in file.checks:
            if not check.passed:
                lines += [f"- {check.name}: `{_code(difference)}`" for difference in check.differences]
    answers: list[dict[str, Any]] = next(
        (c.figures["answers"] for f in files for c in f.checks if c.name == "answers"), []
    )
    if answers:
        lines += ["", "## Greedy answers of the first file", ""]
        lines += [f"- {_cell(a['question'])}\n  → {_cell(a['file'])}" for a in answers]
        lines += ["", "What a model says is not thereby true; the answers show that file and model agree."]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _code(text: str) -> str:
    return " ".join(text.replace("`", "'").split())
