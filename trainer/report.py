"""A run's report: report.html and loss.svg, from metrics.jsonl and what the run recorded."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from trainer.chart import Line, line_chart, smoothed
from trainer.metrics import read_metrics
from trainer.page import render_page
from trainer.planner import gib

REPORT: Final = "report.html"
LOSS: Final = "loss.svg"


def write_report(
    run: Path,
    *,
    run_id: str,
    identity: Mapping[str, Any],
    counts: Mapping[str, Any],
    reasons: Sequence[str],
    left_out: Sequence[tuple[str, int, str]],
    totals: Mapping[str, int],
    samples: Sequence[Mapping[str, Any]],
) -> None:
    """Write loss.svg and report.html into a run folder.

    `left_out` holds reason, rows, and one row id; `totals` the rows of each split before any was left out.
    """
    from markupsafe import Markup

    lines = read_metrics(run)
    steps = [line for line in lines if "loss" in line]
    loss = loss_chart(lines)
    (run / LOSS).write_text(loss + "\n", encoding="utf-8")
    charts = [
        loss,
        line_chart("learning rate", [_line("learning rate", steps, "learning_rate")], zero=True),
        line_chart(
            "tokens a second (running mean)",
            [Line(label="tokens a second", points=smoothed([(line["step"], line["tokens_per_s"]) for line in steps]))],
            zero=True,
        ),
    ]
    if any(line["peak_bytes"] for line in steps):
        points = [(line["step"], line["peak_bytes"] / 2**30) for line in steps]
        charts.append(line_chart("peak memory, GiB", [Line(label="GiB", points=points)], zero=True))
    page = render_page(
        "run",
        {
            "run_id": run_id,
            "identity": identity,
            "figures": _figures(counts, steps),
            "charts": [Markup(chart) for chart in charts],
            "samples": samples,
            "totals": totals,
            "left_out": left_out,
            "reasons": reasons,
            "events": _events(lines),
            "settings": sorted(identity["config"].items()),
        },
    )
    (run / REPORT).write_text(page, encoding="utf-8")


def loss_chart(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return the chart of train and validation loss over the steps, as SVG."""
    train = [(line["step"], line["loss"]) for line in lines if "loss" in line]
    validation = [(line["step"], line["validation_loss"]) for line in lines if "validation_loss" in line]
    return line_chart(
        "loss by answer token, nats",
        [
            Line(label="train (running mean)", points=smoothed(train)),
            Line(label="validation", points=validation, strong=True),
        ],
    )


def _line(label: str, steps: Sequence[Mapping[str, Any]], key: str) -> Line:
    return Line(label=label, points=[(line["step"], line[key]) for line in steps])


def _figures(counts: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    seconds = sum(line["seconds"] for line in steps)
    figures = [("steps", f"{counts['steps']:,}"), ("tokens", f"{counts['tokens']:,}")]
    if counts.get("validation_loss") is not None:
        before = counts["validation_loss_before"]
        figures.append(("validation loss, before → best", f"{before:.3f} → {counts['validation_loss']:.3f}"))
        figures.append(("best step", f"{counts['best_step']:,}"))
    if seconds:
        figures.append(("tokens a second", f"{counts['tokens'] / seconds:,.0f}"))
    if peak := max((line["peak_bytes"] for line in steps), default=0):
        figures.append(("peak memory", gib(peak)))
    return figures


def _events(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"step {line['step']}: out of memory; micro-batches of at most {line['token_budget']} tokens from there"
        for line in lines
        if line.get("event") == "out_of_memory"
    ]
