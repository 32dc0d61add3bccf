"""The shape of a Llama-like model, read from its config.json, and whether the fused engine can run it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from trainer.shape import Sizes, sizes_in

FAMILIES: Final = ("LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM")
"""Decoders of RMSNorm, rotary attention and SwiGLU, with or without a bias on q, k and v."""
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "o": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}
"""Projections that read one input, and so are one matrix product here."""
_ROPES: Final = ("default", "llama3", "linear")
_LONGEST_HEAD: Final = 256  # flash attention's limit


@dataclass(frozen=True, kw_only=True)
class Shape(Sizes):
    """A decoder as this engine runs it."""

    norm_epsilon: float
    qkv_bias: bool

    def outputs(self, projection: str) -> int:
        """Return how many outputs a projection of GROUPS has."""
        return {
            "self_attn.q_proj": self.query,
            "self_attn.k_proj": self.keys,
            "self_attn.v_proj": self.keys,
            "self_attn.o_proj": self.hidden,
            "mlp.gate_proj": self.intermediate,
            "mlp.up_proj": self.intermediate,
            "mlp.down_proj": self.hidden,
        }[projection]

    def inputs(self, group: str) -> int:
        """Return how many inputs the projections of a group read."""
        return {"o": self.query, "down": self.intermediate}.get(group, self.hidden)


def read_shape(config: Mapping[str, Any]) -> Shape:
    """Return the shape that a config.json describes; call it where `why_not` says None."""
    return Shape(
        **sizes_in(config),
        norm_epsilon=float(config["rms_norm_eps"]),
        qkv_bias=bool(config.get("attention_bias")) or _family(config) == "Qwen2ForCausalLM",
    )


def why_not(config: Mapping[str, Any]) -> str | None:
    """Return why the fused engine cannot run a model, or None where it can."""
    family = _family(config)
    if family not in FAMILIES:
        return f"architecture {family}: the fused engine knows {', '.join(FAMILIES)}"
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind not in _ROPES:
        return f"rope type {kind}: the fused engine knows {', '.join(_ROPES)}"
    if config.get("hidden_act", "silu") != "silu":
        return f"activation {config['hidden_act']}: the fused engine knows silu"
    if config.get("mlp_bias"):
        return "mlp_bias: the fused engine knows no bias there"
    if config.get("attention_bias") and family != "Qwen2ForCausalLM":
        return "attention_bias: the fused engine knows it on Qwen2 only"
    if config.get("sliding_window") and (config.get("use_sliding_window", family == "MistralForCausalLM")):
        return f"sliding window of {config['sliding_window']}: the fused engine attends to the whole row"
    if (head := read_shape(config).head) > _LONGEST_HEAD or head % 8:
        return f"head size {head}: flash attention takes multiples of 8 up to {_LONGEST_HEAD}"
    return None


def _family(config: Mapping[str, Any]) -> str:
    return str(next(iter(config.get("architectures") or ["unknown"])))
