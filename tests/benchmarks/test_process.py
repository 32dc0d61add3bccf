"""Watching a command: what its children used counts, also what it left behind."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from benchmarks.process import tree, watch

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc, which this system lacks")

BURN = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


def test_the_seconds_of_children_count() -> None:
    """CPU seconds of a child that the command waited for are the command's."""
    watched = watch(
        python(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN.format(seconds=0.3)!r}])")
    )
    assert watched.returncode == 0
    assert 0.3 <= watched.cpu_s < 3


def test_the_seconds_of_orphans_count() -> None:
    """A worker that outlives the command, as those of a forkserver do, is waited for and counted."""
    code = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {BURN.format(seconds=0.3)!r}])"
    assert 0.3 <= watch(python(code)).cpu_s < 3


def test_what_others_left_behind_is_neither_waited_for_nor_counted() -> None:
    """A process of ours that works on, and one that ends meanwhile, are no part of the command's seconds."""
    with (
        subprocess.Popen(python("import time; time.sleep(60)")) as long,
        subprocess.Popen(python(BURN.format(seconds=0.5))),
    ):
        began = time.monotonic()
        watched = watch(python("import time; time.sleep(1)"))
        waited = time.monotonic() - began
        long.kill()
    assert watched.cpu_s < 0.4
    assert waited < 25


def test_memory_is_summed_over_the_tree() -> None:
    """The peak holds parent and child together."""
    child = "import time; held = b'x' * 60_000_000; time.sleep(0.5)"
    watched = watch(
        python(f"import subprocess, sys\nheld = b'x' * 60_000_000\nsubprocess.run([sys.executable, '-c', {child!r}])")
    )
    assert watched.peak_rss_mb > 120


def test_much_output_is_read_to_its_end(tmp_path: Path) -> None:
    """Output larger than a pipe holds does not stop the command, and messages go where they are asked to."""
    with (tmp_path / "messages").open("wb") as messages:
        watched = watch(
            python("import sys; print('x' * 300_000); sys.stderr.write('said'); sys.exit(3)"), stderr=messages
        )
    assert len(watched.stdout) == 300_001
    assert watched.returncode == 3
    assert (tmp_path / "messages").read_text() == "said"


def test_a_tree_holds_grandchildren_and_nobody_else() -> None:
    """Descendants of any depth are found; a process that ended is alone."""
    sleep = "import time; time.sleep(20)"
    inner = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {sleep!r}])\nprint(flush=True)\n{sleep}"
    outer = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {inner!r}])"
    with subprocess.Popen(python(outer), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = tree(process.pid)
        for pid in reversed(found):
            subprocess.run(["kill", "-9", str(pid)], check=False)
    assert len(found) == 3
    assert tree(2**22 + 1) == [2**22 + 1]
