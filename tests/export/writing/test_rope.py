"""Positions: what a config of any generation says becomes the keys and the factors that llama.cpp computes with."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import InputError
from export.gguf_values import Value, f32, text, u32
from export.rope import rope_factors, rope_keys, rope_parameters, sliding_theta

LLAMA3: dict[str, Any] = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({}, {"rope_type": "default"}),
        ({"rope_theta": 5.0}, {"rope_type": "default", "rope_theta": 5.0}),
        ({"rope_theta": 5.0, "rope_scaling": None}, {"rope_type": "default", "rope_theta": 5.0}),
        ({"rope_theta": None}, {"rope_type": "default"}),
        ({"rope_scaling": {"type": "linear", "factor": 2}}, {"type": "linear", "rope_type": "linear", "factor": 2}),
        ({"rope_scaling": {"rope_type": "yarn", "factor": None}}, {"rope_type": "yarn"}),
        ({"rope_parameters": {"rope_theta": 7.0}, "rope_theta": 5.0}, {"rope_type": "default", "rope_theta": 7.0}),
        (
            {"rope_parameters": {"rope_type": "linear"}, "rope_scaling": {"rope_type": "yarn"}, "rope_theta": 5.0},
            {"rope_type": "linear", "rope_theta": 5.0},
        ),
        (
            {"rope_parameters": {"full_attention": {"rope_theta": 1e6}, "sliding_attention": {"rope_theta": 1e4}}},
            {"rope_type": "default", "rope_theta": 1e6},
        ),
        ({"rope_scaling": {"rope_type": None}}, {"rope_type": "default"}),
    ],
    ids=str,
)
def test_every_generation_of_configs_is_read(config: dict[str, Any], wanted: dict[str, Any]) -> None:
    """rope_parameters goes before rope_scaling, its own theta before the outer one, and null says nothing."""
    before = repr(config)
    assert rope_parameters(config) == wanted
    assert repr(config) == before, "the config itself is not changed"


@pytest.mark.parametrize("kind", ["dynamic", "longrope", "ntk", ["linear"]])
def test_an_unknown_kind_is_refused_with_the_known_ones(kind: Any) -> None:
    """A stretch that a GGUF of these families cannot say is refused by name."""
    with pytest.raises(InputError) as caught:
        rope_parameters({"rope_scaling": {"rope_type": kind}})
    assert str(caught.value) == (
        f"config.json: rope type {kind!r} is not exported; known: default, linear, yarn, llama3"
    )


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({}, None),
        ({"rope_local_base_freq": 10000}, 10000.0),
        ({"rope_parameters": None, "rope_local_base_freq": 5}, 5.0),
        ({"rope_parameters": {"sliding_attention": {"rope_theta": 7}}, "rope_local_base_freq": 5}, 7.0),
        ({"rope_parameters": {"sliding_attention": None}, "rope_local_base_freq": 5}, 5.0),
        ({"rope_parameters": {"full_attention": {"rope_theta": 9}}}, None),
    ],
    ids=str,
)
def test_the_window_s_own_theta(config: dict[str, Any], wanted: float | None) -> None:
    """Layers with a window have a base frequency of their own where the config names one, under either name."""
    assert sliding_theta(config) == wanted


@pytest.mark.parametrize(
    ("rope", "wanted"),
    [
        ({"rope_type": "default"}, {"x.rope.freq_base": f32(1e4)}),
        ({"rope_type": "default", "rope_theta": 5e5}, {"x.rope.freq_base": f32(5e5)}),
        (LLAMA3, {"x.rope.freq_base": f32(5e5)}),
        (
            {"rope_type": "linear", "factor": 4, "beta_fast": 32, "original_max_position_embeddings": 7},
            {"x.rope.freq_base": f32(1e4), "x.rope.scaling.type": text("linear"), "x.rope.scaling.factor": f32(4)},
        ),
        (
            {
                "rope_type": "yarn", "factor": 2.5, "original_max_position_embeddings": 4096, "extrapolation_factor": 0,
                "attention_factor": 1.25, "beta_fast": 32, "beta_slow": 1,
            },
            {
                "x.rope.freq_base": f32(1e4),
                "x.rope.scaling.type": text("yarn"),
                "x.rope.scaling.factor": f32(2.5),
                "x.rope.scaling.original_context_length": u32(4096),
                "x.rope.scaling.yarn_ext_factor": f32(0),
                "x.rope.scaling.yarn_attn_factor": f32(1.25),
                "x.rope.scaling.yarn_beta_fast": f32(32),
                "x.rope.scaling.yarn_beta_slow": f32(1),
            },
        ),
        (
            {"rope_type": "yarn", "factor": 2, "original_max_position_embeddings": 9, "beta_fast": None},
            {
                "x.rope.freq_base": f32(1e4),
                "x.rope.scaling.type": text("yarn"),
                "x.rope.scaling.factor": f32(2),
                "x.rope.scaling.original_context_length": u32(9),
            },
        ),
    ],
    ids=lambda value: value.get("rope_type", "wanted"),
)  # fmt: skip
def test_keys_of_a_rope(rope: dict[str, Any], wanted: dict[str, Value]) -> None:
    """Each kind has its keys and no others; what the config leaves out is left to llama.cpp."""
    assert rope_keys("x", rope, default_theta=10000.0) == wanted


@pytest.mark.parametrize(
    ("rope", "name", "found"),
    [
        ({"rope_type": "default", "rope_theta": 0}, "rope_theta", "0"),
        ({"rope_type": "default", "rope_theta": -1.0}, "rope_theta", "-1.0"),
        ({"rope_type": "default", "rope_theta": float("nan")}, "rope_theta", "nan"),
        ({"rope_type": "default", "rope_theta": "1e4"}, "rope_theta", "'1e4'"),
        ({"rope_type": "linear"}, "factor", "None"),
        ({"rope_type": "linear", "factor": True}, "factor", "True"),
        ({"rope_type": "yarn", "factor": 2}, "original_max_position_embeddings", "None"),
    ],
    ids=str,
)
def test_a_number_that_is_missing_is_named(rope: dict[str, Any], name: str, found: str) -> None:
    """The kind, the entry and what stands there are in the message."""
    with pytest.raises(InputError) as caught:
        rope_keys("x", rope, default_theta=10000.0)
    assert str(caught.value) == f"config.json: rope type {rope['rope_type']} needs {name} above 0, found {found}"


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
