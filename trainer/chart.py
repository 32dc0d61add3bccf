"""Line charts as SVG: no script, no request, readable in light and dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH, _HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 28, 34
_TICKS: Final = 5
_STYLE: Final = (
    "svg{font:12px system-ui,'Noto Sans','Noto Sans Devanagari',sans-serif;--ink:#23211e;--soft:#655e54;--line:#ded7cb;"
    "--one:#9d8f78;--other:#a8401a}"
    "@media (prefers-color-scheme:dark){svg{--ink:#e9e3d9;--soft:#aaa194;--line:#3d3933;--one:#8d8371;--other:#f0a077}}"
    "text{fill:var(--soft)}.title{fill:var(--ink);font-size:13px}.grid{stroke:var(--line)}"
    ".one{stroke:var(--one);fill:none}.other{stroke:var(--other);fill:none;stroke-width:2}.dot{fill:var(--other)}"
)
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A series: `label`, points (x, y), and whether it stands out with dots."""

    label: str
    points: Points
    strong: bool = False


def line_chart(title: str, lines: Sequence[Line], *, x_label: str = "step", zero: bool = False) -> str:
    """Return an SVG element of 720 × 260 with its own style; a line without points is left out.

    `zero` starts the y axis at 0.
    """
    drawn = [line for line in lines if line.points]
    xs = [x for line in drawn for x, _ in line.points] or [0.0, 1.0]
    ys = [y for line in drawn for _, y in line.points if math.isfinite(y)] or [0.0, 1.0]
    low, high = (0.0 if zero else min(ys)), max(ys)
    ticks = _ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    left, right = min(xs), max(max(xs), min(xs) + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        across = _LEFT + (x - left) / (right - left) * (_WIDTH - _LEFT - _RIGHT)
        down = _HEIGHT - _BOTTOM - (y - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)
        return round(across, 1), round(down, 1)

    parts = [f'<text class="title" x="{_LEFT}" y="16">{escape(title)}</text>']
    for tick in ticks:
        _, y = place(left, tick)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{tick:.4g}</text>')
    for x in (left, right):
        across, _ = place(x, low)
        parts.append(f'<text x="{across}" y="{_HEIGHT - 12}" text-anchor="middle">{x:g}</text>')
    parts.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(x_label)}</text>')
    for number, line in enumerate(drawn):
        style = "other" if line.strong else "one"
        placed = [place(x, y) for x, y in line.points if math.isfinite(y)]
        joined = " ".join(f"{x},{y}" for x, y in placed)
        parts.append(f'<polyline class="{style}" points="{joined}"/>')
        if line.strong:
            parts += [f'<circle class="dot" cx="{x}" cy="{y}" r="3"/>' for x, y in placed]
        across = _WIDTH - _RIGHT - 150 * (len(drawn) - number)
        parts.append(f'<line class="{style}" x1="{across}" x2="{across + 18}" y1="12" y2="12"/>')
        parts.append(f'<text x="{across + 24}" y="16">{escape(line.label)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{escape(title)}"><style>{_STYLE}</style>{"".join(parts)}</svg>'
    )


def smoothed(points: Points, *, window: int = 9) -> list[tuple[float, float]]:
    """Return a running mean, so that single batches do not hide the course."""
    found = []
    for number, (x, _) in enumerate(points):
        near = [y for _, y in points[max(0, number - window // 2) : number + window // 2 + 1]]
        found.append((x, sum(near) / len(near)))
    return found


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers from below `low` to above `high`."""
    span = high - low or abs(high) or 1.0
    rough = span / (_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]
