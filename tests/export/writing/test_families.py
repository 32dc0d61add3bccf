"""Which family a config means, and what a silent config says."""

from typing import Any

import pytest

from datakit.errors import InputError
from export.architectures import FAMILIES, family_of, text_config
from tests.export.writing.configs import BASE


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"architectures": ["LamaForCausalLM"]}, "LamaForCausalLM cannot be exported; the nearest known is Llama"),
        ({"architectures": ["X", "Y"]}, "architecture X, Y cannot be exported\n  known: LlamaForCausalLM, Mistral"),
        ({"architectures": [], "model_type": "phi3"}, "architecture none (model_type 'phi3') cannot be exported\n"),
        ({"architectures": None}, "architecture none (model_type None) cannot be exported\n"),
        ({}, "architecture none (model_type None)"),
    ],
)
def test_an_architecture_that_is_unknown_is_told(config: dict[str, Any], says: str) -> None:
    """What was found, the nearest where there is one, and the list of the known ones."""
    with pytest.raises(InputError) as caught:
        family_of(config)
    assert says in str(caught.value)
    assert str(caught.value).endswith(f"known: {', '.join(FAMILIES)}")


def test_the_first_known_architecture_counts() -> None:
    """Of several names the first that is known is taken."""
    assert family_of({"architectures": ["Wrapper", "Qwen3ForCausalLM", "LlamaForCausalLM"]}).gguf == "qwen3"


@pytest.mark.parametrize(
    ("architecture", "heads_kv", "head_dim"),
    [
        ("LlamaForCausalLM", 4, 64),
        ("MistralForCausalLM", 8, 64),
        ("Qwen2ForCausalLM", 4, 64),
        ("Qwen3ForCausalLM", 4, 128),
        ("Gemma3ForCausalLM", 4, 256),
    ],
)
def test_a_silent_config_means_what_transformers_fills_in(architecture: str, heads_kv: int, head_dim: int) -> None:
    """Key heads and the size of a head have each family's own default; null says as much as nothing."""
    for extra in ({}, {"num_key_value_heads": None, "head_dim": None}):
        found = text_config(BASE | {"architectures": [architecture]} | extra)
        assert (found["num_key_value_heads"], found["head_dim"]) == (heads_kv, head_dim)
    said = text_config(BASE | {"architectures": [architecture], "num_key_value_heads": 2, "head_dim": 32})
    assert (said["num_key_value_heads"], said["head_dim"]) == (2, 32)


def test_a_gemma_that_says_little_is_filled_up() -> None:
    """The 4B's config leaves out what Gemma3TextConfig fills in; what it says, inside text_config, goes before."""
    config = {
        "architectures": ["Gemma3ForConditionalGeneration"],
        "text_config": {"hidden_size": 2560, "num_hidden_layers": 34, "sliding_window": 1024, "vocab_size": 9},
        "hidden_size": 1,
        "tie_word_embeddings": None,
    }
    found = text_config(config)
    assert (found["hidden_size"], found["num_attention_heads"]) == (2560, 8)
    assert (found["head_dim"], found["num_key_value_heads"]) == (256, 4)
    assert (found["vocab_size"], found["max_position_embeddings"], found["rms_norm_eps"]) == (9, 131072, 1e-6)
    assert (found["rope_local_base_freq"], found["tie_word_embeddings"]) == (10000.0, True)
