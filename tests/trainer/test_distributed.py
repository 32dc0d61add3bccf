"""Two processes learn what one learns: gradients are added up, the loss counts the whole step's tokens."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from trainer.distributed import Group, open_group
from trainer.metrics import read_metrics
from trainer.preset import load_config
from trainer.sft import Habits, train

WORKER = """
import sys
from pathlib import Path
from trainer.preset import load_config
from trainer.sft import Habits, train

out, curated = sys.argv[1:]
config = load_config("smoke", sets=["max_steps=4", "evaluations=2", "batch=6"])
train("latest", config, out=Path(out), curated=Path(curated), habits=Habits(samples=1, max_new_tokens=2),
      notify=lambda event, facts: print(event))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def trained(out: Path, curated: Path, size: int) -> Path:
    """Train with `size` processes as torchrun starts them, and return the run folder."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(out), str(curated)],
            cwd=Path(__file__).parents[2],
            env={**env, "WORLD_SIZE": str(size), "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(size)
    ]
    try:
        for rank, worker in enumerate(workers):
            said, told = worker.communicate(timeout=600)
            assert worker.returncode == 0, told
            assert said.split()[:2] == (["plan", "evaluation"] if rank == 0 else []), "one process speaks"
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    (run,) = (path for path in out.iterdir() if (path / "manifest.json").is_file())
    return run


@pytest.mark.slow
def test_two_processes_reach_the_loss_of_one(curated: Path, tmp_path: Path) -> None:
    """Over gloo, the same global batch: losses, norms and evaluations agree, and one run is written."""
    config = load_config("smoke", sets=["max_steps=4", "evaluations=2", "batch=6"])
    habits = Habits(samples=1, max_new_tokens=2)
    alone = train("latest", config, out=tmp_path / "1", curated=curated, habits=habits).path
    together = trained(tmp_path / "2", curated, 2)
    assert alone.name == together.name
    for one, other in zip(read_metrics(alone), read_metrics(together), strict=True):
        for key in ("loss", "gradient_norm", "validation_loss"):
            assert (key in one) is (key in other)
            assert one.get(key, 0) == pytest.approx(other.get(key, 0), rel=1e-4)
        assert one.get("tokens") == other.get("tokens")
    assert sum("loss" in line for line in read_metrics(together)) == 4


def test_one_process_is_a_group_of_its_own() -> None:
    """Without torchrun there is nothing to wait for and nothing to add."""
    import torch

    group = open_group("cpu")
    assert group == Group(rank=0, size=1, device="cpu")
    tensor = torch.ones(2, requires_grad=True)
    group.add_gradients([tensor])
    assert tensor.grad is None
    assert float(group.add(torch.tensor(3.0))) == 3.0
    group.wait()
    group.close()
    assert group.writes
    assert open_group("auto").device in ("cpu", "cuda:0")
