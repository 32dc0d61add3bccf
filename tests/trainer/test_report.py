"""Reports: self-contained, everything escaped, the curves that were measured."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from trainer.chart import Line, line_chart, smoothed
from trainer.metrics import Metrics, read_metrics
from trainer.page import render_page
from trainer.report import loss_chart

SVG = "{http://www.w3.org/2000/svg}"


def test_the_chart_shows_every_point() -> None:
    """A line has one vertex for each point, a strong one a dot as well, and the tree is well-formed XML."""
    made = line_chart(
        "a < b",
        [Line(label="x & y", points=[(1, 2.0), (2, 1.5), (9, 1.0)]), Line(label="v", points=[(9, 3)], strong=True)],
    )
    tree = ElementTree.fromstring(made)
    lines = [line.attrib["points"].split() for line in tree.iter(f"{SVG}polyline")]
    assert [len(points) for points in lines] == [3, 1]
    assert len(list(tree.iter(f"{SVG}circle"))) == 1
    assert tree.attrib["aria-label"] == "a < b"


def test_higher_values_lie_higher() -> None:
    """The y axis points up, and every vertex lies inside the picture."""
    tree = ElementTree.fromstring(line_chart("t", [Line(label="x", points=[(0, 1.0), (1, 5.0), (2, 3.0)])]))
    (line,) = tree.iter(f"{SVG}polyline")
    ys = [float(point.split(",")[1]) for point in line.attrib["points"].split()]
    assert ys[1] < ys[2] < ys[0]
    assert all(0 <= y <= 260 for y in ys)


@pytest.mark.parametrize("points", [[], [(1, 2.0)], [(1, 0.0), (2, 0.0)], [(1, float("nan")), (2, 1.0)], [(5, 1e-9)]])
def test_odd_data_is_drawn_without_a_fault(points: list[tuple[float, float]]) -> None:
    """No points, one point, all equal, a value that is no number: a chart comes out all the same."""
    ElementTree.fromstring(line_chart("t", [Line(label="x", points=points)], zero=True))


def test_a_running_mean_keeps_the_level() -> None:
    """Smoothing keeps the number of points and a constant's value."""
    assert smoothed([(n, 2.0) for n in range(20)]) == [(n, 2.0) for n in range(20)]


def test_the_loss_chart_draws_train_and_validation() -> None:
    """Both curves come from the metrics' own lines."""
    lines = [{"step": n, "loss": 3.0 - n / 9} for n in range(1, 9)]
    lines += [{"event": "evaluation", "step": n, "validation_loss": 3.0} for n in (0, 8)]
    tree = ElementTree.fromstring(loss_chart(lines))
    assert [len(line.attrib["points"].split()) for line in tree.iter(f"{SVG}polyline")] == [8, 2]


def test_a_runs_report_is_one_file_that_asks_nobody(fake_run: Callable[..., Any]) -> None:
    """No script, no address, no file beside it; ids, curves, samples and settings are in it."""
    done = fake_run("max_steps=4", "evaluations=2")
    page = (done.path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page)
    assert "default-src 'none'" in page
    assert done.manifest.id in page
    assert done.manifest.identity["dataset"]["id"] in page
    assert page.count("<svg") == 3
    assert page.count('<article class="sample">') == 2
    assert "learning_rate" in page
    ElementTree.parse(done.path / "loss.svg")


def test_text_from_the_data_cannot_become_markup() -> None:
    """Questions and answers are text, whatever they hold."""
    evil = "<script>alert(1)</script>\"'><img src=x>"
    score = {"loss": 1.0, "perplexity": 2.7, "exact_match": None, "chrf": None}
    line = {"name": evil, "rows": 1, "answered": 0, "base": score, "adapter": score}
    page = render_page(
        "eval",
        {
            "summary": {
                "run": evil, "dataset": evil, "base_model": evil, "split": "test", "rows": 1, "left_out": 0,
                "answered": 0, "all": line, "by_question_type": [line], "by_source": [line],
            },
            "answers": [{"question": evil, "reference": evil, "base": evil, "adapter": ""}],
            "hardest": [
                {"question": evil, "reference": evil, "row_id": evil, "base_loss_per_token": 1, "loss_per_token": 1}
            ],
        },
    )  # fmt: skip
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 9


def test_metrics_go_on_where_the_checkpoint_was(tmp_path: Path) -> None:
    """Lines after the last checkpoint are cut off, a line cut by a kill is passed over, the rest stays."""
    metrics = Metrics(tmp_path)
    for step in range(5):
        metrics.add({"step": step})
    with (tmp_path / "metrics.jsonl").open("a") as stream:
        stream.write('{"step": 5, "lo')
    assert [line["step"] for line in read_metrics(tmp_path)] == [0, 1, 2, 3, 4]
    again = Metrics(tmp_path, keep_lines=3)
    again.add({"step": 30})
    again.sync()
    assert [line["step"] for line in read_metrics(tmp_path)] == [0, 1, 2, 30]
    assert again.lines == 4
