"""docs/benchmarks.md says what the results say."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers.bars import BARS, metrics
from benchmarks.peers.contests import CONTESTS
from benchmarks.peers.page import (
    PAGE,
    bars_table,
    blocks,
    conditions,
    contest_table,
    page,
    stages_table,
    versions_table,
)
from tests.benchmarks.results import results

STAGES: dict[str, Any] = {
    "command": "python -m benchmarks.stages --max-mb 80",
    "limit": 0.4,
    "inputs": {
        "documents": {
            "mb": 63.5,
            "shares": {"near_dedup": 0.45, "read": 0.2, "chat": 0.004, "script": 0.006},
            "largest_stage": ["near_dedup", 0.45],
            "holds": False,
        },
        "qa": {"mb": 80.0, "shares": {"read": 0.3, "damage": 0.2}, "largest_stage": ["damage", 0.2], "holds": True},
    },
}


def cells(table: str) -> list[list[str]]:
    """Return the cells of a Markdown table, the rule left out."""
    rows = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip("|"))] for n, row in enumerate(rows) if n != 1]


def test_the_page_is_what_the_results_say(project: Path) -> None:
    """The committed page equals the page that the committed results give."""
    assert (project / PAGE).read_text(encoding="utf-8") == page(project), "run python -m benchmarks.peers.page"


def test_a_changed_figure_makes_the_page_stale(project: Path, tmp_path: Path) -> None:
    """The comparison with the page can fail: one other figure gives another page."""
    for name in (
        "benchmarks/results/peers.json",
        "benchmarks/results/stages.json",
        "benchmarks/floors.json",
        str(PAGE),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project / name, tmp_path / name)
    target = tmp_path / "benchmarks/results/peers.json"
    body = json.loads(target.read_text(encoding="utf-8"))
    body["contests"]["documents"]["runs"]["ours"]["rows_kept"] = 123_456_789
    target.write_text(json.dumps(body))
    assert "123,456,789" in page(tmp_path)
    assert (tmp_path / PAGE).read_text(encoding="utf-8") != page(tmp_path)


def test_every_contestant_has_a_line() -> None:
    """Medians of seconds, the worst peak, both ratios; ours has none against itself."""
    ours, slow, broken = cells(contest_table(results(), "documents"))[1:]
    assert ours == ["ours: all stages", "63.5", "1,000", "940", "6.00", "10.00", "1,000", "10.58", "6.35", "", ""]
    assert slow[-2:] == ["13.20 ×", "15.10 ×"]
    assert broken[1:] == ["63.5", *[""] * 9]


def test_a_peer_that_does_not_install_is_told() -> None:
    """A missing peer stays in the tables with the installer's last line, so that nobody takes it for beaten."""
    told = contest_table(results(), "documents")
    assert r"broken; not run: ERROR: No matching distribution \| found" in told
    assert r"does not install: ERROR: No matching distribution \| found" in versions_table(results())


def test_bars_tell_the_truth() -> None:
    """A bar that is met holds, one below is missed, one without a figure is open; no bar is left out."""
    found = results()
    found["ratios"] |= {"documents/datatrove/wall": 12.0, "documents/data-juicer/wall": 49.99}
    table = cells(bars_table(found))[1:]
    assert len(table) == len(BARS)
    verdict = {row[4]: (row[2], row[3]) for row in table}
    assert verdict["`documents/datatrove/wall`"] == ("12.00", "holds")
    assert verdict["`documents/data-juicer/wall`"] == ("49.99", "**missed**")
    assert verdict["`qa/polars/cpu`"] == ("not measured", "open")
    assert verdict["`documents/rss_headroom`"] == ("1.50", "holds")
    assert verdict["`qa/rss_headroom`"] == ("0.94", "**missed**")


def test_every_bar_names_a_figure_that_the_comparison_gives() -> None:
    """No bar waits for a figure that no contest makes."""
    made = {f"{one.name}/{figure}" for one in CONTESTS for figure in ("mb_per_cpu_s", "rss_headroom")}
    made |= {
        f"{one.name}/{peer.name}/{kind}" for one in CONTESTS for peer in one.contestants for kind in ("wall", "cpu")
    }
    assert {name for name, _, _ in BARS} <= made
    assert set(metrics(results())) <= made | {"documents/slow/wall", "documents/slow/cpu"}


def test_the_conditions_name_machine_and_inputs() -> None:
    """Processor, cores, memory and the digest of each input stand beside the figures."""
    told = conditions(results())
    assert "A Processor, 2 cores, 25.3 GB" in told
    assert "`documents`: 152,067 rows; 63.5 MB; sha256 `abababababababab`" in told


def test_stages_are_sorted_and_small_ones_summed() -> None:
    """The largest share stands first, shares below one percent become one line, a stage over the limit is missed."""
    told = stages_table(STAGES)
    table = cells(told)
    assert [row[0] for row in table] == ["", "near_dedup", "read", "damage", "2 more, each below 1.0 %"]
    assert table[1][1:] == ["45.0 %", "0.0 %"]
    assert table[-1][1:] == ["1.0 %", "0.0 %"]
    assert "`documents`: the largest stage is near_dedup, 45.0 % of the samples (at most 40.0 %: **missed**)" in told
    assert "`qa`: the largest stage is damage, 20.0 % of the samples (at most 40.0 %: holds)" in told


@pytest.mark.parametrize("missing", ["peers.json", "stages.json"])
def test_blocks_need_both_results(project: Path, tmp_path: Path, missing: str) -> None:
    """Without a file of results there is no page, not an empty one."""
    shutil.copytree(project / "benchmarks" / "results", tmp_path / "benchmarks" / "results")
    shutil.copy(project / "benchmarks" / "floors.json", tmp_path / "benchmarks")
    (tmp_path / "benchmarks" / "results" / missing).unlink()
    with pytest.raises(FileNotFoundError, match=missing):
        blocks(tmp_path)
