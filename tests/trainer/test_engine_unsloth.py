"""Unsloth's engine without unsloth: what it hands over, what it asks for, and how it goes back and forth.

The package needs a card. Here stand-ins take its place, so that what is ours about it is tested on any machine; the
real one is run by `benchmarks/trainer_gpu`.
"""

import os
import sys
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from datakit.errors import MissingDependencyError, UsageError
from trainer.batches import collate
from trainer.engine import EngineOptions, Lora
from trainer.engines import hf, unsloth
from trainer.memory import ModelShape

HIDDEN, VOCABULARY = 8, 2000
FLAG = "UNSLOTH_RETURN_HIDDEN_STATES"
LORA = Lora(rank=2, alpha=4, targets=("q_proj",))
SHAPE = ModelShape(layers=3, hidden=64, intermediate=96, heads=4, kv_heads=2, head=16, vocabulary=500, tied=True)


def model(*, logits: bool = False) -> Any:
    """Return a model of one embedding and a head, which answers as unsloth's forward does."""
    import torch

    class Stand(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(3)
            self.table = torch.nn.Embedding(VOCABULARY, HIDDEN)
            self.head = torch.nn.Linear(HIDDEN, VOCABULARY, bias=False)
            self.head.weight.requires_grad_(False)
            self.asked: list[dict[str, Any]] = []

        def get_output_embeddings(self) -> Any:
            return self.head

        def forward(self, *, input_ids: Any, **keys: Any) -> Any:
            self.asked.append({**keys, "flag": os.environ.get(FLAG)})
            hidden = self.table(input_ids)
            return SimpleNamespace(logits=self.head(hidden) if logits else hidden)

    return Stand()


class Fast:
    """Stands in for `FastLanguageModel`: notes each change between training and inference."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def for_inference(self, made: Any) -> None:
        self.calls.append("inference")
        del made

    def for_training(self, made: Any, **keys: Any) -> None:
        self.calls.append(("training", keys))
        del made


def engine(made: Any, fast: Any = None, **config: Any) -> Any:
    return unsloth.UnslothEngine(
        made, device="cpu", options=EngineOptions(checkpointing=True), pad_id=0,
        config={"hidden_size": HIDDEN, **config}, fast=fast or Fast(),
    )  # fmt: skip


def losses(made: Any, batch: Any, softcap: float = 0) -> list[float]:
    """Return each row's loss as everybody computes it, row by row."""
    import torch

    found = []
    for start, end in zip(batch.bounds[:-1].tolist(), batch.bounds[1:].tolist(), strict=True):
        ids = batch.input_ids[start:end]
        with torch.no_grad():
            logits = made.head(made.table(ids))[:-1]
        logits = softcap * (logits / softcap).tanh() if softcap else logits
        each = torch.nn.functional.cross_entropy(logits, ids[1:], reduction="none")
        found.append(float((each * batch.weights[start + 1 : end]).sum()))
    return found


@pytest.mark.parametrize("softcap", [0, 2.0])
def test_hidden_states_become_the_loss_at_learnt_positions(examples: Any, softcap: float) -> None:
    """From the last hidden states the head makes logits at the learnt positions, capped where the model caps."""
    made, batch = model(), collate(examples[:4], prompt_loss_weight=0.5)
    found = engine(made, final_logit_softcapping=softcap or None).row_losses(batch)
    assert found.tolist() == pytest.approx(losses(made, batch, softcap), rel=1e-4)


def test_logits_given_all_the_same_are_taken_as_they_are(examples: Any) -> None:
    """Where an architecture's forward gives logits after all, no head is laid over them, nor a second cap."""
    made, batch = model(logits=True), collate(examples[:4])
    found = engine(made, final_logit_softcapping=2.0).row_losses(batch)
    assert found.tolist() == pytest.approx(losses(made, batch), rel=1e-4)


def test_bounds_go_over_as_lengths_and_the_flag_is_put_back(examples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its attention reads the rows' lengths; hidden states are asked for within the call and never after it."""
    monkeypatch.delenv(FLAG, raising=False)
    made, batch = model(), collate(examples[:3])
    engine(made).train_step(batch, 5.0)
    (asked,) = made.asked
    assert asked["packed_seq_lengths"].tolist() == [len(example.input_ids) for example in examples[:3]]
    assert asked["position_ids"].tolist() == [batch.position_ids.tolist()]
    assert (asked["use_cache"], asked["flag"]) == (False, "1")
    assert FLAG not in os.environ
    monkeypatch.setenv(FLAG, "0")
    engine(made).row_losses(batch)
    assert os.environ[FLAG] == "0"


def test_the_flag_is_put_back_after_an_error(examples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shortage of memory within the model leaves no flag behind: the next generation wants logits."""
    import torch

    monkeypatch.delenv(FLAG, raising=False)
    made = model()
    monkeypatch.setattr(made, "forward", lambda **_: (_ for _ in ()).throw(torch.OutOfMemoryError("full")))
    with pytest.raises(torch.OutOfMemoryError):
        engine(made).row_losses(collate(examples[:2]))
    assert FLAG not in os.environ


def test_the_gradient_reaches_what_may_learn(examples: Any) -> None:
    """A step's gradient is that of the sum over the denominator, and the frozen head has none."""
    made, batch = model(), collate(examples[:2])
    ours = engine(made)
    assert set(ours.parameters()) == {"table.weight"}
    total = ours.train_step(batch, 4.0)
    once = made.table.weight.grad.clone()
    assert float(total) == pytest.approx(sum(losses(made, batch)), rel=1e-4)
    ours.train_step(batch, 8.0)
    assert (made.table.weight.grad - once).tolist()[5] == pytest.approx((once / 2).tolist()[5], rel=1e-4)
    assert made.head.weight.grad is None


def test_answers_are_made_in_inference_and_training_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Around answers the model is turned over and back, after an error too, with the plan's checkpointing."""
    fast = Fast()
    monkeypatch.setattr(unsloth, "greedy", lambda _, prompts, **__: [[7]] * len(prompts))
    assert engine(model(), fast).generate([[1], [2]], max_new_tokens=3, stop_ids={0}) == [[7], [7]]
    back = ("training", {"use_gradient_checkpointing": True})
    assert fast.calls == ["inference", back]

    def full(*_: Any, **__: Any) -> Any:
        raise RuntimeError("full")

    monkeypatch.setattr(unsloth, "greedy", full)
    with pytest.raises(RuntimeError, match="full"):
        engine(model(), fast).generate([[1]], max_new_tokens=3, stop_ids={0})
    assert fast.calls[2:] == ["inference", back]


def test_a_gguf_is_refused_before_anything_is_imported(tiny: Any) -> None:
    """It reads safetensors only, and says which engine reads the base."""
    with pytest.raises(UsageError) as caught:
        unsloth.open_engine(replace(tiny, form="gguf"), LORA, device="cuda:0", seed=1, options=EngineOptions())
    assert str(caught.value) == "engine unsloth: it reads safetensors, and random-llama is a GGUF; --set engine=hf"


def test_without_the_package_the_install_line_is_told(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a card without unsloth the error says what is missing and what runs instead."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setitem(sys.modules, "unsloth", None)
    with pytest.raises(MissingDependencyError) as caught:
        unsloth.open_engine(tiny, LORA, device="cuda:0", seed=1, options=EngineOptions())
    assert str(caught.value) == (
        "engine unsloth: unsloth is missing; pip install 'ancient-aurora[unsloth]', or --set engine=hf"
    )


@pytest.mark.parametrize("quantization", ["nf4", "none"])
def test_what_unsloth_is_asked_for(tiny: Any, quantization: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No remote code, no network, our folder, our precision, our adapter without dropout; it learns in fp32."""
    import torch

    asked: dict[str, Any] = {}
    made = model().half()

    class Language(Fast):
        def from_pretrained(self, **keys: Any) -> Any:
            asked["base"] = keys
            return made, None

        def get_peft_model(self, given: Any, **keys: Any) -> Any:
            asked["adapter"] = keys
            return given

    package = ModuleType("unsloth")
    vars(package)["FastLanguageModel"] = Language()
    monkeypatch.setitem(sys.modules, "unsloth", package)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
    proved: list[int] = []
    monkeypatch.setattr(unsloth, "prove_isolation", lambda _, *, vocabulary: proved.append(vocabulary))
    base = replace(tiny, config={**tiny.config, "hidden_size": HIDDEN, "vocab_size": VOCABULARY})
    opened = unsloth.open_engine(
        base, LORA, device="cpu", seed=9,
        options=EngineOptions(quantization=quantization, dtype="fp16", token_budget=777),
    )  # fmt: skip
    four = quantization == "nf4"
    assert asked["base"] == {
        "model_name": str(base.path), "max_seq_length": 777, "dtype": torch.float16, "load_in_4bit": four,
        "load_in_16bit": not four, "local_files_only": True, "trust_remote_code": False,
        "use_gradient_checkpointing": False, "random_state": 9, "device_map": {"": "cpu"},
    }  # fmt: skip
    assert {name: asked["adapter"][name] for name in ("r", "lora_alpha", "lora_dropout", "bias", "target_modules")} == {
        "r": 2, "lora_alpha": 4, "lora_dropout": 0.0, "bias": "none", "target_modules": ["q_proj"],
    }  # fmt: skip
    assert {tensor.dtype for tensor in opened.parameters().values()} == {torch.float32}
    assert made.head.weight.dtype == torch.float16, "what is frozen stays in 16 bits"
    assert proved == [VOCABULARY]


@pytest.mark.parametrize("dtype", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_it_needs_what_the_plain_engine_needs_without_the_masks(dtype: Any, checkpointing: bool) -> None:
    """The square of the tokens goes, all else stays: so the estimate grows in a line."""
    options = EngineOptions(dtype=dtype, checkpointing=checkpointing)
    found = [unsloth.estimate(SHAPE, tokens, options) for tokens in (0, 1000, 2000, 3000)]
    plain = [hf.estimate(SHAPE, tokens, options) for tokens in (0, 1000, 2000, 3000)]
    assert found[0] == plain[0]
    assert all(one < other for one, other in zip(found[1:], plain[1:], strict=True))
    assert found[3] - found[2] == pytest.approx(found[2] - found[1], abs=2)
    assert found[1] > found[0]
