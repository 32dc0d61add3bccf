"""The plain engine: rows laid end to end are as if alone, and cutting a step changes nothing."""

from dataclasses import replace
from typing import Any

import pytest

from datakit.errors import DatakitError
from trainer.adapter import initialise, snapshot
from trainer.batches import collate
from trainer.engine import EngineOptions, Lora
from trainer.engines import hf
from trainer.engines.causal import by_row, chosen_positions, prove_isolation

LORA = Lora(rank=4, alpha=8, targets=("q_proj", "v_proj", "down_proj"))


def opened(base: Any, **options: Any) -> Any:
    engine = hf.open_engine(base, LORA, device="cpu", seed=1, options=EngineOptions(**options))
    initialise(engine.parameters(), seed=5)
    stir(engine)
    return engine


def stir(engine: Any) -> None:
    """Give B numbers too: an adapter that does nothing would hide faults in its gradient."""
    import torch

    generator = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for name, tensor in sorted(engine.parameters().items()):
            if "lora_B" in name:
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.05)


@pytest.fixture(scope="module")
def engine(tiny: Any) -> Any:
    return opened(tiny)


def gradients(engine: Any, groups: list[Any], denominator: float, **collated: Any) -> tuple[float, dict[str, Any]]:
    for tensor in engine.parameters().values():
        tensor.grad = None
    total = sum(float(engine.train_step(collate(group, **collated), denominator)) for group in groups)
    return total, {name: tensor.grad.clone() for name, tensor in engine.parameters().items()}


def test_parameters_carry_pefts_file_names(engine: Any) -> None:
    """The names are those of an adapter file, in fp32, for exactly the targets of each layer."""
    names = set(engine.parameters())
    assert "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" in names
    assert "base_model.model.model.layers.1.mlp.down_proj.lora_B.weight" in names
    assert len(names) == 2 * 3 * 2
    assert {str(tensor.dtype) for tensor in engine.parameters().values()} == {"torch.float32"}


def test_a_rows_loss_is_the_same_packed_and_alone(engine: Any, examples: Any) -> None:
    """Position ids and bounds keep rows apart: laid end to end, each has the loss it has alone."""
    import torch

    packed = engine.row_losses(collate(examples))
    alone = torch.cat([engine.row_losses(collate([example])) for example in examples])
    torch.testing.assert_close(packed, alone, rtol=2e-5, atol=1e-4)
    turned = engine.row_losses(collate(examples[::-1])).flip(0)
    torch.testing.assert_close(packed, turned, rtol=2e-5, atol=1e-4)


@pytest.mark.parametrize("weight", [0.0, 0.3])
def test_cutting_a_step_changes_neither_loss_nor_gradient(engine: Any, examples: Any, weight: float) -> None:
    """8×1 = 4×2 = 2×4 = 1×8: the denominator is the whole step's, so micro-batches only cut the sum."""
    import torch

    rows = list(examples[:8])
    reference = None
    for size in (8, 4, 2, 1):
        groups = [rows[start : start + size] for start in range(0, 8, size)]
        loss, found = gradients(engine, groups, 100.0, prompt_loss_weight=weight)
        if reference is None:
            reference = (loss, found)
            continue
        assert loss == pytest.approx(reference[0], rel=1e-5)
        for name, gradient in found.items():
            torch.testing.assert_close(gradient, reference[1][name], rtol=1e-3, atol=1e-6, msg=lambda m, n=name: n + m)


def test_the_gradient_is_that_of_the_loss(engine: Any, examples: Any) -> None:
    """A small move along the gradient changes the loss by what the gradient says."""
    import torch

    group = list(examples[:4])
    batch = collate(group)
    _, found = gradients(engine, [group], 1.0)
    before = snapshot(engine.parameters())
    size = sum(float((gradient**2).sum()) for gradient in found.values())
    step = 1e-3 / size**0.5
    sums = []
    for sign in (1, -1):
        with torch.no_grad():
            for name, tensor in engine.parameters().items():
                tensor.copy_(before[name] + sign * step * found[name])
        sums.append(float(engine.row_losses(batch).sum()))
    with torch.no_grad():
        for name, tensor in engine.parameters().items():
            tensor.copy_(before[name])
    assert (sums[0] - sums[1]) / (2 * step) == pytest.approx(size, rel=0.05)


def test_the_loss_is_that_of_transformers(engine: Any, examples: Any) -> None:
    """One row's loss equals cross-entropy over labels as everybody computes it."""
    import torch

    example = examples[3]
    ids = torch.tensor([example.input_ids])
    labels = torch.where(torch.tensor([example.completion_mask]) == 1, ids, -100)
    with torch.no_grad():
        mean = engine._model(input_ids=ids, labels=labels).loss
    assert float(engine.row_losses(collate([example]))[0]) == pytest.approx(
        float(mean) * example.answer_tokens, rel=1e-5
    )


def test_an_adapter_of_zeros_is_the_base(tiny: Any, examples: Any) -> None:
    """With B at zero the engine computes the base model itself: so base and adapter are scored in one engine."""
    import torch

    engine = opened(tiny)
    initialise(engine.parameters(), seed=5)
    model = hf.load_model(tiny, device="cpu", options=EngineOptions())
    ids = torch.tensor([examples[0].input_ids])
    with torch.no_grad():
        logits = model(input_ids=ids).logits
        ours = engine._model(input_ids=ids).logits
    torch.testing.assert_close(ours, logits)


def test_checkpointing_changes_no_number(tiny: Any, engine: Any, examples: Any) -> None:
    """Activations computed twice give the same gradient."""
    import torch

    again = opened(tiny, checkpointing=True)
    for (name, one), other in zip(
        gradients(engine, [list(examples[:4])], 10.0)[1].items(),
        gradients(again, [list(examples[:4])], 10.0)[1].values(),
        strict=True,
    ):
        torch.testing.assert_close(one, other, msg=lambda m, n=name: n + m)


@pytest.mark.parametrize("dtype", ["bf16", "fp16"])
def test_sixteen_bits_stay_near_thirty_two(tiny: Any, engine: Any, examples: Any, dtype: str) -> None:
    """The gradient of a 16-bit forward pass points where the fp32 one does; fp16's is scaled and scaled back."""
    import torch

    low = opened(tiny, dtype=dtype)
    loss, found = gradients(low, [list(examples[:4])], 10.0)
    reference, expected = gradients(engine, [list(examples[:4])], 10.0)
    assert loss == pytest.approx(reference, rel=0.02)
    one, other = (torch.cat([part[name].flatten() for name in sorted(part)]) for part in (found, expected))
    assert float(torch.nn.functional.cosine_similarity(one, other, dim=0)) > 0.98
    assert float(one.norm() / other.norm()) == pytest.approx(1, abs=0.05)
    assert {tensor.grad.dtype for tensor in low.parameters().values()} == {torch.float32}


def test_nf4_works_on_a_cpu_and_stays_near(tiny: Any, engine: Any, examples: Any) -> None:
    """A base quantized to NF4 loses a little, not more."""
    low = opened(tiny, quantization="nf4")
    reference = float(engine.row_losses(collate(examples)).sum())
    assert float(low.row_losses(collate(examples)).sum()) == pytest.approx(reference, rel=0.02)
    assert any("Linear4bit" in type(module).__name__ for module in low._model.modules())


def test_greedy_answers_do_not_depend_on_their_neighbours(engine: Any, examples: Any) -> None:
    """Padding on the left changes no answer; the stop token ends one and is left out."""
    prompts = [example.prompt_ids for example in examples[:5]]
    together = engine.generate(prompts, max_new_tokens=6, stop_ids={2})
    assert together == [engine.generate([prompt], max_new_tokens=6, stop_ids={2})[0] for prompt in prompts]
    stop = together[0][2]
    short = engine.generate(prompts[:1], max_new_tokens=6, stop_ids={stop})[0]
    assert short == together[0][: together[0].index(stop)]


def test_rows_that_see_each_other_are_found(engine: Any) -> None:
    """The proof can fail: with positions that run on, the second row sees the first, and the engine is refused."""
    import torch

    class Leaky:
        name = "leaky"

        def row_losses(self, batch: Any) -> Any:
            return engine.row_losses(replace(batch, position_ids=torch.arange(batch.input_ids.numel())))

    prove_isolation(engine, vocabulary=500)
    with pytest.raises(DatakitError, match="engine leaky: rows laid end to end see each other here"):
        prove_isolation(Leaky(), vocabulary=500)


def test_losses_go_to_the_row_they_lie_in(examples: Any) -> None:
    """A position belongs to the row between its bounds, the first and last included."""
    import torch

    batch = collate(examples[:3])
    chosen = chosen_positions(batch)
    assert by_row(batch, chosen, torch.ones(chosen.numel())).tolist() == [
        float(example.answer_tokens) for example in examples[:3]
    ]
