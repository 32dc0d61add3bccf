"""One decision of a person about one row, and its line in the log."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final

from datakit.lineage import sha256_text, version_id

ACTIONS: Final = ("accept", "reject", "edit", "undo")
REJECTED: Final = "rejected_by_person"
"""The reason of a row that a person rejected."""
EDITED: Final = "edited_by_person"
"""The change of a row whose question or answer a person rewrote."""

NEVER: Final = frozenset(
    [
        "exact_duplicate",  # its text is in the version already
        "in_evaluation_set",  # a model trained on it would be judged by it
        "withdrawn_source",  # the right to use it is gone
    ]
)
"""Reasons for which a row stays out, whatever people say."""
NEEDS_TEXT: Final = frozenset(
    [
        "empty_question",
        "empty_answer",
        "special_token_in_text",  # a model would read it as control: a template injection
        "stage_failed",  # what the stages after it never saw cannot be let through
    ]
)
"""Reasons for which a row comes back with another text only, like everything that a reader rejected."""
READ: Final = "read"
"""The stage name of what a reader itself rejects."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_FAULT: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_LISTS: Final = ("also", "overrules")
_UNHASHED: Final = ("file", "locator", "version", "by", "at")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a person said of a row. `file` and the fields after it tell where and when, and are never hashed."""

    action: str
    """`accept`, `reject`, `edit`, or `undo`: what `replaces` names no longer stands, what it had replaced does."""
    row: str
    """`raw_sha256` of the row."""
    also: tuple[str, ...] = ()
    """`raw_sha256` of the rows that were merged into it when it was looked at: a rejection or an edit holds for them
    too, or else one of them would take its place with the very text that the person found wrong."""
    overrules: tuple[str, ...] = ()
    """The faults, as `stage.reason`, that the person saw and let pass. Any other fault rejects the row all the same."""
    question: str | None = None
    answer: str | None = None
    """The texts that replace the row's; both or none."""
    note: str = ""
    """Why, in the person's own words."""
    replaces: tuple[str, ...] = ()
    """The ids of the last lines about this row until now: none or one; several where two people had been at odds."""

    file: str = ""
    locator: str = ""
    version: str = ""
    """The version in which the row was looked at."""
    by: str = ""
    at: str = ""
    """Date and time in UTC, ISO 8601."""

    @cached_property
    def id(self) -> str:
        """The sha256 of what is said, of whom, and of what it replaces."""
        return version_id({**self.says(), "note": self.note, "replaces": sorted(self.replaces)})

    def says(self) -> dict[str, Any]:
        """Return what the decision does, as canonical JSON can hold it; empty fields are left out."""
        body = {name: getattr(self, name) for name in ("action", "row", "question", "answer")}
        lists = {name: sorted(set(getattr(self, name))) for name in _LISTS}
        return {name: value for name, value in {**body, **lists}.items() if value not in (None, [])}

    def identity(self) -> dict[str, Any]:
        """Return the entry in a version's `identity.decisions`: what it does and why, not what it replaced.

        New texts are there by their digests: a manifest stays when a source is withdrawn, and no text may stay with it.
        """
        said = self.says()
        texts = {f"{name}_sha256": sha256_text(said.pop(name)) for name in ("question", "answer") if name in said}
        return {**said, **texts, **({"note": self.note} if self.note else {})}

    def line(self) -> bytes:
        """Return the line of the log, its line feed included."""
        rest = {name: getattr(self, name) for name in ("note", *_UNHASHED) if getattr(self, name)}
        replaces = {"replaces": sorted(self.replaces)} if self.replaces else {}
        return json.dumps({"id": self.id, **self.says(), **replaces, **rest}, ensure_ascii=False).encode() + b"\n"


_NAMES: Final = tuple(field.name for field in fields(Decision))


def parse(line: bytes) -> Decision:
    """Read a line of the log. Errors: `ValueError` that tells what was found and what was expected."""
    try:
        body = json.loads(line)
    except ValueError as error:
        raise ValueError(f"not JSON ({error})") from error
    if not isinstance(body, Mapping):
        raise ValueError(f"found {type(body).__name__}, expected an object")
    strange = sorted(body.keys() - {*_NAMES, "id"})
    if strange:
        raise ValueError(f"unknown field {', '.join(strange)}; expected {', '.join(_NAMES)}")
    lists = (*_LISTS, "replaces")
    for name in lists:
        value = body.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValueError(f"{name} is {value!r}, expected a list of texts")
    for name in _NAMES:
        if name not in lists and name in body and not isinstance(body[name], str):
            raise ValueError(f"{name} is {body[name]!r}, expected text")
    values: dict[str, Any] = {"action": "", "row": ""} | {name: body[name] for name in _NAMES if name in body}
    decision = Decision(**values | {name: tuple(sorted(set(body.get(name, ())))) for name in lists})
    check(decision)
    if "id" in body and body["id"] != decision.id:
        raise ValueError(f"the id is {body['id']}, but the line hashes to {decision.id}: it was changed or damaged")
    return decision


def check(decision: Decision) -> None:
    """Raise `ValueError` where the fields make no decision."""
    if decision.action not in ACTIONS:
        raise ValueError(f"action is {decision.action!r}, expected one of {', '.join(ACTIONS)}")
    for name, digests in (("row", (decision.row,)), ("also", decision.also), ("replaces", decision.replaces)):
        for digest in digests:
            if not _DIGEST.fullmatch(digest):
                raise ValueError(f"{name} holds {digest!r}, expected a sha256, 64 hex digits")
    for fault in decision.overrules:
        if not _FAULT.fullmatch(fault):
            raise ValueError(f"overrules holds {fault!r}, expected stage.reason such as length.question_too_short")
        stage, _, reason = fault.partition(".")
        if stage == READ or reason in NEVER | NEEDS_TEXT:
            raise ValueError(
                f"overrules holds {fault}, which no person may overrule; another text may help: action edit"
            )
    if (decision.question is None) != (decision.answer is None):
        raise ValueError("one of question and answer is missing; a new text needs both")
    if decision.action == "edit" and decision.question is None:
        raise ValueError("an edit without question and answer; expected both new texts")
    for name in ("question", "answer"):
        text = getattr(decision, name)
        if text is not None and not text.strip():
            raise ValueError(f"{name} is empty; expected text, or action reject")
    if decision.action in ("reject", "undo") and (decision.question is not None or decision.overrules):
        raise ValueError(f"{decision.action} with a text or with overrules; expected neither")
    if decision.action == "undo" and not decision.replaces:
        raise ValueError("an undo without replaces; expected the id of the decision to take back")
