"""Which format each tensor gets: llama.cpp's own rules, so that a file made here is the file made there.

Two rules, as in llama.cpp. Its converter decides for f32, f16, bf16 (`prepare_tensors` of convert_hf_to_gguf.py); its
quantizer decides for the rest (`llama_tensor_get_type` of llama-quant.cpp): a mix like Q4_K_M spends more bits on the
output, on the values of attention and on the way down of some layers.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from export.ggml_types import PLAIN, TYPES, FileType

_LAYER: Final = re.compile(r"^blk\.(\d+)\.")
_FALLBACK: Final = {"Q2_K": "Q4_0", "Q3_K": "Q4_0", "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}
"""Where a row is no multiple of 256: `tensor_type_fallback` of llama-quant.cpp."""
_HALF_BITS: Final = {"Q3_K", "Q4_K"}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the rules look at beside names: of the whole model."""

    architecture: str
    layers: int
    heads: int
    heads_kv: int

    @property
    def group(self) -> int:
        """How many query heads share one key head."""
        return self.heads // self.heads_kv if self.heads_kv else 0

    @property
    def is_70b(self) -> bool:
        """llama.cpp takes every Llama of 80 layers with grouped heads for the 70B, and gives its values more bits."""
        return self.architecture == "llama" and self.layers == 80 and self.heads != self.heads_kv


def choose_types(tensors: Mapping[str, tuple[int, ...]], kind: FileType, shape: Shape) -> dict[str, str]:
    """Return the format of each tensor, by GGUF name.

    `tensors` are GGUF names and shapes, last dimension = length of a row.
    """
    tied = "output.weight" not in tensors
    order = _value_order(tensors)
    chosen: dict[str, str] = {}
    for name, dims in tensors.items():
        if not _may_change(name, dims):
            chosen[name] = "F32"
        elif kind.default in PLAIN:
            chosen[name] = kind.default
        else:
            wanted = _mixed(name, dims, kind, shape, tied=tied, values=order)
            chosen[name] = _fitting(wanted, dims[-1])
    return chosen


def _may_change(name: str, dims: tuple[int, ...]) -> bool:
    # Vectors and norms stay in 32 bits: they are small, and llama.cpp's kernels expect them so.
    return len(dims) >= 2 and name.endswith("weight") and not name.endswith("_norm.weight")


def _value_order(names: Iterable[str]) -> dict[str, int]:
    layers = {name: int(match[1]) for name in names if (match := _LAYER.match(name)) and "attn_v.weight" in name}
    return {name: place for place, name in enumerate(sorted(layers, key=layers.__getitem__))}


def _more_bits(layer: int, layers: int) -> bool:
    # The first and last eighth and every third layer between: `use_more_bits`.
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def _mixed(
    name: str, dims: tuple[int, ...], kind: FileType, shape: Shape, *, tied: bool, values: Mapping[str, int]
) -> str:
    default = kind.default
    if name == "output.weight" or (tied and name == "token_embd.weight"):
        if dims[-1] % TYPES[default].block:
            return "Q8_0"
        return default if default == "Q8_0" else "Q6_K"
    match = _LAYER.match(name)
    if match is None:
        return default
    if name in values:
        return _values(values[name], len(values), kind, shape)
    if "ffn_down" in name:
        return _down(int(match[1]), kind, shape.layers)
    if "attn_output.weight" in name:
        return {"q2_k": "Q3_K", "q3_k_m": "Q4_K", "q3_k_l": "Q5_K"}.get(kind.name, default)
    return default


def _values(place: int, count: int, kind: FileType, shape: Shape) -> str:
    chosen = kind.default
    if kind.name == "q2_k":
        chosen = "Q4_K" if shape.group >= 4 else "Q3_K"
    elif kind.name == "q3_k_m":
        chosen = "Q5_K" if place < 2 else "Q4_K"
    elif kind.name == "q3_k_l" or (kind.name == "q4_k_s" and place < 4):
        chosen = "Q5_K"
    elif kind.name in {"q4_k_m", "q5_k_m"} and _more_bits(place, count):
        chosen = "Q6_K"
    return "Q5_K" if shape.is_70b and chosen in _HALF_BITS else chosen


def _down(layer: int, kind: FileType, layers: int) -> str:
    if kind.name == "q2_k":
        return "Q3_K"
    if kind.name == "q3_k_m":
        return "Q5_K" if layer < layers // 16 else "Q4_K"
    if kind.name == "q3_k_l" or (kind.name == "q4_k_s" and layer < layers // 8):
        return "Q5_K"
    if kind.name in {"q4_k_m", "q5_k_m"} and _more_bits(layer, layers):
        return "Q6_K"
    return kind.default


def _fitting(wanted: str, columns: int) -> str:
    if columns % TYPES[wanted].block == 0:
        return wanted
    smaller = _FALLBACK.get(wanted, "F16")
    return smaller if columns % TYPES[smaller].block == 0 else "F16"
