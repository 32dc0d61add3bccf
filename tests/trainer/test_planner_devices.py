"""What the planner chooses on cards that this machine has not: engine, precision, what is held, what is cut."""

import importlib.util
import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import MissingDependencyError, UsageError
from tests.trainer.test_planner import GIB, LLAMA_8B, eight_billion, rows
from trainer import planner
from trainer.config import Config
from trainer.engine import EngineOptions
from trainer.engines import engine_module
from trainer.errors import DoesNotFitError
from trainer.memory import (
    ANSWER_SHARE,
    ModelShape,
    adapter_bytes,
    free_bytes,
    logit_bytes,
    shape_of,
    weight_bytes,
)
from trainer.planner import MARGIN, Wishes, choose_dtype, choose_engine, gib, make_plan
from trainer.preset import load_config

SHAPES = st.builds(
    ModelShape,
    layers=st.integers(1, 40), hidden=st.integers(8, 4096), intermediate=st.integers(8, 8192), heads=st.integers(1, 32),
    kv_heads=st.integers(1, 8), head=st.integers(8, 256), vocabulary=st.integers(10, 200_000), tied=st.booleans(),
    rank=st.integers(1, 64),
)  # fmt: skip


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A card with bf16 and no unsloth, whose products are not timed: there is none here."""
    import torch

    found = SimpleNamespace(bf16=True, packages=set[str]())
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation: found.bf16 and not including_emulation
    )
    monkeypatch.setattr(planner, "_seconds", lambda *_: 1.0)
    real = importlib.util.find_spec
    missing = SimpleNamespace(names=set[str]())

    def find_spec(name: str, *rest: Any) -> Any:
        if name in missing.names:
            return None
        return object() if name in found.packages else None if name == "unsloth" else real(name, *rest)

    monkeypatch.setattr("importlib.util.find_spec", find_spec)
    found.missing = missing.names
    return found


def planned(tiny: Any, *sets: str, free: float, **wishes: Any) -> Any:
    config = load_config("default-8b", sets=["max_steps=4", "dtype=bf16", "evaluations=0", "patience=0", *sets])
    examples = rows([100, 120, 80, 200] * 8)
    return make_plan(config, eight_billion(tiny), examples, device="cuda:0", wishes=Wishes(**wishes), free=int(free))


@pytest.mark.usefixtures("card")
def test_nf4_is_held_in_16_bits_only_where_there_is_room(tiny: Any) -> None:
    """Much memory: unpacked once and held. Less: unpacked at every use. Less still: activations computed twice."""
    found = [planned(tiny, free=free * GIB) for free in (40, 16, 8)]
    assert [(plan.options.hold_16bit, plan.options.checkpointing) for plan in found] == [
        (True, False), (False, False), (False, True),
    ]  # fmt: skip
    assert all(plan.engine == "fused" for plan in found)
    assert all(plan.peak_bytes <= plan.free_bytes * MARGIN for plan in found)
    assert any(reason.startswith("NF4 values held in 16 bits") for reason in found[0].reasons)
    assert not any(reason.startswith("NF4 values held") for plan in found[1:] for reason in plan.reasons)
    assert [plan.token_budget for plan in found[:2]] == [found[0].largest_step_tokens] * 2


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(("wish", "held"), [("on", True), ("off", False)])
def test_a_wish_to_hold_is_kept_or_does_not_fit(tiny: Any, wish: str, held: bool) -> None:
    """`on` never falls back to unpacking, `off` never holds, whatever memory is there."""
    assert planned(tiny, free=60 * GIB, hold_16bit=wish).options.hold_16bit is held
    if held:
        with pytest.raises(DoesNotFitError, match=r"^does not fit: [\d.]+ GiB needed at least, 12\.0 GiB are free"):
            planned(tiny, free=12 * GIB, hold_16bit=wish)
    else:
        assert not planned(tiny, free=12 * GIB, hold_16bit=wish).options.hold_16bit


@pytest.mark.parametrize(
    ("packages", "missing", "form", "engine", "last"),
    [
        (set(), set(), "safetensors", "fused", "engine fused: the fastest one, and it knows this architecture"),
        ({"unsloth"}, {"trainer.fused"}, "safetensors", "unsloth",
         "engine unsloth: installed, and faster than plain transformers"),
        ({"unsloth"}, {"trainer.fused"}, "gguf", "hf",
         "engine hf: unsloth is not installed or cannot load this base"),
        (set(), {"trainer.fused"}, "safetensors", "hf", "engine hf: unsloth is not installed or cannot load this base"),
    ],
    ids=["fused", "unsloth", "a gguf", "neither"],
)  # fmt: skip
def test_auto_takes_the_fastest_that_is_there(
    tiny: Any, card: Any, packages: set[str], missing: set[str], form: Any, engine: str, last: str
) -> None:
    """Fused before unsloth before plain transformers, each only where it can run the base; the reason says why."""
    card.packages, reasons = packages, list[str]()
    card.missing.update(missing)
    config = load_config("default-8b", sets=["dtype=bf16"])
    base = replace(eight_billion(tiny), form=form)
    assert choose_engine(config, base, device="cuda:0", reasons=reasons) == engine
    assert reasons[-1] == last


def test_an_engine_that_is_asked_for_and_absent_is_told(tiny: Any, card: Any) -> None:
    """An engine by name is taken or refused, never replaced by another."""
    card.missing.add("trainer.fused")
    with pytest.raises(MissingDependencyError) as caught:
        choose_engine(Config(base="x", engine="fused"), tiny, device="cuda:0", reasons=[])
    assert str(caught.value) == "engine fused: not part of this installation; --set engine=hf is"
    reasons: list[str] = []
    assert choose_engine(Config(base="x", engine="hf"), tiny, device="cuda:0", reasons=reasons) == "hf"
    assert reasons == ["engine hf: asked for"]


@pytest.mark.parametrize(
    ("asked", "device", "bf16", "found", "reasons"),
    [
        ("auto", "cpu", True, "fp32", ["fp32: a CPU"]),
        ("auto", "cuda:0", True, "bf16", ["bf16: this GPU has it"]),
        ("auto", "cuda:1", False, "fp16", ["fp16: this GPU has no bf16"]),
        ("fp32", "cuda:0", True, "fp32", []),
        ("bf16", "cpu", True, "bf16", []),
    ],
)
def test_the_precision_follows_the_device(
    card: Any, asked: Any, device: str, bf16: bool, found: str, reasons: list[str]
) -> None:
    """A card's bf16 counts only where it is real: emulated it is slower than fp16. What is set is not decided again."""
    card.bf16 = bf16
    said: list[str] = []
    assert choose_dtype(Config(base="x", dtype=asked), device=device, reasons=said) == found
    assert said == reasons


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(
    ("engine", "device", "fine"),
    [("hf", "cuda:0", True), ("hf", "cpu", False), ("fused", "cuda:0", False), ("unsloth", "cuda:0", False)],
)
def test_compiling_is_for_the_plain_engine_on_a_card(tiny: Any, engine: str, device: str, fine: bool) -> None:
    """Elsewhere nothing would be compiled: the wish is refused with the engine and the device that it met."""
    config = load_config("smoke", sets=[f"engine={engine}", "dtype=bf16", "max_steps=2"])
    wishes = Wishes(compile="on")
    if fine:
        plan = make_plan(config, tiny, rows([20] * 8), device=device, wishes=wishes, free=8 * GIB)
        assert plan.options.compile
        return
    with pytest.raises(UsageError) as caught:
        make_plan(config, tiny, rows([20] * 8), device=device, wishes=wishes, free=8 * GIB)
    assert str(caught.value) == (
        f"--compile on: engine {engine} on {device} compiles nothing; only --set engine=hf on a GPU does"
    )


@pytest.mark.usefixtures("card")
def test_holding_is_for_nf4_only(tiny: Any) -> None:
    """A base in 16 bits has nothing to unpack: the wish is refused rather than passed over."""
    with pytest.raises(UsageError) as caught:
        planned(tiny, "quantization=none", free=60 * GIB, hold_16bit="on")
    assert str(caught.value) == "--hold-16bit on: engine fused with quantization none unpacks nothing"


@settings(max_examples=60)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=20), st.floats(0.0002, 8))
def test_a_plan_fits_or_is_refused(tiny: Any, lengths: list[int], free: float) -> None:
    """Whatever rows and memory: the peak is within the margin, and no micro-batch is above budget and longest row."""
    config = load_config("smoke", sets=["max_steps=3", "batch=4"])
    memory = int(free * GIB)
    try:
        plan = make_plan(config, tiny, rows(lengths), device="cpu", free=memory)
    except DoesNotFitError as error:
        plan, refusal = None, str(error)
    if plan is None:
        assert f"{gib(memory)} are free on this device (rows of up to {max(lengths)} tokens)" in refusal
        return
    assert 0 < plan.peak_bytes <= memory * MARGIN
    assert plan.token_budget >= min(max(lengths), plan.largest_step_tokens)
    largest = min(plan.largest_step_tokens, max(plan.token_budget, max(lengths)))
    assert plan.peak_bytes == engine_module("hf").estimate(shape_of(tiny.config, rank=8), largest, plan.options)
    assert (plan.rows, plan.steps, plan.epochs) == (len(lengths), 3, round(12 / len(lengths), 2))
    assert plan.tokens <= plan.steps * plan.largest_step_tokens


def test_the_wish_for_a_device_and_the_estimate_of_time_are_kept(tiny: Any) -> None:
    """The time is that of the operations over a speed: twice the steps take about twice as long, never nothing."""
    config = load_config("smoke", sets=["max_steps=400"])
    plan = make_plan(config, tiny, rows([50] * 8), device="cpu", free=8 * GIB)
    assert plan.device == "cpu"
    assert plan.seconds > 0
    shape = shape_of(tiny.config, rank=8)
    assert shape.flops(2000, checkpointing=False) == pytest.approx(2 * shape.flops(1000, checkpointing=False))
    once, twice = (shape.flops(1000, checkpointing=again) for again in (False, True))
    weights = shape.weights() + ANSWER_SHARE * shape.vocabulary * shape.hidden
    assert twice - once == pytest.approx(1000 * 2 * weights), "one forward pass more"
    assert once > 4 * 1000 * shape.weights()


@given(SHAPES, st.integers(1, 10_000))
def test_less_precise_is_less_memory(shape: ModelShape, tokens: int) -> None:
    """Weights: NF4 below 16 bits below 32, held NF4 as 16 bits, a tied table once; the adapter stays."""
    kinds = {
        "fp32": EngineOptions(dtype="fp32"),
        "bf16": EngineOptions(dtype="bf16"),
        "fp16": EngineOptions(dtype="fp16"),
        "nf4": EngineOptions(dtype="bf16", quantization="nf4"),
        "held": EngineOptions(dtype="bf16", quantization="nf4", hold_16bit=True),
    }
    by = {name: weight_bytes(shape, options) for name, options in kinds.items()}
    assert by["fp32"] == 2 * by["bf16"]
    assert by["bf16"] == by["fp16"] == by["held"] > by["nf4"]
    table = shape.vocabulary * shape.hidden * 2
    tied, untied = (weight_bytes(replace(shape, tied=tied), EngineOptions(dtype="bf16")) for tied in (True, False))
    assert untied - tied == table
    assert adapter_bytes(shape) == 16 * shape.adapter_weights(shape.rank)
    logits = [logit_bytes(shape, tokens, EngineOptions(dtype=dtype)) for dtype in ("fp32", "bf16")]
    learnt = math.floor(ANSWER_SHARE * tokens) * shape.vocabulary
    assert all(12 * learnt <= found <= 16 * (learnt + shape.vocabulary) for found in logits)


@pytest.mark.parametrize("missing", [False, True])
def test_free_memory_is_what_the_system_says(missing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """MemAvailable in kibibytes; where the system does not say, what a small machine has."""
    from trainer import memory

    text = "MemTotal:  99 kB\nMemAvailable:    2048 kB\nSwapFree: 5 kB\n"
    stand = SimpleNamespace(read_text=lambda encoding: "" if missing else text if encoding else "")
    monkeypatch.setattr(memory, "Path", lambda _: stand)
    assert free_bytes("cpu") == (8 * GIB if missing else 2048 * 1024)


def test_free_memory_of_a_card_is_the_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of the two numbers, of the card that was named."""
    import torch

    monkeypatch.setattr(torch.cuda, "mem_get_info", {"cuda:3": (5, 80), "cuda:0": (6, 80)}.get)
    assert (free_bytes("cuda:3"), free_bytes("cuda:0")) == (5, 6)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 MiB"), (GIB - 1, "1024 MiB"), (GIB, "1.0 GiB"), (3 << 19, "2 MiB"), (80 * GIB, "80.0 GiB")],
)
def test_bytes_are_written_as_people_read_them(count: int, text: str) -> None:
    """Below a GiB in whole MiB, from there on in GiB with one digit."""
    assert gib(count) == text
    assert LLAMA_8B["vocab_size"] == 128256
