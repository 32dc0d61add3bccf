"""The keys that a rope has in a GGUF, and what is said where a number is missing."""

from typing import Any

import pytest

from datakit.errors import InputError
from export.gguf_values import Value, f32, text, u32
from export.rope import rope_keys
from tests.export.writing.ropes import LLAMA3


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
