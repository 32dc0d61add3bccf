"""The adapter: the same first numbers for every engine, and files that PEFT reads."""

import json
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import InputError, IntegrityError
from trainer.adapter import initialise, read_adapter, restore, save_adapter, snapshot
from trainer.engine import EngineOptions, Lora
from trainer.engines import hf

LORA = Lora(rank=4, alpha=8, targets=("q_proj", "v_proj"))


def tensors() -> dict[str, Any]:
    import torch

    return {f"layer.{n}.lora_{side}.weight": torch.full((4, 6), 7.0) for n in range(3) for side in "BA"}


def test_the_first_numbers_follow_from_the_seed_and_the_names() -> None:
    """A is drawn in the order of the names, whatever order an engine has them in; B is zero."""
    import torch

    one, other = tensors(), dict(reversed(list(tensors().items())))
    initialise(one, seed=3)
    initialise(other, seed=3)
    for name in one:
        assert torch.equal(one[name], other[name])
        assert bool((one[name] == 0).all()) is ("lora_B" in name)
    third = tensors()
    initialise(third, seed=4)
    assert not torch.equal(third["layer.0.lora_A.weight"], one["layer.0.lora_A.weight"])
    # Kaiming-uniform with a = sqrt 5: within 1 / sqrt(inputs)
    assert float(one["layer.0.lora_A.weight"].abs().max()) <= 6**-0.5
    assert float(one["layer.0.lora_A.weight"].abs().max()) > 0.5 * 6**-0.5


def test_peft_reads_what_we_write(tiny: Any, tmp_path: Path) -> None:
    """A saved adapter loads with PEFT onto the base and computes what the engine computes."""
    import torch
    from peft import PeftModel

    engine = hf.open_engine(tiny, LORA, device="cpu", seed=1, options=EngineOptions())
    with torch.no_grad():
        for tensor in engine.parameters().values():
            tensor.normal_(0, 0.1)
    save_adapter(tmp_path / "adapter", snapshot(engine.parameters()), lora=LORA, base_name="tiny")
    base = hf.load_model(tiny, device="cpu", options=EngineOptions())
    loaded = PeftModel.from_pretrained(base, tmp_path / "adapter")
    ids = torch.arange(20)[None]
    with torch.no_grad():
        torch.testing.assert_close(loaded(input_ids=ids).logits, engine._model(input_ids=ids).logits)
    settings = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert (settings["base_model_name_or_path"], settings["r"], settings["lora_alpha"]) == ("tiny", 4, 8)


def test_an_adapter_comes_back_and_a_strange_one_is_refused(tmp_path: Path) -> None:
    """Names and shapes are checked: an adapter of another base is told apart, not half loaded."""
    import torch

    made = tensors()
    initialise(made, seed=1)
    save_adapter(tmp_path, made, lora=LORA, base_name="x")
    back = tensors()
    restore(back, read_adapter(tmp_path), where="here")
    assert all(torch.equal(back[name], made[name]) for name in made)
    with pytest.raises(IntegrityError, match=r"here: 1 tensors are on one side only, such as layer\.9"):
        restore({**back, "layer.9.lora_A.weight": back["layer.0.lora_A.weight"]}, made, where="here")
    with pytest.raises(IntegrityError, match=r"has the shape \(4, 6\), expected \(4, 5\)"):
        restore({**back, "layer.0.lora_A.weight": torch.zeros(4, 5)}, made, where="here")
    with pytest.raises(InputError, match="expected a run's adapter"):
        read_adapter(tmp_path / "none")
    (tmp_path / "adapter_model.safetensors").write_bytes(b"\x80\x04pickle")
    with pytest.raises(InputError, match="cannot be read"):
        read_adapter(tmp_path)


def test_a_snapshot_does_not_follow_its_source() -> None:
    """What was kept as the best stays as it was while training goes on."""
    made = tensors()
    kept = snapshot(made)
    made["layer.0.lora_A.weight"].zero_()
    assert float(kept["layer.0.lora_A.weight"].max()) == 7
