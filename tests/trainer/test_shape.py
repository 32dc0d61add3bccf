"""The sizes of a decoder: read from a configuration, and counted as the modules that transformers builds from it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.fused.shape import GROUPS, read_shape, why_not
from trainer.memory import shape_of
from trainer.shape import Sizes, sizes_in


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """Configurations of small decoders, grouped queries and odd heads among them."""
    kv_heads = draw(st.integers(1, 4))
    heads = kv_heads * draw(st.integers(1, 3))
    head = 8 * draw(st.integers(1, 4))
    said: dict[str, Any] = {
        "architectures": [draw(st.sampled_from(["LlamaForCausalLM", "Qwen2ForCausalLM"]))],
        "num_hidden_layers": draw(st.integers(1, 3)),
        "hidden_size": draw(st.sampled_from([heads * head, 16 * heads])),
        "intermediate_size": draw(st.integers(1, 200)),
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": head,
        "vocab_size": draw(st.integers(3, 300)),
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": draw(st.booleans()),
    }
    return said


@given(configurations())
def test_both_sides_read_the_same_sizes(config: dict[str, Any]) -> None:
    """The estimate's shape and the fused engine's agree in every size, and so in every count."""
    one, other = shape_of(config, rank=5), read_shape(config)
    for name in Sizes.__dataclass_fields__:
        assert getattr(one, name) == getattr(other, name) == sizes_in(config)[name]
    assert one.weights() == other.weights()
    assert one.adapter_weights(5) == other.adapter_weights(5)


@given(configurations(), st.integers(1, 64))
def test_the_totals_are_the_sums_of_the_projections(config: dict[str, Any], rank: int) -> None:
    """Weights, and the adapter's, counted at once are those of the seven projections counted one by one."""
    shape = read_shape(config)
    ends = [(shape.outputs(name), shape.inputs(group)) for group, names in GROUPS.items() for name in names]
    assert len(ends) == 7
    assert shape.weights() == shape.layers * sum(outputs * inputs for outputs, inputs in ends)
    assert shape.adapter_weights(rank) == shape.layers * rank * sum(map(sum, ends))


@settings(max_examples=8)
@given(configurations())
def test_the_counts_are_those_of_the_real_modules(config: dict[str, Any]) -> None:
    """transformers' own model of a configuration has linear layers of these sizes, and no other."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    with torch.device("meta"):
        model = LlamaForCausalLM(LlamaConfig(**{key: value for key, value in config.items() if key != "architectures"}))
    shape = read_shape(config)
    linear = {
        name.removeprefix("model.layers.0."): tuple(module.weight.shape)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and name.startswith("model.layers.0.")
    }
    assert linear == {
        name: (shape.outputs(name), shape.inputs(group)) for group, names in GROUPS.items() for name in names
    }
    assert tuple(model.model.embed_tokens.weight.shape) == (shape.vocabulary, shape.hidden)
    assert len(model.model.layers) == shape.layers


def test_what_a_configuration_leaves_out_is_derived() -> None:
    """Without key heads each head has its own, without a length the heads share the hidden size, without a word of it
    the tables are two."""
    config = {
        "num_hidden_layers": 2, "hidden_size": 96, "intermediate_size": 10, "num_attention_heads": 6, "vocab_size": 11,
    }  # fmt: skip
    shape = shape_of(config)
    assert (shape.kv_heads, shape.head, shape.tied) == (6, 16, False)
    assert (shape.query, shape.keys) == (96, 96)
    assert shape_of({**config, "num_key_value_heads": None, "head_dim": 0}).head == 16
    assert shape_of({"text_config": config, "tie_word_embeddings": True}).tied
    assert not shape_of({"text_config": {**config, "tie_word_embeddings": False}, "tie_word_embeddings": True}).tied


@pytest.mark.parametrize("missing", ["num_hidden_layers", "hidden_size", "intermediate_size", "vocab_size"])
def test_a_configuration_of_something_else_is_an_error(missing: str) -> None:
    """A configuration that lacks a size, such as an encoder's, names the key that is not there."""
    config = dict.fromkeys(
        ["num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads", "vocab_size"], 8
    )
    del config[missing]
    with pytest.raises(KeyError, match=missing):
        shape_of(config)


LLAMA: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"], "num_hidden_layers": 1, "hidden_size": 64, "intermediate_size": 8,
    "num_attention_heads": 4, "vocab_size": 9, "rms_norm_eps": 1e-6,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"architectures": ["GPT2LMHeadModel"]}, "architecture GPT2LMHeadModel: the fused engine knows Llama"),
        ({"architectures": []}, "architecture unknown"),
        ({"architectures": None}, "architecture unknown"),
        ({"rope_scaling": {"rope_type": "yarn"}}, "rope type yarn"),
        ({"rope_scaling": {"type": "dynamic"}}, "rope type dynamic"),
        ({"rope_parameters": {"rope_type": "longrope"}, "rope_scaling": None}, "rope type longrope"),
        ({"hidden_act": "gelu"}, "activation gelu"),
        ({"mlp_bias": True}, "mlp_bias"),
        ({"attention_bias": True}, "attention_bias: the fused engine knows it on Qwen2 only"),
        ({"architectures": ["MistralForCausalLM"], "sliding_window": 4096}, "sliding window of 4096"),
        ({"sliding_window": 512, "use_sliding_window": True}, "sliding window of 512"),
        ({"head_dim": 512}, "head size 512: flash attention takes multiples of 8 up to 256"),
        ({"head_dim": 12}, "head size 12"),
    ],
)
def test_what_the_fused_engine_cannot_run_is_said(changes: dict[str, Any], reason: str) -> None:
    """Each thing that the engine would compute wrongly is a reason with its value, and nothing is run."""
    found = why_not({**LLAMA, **changes})
    assert found is not None
    assert found.startswith(reason)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"rope_scaling": {"rope_type": "llama3"}},
        {"rope_parameters": {"rope_type": "linear", "factor": 2.0}},
        {"architectures": ["Qwen2ForCausalLM"], "attention_bias": True},
        {"architectures": ["MistralForCausalLM"], "sliding_window": None},
        {"architectures": ["Qwen2ForCausalLM"], "sliding_window": 4096, "use_sliding_window": False},
        {"sliding_window": 4096},
        {"head_dim": 256},
    ],
)
def test_what_the_fused_engine_runs(changes: dict[str, Any]) -> None:
    """The families it was written for, with the settings that change nothing it computes."""
    assert why_not({**LLAMA, **changes}) is None


def test_qwen_has_a_bias_without_saying_so() -> None:
    """Qwen2's projections of queries, keys and values have a bias that its configuration does not mention."""
    assert read_shape({**LLAMA, "architectures": ["Qwen2ForCausalLM"]}).qkv_bias
    assert not read_shape(LLAMA).qkv_bias
