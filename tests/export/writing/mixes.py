"""Shapes of models, and the formats that a type gives their layers."""

from export.ggml_types import file_type
from export.mix import Shape, choose_types


def shape(*, layers: int = 32, heads: int = 32, heads_kv: int = 32, architecture: str = "llama") -> Shape:
    """A model's shape; no grouped heads unless told."""
    return Shape(architecture=architecture, layers=layers, heads=heads, heads_kv=heads_kv)


def values(kind: str, model: Shape, *, columns: int = 256) -> list[str]:
    """The formats of attn_v by layer."""
    names = {f"blk.{layer}.attn_v.weight": (256, columns) for layer in range(model.layers)}
    return list(choose_types(names, file_type(kind), model).values())


def more_bits(layers: int) -> list[bool]:
    """The layers that K_M gives more bits, written out: the first and the last eighth, every third between."""
    eighth = layers // 8
    return [n < eighth or n >= 7 * layers // 8 or (n - eighth) % 3 == 2 for n in range(layers)]
