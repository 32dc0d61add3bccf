"""Checkpoints under names that look alike, with damage of every kind, and with optimizers that have not begun."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import IntegrityError
from trainer.checkpoint import FOLDER, Progress, checkpoint_step, load_checkpoint, save_checkpoint


def made(names: tuple[str, ...], seed: int = 1) -> tuple[dict[str, Any], Any]:
    import torch

    generator = torch.Generator().manual_seed(seed)
    parameters = {name: torch.randn(2, 3, generator=generator).requires_grad_() for name in names}
    return parameters, torch.optim.AdamW(parameters.values(), lr=0.1)


def step(parameters: dict[str, Any], optimizer: Any) -> None:
    for number, tensor in enumerate(parameters.values()):
        tensor.grad = tensor.detach() * (number + 1)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


@pytest.mark.parametrize(
    "names",
    [("a", "b.a", "c.b.a"), ("c.b.a", "b.a", "a"), ("step", "exp_avg.step"), ("adapter",), ("x.weight", "weight")],
)
def test_a_name_that_ends_like_another_has_its_own_state(names: tuple[str, ...], tmp_path: Path) -> None:
    """Moments go back to the tensor they belong to, though one name is the end of another."""
    import torch

    straight, optimizer = made(names)
    step(straight, optimizer)
    save_checkpoint(tmp_path, Progress(step=1), straight, optimizer)
    back, again = made(names, seed=2)
    load_checkpoint(tmp_path, back, again)
    for one, other in ((straight, optimizer), (back, again)):
        step(one, other)
    for name in names:
        assert torch.equal(straight[name], back[name]), name


def test_an_optimizer_that_has_not_begun_is_saved_too(tmp_path: Path) -> None:
    """Before the first step there are no moments: the parameters come back, and the optimizer begins anew."""
    import torch

    parameters, optimizer = made(("a", "b"))
    save_checkpoint(tmp_path, Progress(), parameters, optimizer)
    back, again = made(("a", "b"), seed=2)
    step(back, again)  # what it had is put aside
    assert load_checkpoint(tmp_path, back, again) == Progress()
    assert all(torch.equal(parameters[name], back[name]) for name in parameters)
    assert again.state_dict()["state"] == {}
    assert checkpoint_step(tmp_path) == 0


def test_the_rate_of_the_optimizer_at_hand_stays(tmp_path: Path) -> None:
    """Moments come from the checkpoint, settings from the configuration: the schedule sets the rate in any case."""
    parameters, optimizer = made(("a",))
    step(parameters, optimizer)
    save_checkpoint(tmp_path, Progress(step=1), parameters, optimizer)
    back, again = made(("a",))
    again.param_groups[0]["weight_decay"] = 0.5
    load_checkpoint(tmp_path, back, again)
    assert again.param_groups[0]["weight_decay"] == 0.5


def test_every_field_of_the_progress_comes_back(tmp_path: Path) -> None:
    """Whatever the loop notes is there after a resume, the best adapter to the bit."""
    import torch

    parameters, optimizer = made(("a",))
    best = {"x.lora_A.weight": torch.randn(3, 4), "x.lora_B.weight": torch.zeros(4, 3)}
    progress = Progress(
        step=7, token_budget=300, tokens=9_000, metrics_lines=11, best_loss=1.25, best_step=5, since_best=2,
        stopped_early=True, best=best,
    )  # fmt: skip
    save_checkpoint(tmp_path, progress, parameters, optimizer)
    found = load_checkpoint(tmp_path, parameters, optimizer)
    assert {name: value for name, value in vars(found).items() if name != "best"} == {
        name: value for name, value in vars(progress).items() if name != "best"
    }
    assert found.best.keys() == best.keys()
    assert all(torch.equal(found.best[name], best[name]) for name in best)


def test_a_step_saved_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """Ctrl-C right after a save writes the same step once more: one folder, with what is newer."""
    parameters, optimizer = made(("a",))
    save_checkpoint(tmp_path, Progress(step=3, tokens=1), parameters, optimizer)
    folder = save_checkpoint(tmp_path, Progress(step=3, tokens=2), parameters, optimizer)
    assert list((tmp_path / FOLDER).iterdir()) == [folder]
    assert load_checkpoint(tmp_path, parameters, optimizer).tokens == 2


def test_the_newest_is_the_one_of_the_highest_step(tmp_path: Path) -> None:
    """Steps are compared as numbers: 100 comes after 9, and what a kill did not yet remove is passed over."""
    parameters, optimizer = made(("a",))
    for number in (9, 100):
        folder = save_checkpoint(tmp_path / str(number), Progress(step=number), parameters, optimizer)
        shutil.copytree(folder, tmp_path / FOLDER / folder.name)
    assert checkpoint_step(tmp_path) == 100
    assert load_checkpoint(tmp_path, parameters, optimizer).step == 100


def test_an_older_half_written_folder_of_this_process_is_no_harm(tmp_path: Path) -> None:
    """What an interrupted save left under construction is thrown away by the next one."""
    import os

    left = tmp_path / FOLDER / f".build-{os.getpid()}"
    left.mkdir(parents=True)
    (left / "strange.safetensors").write_bytes(b"half")
    parameters, optimizer = made(("a",))
    folder = save_checkpoint(tmp_path, Progress(step=1), parameters, optimizer)
    assert sorted(path.name for path in folder.iterdir()) == ["state.json", "tensors.safetensors"]
    assert not left.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"progress": {}}', b'{"files": {}}', b"\xff\xfe"])
def test_a_damaged_state_is_told_with_what_to_do(content: bytes, tmp_path: Path) -> None:
    """A state that is no JSON, or not all of it, names the file and the way out, instead of a traceback."""
    parameters, optimizer = made(("a",))
    folder = save_checkpoint(tmp_path, Progress(step=1), parameters, optimizer)
    (folder / "state.json").write_bytes(content)
    with pytest.raises(IntegrityError) as caught:
        load_checkpoint(tmp_path, parameters, optimizer)
    assert str(caught.value).startswith(f"{folder / 'state.json'}: no state of a run (")
    assert str(caught.value).endswith(f"; delete {folder} and start the run anew")


@pytest.mark.parametrize("name", ["tensors.safetensors", "best.safetensors"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "gone"])
def test_any_damage_to_its_tensors_is_told(name: str, damage: str, tmp_path: Path) -> None:
    """A changed, shortened or missing file of a checkpoint is named, and nothing is loaded from it."""
    import torch

    parameters, optimizer = made(("a",))
    folder = save_checkpoint(tmp_path, Progress(step=1, best={"a": torch.ones(2)}), parameters, optimizer)
    path = folder / name
    data = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        data[len(data) // 2] ^= 1
        path.write_bytes(data if damage == "flipped" else data[:-1])
    before = parameters["a"].detach().clone()
    with torch.no_grad():
        parameters["a"].add_(1)
    with pytest.raises(IntegrityError) as caught:
        load_checkpoint(tmp_path, parameters, optimizer)
    assert str(caught.value) == f"{path}: changed since it was written; delete {folder} and start the run anew"
    assert torch.equal(parameters["a"], before + 1)


def test_the_state_says_which_files_belong_to_it(tmp_path: Path) -> None:
    """Without a best adapter there is no file of it; the digests are those of the files."""
    from datakit.lineage import sha256_file

    parameters, optimizer = made(("a",))
    folder = save_checkpoint(tmp_path, Progress(step=1), parameters, optimizer)
    body = json.loads((folder / "state.json").read_text("utf-8"))
    assert body["files"] == {"tensors.safetensors": sha256_file(folder / "tensors.safetensors")}
    assert load_checkpoint(tmp_path, parameters, optimizer).best == {}
