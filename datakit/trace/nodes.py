"""The lineage graph as data: what came out of what, ready to be drawn or printed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

NODE_KINDS: Final = ("gguf", "run", "base", "version", "source", "file", "row")
"""From the model down to the row; a drawing may use the order as its columns."""

EDGE_KINDS: Final = (
    "exported_from",  # gguf → run
    "trained_on",  # run → version; gguf → version where the run is missing
    "based_on",  # run → base model
    "child_of",  # version → version it was made from by a withdrawal
    "kept",  # version → source that rows are kept from
    "duplicate_of",  # version → source whose rows were merged into others
    "rejected",  # version → source whose rows were all rejected
    "derived_from",  # version → source that rows were made from
)


@dataclass(frozen=True, kw_only=True)
class Node:
    """One thing of the lineage."""

    id: str
    """Unique in its graph: `<kind>:<id>`."""
    kind: str
    """One of NODE_KINDS."""
    label: str
    """Short, for a drawing."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Facts for a table or a tooltip: path, rows, licence, what is missing …; JSON values only."""


@dataclass(frozen=True, kw_only=True)
class Edge:
    """`start` was made from `end`."""

    start: str
    end: str
    kind: str
    """One of EDGE_KINDS."""
    rows: int | None = None
    """How many rows go this way, where that is known."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Nodes and edges; every edge ends at nodes of the same graph."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def as_json(self) -> dict[str, list[dict[str, Any]]]:
        """Return `{"nodes": [{id, kind, label, detail}], "edges": [{from, to, kind, rows}]}`."""
        return {
            "nodes": [
                {"id": node.id, "kind": node.kind, "label": node.label, "detail": dict(node.detail)}
                for node in self.nodes
            ],
            "edges": [
                {"from": edge.start, "to": edge.end, "kind": edge.kind, "rows": edge.rows} for edge in self.edges
            ],
        }
