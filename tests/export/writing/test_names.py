"""The name of every tensor in a GGUF; what has none is refused."""

import gguf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import InputError
from export.architectures import BY_GGUF, gguf_name
from tests.export.writing.configs import GEMMA, LLAMA

MODULES = (
    *(f"self_attn.{name}" for name in ("q_proj", "k_proj", "v_proj", "o_proj", "q_norm", "k_norm")),
    *(f"mlp.{name}_proj" for name in ("gate", "up", "down")),
    "input_layernorm",
    "post_attention_layernorm",
)
OF_GEMMA = ("pre_feedforward_layernorm", "post_feedforward_layernorm")


@pytest.mark.parametrize(
    ("family", "architecture", "modules"),
    [
        # Llama's network has no norm of queries and keys, Qwen 3's has; its other names are Llama's
        ("llama", gguf.MODEL_ARCH.LLAMA, tuple(name for name in MODULES if not name.endswith(("q_norm", "k_norm")))),
        ("qwen3", gguf.MODEL_ARCH.QWEN3, MODULES),
        ("gemma3", gguf.MODEL_ARCH.GEMMA3, (*MODULES, *OF_GEMMA)),
    ],
)
@pytest.mark.parametrize("layer", [0, 7, 63])
def test_every_module_has_llama_cpps_name(
    family: str, architecture: gguf.MODEL_ARCH, modules: tuple[str, ...], layer: int
) -> None:
    """Each module of a layer is called as the gguf package calls it, and no two have one name."""
    peer = gguf.get_tensor_name_map(architecture, 64)
    names = [f"model.layers.{layer}.{module}.weight" for module in modules]
    found = [gguf_name(BY_GGUF[family], name) for name in names]
    assert found == [peer.get_name(name, try_suffixes=(".weight",)) for name in names]
    assert len(set(found)) == len(found)


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
    st.text(max_size=60) | st.lists(st.sampled_from(["model", "layers", "3", "weight", "bias", *MODULES])).map(".".join)
)
def test_any_name_is_written_left_out_or_refused(name: str) -> None:
    """Whatever a tensor is called, it gets a GGUF name, is known to be left out, or is refused by our own error."""
    try:
        found = gguf_name(GEMMA, name)
    except InputError as error:
        assert "has no place" in str(error)  # noqa: PT017 - most names are refused, some are not
    else:
        assert found is None or found.endswith((".weight", ".bias"))
