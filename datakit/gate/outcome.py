"""What the gate found: read from the result that lies in a version, without Great Expectations."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from datakit.errors import IntegrityError

SUITE: Final = "expectations.json"
"""The suite in a version's folder, as Great Expectations writes it."""
RESULT: Final = "expectations_result.json"
"""Its result, as Great Expectations writes it, without clock, tracebacks and paths."""


@dataclass(frozen=True, kw_only=True)
class Offender:
    """A row that is not as expected; fields are empty where the table has no such column."""

    id: str
    file: str
    locator: str


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One expectation and what came of it."""

    id: str
    says: str
    type: str
    severity: str
    origin: str
    met: bool
    found: str
    """In plain words: `12 of 595 rows`, `observed 3`, or why it could not be checked. Empty where it was met."""
    rows: tuple[Offender, ...] = ()
    """Some of the rows, five at most."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All expectations, those not met first."""

    checked: tuple[Checked, ...]
    great_expectations: str
    """The version that checked."""
    seconds: float | None = None
    """Wall time of the check with its import; None where it was read from a version."""
    import_seconds: float | None = None
    """The part of it that Great Expectations took to be imported."""

    @property
    def failures(self) -> tuple[Checked, ...]:
        """The critical expectations that were not met."""
        return tuple(one for one in self.checked if not one.met and one.severity == "critical")

    @property
    def warnings(self) -> tuple[Checked, ...]:
        """The others that were not met."""
        return tuple(one for one in self.checked if not one.met and one.severity != "critical")


def read_outcome(folder: Path) -> Outcome | None:
    """Return what the gate found about the version in a folder, or None where no gate was run.

    Errors: `IntegrityError` where the file there is no result.
    """
    path = folder / RESULT
    if not path.is_file():
        return None
    try:
        return outcome(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"{path}: not a result of the release gate ({error!r}); was it edited?") from error


def outcome(body: Mapping[str, Any], **timing: float) -> Outcome:
    """Return the outcome that a result's JSON tells of."""
    checked = [_checked(result) for result in body["results"]]
    order = {"critical": 0, "warning": 1}
    checked.sort(key=lambda one: (one.met, order.get(one.severity, 2)))
    return Outcome(checked=tuple(checked), great_expectations=body["meta"]["great_expectations_version"], **timing)


def _checked(result: Mapping[str, Any]) -> Checked:
    config = result["expectation_config"]
    met = bool(result["success"])
    return Checked(
        **{name: config["meta"][name] for name in ("id", "says", "origin")},
        type=config["type"],
        severity=config["severity"],
        met=met,
        found="" if met else _found(result),
        rows=() if met else _rows(result["result"].get("partial_unexpected_index_list") or ()),
    )


def _found(result: Mapping[str, Any]) -> str:
    message = result["exception_info"].get("exception_message")
    if message:
        return f"could not be checked: {message}"
    inside = result["result"]
    if "unexpected_count" in inside:
        return f"{inside['unexpected_count']:,} of {inside['element_count']:,} rows"
    observed = inside.get("observed_value")
    details = inside.get("details", {}).get("mismatched") if isinstance(inside.get("details"), Mapping) else None
    if details:
        return "; ".join(f"{kind} {', '.join(map(str, names))}" for kind, names in sorted(details.items()))
    return f"found {observed:,}" if isinstance(observed, int) else f"found {observed}"


def _rows(found: Any) -> tuple[Offender, ...]:
    rows = []
    for entry in found:
        values = {name: str(entry.get(name) or "") for name in ("id", "file", "locator")}
        rows.append(Offender(**values))
    return tuple(rows)
