"""A run killed while it notes what came of it: the version stands, and the next run comes to the same one."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from datakit.pipeline.curate import curate
from datakit.pipeline.result import Result
from datakit.recipe import parse
from tests.rows import numbered_rows, write_rows

PLAIN = 'name = "plain"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\ntrain = 60\nvalidation = 20\ntest = 20'

KILL = "import os, signal\ndef kill(*_, **__): os.kill(os.getpid(), signal.SIGKILL)\n"
MOMENTS = {
    "before the note": KILL + "unchanged.json.dumps = kill",
    "half of it written": KILL
    + "def half(path, data):\n    open(path, 'wb').write(data[: len(data) // 2])\n    kill()\n"
    + "unchanged.Path.write_bytes = half",
    "all written, nothing synced": KILL + "notes.sync = kill",
    "synced, not in its place": KILL + "unchanged.Path.replace = kill",
    "in its place": KILL
    + "into = unchanged.Path.replace\n"
    + "unchanged.Path.replace = lambda path, target: (into(path, target), kill())",
}
"""What is put in the way of `remember`, by the moment at which it is killed."""

RUN = (
    "import sys\nfrom pathlib import Path\nimport datakit.pipeline.curate\n"
    "from datakit.pipeline import notes, unchanged\nfrom datakit.recipe import parse\n"
    "run = sys.modules['datakit.pipeline.curate']\n"
    "raw, curated, plain = sys.argv[1:]\n"
    "remember = run.remember\n"
    "def killed(*given):\n    exec(MOMENT, globals())\n    remember(*given)\n"
    "run.remember = killed\n"
    "run.curate(Path(raw), Path(curated), recipe=parse(plain))\n"
)


def killed_at(moment: str, raw: Path, curated: Path) -> None:
    """Curate in a process of its own that is killed at a moment of its noting."""
    code = f"MOMENT = {MOMENTS[moment]!r}\n{RUN}"
    done = subprocess.run([sys.executable, "-c", code, str(raw), str(curated), PLAIN], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def run(raw: Path, curated: Path) -> Result:
    return curate(raw, curated, recipe=parse(PLAIN))


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(40))
    return tmp_path / "raw"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id that a run over the rows of `raw` gives which nobody kills."""
    folder = tmp_path_factory.mktemp("clean")
    write_rows(folder / "raw" / "a.jsonl", numbered_rows(40))
    return run(folder / "raw", folder / "out").version_id


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_as_it_notes_is_found_whole(raw: Path, tmp_path: Path, clean: str, moment: str) -> None:
    """Whenever the kill comes, the version lies there whole, the next run names it, and the one after is unchanged."""
    curated = tmp_path / "out"
    killed_at(moment, raw, curated)
    assert [path.name for path in (curated / "plain").iterdir() if not path.is_symlink()] == [clean]
    again = run(raw, curated)
    assert (again.version_id, again.new, again.unchanged) == (clean, False, moment == "in its place")
    after = run(raw, curated)
    assert (after.version_id, after.unchanged) == (clean, True)
    assert [path.name for path in (curated / ".work").glob("plain.outcome*")] == ["plain.outcome.json"]


@pytest.mark.parametrize("moment", ["half of it written", "synced, not in its place"])
def test_an_older_note_does_not_speak_for_a_newer_input(raw: Path, tmp_path: Path, moment: str) -> None:
    """Killed over changed input, a run leaves the note of the input before: what is asked for next decides."""
    curated = tmp_path / "out"
    first = run(raw, curated)
    before = (raw / "a.jsonl").read_bytes()
    write_rows(raw / "a.jsonl", numbered_rows(41))
    killed_at(moment, raw, curated)
    json.loads((curated / ".work" / "plain.outcome.json").read_text(encoding="utf-8"))
    second = run(raw, curated)
    assert second.version_id == run(raw, tmp_path / "apart").version_id != first.version_id
    (raw / "a.jsonl").write_bytes(before)
    back = run(raw, curated)
    assert (back.version_id, back.unchanged) == (first.version_id, False)
