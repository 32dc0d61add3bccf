"""Families as tables: the name of every tensor, what a silent config means, and the keys that build the network."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import InputError
from export.architectures import BY_GGUF, FAMILIES, family_of, gguf_name, hyperparameters, text_config

LLAMA, GEMMA = FAMILIES["LlamaForCausalLM"], FAMILIES["Gemma3ForCausalLM"]
COMMON = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
}
NORMS = {
    "llama": {"post_attention_layernorm": "ffn_norm"},
    "gemma3": {
        "post_attention_layernorm": "post_attention_norm",
        "pre_feedforward_layernorm": "ffn_norm",
        "post_feedforward_layernorm": "post_ffw_norm",
    },
}
BASE: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 12,
    "num_attention_heads": 4,
    "vocab_size": 300,
    "max_position_embeddings": 2048,
}


@pytest.mark.parametrize("family", ["llama", "gemma3"])
@pytest.mark.parametrize("layer", [0, 7, 63])
def test_every_module_has_its_name(family: str, layer: int) -> None:
    """Each module of a layer has one name, and the norm after attention is another thing in Gemma than in Llama."""
    found = {
        module: gguf_name(BY_GGUF[family], f"model.layers.{layer}.{module}.weight")
        for module in {**COMMON, **NORMS[family]}
    }
    assert found == {module: f"blk.{layer}.{ours}.weight" for module, ours in {**COMMON, **NORMS[family]}.items()}
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("model.embed_tokens.weight", "token_embd.weight"),
        ("model.norm.weight", "output_norm.weight"),
        ("lm_head.weight", "output.weight"),
        ("model.layers.3.self_attn.q_proj.bias", "blk.3.attn_q.bias"),
        ("language_model.model.embed_tokens.weight", "token_embd.weight"),
        ("model.language_model.layers.3.mlp.up_proj.weight", "blk.3.ffn_up.weight"),
        ("model.language_model.norm.weight", "output_norm.weight"),
        ("language_model.lm_head.weight", "output.weight"),
        ("vision_tower.vision_model.embeddings.patch.weight", None),
        ("model.vision_tower.x", None),
        ("multi_modal_projector.mm_input_projection_weight", None),
        ("model.multi_modal_projector.x", None),
        ("model.layers.0.self_attn.rotary_emb.inv_freq", None),
        ("model.layers.0.attention.masked_bias", None),
        ("model.layers.0.attention.bias", None),
    ],
)
def test_names_outside_the_layers(name: str, wanted: str | None) -> None:
    """Prefixes of a model with eyes go, its eyes and what is derived are left out, the rest has one name."""
    assert gguf_name(GEMMA, name) == wanted


@pytest.mark.parametrize(
    "name",
    [
        "model.layers.x.mlp.up_proj.weight", "model.layers.3.mlp.up_proj", "model.layers.3.mlp.up_proj.weight.1",
        "layers.3.mlp.up_proj.weight", "model.layers.3.mlp.experts.0.weight", "model.norm.bias", "model.norm.weight2",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "lm_head.bias", "", "language_model.x.weight",
        "model.layers.3.self_attn.q_proj.scale",
    ],
)  # fmt: skip
def test_a_name_that_no_rule_knows_is_refused(name: str) -> None:
    """Nothing is left out silently: the tensor and the family are named."""
    with pytest.raises(InputError, match=r"has no place in a GGUF of llama; .* Nothing is left out silently"):
        gguf_name(LLAMA, name)


def test_gemma_s_further_norms_are_unknown_elsewhere() -> None:
    """A norm that only Gemma has is refused in a Llama instead of written where llama.cpp would not look."""
    with pytest.raises(InputError, match="has no place in a GGUF of llama"):
        gguf_name(LLAMA, "model.layers.0.pre_feedforward_layernorm.weight")


@given(
    st.text(max_size=60) | st.lists(st.sampled_from(["model", "layers", "3", "weight", "bias", *COMMON])).map(".".join)
)
def test_any_name_is_written_left_out_or_refused(name: str) -> None:
    """Whatever a tensor is called, it gets a GGUF name, is known to be left out, or is refused by our own error."""
    try:
        found = gguf_name(GEMMA, name)
    except InputError as error:
        assert "has no place" in str(error)  # noqa: PT017 - most names are refused, some are not
    else:
        assert found is None or found.endswith((".weight", ".bias"))


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


def values(family: str, **changes: Any) -> dict[str, Any]:
    """The keys of a config, without their types."""
    config = text_config(BASE | {"architectures": [family]} | changes)
    return {name: value.value for name, value in hyperparameters(family_of(config), config).items()}


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
