"""The tables of docs/scale.md, written from results/scale.json and results/scale_ways.json.

python -m benchmarks.scale_table
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.curate import RESULTS

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
MARKS = {
    "overhead": "<!-- overhead -->",
    "ways": "<!-- ways -->",
    "needs": "<!-- needs -->",
    "curves": "<!-- curves -->",
}


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a Markdown table, numbers to the right."""
    names = list(head)
    lines = [f"| {' | '.join(names)} |", "|---|" + "--:|" * (len(names) - 1)]
    return "\n".join(lines + [f"| {' | '.join(map(str, row))} |" for row in rows])


def overhead(scale: Mapping[str, Any]) -> str:
    """Both engines, size by size."""
    runs = {(run["rows"], run["engine"]): run for run in scale["runs"]}
    head = ["rows", "MB", "local s", "Ray s", "more s", "ratio", "local CPU s", "Ray CPU s", "local MB", "Ray MB"]
    rows = []
    for pair in scale["overhead_of_ray"]:
        here, there = runs[pair["rows"], "local"], runs[pair["rows"], "ray"]
        times = [f"{run['wall_s']:.1f}" for run in (here, there)]
        more = [f"{pair['more_wall_s']:.1f}", f"{pair['wall_ratio']:.2f}"]
        spent = [f"{run['cpu_s']:.0f}" for run in (here, there)] + [run["peak_rss_mb"] for run in (here, there)]
        rows.append([f"{pair['rows']:,}", f"{here['input_mb']:.0f}", *times, *more, *spent])
    return table(head, rows)


def ways(measured: Mapping[str, Any]) -> str:
    """The three ways to run on Ray, job by job."""
    names = {"core": "Ray core tasks", "data": "Ray Data", "daft": "Daft on Ray"}
    runs = [
        [run["job"], names[run["way"]], run["wall_s"], run["cpu_s"], run["peak_rss_mb"]] for run in measured["runs"]
    ]
    return table(["job", "way", "wall s", "CPU s", "peak MB"], runs)


def curves(scale: Mapping[str, Any]) -> str:
    """Start and slope of each curve of the local engine."""
    local = scale["curves"]["local"]
    lines = {
        "read and row stages, CPU s": local["parts_cpu_s"],
        **{f"{stage}, CPU s in one place": curve for stage, curve in local["one_place_cpu_s"].items()},
        "peak memory of two workers and the rest, MB": local["peak_rss_mb"],
        "work folder, MB": local["work_folder_mb"],
        "version, MB": local["version_mb"],
    }
    rows = [
        [what, f"{c['start']:.2f}", f"{c['per_million_rows']:,.0f}", f"{100 * c['worst_relative_error']:.0f} %"]
        for what, c in lines.items()
    ]
    return table(["what", "start", "a million rows", "worst error"], rows)


def needs(scale: Mapping[str, Any]) -> str:
    """What 100 million rows need."""
    need = scale["needs_of_100_million_rows"]
    shuffle = scale["shuffle"]
    rows = [
        ["input", f"{need['input_gb']:,} GB"],
        ["reading and row stages, on all cores", f"{need['row_stages_core_hours']:,} core-hours"],
        ["near-dedup shuffle, on all cores", f"{need['shuffle_core_hours']:,} core-hours"],
        ["hashes that cross the network", f"{need['shuffled_gb']:,} GB ({shuffle['hashes_per_row']} hashes a row)"],
        ["held where the command runs: ranks and pairs", f"{need['ranks_and_pairs_in_one_place_gb']} GB"],
        ["work folder (shared)", f"{need['work_folder_gb']:,} GB"],
        ["version", f"{need['version_gb']:,} GB"],
        *([f"in one place: {stage}", f"{hours} h"] for stage, hours in need["one_place_hours"].items()),
        *(
            [f"{machines} machines of 16 cores", f"{it['hours']} h, {it['memory_gb_each']} GB of memory each"]
            for machines, it in need["machines_of_16_cores"].items()
        ),
        *([f"hours with {cores} cores", f"{hours} h"] for cores, hours in need["hours_by_cores"].items()),
        ["cores beyond which the one place takes longer", need["cores_beyond_which_one_place_takes_longer"]],
    ]
    return table(["100 million rows", "need"], rows)


def fill(text: str, name: str, content: str) -> str:
    """Put content between the two marks of that name. Errors: `SystemExit` where the page has not both."""
    mark = MARKS[name]
    parts = text.split(mark)
    if len(parts) != 3:
        raise SystemExit(f"{PAGE.name}: found {len(parts) - 1} times {mark}, expected 2")
    return f"{parts[0]}{mark}\n{content}\n{mark}{parts[2]}"


def main() -> None:
    scale = json.loads((RESULTS / "scale.json").read_text(encoding="utf-8"))
    measured = json.loads((RESULTS / "scale_ways.json").read_text(encoding="utf-8"))
    text = PAGE.read_text(encoding="utf-8")
    for name, content in {
        "overhead": overhead(scale),
        "ways": ways(measured),
        "curves": curves(scale),
        "needs": needs(scale),
    }.items():
        text = fill(text, name, content)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
