"""The fused engine behind the seam: what it refuses, what a plan turns into, and the memory it was estimated at."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'ancient-aurora[train]'")

from datakit.errors import UsageError  # noqa: E402
from tests.trainer.test_loop import LORA as SMALL  # noqa: E402
from tests.trainer.test_loop import ignore, losses, prepared  # noqa: E402
from trainer import fused  # noqa: E402
from trainer.adapter import initialise  # noqa: E402
from trainer.checkpoint import Progress  # noqa: E402
from trainer.config import ALL_LINEAR  # noqa: E402
from trainer.distributed import Group  # noqa: E402
from trainer.engine import EngineOptions, Lora  # noqa: E402
from trainer.fused.estimate import estimate_bytes  # noqa: E402
from trainer.fused.options import Options  # noqa: E402
from trainer.fused.shape import read_shape  # noqa: E402
from trainer.interrupt import Stop  # noqa: E402
from trainer.memory import CUDA_CONTEXT, ModelShape, shape_of  # noqa: E402
from trainer.metrics import Metrics  # noqa: E402
from trainer.sft import Habits, fit  # noqa: E402

LORA = Lora(rank=4, alpha=8, targets=ALL_LINEAR)
LLAMA_8B = {
    "architectures": ["LlamaForCausalLM"], "num_hidden_layers": 32, "hidden_size": 4096, "intermediate_size": 14336,
    "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256, "rms_norm_eps": 1e-5,
}  # fmt: skip


def opened(base: Any, lora: Lora = LORA, **options: Any) -> Any:
    return fused.open_engine(base, lora, device="cpu", seed=1, options=EngineOptions(**options))


def test_what_it_cannot_do_is_refused_with_what_can(tiny: Any) -> None:
    """Some of the layers, fp16, another architecture: each is told before a tensor is read."""
    with pytest.raises(UsageError, match=r"^targets q_proj: the fused engine adapts all of q_proj, k_proj, v_proj, "):
        opened(tiny, SMALL)
    with pytest.raises(UsageError, match=r"^dtype fp16: the fused engine computes in bf16; use --set engine=unsloth"):
        opened(tiny, dtype="fp16")


def test_another_architecture_names_the_engine_that_takes_it(tmp_path: Path) -> None:
    """A GPT-2 is told by name, with the engine that runs it."""
    from transformers import GPT2Config

    GPT2Config(architectures=["GPT2LMHeadModel"]).save_pretrained(tmp_path)
    from trainer.fused.engine import open_engine

    with pytest.raises(UsageError) as caught:
        open_engine(tmp_path, rank=2, alpha=2, device="cpu", options=Options(nf4=False))
    assert str(caught.value).startswith(f"{tmp_path}: architecture GPT2LMHeadModel: the fused engine knows Llama")
    assert str(caught.value).endswith("; use --set engine=hf")


@pytest.mark.parametrize(
    ("planned", "own"),
    [
        ({}, {"nf4": False, "hold_16bit": False, "checkpointed_layers": 0, "embedding_on_cpu": False}),
        ({"quantization": "nf4", "hold_16bit": True}, {"nf4": True, "hold_16bit": True}),
        ({"quantization": "nf4"}, {"nf4": True, "hold_16bit": False}),
    ],
)
def test_a_plan_is_taken_over_in_its_own_terms(planned: dict[str, Any], own: dict[str, Any]) -> None:
    """Quantization and holding are what the plan says; without checkpointing every layer keeps its activations."""
    found = fused.own_options(EngineOptions(**planned))
    assert {name: getattr(found, name) for name in own} == own
    more = fused.own_options(EngineOptions(**planned, checkpointing=True))
    assert more.checkpointed_layers >= 1000, "all layers, however many there are"
    assert more.embedding_on_cpu


def trained(run: Path, ready: Any, engine: Any) -> list[float]:
    """Run the loop as `train` does, with the engine's own idea of what an optimizer changes."""
    run.mkdir()
    initialise(engine.parameters(), seed=ready.config.seed)
    engine.after_update()
    optimizer = torch.optim.AdamW(engine.stepped().values(), weight_decay=ready.config.weight_decay)
    progress = Progress(token_budget=ready.plan.token_budget)
    fit(
        engine, optimizer, ready, progress, Metrics(run), Group(), run=run, habits=Habits(), stop=Stop(), notify=ignore
    )  # fmt: skip
    return losses(run)


def test_it_learns_what_the_plain_engine_learns(tiny: Any, examples: Any, tmp_path: Path) -> None:
    """Five steps of the loop over either engine: the same losses and the same adapter."""
    from trainer.engines import hf

    sets = ("max_steps=5", "evaluations=0", "batch=4", "rank=4", "alpha=8", "learning_rate=0.01", "warmup=0")
    one: Any = opened(tiny)
    other: Any = hf.open_engine(tiny, LORA, device="cpu", seed=1, options=EngineOptions())
    ours, theirs = (trained(tmp_path / engine.name, prepared(examples, *sets), engine) for engine in (one, other))
    assert ours == pytest.approx(theirs, rel=1e-4)
    assert ours[4] < ours[0]
    assert one.parameters().keys() == other.parameters().keys()
    for name, tensor in one.parameters().items():
        torch.testing.assert_close(tensor, other.parameters()[name], rtol=2e-2, atol=1e-3)


def test_a_run_of_it_is_stopped_and_goes_on_to_the_same_bits(fake_run: Callable[..., Any], tmp_path: Path) -> None:
    """Its one buffer of parameters comes back from a checkpoint with both moments, under its own name."""
    from trainer.sft import resume

    sets = ("engine=fused", "max_steps=4", "evaluations=2")
    whole = fake_run(*sets, out=tmp_path / "a")

    def stop(event: str, facts: Any) -> None:
        if event == "step" and facts["step"] == 3:
            raise RuntimeError("a kill")

    with pytest.raises(RuntimeError, match="a kill"):
        fake_run(*sets, out=tmp_path / "b", notify=stop, save_every=1)
    (run,) = (tmp_path / "b").iterdir()
    done = resume(run)
    name = "adapter/adapter_model.safetensors"
    assert (done.path / name).read_bytes() == (whole.path / name).read_bytes()
    assert losses(done.path) == losses(whole.path)


def test_a_prompt_as_long_as_the_tables_gets_no_answer(tiny: Any) -> None:
    """Past the last position there is nothing to turn by: such a prompt is answered with nothing, the others are."""
    engine = opened(tiny)
    longest = engine.model.tools.cosine.shape[0]
    assert longest == tiny.config["max_position_embeddings"]
    filled, nearly, short = [3] * longest, [3] * (longest - 2), [3, 4]
    answers = engine.generate([filled, nearly, short], max_new_tokens=4, stop_ids=set())
    assert [len(answer) for answer in answers] == [0, 2, 4]


def test_an_answer_may_be_nothing(tiny: Any) -> None:
    """Where every token stops, or none may be given, answers are empty, one for each prompt."""
    engine = opened(tiny)
    everything = set(range(tiny.config["vocab_size"]))
    assert engine.generate([[3], [4, 5]], max_new_tokens=4, stop_ids=everything) == [[], []]
    assert engine.generate([[3], [4, 5]], max_new_tokens=0, stop_ids=set()) == [[], []]
    assert engine.peak_bytes() == 0


def test_the_estimate_wants_a_configuration() -> None:
    """Sizes alone do not say how rotary positions and biases are: without a configuration there is no estimate."""
    shape = ModelShape(
        layers=1, hidden=8, intermediate=8, heads=1, kv_heads=1, head=8, vocabulary=9, tied=True, config=None
    )
    with pytest.raises(ValueError, match="estimates from a configuration"):
        fused.estimate(shape, 10, EngineOptions())
    assert fused.supports({**LLAMA_8B}) is None


def test_an_estimate_may_be_asked_for_again(tiny: Any) -> None:
    """Two runs planned in one process, as a notebook does: the second estimate is the first one."""
    shape = shape_of(tiny.config)
    assert fused.estimate(shape, 300, EngineOptions()) == fused.estimate(shape, 300, EngineOptions())


def test_the_planners_estimate_is_the_engines_own_and_the_context() -> None:
    """Six tenths of the tokens are learnt, and the process's own memory stands on top."""
    options = EngineOptions(quantization="nf4", dtype="bf16", checkpointing=True)
    own = estimate_bytes(read_shape(LLAMA_8B), rank=8, tokens=1000, asked=600, options=fused.own_options(options))
    assert fused.estimate(shape_of(LLAMA_8B, rank=8), 1000, options) == own + CUDA_CONTEXT


def counted(engine: Any) -> int:
    """Return the bytes of every tensor that an engine holds between two steps, each once, and its buffer."""
    model = engine.model
    parameters = model.parameters
    tensors = [model.embedding, model.head, model.norm, parameters.master, parameters.grad, parameters.compute]
    for layer in model.layers:
        tensors += [layer.norm_in, layer.norm_mid]
        for group in layer.groups.values():
            weight = group.weight
            tensors += [weight] if isinstance(weight, torch.Tensor) else [weight.packed, weight.absmax, group.b]
    unpacked = [
        2 * sum(group.outputs) * (group.inputs + group.width)
        for group in model.layers[0].groups.values()
        if not isinstance(group.weight, torch.Tensor)
    ]
    held = {tensor.data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors}
    total: int = sum(held.values()) + max(unpacked, default=0)
    return total


@pytest.mark.parametrize("options", [{}, {"quantization": "nf4"}, {"quantization": "nf4", "hold_16bit": True}])
def test_what_stays_in_memory_is_what_was_estimated(tiny: Any, options: dict[str, Any]) -> None:
    """Weights, tables and parameters of an opened engine in bf16 weigh what the estimate of no tokens says."""
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    engine = opened(tiny, dtype="bf16", **options)
    shape = read_shape(tiny.config)
    moments = 2 * 4 * shape.adapter_weights(4)
    estimated = (
        estimate_bytes(shape, rank=4, tokens=0, asked=0, options=fused.own_options(EngineOptions(**options)))
        - 4 * shape.intermediate * 8
    )  # of a backward pass
    assert counted(engine) + moments == pytest.approx(estimated, rel=0.06)


def bytes_of(tokens: int = 4096, rank: int = 16, **options: Any) -> int:
    return estimate_bytes(
        read_shape(LLAMA_8B), rank=rank, tokens=tokens, asked=int(tokens * 0.6), options=Options(**options)
    )


def test_what_is_traded_for_time_takes_less() -> None:
    """NF4 below 16 bits, unpacked at every use below held, each checkpointed layer below none, one table below two."""
    whole = bytes_of(nf4=False)
    held = bytes_of(hold_16bit=True)
    assert held == whole, "the same numbers in the same places"
    assert whole - bytes_of(hold_16bit=False) == pytest.approx(9.8e9, rel=0.01)  # 7e9 weights, but for a buffer
    steps = [bytes_of(checkpointed_layers=layers) for layers in (0, 8, 16, 31)]
    assert steps == sorted(steps, reverse=True)
    assert len(set(steps)) == 4
    assert bytes_of(checkpointed_layers=32) == bytes_of(checkpointed_layers=10**6)
    assert held - bytes_of(embedding_on_cpu=True) == 128256 * 4096 * 2
    tied = replace(read_shape(LLAMA_8B), tied=True)
    alone, moved = (
        estimate_bytes(tied, rank=16, tokens=64, asked=38, options=Options(embedding_on_cpu=there))
        for there in (False, True)
    )
    assert alone == moved, "a tied embedding is the output layer and stays"


def test_more_is_more() -> None:
    """More tokens, a larger rank, more layers: each takes more memory, and tokens take it in a line."""
    by_tokens = [bytes_of(tokens=tokens) for tokens in (4096, 8192, 12288)]
    assert by_tokens[2] - by_tokens[1] == pytest.approx(by_tokens[1] - by_tokens[0], rel=1e-4)
    assert bytes_of(rank=64) > bytes_of(rank=16)
    assert 16e9 < bytes_of(hold_16bit=True) < 40e9
    assert 5e9 < bytes_of(tokens=512, hold_16bit=False, checkpointed_layers=32) < 9e9
