"""The plan: the fastest choice that fits, the reason for each, and a refusal that names what would fit."""

from dataclasses import replace
from typing import Any

import pytest

from datakit.errors import MissingDependencyError, UsageError
from trainer.config import Config
from trainer.engine import EngineOptions
from trainer.engines import hf
from trainer.errors import DoesNotFitError
from trainer.examples import Example
from trainer.memory import (
    ModelShape,
    adapter_bytes,
    free_bytes,
    logit_bytes,
    shape_of,
    weight_bytes,
)
from trainer.planner import PRESET_SHAPES, Wishes, choose_engine, gib, make_plan
from trainer.preset import NAMES, load_config

GIB = 1 << 30
LLAMA_8B = {
    "architectures": ["LlamaForCausalLM"], "num_hidden_layers": 32, "hidden_size": 4096, "intermediate_size": 14336,
    "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256, "rms_norm_eps": 1e-5,
}  # fmt: skip


def rows(lengths: list[int]) -> list[Example]:
    return [
        Example(
            row_id=f"{n:064x}", source_id="s", input_ids=tuple([5] * length),
            completion_mask=tuple([0] * (length // 2) + [1] * (length - length // 2)),
        )
        for n, length in enumerate(lengths)
    ]  # fmt: skip


def eight_billion(tiny: Any, **config: Any) -> Any:
    return replace(tiny, form="safetensors", config={**LLAMA_8B, **config})


def planned(tiny: Any, *sets: str, lengths: list[int], free: int, base: Any = None, **wishes: Any) -> Any:
    config = load_config("smoke", sets=["quantization=none", "max_steps=4", *sets])
    return make_plan(config, base or tiny, rows(lengths), device="cpu", wishes=Wishes(**wishes), free=free)


def test_with_room_a_step_is_one_micro_batch_without_checkpointing(tiny: Any) -> None:
    """Memory to spare: the whole step at once, nothing computed twice."""
    plan = planned(tiny, lengths=[100] * 32, free=8 * GIB)
    assert (plan.micro_batches, plan.token_budget, plan.options.checkpointing) == (1, 800, False)
    assert plan.tokens == 4 * 800
    assert plan.answer_tokens == 4 * 400
    assert any("a whole step at once" in reason for reason in plan.reasons)


def test_with_less_room_checkpointing_comes_before_smaller_batches(tiny: Any) -> None:
    """One micro-batch computed twice beats many small ones (18 against 5 pairs a second, measured); then halves."""
    lengths = [100] * 32
    needs = [
        hf.estimate(shape_of(tiny.config), 800, EngineOptions(token_budget=800, checkpointing=checkpointing))
        for checkpointing in (False, True)
    ]
    assert needs[1] < needs[0]
    tight = planned(tiny, lengths=lengths, free=int(needs[1] / 0.92) + 100_000)
    assert (tight.token_budget, tight.options.checkpointing) == (800, True)
    assert "checkpointing on: without it the step would not fit" in tight.reasons
    tighter = planned(tiny, lengths=lengths, free=int(needs[1] * 0.7))
    assert tighter.token_budget < 800
    assert tighter.micro_batches >= 2
    assert tighter.peak_bytes <= tighter.free_bytes


def test_the_peak_is_that_of_the_largest_micro_batch(tiny: Any) -> None:
    """A row longer than the budget makes a micro-batch of its own, and the estimate counts it."""
    plan = planned(tiny, "batch=1", lengths=[700, 20, 20, 20], free=8 * GIB, token_budget=50)
    assert plan.peak_bytes == hf.estimate(shape_of(tiny.config, rank=8), 700, plan.options)


def test_what_cannot_fit_is_refused_with_the_preset_that_would(tiny: Any) -> None:
    """An 8B model where 3 GiB are free: the numbers, and a preset that fits there."""
    with pytest.raises(DoesNotFitError) as caught:
        planned(tiny, lengths=[200] * 8, free=3 * GIB, base=eight_billion(tiny))
    assert caught.value.exit_code == 6
    assert "3.0 GiB are free" in str(caught.value)
    assert "--preset cpu-smollm2 would fit" in str(caught.value)
    with pytest.raises(DoesNotFitError, match="--preset smoke would fit"):
        planned(tiny, lengths=[200] * 8, free=GIB // 2, base=eight_billion(tiny))
    with pytest.raises(DoesNotFitError, match="No preset fits"):
        planned(tiny, lengths=[200] * 8, free=1 << 20)


def test_presets_that_are_offered_exist() -> None:
    """Each preset named as a way out is one that ships, from large to small."""
    needs = [
        hf.estimate(shape, tokens, EngineOptions(quantization=quantization, checkpointing=quantization == "nf4"))
        for _, shape, quantization, tokens in PRESET_SHAPES
    ]
    assert {name for name, *_ in PRESET_SHAPES} < set(NAMES)
    assert needs == sorted(needs, reverse=True)


def test_nothing_to_learn_is_refused(tiny: Any) -> None:
    """A version whose rows are all left out gives no plan."""
    with pytest.raises(UsageError, match="no train row is left to learn from"):
        planned(tiny, lengths=[], free=GIB)


def test_wishes_are_kept(tiny: Any) -> None:
    """What a user sets is not decided again."""
    plan = planned(tiny, lengths=[100] * 32, free=8 * GIB, token_budget=300, checkpointing="on")
    assert (plan.token_budget, plan.options.checkpointing, plan.micro_batches) == (300, True, 3)
    assert planned(tiny, "batch=2x4", lengths=[100] * 32, free=8 * GIB).micro_batches == 4


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"compile": "on"}, "--compile on: engine hf on cpu compiles nothing"),
        ({"hold_16bit": "on"}, "--hold-16bit on: engine hf with quantization none unpacks nothing"),
    ],
    ids=["compile", "hold"],
)
def test_a_wish_that_would_be_ignored_is_refused(tiny: Any, wish: dict[str, str], message: str) -> None:
    """Nothing that a user asks for is silently left out."""
    with pytest.raises(UsageError, match=message):
        planned(tiny, lengths=[50] * 8, free=GIB, **wish)


def test_an_unknown_shape_is_planned_without_an_estimate(tiny: Any) -> None:
    """A configuration that names its sizes otherwise is trained all the same; the plan says so."""
    plan = planned(tiny, lengths=[50] * 8, free=GIB, base=replace(tiny, config={"model_type": "odd"}))
    assert plan.peak_bytes == 0
    assert any("not estimated" in reason for reason in plan.reasons)


def test_a_cpu_gets_the_plain_engine_and_a_missing_one_is_told(tiny: Any) -> None:
    """`auto` on a CPU is hf; the reasons say so."""
    reasons: list[str] = []
    assert choose_engine(Config(base="random", engine="auto"), tiny, device="cpu", reasons=reasons) == "hf"
    assert reasons == ["engine hf: the only one for a CPU"]
    from trainer.engines import unsloth

    with pytest.raises(MissingDependencyError, match="no CUDA device here, and it needs one; pip install"):
        unsloth.open_engine(
            tiny, __import__("trainer.engine", fromlist=["Lora"]).Lora(rank=4, alpha=4, targets=("q_proj",)),
            device="cuda:0", seed=1, options=EngineOptions(),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sets", "because"),
    [
        (
            {"form": "gguf", "config": {**LLAMA_8B, "architectures": ["Gemma3ForCausalLM"]}},
            [],
            "not engine fused: architecture Gemma3",
        ),
        ({}, ["targets=q_proj"], "not engine fused: it adapts all of"),
        ({}, ["dtype=fp16"], "not engine fused: it computes in bf16"),
        ({"config": {**LLAMA_8B, "architectures": ["GPT2LMHeadModel"]}}, [], "not engine fused: architecture GPT2"),
    ],
    ids=["gguf", "targets", "fp16", "architecture"],
)
def test_why_the_fused_engine_is_not_taken_is_said(
    tiny: Any, change: dict[str, Any], sets: list[str], because: str
) -> None:
    """On a GPU `auto` falls back with the reason, and never to an engine that cannot load the base."""
    base = replace(eight_billion(tiny), **change)
    config = load_config("smoke", sets=["engine=auto", "dtype=bf16", *sets])
    reasons: list[str] = []
    assert choose_engine(config, base, device="cuda:0", reasons=reasons) in ("unsloth", "hf")
    assert reasons[0].startswith(because)


def test_a_llama_in_a_gguf_gets_the_fused_engine_too(tiny: Any) -> None:
    """A GGUF base is unpacked and trained by the fastest engine like any other."""
    base = replace(eight_billion(tiny), form="gguf")
    reasons: list[str] = []
    config = load_config("smoke", sets=["engine=auto", "dtype=bf16"])
    assert choose_engine(config, base, device="cuda:0", reasons=reasons) == "fused"


def test_a_llama_on_a_gpu_gets_the_fused_engine(tiny: Any) -> None:
    """The preset's own case: an 8B Llama, all layers, bf16."""
    reasons: list[str] = []
    config = load_config("default-8b", sets=["dtype=bf16"])
    assert choose_engine(config, eight_billion(tiny), device="cuda:0", reasons=reasons) == "fused"


def test_weights_of_an_8b_are_counted_right() -> None:
    """Llama-3-8B has 8.03 billion weights and its r 16 adapter 41.9 million."""
    shape = shape_of(LLAMA_8B)
    total = shape.weights() + 2 * shape.vocabulary * shape.hidden
    assert total == pytest.approx(8.03e9, rel=0.002)
    assert shape.adapter_weights(shape.rank) == 41_943_040
    assert adapter_bytes(shape) == 16 * 41_943_040
    sixteen, four = (
        weight_bytes(shape, EngineOptions(dtype="bf16", quantization=quantization)) for quantization in ("none", "nf4")
    )
    assert sixteen == pytest.approx(16.06e9, rel=0.002)
    assert four == pytest.approx(5.7e9, rel=0.03)  # 5.7 GB is what a bnb-4bit checkpoint of it weighs


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_activations_are_estimated_as_autograd_saves_them(tiny: Any, dtype: Any) -> None:
    """The estimate's activations lie within a tenth of the bytes that autograd keeps for the backward pass."""
    import torch

    from trainer.batches import collate
    from trainer.engine import Lora

    config = load_config("smoke")
    engine = hf.open_engine(
        tiny, Lora(rank=8, alpha=16, targets=config.targets), device="cpu", seed=1, options=EngineOptions(dtype=dtype)
    )
    weights = {tensor.data_ptr() for tensor in engine._model.parameters()}
    for tokens in (256, 512):
        batch = collate(rows([tokens // 4] * 4))
        kept: dict[int, int] = {}

        def note(tensor: Any, kept: dict[int, int] = kept) -> Any:
            if tensor.data_ptr() not in weights:
                kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            chosen, losses = engine._losses(batch)
        saved = sum(kept.values())
        del losses, chosen
        shape = shape_of(tiny.config, rank=8)
        options = EngineOptions(dtype=dtype)
        fixed = weight_bytes(shape, options) + adapter_bytes(shape) + logit_bytes(shape, tokens, options)
        estimated = hf.estimate(shape, tokens, options) - fixed
        logits = tokens // 2 * shape.vocabulary * 4  # the loss keeps them once, in fp32
        assert logits in kept.values()
        assert estimated == pytest.approx(saved - logits, rel=0.1)


def test_free_memory_is_read(tiny: Any) -> None:
    """A CPU's free memory is a plausible number of bytes, and bytes are written as people read them."""
    del tiny
    assert GIB // 4 < free_bytes("cpu") < 100_000 * GIB
    assert (gib(GIB * 3 // 2), gib(5 << 20)) == ("1.5 GiB", "5 MiB")


def test_a_shape_inside_a_text_config_is_found() -> None:
    """Multimodal configurations keep the decoder's sizes one level down."""
    inner = {**LLAMA_8B, "head_dim": 256, "tie_word_embeddings": True}
    shape = shape_of({"text_config": inner})
    assert isinstance(shape, ModelShape)
    assert (shape.head, shape.tied, shape.layers) == (256, True, 32)
