"""The name of every tensor in a GGUF; what has none is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import InputError
from export.architectures import BY_GGUF, gguf_name
from tests.export.writing.configs import GEMMA, LLAMA

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
