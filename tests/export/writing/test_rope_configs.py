"""Positions: what a config of any generation says."""

from typing import Any

import pytest

from datakit.errors import InputError
from export.rope import rope_parameters, sliding_theta


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
