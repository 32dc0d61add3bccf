"""A small config, and the keys that come of it."""

from typing import Any

from export.architectures import FAMILIES, family_of, hyperparameters, text_config

LLAMA, GEMMA = FAMILIES["LlamaForCausalLM"], FAMILIES["Gemma3ForCausalLM"]


BASE: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 12,
    "num_attention_heads": 4,
    "vocab_size": 300,
    "max_position_embeddings": 2048,
}


def values(family: str, **changes: Any) -> dict[str, Any]:
    """The keys of a config, without their types."""
    config = text_config(BASE | {"architectures": [family]} | changes)
    return {name: value.value for name, value in hyperparameters(family_of(config), config).items()}
