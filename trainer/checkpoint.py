"""Checkpoints: all that a run needs to go on as if nothing had happened, published by one rename.

Adapter, optimizer and best adapter are safetensors, the rest is JSON; nothing is pickled. The order of the data follows
from the seed and the step, so the step is the position in the data.
"""

import dataclasses
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import IntegrityError
from datakit.lineage import sha256_file, sync

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

FOLDER: Final = "checkpoints"
_STATE, _TENSORS, _BEST = "state.json", "tensors.safetensors", "best.safetensors"
_PREFIX: Final = "step-"


@dataclass(kw_only=True)
class Progress:
    """Where a run stands. Changed by the loop, saved with each checkpoint."""

    step: int = 0
    """Optimizer steps done."""
    token_budget: int = 0
    """Tokens of the largest micro-batch; halved when memory runs out."""
    tokens: int = 0
    """Tokens learnt from so far, over all steps."""
    metrics_lines: int = 0
    """Lines of metrics.jsonl that belong to these steps."""
    best_loss: float | None = None
    best_step: int = 0
    since_best: int = 0
    """Evaluations since the best one."""
    stopped_early: bool = False
    best: "dict[str, Tensor]" = field(default_factory=dict, repr=False)
    """The best adapter so far, on the CPU; empty where nothing was evaluated yet."""


def save_checkpoint(run: Path, progress: Progress, parameters: "Mapping[str, Tensor]", optimizer: "Optimizer") -> Path:
    """Write a checkpoint and remove the older ones; a kill at any moment leaves the old one or the new one whole."""
    import torch
    from safetensors.torch import save_file

    home = run / FOLDER
    final = home / f"{_PREFIX}{progress.step:08d}"
    build = home / f".build-{os.getpid()}"
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    tensors = {f"parameter.{name}": tensor.detach().cpu().contiguous() for name, tensor in parameters.items()}
    for name, state in zip(parameters, _states(optimizer), strict=True):
        for key, value in state.items():
            tensors[f"optimizer.{key}.{name}"] = torch.as_tensor(value).detach().cpu().contiguous()
    tensors["random.cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random.cuda"] = torch.cuda.get_rng_state()
    save_file(tensors, build / _TENSORS)
    if progress.best:
        save_file(progress.best, build / _BEST)
    plain = {
        field.name: getattr(progress, field.name) for field in dataclasses.fields(Progress) if field.name != "best"
    }
    digests = {path.name: sha256_file(path) for path in sorted(build.glob("*.safetensors"))}
    (build / _STATE).write_text(json.dumps({"progress": plain, "files": digests}, indent=2), encoding="utf-8")
    for path in build.iterdir():
        sync(path)
    sync(build)
    shutil.rmtree(final, ignore_errors=True)
    build.rename(final)
    sync(home)
    for older in _all(run):
        if older != final:
            shutil.rmtree(older)
    return final


def load_checkpoint(run: Path, parameters: "Mapping[str, Tensor]", optimizer: "Optimizer") -> Progress:
    """Restore the newest checkpoint into parameters and optimizer; with none, return the beginning.

    Errors: `IntegrityError` where a file of it was changed.
    """
    import torch
    from safetensors.torch import load_file

    found = _all(run)
    if not found:
        return Progress()
    folder = found[-1]
    try:
        body = json.loads((folder / _STATE).read_text(encoding="utf-8"))
        progress, digests = dict(body["progress"]), dict(body["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{folder / _STATE}: no state of a run ({error}); delete {folder} and start the run anew"
        ) from error
    for name, digest in digests.items():
        if not (folder / name).is_file() or sha256_file(folder / name) != digest:
            raise IntegrityError(
                f"{folder / name}: changed since it was written; delete {folder} and start the run anew"
            )
    tensors = load_file(folder / _TENSORS)
    state: dict[int, dict[str, Any]] = {}
    keys = [key.split(".", 2) for key in tensors if key.startswith("optimizer.")]
    with torch.no_grad():
        for number, (name, parameter) in enumerate(parameters.items()):
            parameter.copy_(tensors[f"parameter.{name}"])
            if own := {kind: tensors[f"{mark}.{kind}.{whose}"] for mark, kind, whose in keys if whose == name}:
                state[number] = own
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["random.cuda"])
    best = load_file(folder / _BEST) if _BEST in digests else {}
    return Progress(**progress, best=best)


def checkpoint_step(run: Path) -> int | None:
    """Return the step of the newest checkpoint, or None."""
    found = _all(run)
    return int(found[-1].name.removeprefix(_PREFIX)) if found else None


def clear_checkpoints(run: Path) -> None:
    """Remove them all: a finished run needs none."""
    shutil.rmtree(run / FOLDER, ignore_errors=True)


def _all(run: Path) -> list[Path]:
    return sorted(path for path in (run / FOLDER).glob(f"{_PREFIX}*") if (path / _STATE).is_file())


def _states(optimizer: "Optimizer") -> list[dict[str, Any]]:
    body = optimizer.state_dict()
    numbers = [number for group in body["param_groups"] for number in group["params"]]
    return [body["state"].get(number, {}) for number in numbers]
