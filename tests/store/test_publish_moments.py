"""Publishing, watched: what another process could see at every step."""

import json
import subprocess
import sys
from pathlib import Path

from tests.rows import numbered_rows, write_rows

# Runs in a process of its own, since an audit hook cannot be taken out again. The hook is called before each file
# operation of Python, and looks at the versions as `datakit ls` in another terminal would.
WATCHED = """
import json, sys
from pathlib import Path

from datakit.pipeline.curate import curate
from datakit.recipe import parse

raw, curated = Path(sys.argv[1]), Path(sys.argv[2])
seen = {"absent": 0, "whole": 0, "torn": []}
looking = False


def is_whole(folder):
    manifest = folder / "manifest.json"
    listed = json.loads(manifest.read_text(encoding="utf-8"))["files"] if manifest.exists() else None
    return bool(listed) and all((folder / name).stat().st_size == entry["bytes"] for name, entry in listed.items())


def look(event, details):
    global looking
    if looking or event.partition(".")[0] not in ("open", "os", "shutil"):
        return
    looking = True
    try:
        home = curated / "watched"
        folders = [path for path in home.iterdir() if path.is_dir()] if home.exists() else []
        if not folders:
            seen["absent"] += 1
        elif all(is_whole(folder) for folder in folders):
            seen["whole"] += 1
        else:
            seen["torn"].append(f"{event} {details[0]}")
    finally:
        looking = False


recipe = parse('name = "watched"\\n[[stage]]\\nuse = "chat"\\n[[stage]]\\nuse = "split"')
sys.addaudithook(look)
curate(raw, curated, recipe=recipe)
looking = True
print(json.dumps(seen))
"""


def test_a_version_is_absent_or_whole_at_every_step(tmp_path: Path) -> None:
    """Before each file operation of a run the version is absent, or it lies there whole with its manifest."""
    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(40))
    command = [sys.executable, "-c", WATCHED, str(tmp_path / "raw"), str(tmp_path / "curated")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["torn"] == []
    assert seen["absent"] > 10  # the watch began early enough, and
    assert seen["whole"] > 2  # went on after the version had appeared
