"""One expectation, in the form that Great Expectations reads and writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["critical", "warning"]


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What is expected of a release. Only a critical one stops it."""

    id: str
    """Its name in the suite, such as `licence_stated`."""
    says: str
    """The same in plain words."""
    type: str
    """The name that Great Expectations has for it, such as `expect_column_values_to_not_be_null`."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "critical"
    origin: str = "recipe"
    """`recipe`, `last version`, or the name of a user's own suite."""

    def config(self) -> dict[str, Any]:
        """Return the entry of a suite; what is ours stands in `meta`, which Great Expectations keeps as it is."""
        return {
            "type": self.type,
            "kwargs": dict(self.kwargs),
            "meta": {"id": self.id, "says": self.says, "origin": self.origin},
            "severity": self.severity,
        }


def where(column: str, value: str) -> dict[str, Any]:
    """Return a condition on the rows; the value is data, whatever quotes or operators stand in it."""
    return {"type": "comparison", "column": {"name": column}, "operator": "==", "parameter": value}
