"""The sizes of a decoder: what an estimate of memory and the fused engine both reckon with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sizes of a decoder with grouped queries and a gated feed-forward layer; every length in elements."""

    layers: int
    hidden: int
    intermediate: int
    """Width of the feed-forward layer."""
    heads: int
    kv_heads: int
    head: int
    """Length of one head."""
    vocabulary: int
    tied: bool
    """Whether the output layer is the embedding."""

    @property
    def query(self) -> int:
        """Return the length of all query heads together."""
        return self.heads * self.head

    @property
    def keys(self) -> int:
        """Return the length of all key heads together; the values have as much."""
        return self.kv_heads * self.head

    def weights(self) -> int:
        """Return the number of weights in the seven projections of all layers, without the tables at both ends."""
        return self.layers * (2 * self.hidden * (self.query + self.keys) + 3 * self.hidden * self.intermediate)

    def adapter_weights(self, rank: int) -> int:
        """Return the number of weights of a LoRA of this rank on all seven projections."""
        ends = 2 * (self.hidden + self.query) + 2 * (self.hidden + self.keys) + 3 * (self.hidden + self.intermediate)
        return self.layers * rank * ends


def sizes_in(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a config.json says of a decoder, by the names of `Sizes`; the tied embedding is False where unsaid.

    Errors: `KeyError`, `TypeError` or `ValueError` where it is no decoder's.
    """
    heads, hidden = int(config["num_attention_heads"]), int(config["hidden_size"])
    return {
        "layers": int(config["num_hidden_layers"]),
        "hidden": hidden,
        "intermediate": int(config["intermediate_size"]),
        "heads": heads,
        "kv_heads": int(config.get("num_key_value_heads") or heads),
        "head": int(config.get("head_dim") or hidden // heads),
        "vocabulary": int(config["vocab_size"]),
        "tied": bool(config.get("tie_word_embeddings", False)),
    }
