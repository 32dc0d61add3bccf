"""A worker that the system kills in the middle of a run, as it does where memory is short."""

import json
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

from datakit.pipeline.curate import curate
from datakit.recipe import load
from tests.rows import numbered_rows


def test_a_run_survives_a_killed_worker(tmp_path: Path) -> None:
    """What the worker was at is done again by another: the version is that of a run that nobody disturbed."""
    raw = tmp_path / "raw"
    raw.mkdir()
    lines = (json.dumps(row, ensure_ascii=False) for row in numbered_rows(600))
    (raw / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    recipe = load("marathi-history")
    calm = curate(raw, tmp_path / "calm", recipe=recipe, workers=1, batch_rows=40, report=False)
    killed: list[int] = []

    def kill_one() -> None:
        while not killed:
            if any((tmp_path / "shot").rglob("*.parquet")):
                for child in multiprocessing.active_children()[:1]:
                    os.kill(child.pid or 0, signal.SIGKILL)
                    killed.append(child.pid or 0)
            time.sleep(0.01)

    hunter = threading.Thread(target=kill_one, daemon=True)
    hunter.start()
    shot = curate(raw, tmp_path / "shot", recipe=recipe, workers=2, batch_rows=40, report=False)
    hunter.join(5)
    assert len(killed) == 1
    assert shot.version_id == calm.version_id
    assert multiprocessing.active_children() == []
