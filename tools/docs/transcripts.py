"""Transcripts: what the README's commands print, with the parts that differ from run to run taken out."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

WIDTH = 118  # columns: what a README shows without a scroll bar

DAMAGED = "मंुबईत हा प्रश्न दुसर\u094d\u200dया वर्षीही उद्भ्ावला होता."
"""Three faults that real sources have: signs in the wrong order, an eyelash ra of old encoding, a stray half form."""


def transcripts(root: Path) -> dict[str, str]:
    """Run the commands on the sample in a temporary folder; return a block for each.

    Errors: `RuntimeError` where one fails; the message holds what it printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        curated = Path(folder) / "curated"
        first = _run(root, "curate", "raw/", str(curated))
        again = _run(root, "curate", "raw/", str(curated))
        clean = _run(root, "normalize", text=DAMAGED + "\n")
        explained = _run(root, "normalize", "--explain", text=DAMAGED + "\n").replace("\t", "   ")
        echo = f"$ echo '{DAMAGED}' | datakit normalize"
        return {
            "normalize": _block(echo, f"{clean}{echo} --explain\n{explained.rstrip()}"),
            "make-curate": _block("$ make curate", steady(first, curated)),
            "make-curate-again": _block("$ make curate", "…\n" + "\n".join(steady(again, curated).splitlines()[-3:])),
        }


def steady(output: str, curated: Path) -> str:
    """Return the output without times, widths kept, and with the temporary folder named as in the project."""
    output = output.replace(str(curated), "curated")
    output = re.sub(r"(?<![\d.])\d+\.\d\d(?![\d.])", lambda match: "·".rjust(len(match[0])), output)
    output = re.sub(r"[\d,]+\.\d s\b", "… s", output)
    return "\n".join(line.rstrip() for line in output.splitlines()).strip("\n")


def _run(root: Path, *arguments: str, text: str = "") -> str:
    settings = {**os.environ, "COLUMNS": str(WIDTH), "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "datakit", *arguments],
        cwd=root,
        input=text,
        env=settings,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"datakit {' '.join(arguments)}: exit {done.returncode}\n{done.stderr or done.stdout}")
    return done.stdout


def _block(prompt: str, output: str) -> str:
    return f"```text\n{prompt}\n{output}\n```"
