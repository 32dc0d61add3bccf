"""Checkpoints: whole or absent, and enough to go on from to the bit."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import IntegrityError
from trainer.checkpoint import FOLDER, Progress, checkpoint_step, clear_checkpoints, load_checkpoint, save_checkpoint


def made(seed: int) -> tuple[dict[str, Any], Any]:
    import torch

    generator = torch.Generator().manual_seed(seed)
    parameters = {f"p.{n}.weight": torch.randn(3, 4, generator=generator).requires_grad_() for n in range(3)}
    return parameters, torch.optim.AdamW(parameters.values(), lr=0.1)


def step(parameters: dict[str, Any], optimizer: Any, number: int) -> None:
    for name, tensor in parameters.items():
        tensor.grad = tensor.detach() * (number + len(name) % 3) * 0.1
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def test_going_on_from_a_checkpoint_is_as_if_nothing_happened(tmp_path: Path) -> None:
    """Parameters, both moments and the step counts come back: the next updates are equal to the bit."""
    import torch

    straight, optimizer = made(1)
    for number in range(5):
        step(straight, optimizer, number)
    broken, first = made(1)
    for number in range(3):
        step(broken, first, number)
    best = {"p.0.weight": torch.ones(2)}
    save_checkpoint(tmp_path, Progress(step=3, tokens=77, best_loss=1.5, best_step=2, best=best), broken, first)
    other, second = made(2)
    progress = load_checkpoint(tmp_path, other, second)
    assert (progress.step, progress.tokens, progress.best_loss, progress.best_step) == (3, 77, 1.5, 2)
    assert torch.equal(progress.best["p.0.weight"], best["p.0.weight"])
    for number in range(3, 5):
        step(other, second, number)
    for name in straight:
        assert torch.equal(straight[name], other[name])


def test_the_random_state_comes_back(tmp_path: Path) -> None:
    """An engine that draws numbers draws the same ones after a resume."""
    import torch

    parameters, optimizer = made(1)
    torch.manual_seed(4)
    save_checkpoint(tmp_path, Progress(step=1), parameters, optimizer)
    expected = torch.rand(3)
    torch.manual_seed(9)
    load_checkpoint(tmp_path, parameters, optimizer)
    assert torch.equal(torch.rand(3), expected)


def test_only_the_newest_is_kept_and_all_go_at_the_end(tmp_path: Path) -> None:
    """Each checkpoint replaces the one before it; a finished run keeps none."""
    parameters, optimizer = made(1)
    for number in (1, 2, 30):
        save_checkpoint(tmp_path, Progress(step=number), parameters, optimizer)
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["step-00000030"]
    assert checkpoint_step(tmp_path) == 30
    clear_checkpoints(tmp_path)
    assert checkpoint_step(tmp_path) is None
    assert load_checkpoint(tmp_path, parameters, optimizer) == Progress()


def test_a_half_written_checkpoint_does_not_count(tmp_path: Path) -> None:
    """What a kill left under construction, or without its state, is passed over for the whole one before it."""
    parameters, optimizer = made(1)
    whole = save_checkpoint(tmp_path, Progress(step=4), parameters, optimizer)
    shutil.copytree(whole, whole.with_name(".build-77"))
    shutil.copytree(whole, whole.with_name("step-00000009"))
    (whole.with_name("step-00000009") / "state.json").unlink()
    assert checkpoint_step(tmp_path) == 4
    assert load_checkpoint(tmp_path, parameters, optimizer).step == 4


def test_a_changed_checkpoint_is_refused(tmp_path: Path) -> None:
    """A flipped byte in the tensors is found before anything is trained from them."""
    parameters, optimizer = made(1)
    folder = save_checkpoint(tmp_path, Progress(step=4), parameters, optimizer)
    path = folder / "tensors.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match=r"tensors\.safetensors: changed since it was written"):
        load_checkpoint(tmp_path, parameters, optimizer)


def test_nothing_in_a_checkpoint_is_a_pickle(tmp_path: Path) -> None:
    """Only safetensors and JSON: loading a checkpoint runs no code."""
    parameters, optimizer = made(1)
    step(parameters, optimizer, 1)
    folder = save_checkpoint(tmp_path, Progress(step=1), parameters, optimizer)
    assert {path.suffix for path in folder.iterdir()} == {".safetensors", ".json"}
