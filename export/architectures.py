"""The families that can be written, as tables: names of tensors, hyperparameters, and what is done to the numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from datakit.errors import InputError
from export.gguf_values import Value, f32, u32
from export.rope import rope_keys, rope_parameters, sliding_theta


@dataclass(frozen=True, kw_only=True)
class Family:
    """What an architecture of Hugging Face means in a GGUF."""

    gguf: str
    """`general.architecture`, by which llama.cpp picks its code."""
    interleaved: bool = False
    """Whether llama.cpp rotates neighbours instead of halves, so that rows of q and k change places."""
    norm_plus_one: bool = False
    """Whether a norm multiplies by `1 + weight`; llama.cpp multiplies by what is stored."""
    head_dim: int | None = None
    """Default where the config says nothing; None: hidden size divided by heads."""
    heads_kv: int | None = None
    """Default number of key heads; None: as many as heads."""
    theta: float = 10000.0
    """Default base frequency of the rope."""
    defaults: tuple[tuple[str, Any], ...] = ()
    """Further values that transformers fills in where a config is silent."""
    norms: tuple[tuple[str, str], ...] = ()
    """Names of norms in a layer, theirs to ours, that differ from Llama's."""


_GEMMA3: Final = Family(
    gguf="gemma3",
    norm_plus_one=True,
    head_dim=256,
    heads_kv=4,
    theta=1_000_000.0,
    # Gemma3TextConfig; the 4B's config.json leaves them out.
    defaults=(
        ("max_position_embeddings", 131072),
        ("num_attention_heads", 8),
        ("rms_norm_eps", 1e-6),
        ("rope_local_base_freq", 10000.0),
        ("tie_word_embeddings", True),
        ("vocab_size", 262208),
    ),
    norms=(
        ("post_attention_layernorm", "post_attention_norm"),
        ("pre_feedforward_layernorm", "ffn_norm"),
        ("post_feedforward_layernorm", "post_ffw_norm"),
    ),
)
FAMILIES: Final = {
    "LlamaForCausalLM": Family(gguf="llama", interleaved=True),
    "MistralForCausalLM": Family(gguf="llama", interleaved=True, heads_kv=8),
    "Qwen2ForCausalLM": Family(gguf="qwen2"),
    "Qwen3ForCausalLM": Family(gguf="qwen3", head_dim=128),
    "Gemma3ForCausalLM": _GEMMA3,
    "Gemma3ForConditionalGeneration": _GEMMA3,
}
BY_GGUF: Final = {family.gguf: family for family in FAMILIES.values()}

_FULL_EVERY: Final = 6
"""Every sixth layer of a Gemma 3 has no window: fixed in llama.cpp, so a config must agree with it."""

_LAYERS_27B: Final = 62

_LAYER: Final = re.compile(r"^model\.layers\.(\d+)\.(.+)\.(weight|bias)$")
_TOP: Final = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_MODULES: Final = {
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
    "post_attention_layernorm": "ffn_norm",
}
_NOT_LANGUAGE: Final = (
    "vision_tower.",
    "multi_modal_projector.",
    "model.vision_tower.",
    "model.multi_modal_projector.",
)
_DERIVED: Final = (".rotary_emb.inv_freq", ".attention.masked_bias", ".attention.bias")
_PREFIXES: Final = ("language_model.model.", "model.language_model.")


def family_of(config: Mapping[str, Any]) -> Family:
    """Return the family that a config.json names. Errors: `InputError` with the known ones and the nearest."""
    names = config.get("architectures") or []
    for name in names:
        if name in FAMILIES:
            return FAMILIES[name]
    found = ", ".join(map(str, names)) or f"none (model_type {config.get('model_type')!r})"
    near = get_close_matches(str(names[0]), FAMILIES, n=1) if names else []
    raise InputError(
        f"config.json: architecture {found} cannot be exported{f'; the nearest known is {near[0]}' if near else ''}\n"
        f"  known: {', '.join(FAMILIES)}"
    )


def text_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config of the language model, which a model with eyes keeps one level down, defaults filled in."""
    family = family_of(config)
    merged = {**config, **(config.get("text_config") or {})}
    merged = {key: value for key, value in merged.items() if value is not None}  # null says as much as nothing
    for key, value in family.defaults:
        merged.setdefault(key, value)
    heads = merged.get("num_attention_heads")
    if not isinstance(heads, int) or not isinstance(merged.get("hidden_size"), int):
        raise InputError("config.json: num_attention_heads and hidden_size are missing or no numbers")
    if merged.get("num_key_value_heads") is None:
        merged["num_key_value_heads"] = family.heads_kv or heads
    if merged.get("head_dim") is None:
        merged["head_dim"] = family.head_dim or merged["hidden_size"] // heads
    return merged


def gguf_name(family: Family, name: str) -> str | None:
    """Return the GGUF name of a tensor, or None for one that a language model does not need.

    Errors: `InputError` for a name that no rule knows, since a tensor left out unnoticed is a broken model.
    """
    if name.startswith(_NOT_LANGUAGE) or name.endswith(_DERIVED):
        return None
    for prefix in _PREFIXES:
        name = f"model.{name.removeprefix(prefix)}" if name.startswith(prefix) else name
    name = name.removeprefix("language_model.") if name.startswith("language_model.lm_head") else name
    if name in _TOP:
        return _TOP[name]
    if match := _LAYER.match(name):
        layer, module, part = match.groups()
        ours = dict(family.norms).get(module, _MODULES.get(module))
        if ours is not None:
            return f"blk.{layer}.{ours}.{part}"
    raise InputError(
        f"tensor {name} has no place in a GGUF of {family.gguf}; a model changed by hand, or an adapter that was saved "
        "among the weights? Nothing is left out silently"
    )


def hyperparameters(family: Family, config: Mapping[str, Any]) -> dict[str, Value]:
    """Return the keys that llama.cpp needs to build the network; `config` is `text_config`'s.

    Errors: `InputError` for a number that the config does not give, or a variant that llama.cpp does not have.
    """
    try:
        return _hyperparameters(family, config)
    except KeyError as error:
        raise InputError(f"config.json: {error.args[0]} is missing; a GGUF of {family.gguf} needs it") from error


def _hyperparameters(family: Family, config: Mapping[str, Any]) -> dict[str, Value]:
    name = family.gguf
    rope = rope_parameters(config)
    keys = {
        f"{name}.block_count": u32(config["num_hidden_layers"]),
        f"{name}.context_length": u32(config["max_position_embeddings"]),
        f"{name}.embedding_length": u32(config["hidden_size"]),
        f"{name}.feed_forward_length": u32(config["intermediate_size"]),
        f"{name}.attention.head_count": u32(config["num_attention_heads"]),
        f"{name}.attention.head_count_kv": u32(config["num_key_value_heads"]),
        f"{name}.attention.layer_norm_rms_epsilon": f32(config.get("rms_norm_eps", 1e-6)),
        f"{name}.attention.key_length": u32(config["head_dim"]),
        f"{name}.attention.value_length": u32(config["head_dim"]),
        **rope_keys(name, rope, default_theta=family.theta),
    }
    if name == "llama":
        keys[f"{name}.vocab_size"] = u32(config["vocab_size"])
        keys[f"{name}.rope.dimension_count"] = u32(config["head_dim"])
    if name == "gemma3":
        keys |= _gemma3(config)
    return keys


def _gemma3(config: Mapping[str, Any]) -> dict[str, Value]:
    keys: dict[str, Value] = {}
    if (local := sliding_theta(config)) is not None:
        keys["gemma3.rope.freq_base_swa"] = f32(local)
    if config.get("attn_logit_softcapping") is not None:
        raise InputError("config.json: attn_logit_softcapping is set, which llama.cpp's gemma3 does not have")
    heads, layers = config["num_attention_heads"], config["num_hidden_layers"]
    # llama.cpp scales by the head's size, and knows the 27B by its 62 layers, which scales by another.
    scaled_by = config["hidden_size"] // heads if layers == _LAYERS_27B else config["head_dim"]
    if config.get("query_pre_attn_scalar", scaled_by) != scaled_by:
        raise InputError(
            f"config.json: query_pre_attn_scalar is {config['query_pre_attn_scalar']}; llama.cpp's gemma3 scales such "
            f"a model by {scaled_by} and would compute other answers"
        )
    if config.get("final_logit_softcapping"):
        keys["gemma3.final_logit_softcapping"] = f32(config["final_logit_softcapping"])
    pattern = config.get("sliding_window_pattern", config.get("_sliding_window_pattern", _FULL_EVERY))
    kinds = config.get("layer_types") or ["full_attention" if (n + 1) % pattern == 0 else "" for n in range(layers)]
    full = [number for number, kind in enumerate(kinds) if kind == "full_attention"]
    if full != list(range(_FULL_EVERY - 1, layers, _FULL_EVERY)):
        raise InputError(
            f"config.json: layers {full} attend to everything; llama.cpp's gemma3 takes every {_FULL_EVERY}th for that"
        )
    keys["gemma3.attention.sliding_window"] = u32(config["sliding_window"])
    return keys
