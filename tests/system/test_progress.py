"""Progress on stderr: drawn on a terminal, and not even imported where there is none."""

import io
import os
import subprocess
import sys

import pytest

from datakit.cli.progress import LINES, Bars

WORK = """
import sys
from datakit.cli.progress import Bars
with Bars() as bars:
    bars.start("रायगड.jsonl", None)
    bars.advance("रायगड.jsonl", 7)
    bars.finish("रायगड.jsonl", "7 rows")
print("rich" in sys.modules)
"""


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("forced", "drawn"), [({}, False), ({"FORCE_COLOR": "1"}, True)])
def test_without_a_terminal_nothing_is_drawn_nor_imported(forced: dict[str, str], drawn: bool) -> None:
    """Into a pipe nothing is written and rich is left alone, unless a variable says that the pipe is a terminal."""
    plain = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "TTY_COMPATIBLE")}
    done = subprocess.run(
        [sys.executable, "-c", WORK], capture_output=True, text=True, check=True, env={**plain, **forced}
    )
    assert done.stdout.strip() == str(drawn)
    assert ("7 rows" in done.stderr) == drawn
    assert drawn or done.stderr == ""


def test_a_terminal_shows_the_latest_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal each file has a line with its rows, and only the latest lines stay."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with Bars() as bars:
        for number in range(LINES + 3):
            bars.start(f"file {number}", None)
            bars.advance(f"file {number}", 1_234)
        bars.finish(f"file {number}", "all rows")
        assert bars._progress is not None
        shown = [task.description for task in bars._progress.tasks]
        notes = [task.fields["note"] for task in bars._progress.tasks]
    assert shown == [f"file {number}" for number in range(3, LINES + 3)]
    assert notes == [*["1,234 rows"] * (LINES - 1), "all rows"]
