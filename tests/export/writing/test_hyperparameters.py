"""The keys that build a network."""

import pytest

from datakit.errors import InputError
from export.architectures import FAMILIES, hyperparameters, text_config
from tests.export.writing.configs import BASE, LLAMA, values


@pytest.mark.parametrize("family", ["LlamaForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM"])
def test_the_keys_of_a_network(family: str) -> None:
    """Each number of the config stands under its key; only a Llama's names vocabulary and rotated dimensions."""
    found = values(family, num_key_value_heads=2, head_dim=48, rms_norm_eps=1e-5, rope_theta=7.0)
    name = FAMILIES[family].gguf
    wanted = {
        "block_count": 12, "context_length": 2048, "embedding_length": 256, "feed_forward_length": 512,
        "attention.head_count": 4, "attention.head_count_kv": 2, "attention.layer_norm_rms_epsilon": 1e-5,
        "attention.key_length": 48, "attention.value_length": 48, "rope.freq_base": 7.0,
    }  # fmt: skip
    if name == "llama":
        wanted |= {"vocab_size": 300, "rope.dimension_count": 48}
    assert found == {f"{name}.{key}": value for key, value in wanted.items()}


@pytest.mark.parametrize(("family", "theta"), [("LlamaForCausalLM", 1e4), ("Gemma3ForCausalLM", 1e6)])
def test_a_base_frequency_that_is_not_named(family: str, theta: float) -> None:
    """A config without rope_theta has its family's own, and one without rms_norm_eps a millionth."""
    found = values(family, sliding_window=64, head_dim=64, query_pre_attn_scalar=64)
    name = FAMILIES[family].gguf
    assert found[f"{name}.rope.freq_base"] == theta
    assert found[f"{name}.attention.layer_norm_rms_epsilon"] == 1e-6


@pytest.mark.parametrize("gone", ["num_hidden_layers", "max_position_embeddings", "intermediate_size", "vocab_size"])
def test_a_number_that_is_not_there_is_named(gone: str) -> None:
    """A key that the network needs and the config does not give is an error with its name."""
    config = text_config({name: value for name, value in BASE.items() if name != gone})
    with pytest.raises(InputError, match=rf"^config\.json: {gone} is missing; a GGUF of llama needs it$"):
        hyperparameters(LLAMA, config)
