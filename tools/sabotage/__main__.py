"""Break the source on purpose, one line at a time, and see whether the tests notice; exit 1 where they miss one."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tools.sabotage.fault import SabotageError, check_green, copy_project, noticed
from tools.sabotage.faults import FAULTS

PROJECT = Path(__file__).parents[2]


def main(arguments: Sequence[str]) -> int:
    """Print a line for each fault; return 1 where one went unnoticed or could not be tried."""
    parser = argparse.ArgumentParser(prog="python -m tools.sabotage", description=__doc__)
    parser.add_argument("words", nargs="*", help="only the faults whose names hold one of these")
    words: list[str] = parser.parse_args(arguments).words
    faults = [fault for fault in FAULTS if not words or any(word in fault.name for word in words)]
    if not faults:
        parser.error(f"no fault's name holds {' or '.join(words)}; the names stand in tools/sabotage/faults.py")
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_project(PROJECT, Path(folder))
        try:
            check_green(copy, faults)
        except SabotageError as error:
            print(error)
            return 1
        for fault in faults:
            began = time.perf_counter()
            try:
                verdict = "noticed" if noticed(copy, fault) else "NOT NOTICED"
            except SabotageError as error:
                verdict = f"NOT TRIED: {error}"
            missed += verdict != "noticed"
            print(f"{time.perf_counter() - began:5.1f} s  {fault.name}: {verdict}", flush=True)
    print(f"{len(faults) - missed} of {len(faults)} faults noticed")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
