"""The divisors of Llama 3.1, against the published rule and against transformers."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.rope import rope_factors
from tests.export.writing.ropes import LLAMA3


def plain(rope: dict[str, Any], head_dim: int) -> list[float]:
    """Llama 3.1's divisors by the published rule, in 64 bits: long waves are stretched, short ones are not."""
    out = []
    for place in range(0, head_dim, 2):
        wave = 2 * math.pi * rope["rope_theta"] ** (place / head_dim)
        turns = rope["original_max_position_embeddings"] / wave
        if turns < rope["low_freq_factor"]:
            out.append(rope["factor"])
        elif turns <= rope["high_freq_factor"]:
            share = (turns - rope["low_freq_factor"]) / (rope["high_freq_factor"] - rope["low_freq_factor"])
            out.append(1 / ((1 - share) / rope["factor"] + share))
        else:
            out.append(1.0)
    return out


@given(
    st.sampled_from([32, 64, 80, 128, 256]),
    st.floats(1e3, 1e7),
    st.floats(1.5, 64),
    st.floats(0.5, 4),
    st.floats(1, 16),
    st.sampled_from([2048, 4096, 8192, 131072]),
)
def test_the_factors_are_those_of_the_published_rule(
    head_dim: int, theta: float, factor: float, low: float, span: float, trained: int
) -> None:
    """In 32 bits the divisors are the rule's, one for each pair, between 1 and the factor and never falling."""
    rope = LLAMA3 | {"rope_theta": theta, "factor": factor, "low_freq_factor": low, "high_freq_factor": low + span}
    rope["original_max_position_embeddings"] = trained
    found = rope_factors(rope, head_dim=head_dim)
    assert found is not None
    assert found.shape == (head_dim // 2,)
    assert found.dtype == np.dtype(np.float32)
    assert np.allclose(found, plain(rope, head_dim), rtol=2e-3)
    assert (np.diff(found) >= -1e-4).all()
    assert found.min() >= 1 - 1e-5
    assert found.max() <= factor * (1 + 1e-5)


def test_the_factors_of_llama_31_are_those_of_transformers() -> None:
    """For the 8B's own config the divisors times transformers' stretched frequencies are the plain frequencies."""
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    config = LlamaConfig(
        hidden_size=4096, num_attention_heads=32, max_position_embeddings=131072, rope_parameters=dict(LLAMA3)
    )
    stretched, _ = ROPE_INIT_FUNCTIONS["llama3"](config, device="cpu")
    found = rope_factors(LLAMA3, head_dim=128)
    assert found is not None
    bare = 500000.0 ** -(np.arange(0, 128, 2) / 128)
    assert np.allclose(bare / found, stretched.numpy(), rtol=1e-5)
    assert (found[0], found[-1]) == (1.0, 8.0)


@pytest.mark.parametrize("kind", ["default", "linear", "yarn"])
def test_other_kinds_have_no_factors(kind: str) -> None:
    """Only llama3 is a tensor; the others are keys."""
    assert rope_factors({**LLAMA3, "rope_type": kind}, head_dim=64) is None


def test_without_a_theta_llama_3_has_transformers_own() -> None:
    """A llama3 rope whose config names no base frequency turns with 10,000, as transformers does."""
    bare = {name: value for name, value in LLAMA3.items() if name != "rope_theta"}
    found, wanted = (rope_factors(rope, head_dim=64) for rope in (bare, {**bare, "rope_theta": 10000.0}))
    assert found is not None
    assert wanted is not None
    assert np.array_equal(found, wanted)
