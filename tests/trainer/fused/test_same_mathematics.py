"""The fused engine against transformers and PEFT: the same loss, the same gradients, the same per-row losses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'ancient-aurora[train]'")
pytest.importorskip("peft", reason="peft is not installed: pip install 'ancient-aurora[train]'")

from trainer.engine import Batch  # noqa: E402
from trainer.fused.engine import FusedEngine, open_engine  # noqa: E402
from trainer.fused.options import Options  # noqa: E402

RANK, ALPHA = 4, 8
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
SHAPE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 97,
    "max_position_embeddings": 256,
}
LLAMA_31_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}


def _llama(**more: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(**SHAPE, **more))


def _mistral() -> Any:
    from transformers import MistralConfig, MistralForCausalLM

    return MistralForCausalLM(MistralConfig(**SHAPE, sliding_window=None, head_dim=24))


def _qwen2() -> Any:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    return Qwen2ForCausalLM(Qwen2Config(**SHAPE, tie_word_embeddings=True))


MODELS: dict[str, Callable[[], Any]] = {
    "llama": _llama,
    "llama-tied": lambda: _llama(tie_word_embeddings=True),
    "llama-3.1-rope": lambda: _llama(rope_parameters=LLAMA_31_ROPE),
    "mistral": _mistral,
    "qwen2-bias": _qwen2,
}


def batch(lengths: list[int], prompts: list[int]) -> Batch:
    """Return rows of these lengths with random tokens; the first `prompts[i]` tokens of row i have weight 0."""
    torch.manual_seed(7)
    weights = torch.cat([(torch.arange(n) >= p).float() for n, p in zip(lengths, prompts, strict=True)])
    return Batch(
        input_ids=torch.randint(0, SHAPE["vocab_size"], (sum(lengths),)),
        position_ids=torch.cat([torch.arange(n) for n in lengths]),
        bounds=torch.tensor([0, *lengths]).cumsum(0).to(torch.int32),
        weights=weights,
    )


def saved(make: Callable[[], Any], folder: Path) -> Any:
    """Return a model of this kind with random weights, biases and norms included, and leave it in a folder."""
    torch.manual_seed(1)
    model = make()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder)
    return model.eval()


def peft_of(model: Any, values: dict[str, Any]) -> Any:
    """Return the model with a PEFT adapter that holds these values."""
    from peft import LoraConfig, get_peft_model, set_peft_model_state_dict

    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=TARGETS, task_type="CAUSAL_LM")
    wrapped = get_peft_model(model, config)
    outcome = set_peft_model_state_dict(wrapped, values)
    assert not outcome.unexpected_keys
    return wrapped


def opened(folder: Path, **options: Any) -> FusedEngine:
    """Return the fused engine over a folder, its adapter filled with random values on both sides."""
    engine = open_engine(folder, rank=RANK, alpha=ALPHA, device="cpu", options=Options(**{"nf4": False, **options}))
    torch.manual_seed(3)
    for parameter in engine.parameters().values():
        parameter.copy_(torch.randn_like(parameter) * 0.1)
    engine.after_update()
    return engine


def alone(model: Any, rows: Batch) -> Any:
    """Return each row's weighted loss, every row run by itself through transformers."""
    sums = []
    for start, end in zip(rows.bounds[:-1].tolist(), rows.bounds[1:].tolist(), strict=True):
        logits = model(input_ids=rows.input_ids[None, start:end]).logits[0, :-1].float()
        losses = torch.nn.functional.cross_entropy(logits, rows.input_ids[start + 1 : end], reduction="none")
        sums.append((losses * rows.weights[start + 1 : end]).sum())
    return torch.stack(sums)


@pytest.mark.parametrize("kind", MODELS)
def test_loss_and_gradients_are_those_of_peft(kind: str, tmp_path: Path) -> None:
    """A packed step has the loss and every adapter gradient of the same rows run one by one through PEFT."""
    model = saved(MODELS[kind], tmp_path)
    engine = opened(tmp_path)
    rows = batch([11, 5, 17], [4, 1, 9])
    reference = peft_of(model, engine.parameters())
    expected = alone(reference, rows)
    (expected.sum() / 19.0).backward()
    total = engine.train_step(rows, 19.0)
    torch.testing.assert_close(total, expected.detach().sum(), rtol=2e-5, atol=2e-5)
    wanted = {name.replace(".default", ""): p.grad for name, p in reference.named_parameters() if p.requires_grad}
    assert wanted.keys() == engine.parameters().keys()
    for name, parameter in engine.parameters().items():
        torch.testing.assert_close(
            parameter.grad, wanted[name], rtol=2e-4, atol=2e-6, msg=lambda m, n=name: f"{n}: {m}"
        )


def test_rows_do_not_see_each_other(tmp_path: Path) -> None:
    """A row's loss is the same packed between others as alone in its batch."""
    saved(_llama, tmp_path)
    engine = opened(tmp_path)
    together = engine.row_losses(batch([11, 5, 17], [4, 1, 9]))
    whole = batch([11, 5, 17], [4, 1, 9])
    start = 0
    for number, length in enumerate([11, 5, 17]):
        part = slice(start, start + length)
        one = Batch(
            input_ids=whole.input_ids[part],
            position_ids=whole.position_ids[part],
            bounds=torch.tensor([0, length], dtype=torch.int32),
            weights=whole.weights[part],
        )
        torch.testing.assert_close(engine.row_losses(one)[0], together[number], rtol=1e-5, atol=1e-5)
        start += length


@pytest.mark.parametrize("layers", [1, 3])
def test_checkpointing_changes_no_gradient(layers: int, tmp_path: Path) -> None:
    """Layers that run forward twice give bit for bit the gradients of layers that keep their activations."""
    saved(_llama, tmp_path)
    plain, checkpointed = opened(tmp_path), opened(tmp_path, checkpointed_layers=layers)
    rows = batch([11, 5], [4, 1])
    assert torch.equal(plain.train_step(rows, 7.0), checkpointed.train_step(rows, 7.0))
    for name, parameter in plain.parameters().items():
        assert torch.equal(parameter.grad, checkpointed.parameters()[name].grad), name


def test_gradients_add_up_over_micro_batches(tmp_path: Path) -> None:
    """Two micro-batches leave the gradients of one that holds the rows of both."""
    saved(_llama, tmp_path)
    whole, pieces = opened(tmp_path), opened(tmp_path)
    rows = batch([11, 5], [4, 1])
    whole.train_step(rows, 11.0)
    for part in (slice(0, 11), slice(11, 16)):
        length = part.stop - part.start
        piece = Batch(
            input_ids=rows.input_ids[part],
            position_ids=rows.position_ids[part],
            bounds=torch.tensor([0, length], dtype=torch.int32),
            weights=rows.weights[part],
        )
        pieces.train_step(piece, 11.0)
    for name, parameter in whole.parameters().items():
        torch.testing.assert_close(parameter.grad, pieces.parameters()[name].grad, rtol=1e-4, atol=1e-7)


def test_an_optimizer_may_let_go_of_gradients(tmp_path: Path) -> None:
    """After zero_grad(set_to_none=True) a step starts from zero, with no trace of the step before."""
    saved(_llama, tmp_path)
    engine = opened(tmp_path)
    rows = batch([11, 5], [4, 1])
    engine.train_step(rows, 11.0)
    first = {name: p.grad.clone() for name, p in engine.parameters().items()}
    for parameter in engine.parameters().values():
        parameter.grad = None
    engine.train_step(rows, 11.0)
    for name, parameter in engine.parameters().items():
        assert torch.equal(parameter.grad, first[name]), name


@pytest.mark.parametrize("hold", [True, False])
def test_nf4_values_are_those_of_bitsandbytes(hold: bool, tmp_path: Path) -> None:
    """Held or expanded at every use, the base is the values that bitsandbytes reads out of its own NF4."""
    functional = pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed").functional
    model = saved(_llama, tmp_path)
    engine = opened(tmp_path, nf4=True, hold_16bit=hold)
    with torch.no_grad():
        for name, module in model.named_modules():
            if name.split(".")[-1] in TARGETS:
                packed, state = functional.quantize_4bit(
                    module.weight.to(torch.bfloat16), blocksize=64, compress_statistics=True, quant_type="nf4"
                )
                state.dtype = torch.float32
                module.weight.copy_(functional.dequantize_4bit(packed, state))
    rows = batch([11, 5, 17], [4, 1, 9])
    with torch.no_grad():
        expected = alone(peft_of(model, engine.parameters()), rows)
    torch.testing.assert_close(engine.row_losses(rows), expected, rtol=1e-4, atol=1e-4)


def test_greedy_answers_are_those_of_transformers(tmp_path: Path) -> None:
    """Greedy continuations of several prompts side by side are what transformers generates for each alone."""
    model = saved(_llama, tmp_path)
    engine = opened(tmp_path)
    reference = peft_of(model, engine.parameters()).merge_and_unload()
    prompts = [[5, 9, 2], [7], [3, 3, 8, 1, 4]]
    answers = engine.generate(prompts, max_new_tokens=9, stop_ids={11})
    for prompt, answer in zip(prompts, answers, strict=True):
        whole = reference.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), max_new_tokens=9, do_sample=False,
            eos_token_id=11, pad_token_id=0,
        )  # fmt: skip
        expected = whole[0, len(prompt) :].tolist()
        assert answer == (expected[: expected.index(11)] if 11 in expected else expected)
