"""The lineage graph of a version, laid out to be drawn: sources on the left, what was made of them on the right."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from datakit.report.verdict import rows as counted
from datakit.trace.nodes import Edge, Graph, Node

WIDTH: Final = 352  # pixels: a telephone's width less its margins, so that letters keep their size there
SHOWN: Final = 24
"""Sources that are drawn, those that gave most rows; the table beside the drawing has all of them."""
_LEFT: Final = 160  # width of a source's box
_RIGHT: Final = 152
_BOX: Final = 30
_STEP: Final = 38
_INDENT: Final = 14
_WORDS: Final = {
    "kept": "kept",
    "duplicate_of": "merged",
    "rejected": "rejected",
    "derived_from": "made from it",
    "trained_on": "trained on",
    "exported_from": "exported from",
    "based_on": "based on",
    "child_of": "in place of",
}
"""What an edge says, in words for people."""
_ORDER: Final = {"version": 0, "run": 1, "gguf": 2}
"""What has a box on the right; a base stands in the boxes of its runs, since many runs may share one."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """One thing, in pixels from the left and from the top."""

    kind: str
    label: str
    note: str
    x: int
    y: int
    width: int
    height: int = _BOX


@dataclass(frozen=True, kw_only=True)
class Line:
    """One edge: the path of an SVG, how thick it is, and whether only rejected rows went this way."""

    path: str
    thickness: float
    lost: bool


@dataclass(frozen=True, kw_only=True)
class Kinship:
    """The drawing and, for those who do not see it, the same in words: `(what, how, from what, rows)`."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    height: int
    told: tuple[tuple[str, str, str, int | None], ...]
    left_out: int
    """Sources that are in the table only."""


def kinship(graph: Graph) -> Kinship:
    """Lay out a version's graph; paths and other facts of its nodes stay out of the drawing."""
    nodes = {node.id: node for node in graph.nodes}
    rows: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for edge in graph.edges:
        if nodes[edge.end].kind == "source" and edge.rows:
            rows[edge.end][edge.kind] = rows[edge.end].get(edge.kind, 0) + edge.rows
    sources = sorted(
        (node for node in graph.nodes if node.kind == "source"),
        key=lambda node: (-rows[node.id].get("kept", 0), node.label),
    )
    drawn = sources[:SHOWN]
    places = {node.id: _source(node, rows[node.id], number) for number, node in enumerate(drawn)}
    places |= _made(graph, nodes)
    most = max((counts.get("kept", 0) for counts in rows.values()), default=0)
    lines = [_line(edge, nodes, places, rows, most) for edge in _single(graph.edges, nodes)]
    return Kinship(
        boxes=tuple(places.values()),
        lines=tuple(line for line in lines if line is not None),
        height=max((box.y + box.height for box in places.values()), default=_BOX) + 2,
        told=tuple(
            (nodes[edge.start].label, _WORDS.get(edge.kind, edge.kind), nodes[edge.end].label, edge.rows)
            for edge in graph.edges
        ),
        left_out=len(sources) - len(drawn),
    )


def _source(node: Node, counts: dict[str, int], number: int) -> Box:
    told = [f"{count:,} {_WORDS[kind]}" for kind, count in counts.items() if kind in _WORDS]
    label, note = node.label or "no name", ", ".join(told[:2])
    return Box(kind="source", label=label, note=note, x=1, y=number * _STEP + 1, width=_LEFT)


def _made(graph: Graph, nodes: dict[str, Node]) -> dict[str, Box]:
    """Return the boxes on the right, each below what it was made of: version, its runs, their models."""
    below: defaultdict[str, list[str]] = defaultdict(list)
    bases: dict[str, str] = {}
    for edge in graph.edges:
        if edge.kind == "based_on":
            bases[edge.start] = nodes[edge.end].label
        elif nodes[edge.end].kind != "source":
            below[edge.end].append(edge.start)
    right = [node for node in graph.nodes if node.kind in _ORDER]
    children = {child for some in below.values() for child in some}
    todo = [(node.id, 0) for node in right if node.id not in children] or [(node.id, 0) for node in right[:1]]
    boxes: dict[str, Box] = {}
    while todo:
        key, depth = todo.pop(0)
        if key in boxes:
            continue
        node = nodes[key]
        shift = min(depth, 3) * _INDENT
        boxes[key] = Box(
            kind=node.kind,
            label=node.label,
            note=f"run on {bases[key]}" if key in bases else _note(node),
            x=WIDTH - _RIGHT - 1 + shift,
            y=len(boxes) * _STEP + 1,
            width=_RIGHT - shift,
        )
        made = sorted(below[key], key=lambda child: (_ORDER.get(nodes[child].kind, 9), nodes[child].label))
        todo = [(child, depth + 1) for child in made] + todo
    return boxes


def _note(node: Node) -> str:
    if node.detail.get("missing") and "rows" not in node.detail:
        return f"{node.kind}, not there"
    rows = node.detail.get("rows")
    kind = "model" if node.kind == "gguf" else node.kind
    return f"{kind}, {counted(rows, 'row')}" if isinstance(rows, int) else kind


def _single(edges: tuple[Edge, ...], nodes: dict[str, Node]) -> list[Edge]:
    """Return one edge for each source, though rows of it may have been kept, merged and rejected, and all others."""
    seen: set[tuple[str, str]] = set()
    found = []
    for edge in edges:
        pair = (edge.start, edge.end)
        if nodes[edge.end].kind != "source" or pair not in seen:
            found.append(edge)
        seen.add(pair)
    return found


def _line(
    edge: Edge, nodes: dict[str, Node], places: dict[str, Box], rows: dict[str, dict[str, int]], most: int
) -> Line | None:
    start, end = places.get(edge.start), places.get(edge.end)
    if start is None or end is None:
        return None
    if nodes[edge.end].kind == "source":
        kept = rows[edge.end].get("kept", 0)
        x1, y1 = end.x + end.width, end.y + end.height // 2
        x2, y2 = start.x, start.y + start.height // 2
        middle = (x1 + x2) // 2
        thickness = round(0.75 + 3.25 * kept / most, 2) if most else 0.75
        return Line(path=f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}", thickness=thickness, lost=not kept)
    upper, lower = sorted((start, end), key=lambda box: box.y)
    x, y = upper.x + 6, lower.y + lower.height // 2
    return Line(path=f"M{x} {upper.y + upper.height}V{y}H{lower.x}", thickness=1.0, lost=False)
