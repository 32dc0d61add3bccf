"""What a Gemma 3 has besides, and what llama.cpp would compute otherwise."""

from typing import Any

import pytest

from datakit.errors import InputError
from tests.export.writing.configs import values

GEMMA_KEYS: dict[str, Any] = {"sliding_window": 512, "head_dim": 64, "query_pre_attn_scalar": 64}


def test_the_keys_of_a_gemma() -> None:
    """The window, the base frequency inside it, and a soft cap of the output where there is one."""
    found = values("Gemma3ForCausalLM", **GEMMA_KEYS, rope_local_base_freq=123.0, final_logit_softcapping=30.0)
    assert found["gemma3.attention.sliding_window"] == 512
    assert found["gemma3.rope.freq_base_swa"] == 123.0
    assert found["gemma3.final_logit_softcapping"] == 30.0
    assert "gemma3.final_logit_softcapping" not in values("Gemma3ForCausalLM", **GEMMA_KEYS)


def test_the_27b_scales_by_its_width() -> None:
    """With 62 layers llama.cpp scales by hidden size over heads; with any other number by the size of a head."""
    large = {**GEMMA_KEYS, "num_hidden_layers": 62, "hidden_size": 672, "num_attention_heads": 4}
    values("Gemma3ForCausalLM", **{**large, "query_pre_attn_scalar": 168})
    with pytest.raises(InputError, match=r"query_pre_attn_scalar is 64; .* scales such a model by 168"):
        values("Gemma3ForCausalLM", **large)
    with pytest.raises(InputError, match=r"query_pre_attn_scalar is 168; .* scales such a model by 64"):
        values("Gemma3ForCausalLM", **{**large, "query_pre_attn_scalar": 168, "num_hidden_layers": 61})


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        ({}, True),
        ({"sliding_window_pattern": 6}, True),
        ({"_sliding_window_pattern": 6}, True),
        ({"_sliding_window_pattern": 5}, False),
        ({"sliding_window_pattern": 6, "_sliding_window_pattern": 5}, True),
        ({"layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 2}, True),
        ({"layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 2, "sliding_window_pattern": 5}, True),
        ({"layer_types": ["sliding_attention"] * 12}, False),
        ({"layer_types": ["full_attention", *["sliding_attention"] * 4, "full_attention"] * 2}, False),
    ],
    ids=str,
)
def test_the_pattern_of_windows_is_llama_cpp_s(change: dict[str, Any], passes: bool) -> None:
    """Every sixth layer looks at everything, whether the config says it by a number or layer by layer."""
    if passes:
        assert values("Gemma3ForCausalLM", **GEMMA_KEYS, **change)["gemma3.block_count"] == 12
    else:
        with pytest.raises(InputError, match=r"attend to everything; llama\.cpp's gemma3 takes every 6th for that"):
            values("Gemma3ForCausalLM", **GEMMA_KEYS, **change)
