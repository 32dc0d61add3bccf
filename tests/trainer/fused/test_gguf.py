"""The fused engine on a base that lies in a GGUF file."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'ancient-aurora[train]'")

from datakit.errors import InputError  # noqa: E402
from trainer.config import ALL_LINEAR  # noqa: E402
from trainer.engine import Batch, EngineOptions, Lora  # noqa: E402
from trainer.fused.checkpoint import open_checkpoint  # noqa: E402


@pytest.mark.slow
def test_smollm2s_gguf_gives_the_losses_of_transformers(smollm2: Path, tmp_path: Path) -> None:
    """On the same GGUF the fused engine and transformers with PEFT agree row by row, and after one update."""
    from trainer import fused
    from trainer.base import load_base
    from trainer.engines import hf

    base = load_base(str(smollm2), work=tmp_path)
    lora = Lora(rank=4, alpha=4, targets=ALL_LINEAR)
    lengths = torch.tensor([0, 12, 30, 37])
    rows = Batch(
        input_ids=torch.randint(3, 40_000, (37,), generator=torch.Generator().manual_seed(1)),
        position_ids=torch.cat([torch.arange(12), torch.arange(18), torch.arange(7)]),
        bounds=lengths.to(torch.int32),
        weights=torch.tensor([float(n not in (0, 12, 30) and n % 3 > 0) for n in range(37)]),
    )
    asked = float(rows.weights.sum())
    engines: list[Any] = [
        module.open_engine(base, lora, device="cpu", seed=1, options=EngineOptions()) for module in (fused, hf)
    ]
    torch.manual_seed(2)
    first = {name: 0.02 * torch.randn(tuple(tensor.shape)) for name, tensor in engines[0].parameters().items()}
    assert {name.removeprefix("base_model.model.") for name in first} == {
        name.removeprefix("base_model.model.") for name in engines[1].parameters()
    }
    for engine in engines:
        with torch.no_grad():
            for name, tensor in engine.parameters().items():
                tensor.copy_(next(v for k, v in first.items() if k.endswith(name) or name.endswith(k)))
        engine.after_update()
    ours, theirs = (engine.row_losses(rows) for engine in engines)
    assert ours.tolist() == pytest.approx(theirs.tolist(), rel=2e-4)
    totals = [float(engine.train_step(rows, asked)) for engine in engines]
    assert totals[0] == pytest.approx(totals[1], rel=2e-4)


def test_a_tensor_that_the_gguf_lacks_is_named(smollm2: Path) -> None:
    """The error says which tensor and what was expected; the tensors that are there come under safetensors' names."""
    checkpoint = open_checkpoint(smollm2, torch.device("cpu"))
    assert tuple(checkpoint.tensor("model.layers.0.mlp.up_proj.weight").shape) == (1536, 576)
    assert "model.layers.0.self_attn.q_proj.bias" not in checkpoint
    with pytest.raises(InputError, match=r"no tensor 'model.layers.99.mlp.up_proj.weight'; expected the layout"):
        checkpoint.tensor("model.layers.99.mlp.up_proj.weight")
