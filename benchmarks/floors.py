"""Floors under the figures of the comparison: none of them sinks without somebody saying why.

    python -m benchmarks.floors check [RESULTS]
    python -m benchmarks.floors set NAME VALUE [--lower --reason "…"]
    python -m benchmarks.floors adopt [RESULTS] [--share 0.8]
    python -m benchmarks.floors pin --reason "…" [RESULTS]

A floor is a ratio (ours by the peer's, in one run on one machine), so that it holds on other machines too. `check` says
every figure that lies below its floor, by how much, and ends with 1. Raising a floor is free; lowering asks for both
flags, and the reason stays in the file. `adopt` raises every floor to a share of what was found, and lowers none.
Results of another input are refused until `pin` says that it is meant. A value or digest that was changed by hand
differs from the last line of its history and is refused as well.
"""

import argparse
import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.peers.bars import metrics

ROOT: Final = Path(__file__).parents[1]
FLOORS: Final = ROOT / "benchmarks" / "floors.json"
RESULTS: Final = ROOT / "benchmarks" / "results" / "peers.json"


class FloorError(Exception):
    """A change to the floors that is not allowed, or a file that is not one of floors."""


def load_floors(path: Path) -> dict[str, Any]:
    """Return the floors: `floors` by name, `corpus` digests by input, `history` of both.

    Errors: `FloorError` where a value differs from the last line of its history, or a lowering has no reason.
    """
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    last: dict[str, Any] = {}
    for number, entry in enumerate(body["history"], 1):
        name = entry["name"]
        if entry["from"] != last.get(name):
            raise FloorError(
                f"{path.name}: history line {number}: {name} begins at {entry['from']}, was {last.get(name)}"
            )
        sinks = not name.startswith("corpus/") and entry["from"] is not None and entry["to"] < entry["from"]
        if sinks and not entry.get("reason", "").strip():
            raise FloorError(f"{path.name}: history line {number}: {name} was lowered without a reason")
        last[name] = entry["to"]
    now = {name: floor["value"] for name, floor in body["floors"].items()}
    now |= {f"corpus/{name}": digest for name, digest in body["corpus"].items()}
    for name in sorted(now.keys() | last.keys()):
        if now.get(name) != last.get(name):
            raise FloorError(
                f"{path.name}: {name} is {now.get(name)}, its history ends with {last.get(name)}; "
                "change it with `python -m benchmarks.floors set` or `pin`, not by hand"
            )
    return body


def problems(floors: Mapping[str, Any], results: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the results, a line each: another input, a figure missing, a figure below its floor."""
    found = metrics(results)
    lines = [] if floors["floors"] else ["no floor is set; next: `python -m benchmarks.floors adopt`"]
    for name, digest in floors["corpus"].items():
        given = results["inputs"].get(name, {}).get("sha256")
        if given != digest:
            lines.append(
                f"corpus {name}: measured on {str(given)[:16]}, the floors are pinned to {digest[:16]}; measure "
                'the same input, or `python -m benchmarks.floors pin --reason "…"`'
            )
    for name, floor in floors["floors"].items():
        value = found.get(name)
        if value is None:
            lines.append(f"{name}: not measured, floor {floor['value']:g}")
        elif value < floor["value"]:
            below = 100 * (1 - value / floor["value"])
            lines.append(f"{name}: found {value:g}, floor {floor['value']:g}: {below:.1f} % below")
    return lines


def set_floor(floors: dict[str, Any], name: str, value: float, *, lower: bool = False, reason: str = "") -> None:
    """Put a floor where it is asked for, and write it into the history.

    Errors: `FloorError` for a value that is no positive number, or that lowers a floor without `lower` and a reason.
    """
    if not (math.isfinite(value) and value > 0):
        raise FloorError(f"{name}: {value} is no floor; expected a positive number")
    old = floors["floors"].get(name, {}).get("value")
    if old is not None and value < old and not (lower and reason.strip()):
        raise FloorError(f'{name}: {value:g} is below {old:g}; to lower a floor say --lower and --reason "…"')
    if value != old:
        floors["floors"][name] = {"value": value}
        _remember(floors, name, old, value, reason)


def adopt(floors: dict[str, Any], results: Mapping[str, Any], *, share: float = 0.8) -> list[str]:
    """Raise the floor under every ratio of CPU seconds and of memory to a share of what was found; return those raised.

    .8 is room for what shared cores do to a figure: five runs of one runner beside other work took .465 to .546 CPU
    seconds (ftfy), .148 to .184 (rensa).
    """
    raised = []
    for name, value in metrics(results).items():
        wanted = float(f"{share * value:.3g}")
        if name.endswith(("/cpu", "/rss_headroom")) and wanted > floors["floors"].get(name, {}).get("value", 0):
            set_floor(floors, name, wanted)
            raised.append(name)
    return raised


def pin(floors: dict[str, Any], results: Mapping[str, Any], *, reason: str) -> None:
    """Take the digests of the inputs that were measured.

    Errors: `FloorError` without a reason where a digest changes.
    """
    for name, given in results["inputs"].items():
        old = floors["corpus"].get(name)
        if given["sha256"] != old:
            if old is not None and not reason.strip():
                raise FloorError(f'corpus {name}: another digest than the pinned one; say why: --reason "…"')
            floors["corpus"][name] = given["sha256"]
            _remember(floors, f"corpus/{name}", old, given["sha256"], reason)


def _remember(floors: dict[str, Any], name: str, old: Any, new: Any, reason: str) -> None:
    floors["history"].append({"name": name, "from": old, "to": new, "reason": reason.strip()})


def main(arguments: list[str] | None = None, *, floors_file: Path = FLOORS) -> int:
    """Run a command; return 1 where the results are below the floors, 2 where a change is refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check")
    check.add_argument("results", type=Path, nargs="?", default=RESULTS)
    change = commands.add_parser("set")
    change.add_argument("name")
    change.add_argument("value", type=float)
    change.add_argument("--lower", action="store_true")
    change.add_argument("--reason", default="")
    every = commands.add_parser("adopt")
    every.add_argument("results", type=Path, nargs="?", default=RESULTS)
    every.add_argument("--share", type=float, default=0.8)
    again = commands.add_parser("pin")
    again.add_argument("results", type=Path, nargs="?", default=RESULTS)
    again.add_argument("--reason", default="")
    given = parser.parse_args(arguments)
    try:
        floors = load_floors(floors_file)
        if given.command == "check":
            lines = problems(floors, json.loads(given.results.read_text(encoding="utf-8")))
            print("\n".join(lines) or f"{len(floors['floors'])} floors hold")
            return bool(lines)
        if given.command == "set":
            set_floor(floors, given.name, given.value, lower=given.lower, reason=given.reason)
        elif given.command == "adopt":
            for name in adopt(floors, json.loads(given.results.read_text(encoding="utf-8")), share=given.share):
                print(f"{name}: {floors['floors'][name]['value']:g}")
        else:
            pin(floors, json.loads(given.results.read_text(encoding="utf-8")), reason=given.reason)
    except FloorError as error:
        print(f"floors: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"floors: {error}; expected results of `make bench`", file=sys.stderr)
        return 2
    floors_file.write_text(json.dumps(floors, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
