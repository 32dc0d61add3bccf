"""docs/stages.md: every stage with its options, reasons and the columns it writes, read from the code itself."""

import ast
import inspect
import io
import json
import textwrap
import tokenize
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from datakit.readers.reasons import DRAFT_REASONS, FILE_REASONS, ROW_REASONS
from datakit.stages import STAGES
from tools.docs.blocks import table

HEAD = """# Stages

Written by `make docs` from `datakit.stages.STAGES`; do not edit.

A stage marks rows, it never drops one: rows in = rows kept + rows rejected. A **row stage** judges each row by itself,
a **corpus stage** compares rows with each other. In a recipe a stage stands as

```toml
[[stage]]
use = "length"
max_question_chars = 300   # any option of the tables below; what is left out keeps its default
```
"""


@dataclass(frozen=True)
class Option:
    """One option of a stage as its author wrote it."""

    name: str
    kind: str
    default: str
    text: str


def stages_table() -> str:
    """Return the short table for the README."""
    rows = [
        [f"[`{name}`](docs/stages.md#{name})", _first_sentence(stage), _reasons(stage)]
        for name, stage in STAGES.items()
    ]
    return table(["stage", "what it does", "reasons it may give"], rows)


def stages_page(golden: Path) -> str:
    """Return the page; `golden` is the folder of the stages' cases, whose `why` explains each reason."""
    sections = [
        HEAD.rstrip(),
        *(_section(name, stage, golden / f"{name}.jsonl") for name, stage in STAGES.items()),
        _readers(),
    ]
    return "\n\n".join(sections) + "\n"


def options(stage: type[Any]) -> list[Option]:
    """Return a stage's options with type, default and the text that its author wrote at them.

    The text is the docstring below the option, or the comment beside it, or the comment lines above it.
    """
    source = textwrap.dedent(inspect.getsource(stage))
    comments = {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    defaults = {field.name: field.default if field.default is not MISSING else None for field in fields(stage)}
    hints = get_type_hints(stage)
    found: list[Option] = []
    lines = source.splitlines()
    for node, after in zip(body.body, [*body.body[1:], None], strict=True):
        if (
            not isinstance(node, ast.AnnAssign)
            or not isinstance(node.target, ast.Name)
            or node.target.id not in defaults
        ):
            continue
        text = comments.get(node.end_lineno or node.lineno, "") or _above(lines, node.lineno, comments)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            text = after.value.value
        name = node.target.id
        choices = get_args(hints[name]) if get_origin(hints[name]) is Literal else ()
        kind = " or ".join(map(_value, choices)) if choices else ast.unparse(node.annotation)
        found.append(Option(name, kind, _value(defaults[name]), text))
    return found


def _above(lines: list[str], number: int, comments: Mapping[int, str]) -> str:
    """Return the comment lines right above a line, as one text."""
    first = number
    while first - 1 in comments and lines[first - 2].lstrip().startswith("#"):
        first -= 1
    return " ".join(comments[line] for line in range(first, number))


def _section(name: str, stage: type[Any], cases: Path) -> str:
    kind = "Corpus stage" if hasattr(stage, "keys") else "Row stage"
    writes = ", ".join(f"`{column}`" for column in stage.writes) or "nothing but its verdict"
    parts = [f"## {name}", inspect.getdoc(stage) or "", f"{kind}; writes {writes}."]
    chosen = options(stage)
    if chosen:
        rows = [[f"`{option.name}`", f"`{option.kind}`", f"`{option.default}`", option.text] for option in chosen]
        parts.append(table(["option", "type", "default", "meaning"], rows))
    if stage.reasons:
        examples = _examples(cases)
        rows = [[f"`{reason}`", examples.get(reason, "")] for reason in stage.reasons]
        parts.append(table(["reason", "for example"], rows))
    return "\n\n".join(parts)


def _examples(cases: Path) -> dict[str, str]:
    """Return the `why` of the first golden case of each reason."""
    examples: dict[str, str] = {}
    if not cases.exists():
        return examples
    for line in cases.read_text(encoding="utf-8").splitlines():
        case = json.loads(line) if line.strip() else {}
        rejects = [case.get("reject"), *(row.get("reject") for row in case.get("out", []) if isinstance(row, Mapping))]
        for reason in rejects:
            if reason:
                examples.setdefault(reason, case["why"])
    return examples


def _readers() -> str:
    rows = [[f"`{reason}`", text] for reason, text in {**FILE_REASONS, **ROW_REASONS, **DRAFT_REASONS}.items()]
    text = "Before any stage a reader may reject a file or a row, always with its place:"
    return f"## Readers\n\n{text}\n\n{table(['reason', 'what was wrong'], rows)}"


def _reasons(stage: type[Any]) -> str:
    return ", ".join(f"`{reason}`" for reason in stage.reasons) or "none"


def _first_sentence(stage: type[Any]) -> str:
    paragraph = " ".join((inspect.getdoc(stage) or "").split("\n\n")[0].split())
    return paragraph.split(". ")[0].rstrip(".")


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
