"""docs/benchmarks.md: its tables are written from the results, so that no figure in it is typed by hand.

python -m benchmarks.peers.page [check]
"""

import json
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.floors import load_floors
from benchmarks.peers.bars import BARS, metrics
from tools.docs.blocks import replace_block, table

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = Path("docs") / "benchmarks.md"
_RESULTS: Final = Path("benchmarks") / "results"
_SHOWN: Final = 0.01


def blocks(root: Path) -> dict[str, str]:
    """Return every generated part of the page by its name."""
    results = json.loads((root / _RESULTS / "peers.json").read_text(encoding="utf-8"))
    stages = json.loads((root / _RESULTS / "stages.json").read_text(encoding="utf-8"))
    return {
        "conditions": conditions(results),
        "bars": bars_table(results),
        "contests": "\n\n".join(
            f"### {contest['title']}\n\n{contest_table(results, name)}" for name, contest in results["contests"].items()
        ),
        "versions": versions_table(results),
        "stages": stages_table(stages),
        "floors": floors_table(load_floors(root / "benchmarks" / "floors.json"), results),
    }


def conditions(results: Mapping[str, Any]) -> str:
    """Return what was measured where, as a list."""
    machine = results["machine"]
    lines = [
        f"- `{results['command']}`, {results['rounds']} rounds; data: {results['data']}",
        f"- {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']:g} GB, {machine['system']}",
    ]
    lines += [
        f"- `{name}`: {given['what']}; {given['mb']:,.1f} MB; sha256 `{given['sha256'][:16]}`"
        for name, given in results["inputs"].items()
    ]
    return "\n".join(lines)


def bars_table(results: Mapping[str, Any]) -> str:
    """Return each bar with what was found."""
    found = metrics(results)
    rows = []
    for name, least, meaning in BARS:
        value = found.get(name)
        rows.append(
            [
                meaning,
                f"{least:g}",
                "not measured" if value is None else f"{value:.2f}",
                _verdict(value, least),
                f"`{name}`",
            ]
        )
    return table(["bar", "asked", "found", "", "metric"], rows)


def _verdict(value: float | None, least: float) -> str:
    if value is None:
        return "open"
    return "holds" if value >= least else "**missed**"


def contest_table(results: Mapping[str, Any], name: str) -> str:
    """Return a comparison: a line for each contestant, ours first."""
    contest = results["contests"][name]
    header = [
        "",
        "input MB",
        "rows in",
        "kept",
        "wall s",
        "CPU s",
        "peak MB",
        "MB/s",
        "MB/CPU-s",
        "ours, wall",
        "ours, CPU",
    ]
    rows = []
    for who, run in contest["runs"].items():
        label = f"{who}: {run['note']}" if run["note"] else who
        if "problem" in run:
            rows.append([f"{label}; not run: {run['problem']}", f"{run['input_mb']:.1f}", *[""] * (len(header) - 2)])
            continue
        ratios = [results["ratios"].get(f"{name}/{who}/{kind}") for kind in ("wall", "cpu")]
        kept = run.get("rows_kept", run.get("rows_changed"))
        rows.append(
            [
                label,
                f"{run['input_mb']:.1f}",
                f"{run['rows_in']:,}",
                f"{kept:,}" + (" changed" if "rows_changed" in run else ""),
                f"{statistics.median(run['wall_s']):.2f}",
                f"{statistics.median(run['cpu_s']):.2f}",
                f"{max(run['peak_rss_mb']):,}",
                f"{run['mb_per_s']:.2f}",
                f"{run['mb_per_cpu_s']:.2f}",
                *("" if ratio is None else f"{ratio:.2f} ×" for ratio in ratios),
            ]
        )
    return f"Seconds of {contest['seconds_of']}.\n\n{table(header, rows)}"


def versions_table(results: Mapping[str, Any]) -> str:
    """Return what each environment held, or why it is not there."""
    rows = []
    for name, environment in results["environments"].items():
        if "problem" in environment:
            rows.append([name, f"does not install: {environment['problem']}"])
        else:
            rows.append([name, " · ".join(f"{key} {value}" for key, value in environment["versions"].items())])
    return table(["environment", "versions"], rows)


def stages_table(results: Mapping[str, Any]) -> str:
    """Return the share of each place in the samples, a column for each input."""
    inputs = results["inputs"]
    names = {name for given in inputs.values() for name in given["shares"]}
    most = {name: max(given["shares"].get(name, 0) for given in inputs.values()) for name in names}
    shown = sorted((name for name in names if most[name] >= _SHOWN), key=lambda name: (-most[name], name))
    rows = [[name, *(_percent(given["shares"].get(name, 0)) for given in inputs.values())] for name in shown]
    rest = [sum(share for name, share in given["shares"].items() if name not in shown) for given in inputs.values()]
    rows.append([f"{len(names) - len(shown)} more, each below {_percent(_SHOWN)}", *map(_percent, rest)])
    told = [
        f"`{name}`: the largest stage is {given['largest_stage'][0]}, {_percent(given['largest_stage'][1])}"
        f" of the samples (at most {_percent(results['limit'])}: {'holds' if given['holds'] else '**missed**'})"
        for name, given in inputs.items()
    ]
    head = [f"{name}, {given['mb']:.0f} MB" for name, given in inputs.items()]
    return f"`{results['command']}`. " + "; ".join(told) + f".\n\n{table(['', *head], rows)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def floors_table(floors: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """Return each floor beside what was found."""
    found = metrics(results)
    rows = [
        [f"`{name}`", f"{floor['value']:g}", "not measured" if name not in found else f"{found[name]:g}"]
        for name, floor in floors["floors"].items()
    ]
    return table(["figure", "floor", "found"], rows)


def page(root: Path) -> str:
    """Return the page as the results have it now."""
    text = (root / PAGE).read_text(encoding="utf-8")
    for name, body in blocks(root).items():
        text = replace_block(text, name, body, where=PAGE.as_posix())
    return text


def write_page(root: Path) -> None:
    """Write the page anew."""
    (root / PAGE).write_text(page(root), encoding="utf-8")


def main() -> int:
    """Write, or with `check` compare; return 1 where the page is stale."""
    if sys.argv[1:] == ["check"]:
        if (ROOT / PAGE).read_text(encoding="utf-8") != page(ROOT):
            print(f"{PAGE}: stale. Next: python -m benchmarks.peers.page, read the change, commit it.")
            return 1
        return 0
    write_page(ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
