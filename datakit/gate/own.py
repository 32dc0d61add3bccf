"""A user's own suite: Great Expectations' JSON, of version 1 or of the years before it."""

import difflib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from datakit.errors import InputError, UsageError
from datakit.gate.expectation import Expectation


def load_own(path: Path, known: Collection[str] | None) -> list[Expectation]:
    """Return the expectations of the suite in a JSON file; `known` are the types there are, None lets any type pass.

    Ids are `<suite>:<number>`. An entry without `severity` is critical; `info` counts as a warning. Errors:
    `InputError` where the file cannot be read, `UsageError` with every entry that makes no sense.
    """
    try:
        body = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a suite as JSON") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); expected a suite of Great Expectations") from error
    entries = body.get("expectations") if isinstance(body, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise UsageError(
            f'{path}: found no list `expectations`, expected {{"name": …, "expectations": [{{"type": …}}]}}'
        )
    name = str(body.get("name") or body.get("expectation_suite_name") or path.stem)
    problems: list[str] = []
    found = [_entry(entry, f"{name}:{number}", name, known, problems) for number, entry in enumerate(entries, start=1)]
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise UsageError(f"{path}: {len(problems)} of {len(entries)} expectations make no sense:\n{listed}")
    return [expectation for expectation in found if expectation is not None]


def _entry(entry: Any, place: str, name: str, known: Collection[str] | None, problems: list[str]) -> Expectation | None:
    if not isinstance(entry, Mapping):
        problems.append(f"{place}: found {entry!r}, expected an object with `type` and `kwargs`")
        return None
    kind = str(entry.get("type") or entry.get("expectation_type"))
    if known is not None and kind not in known:
        close = difflib.get_close_matches(kind, list(known), n=1)
        problems.append(f"{place}: no expectation {kind!r}{f' (did you mean {close[0]!r}?)' if close else ''}")
        return None
    kwargs, severity = entry.get("kwargs", {}), entry.get("severity", "critical")
    if not isinstance(kwargs, Mapping):
        problems.append(f"{place} ({kind}): `kwargs` is {kwargs!r}, expected an object")
        return None
    if severity not in ("critical", "warning", "info"):
        problems.append(f"{place} ({kind}): `severity` is {severity!r}, expected critical, warning or info")
        return None
    return Expectation(
        id=place,
        says=_words(kind, kwargs, entry),
        type=kind,
        kwargs={key: value for key, value in kwargs.items() if key != "batch_id"},
        severity="critical" if severity == "critical" else "warning",
        origin=name,
    )


def _words(kind: str, kwargs: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    notes = entry.get("notes") or (entry.get("meta") or {}).get("notes")
    if isinstance(notes, str) and notes.strip():
        return notes.strip()
    plain = kind.removeprefix("expect_").replace("_", " ")
    named = ", ".join(f"{key} {value}" for key, value in kwargs.items() if key != "batch_id")
    return f"{plain} ({named})" if named else plain
