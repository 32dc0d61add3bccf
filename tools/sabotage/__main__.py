"""Try every fault, or those whose names hold one of the words given; exit 1 where the tests miss one."""

import sys
import tempfile
import time
from pathlib import Path

from tools.sabotage.fault import SabotageError, check_green, copy_project, noticed
from tools.sabotage.faults import FAULTS

PROJECT = Path(__file__).parents[2]


def main(words: list[str]) -> int:
    """Print a line for each fault; return 1 where one went unnoticed or could not be tried."""
    faults = [fault for fault in FAULTS if not words or any(word in fault.name for word in words)]
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
    return int(missed > 0 or not faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
