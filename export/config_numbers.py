"""Are the entries of a config.json of the kind they must be? Asked once, so that nothing after it has to doubt them."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from datakit.errors import InputError

_MOST: Final = (1 << 32) - 1  # what a GGUF's counts hold
_MOST_LAYERS: Final = 10_000  # far above any model, and few enough to go through one by one
_COUNTS: Final = {
    "num_hidden_layers": _MOST_LAYERS,
    "hidden_size": _MOST,
    "intermediate_size": _MOST,
    "num_attention_heads": _MOST,
    "num_key_value_heads": _MOST,
    "head_dim": _MOST,
    "vocab_size": _MOST,
    "max_position_embeddings": _MOST,
    "original_max_position_embeddings": _MOST,
    "sliding_window": _MOST,
    "sliding_window_pattern": _MOST,
    "_sliding_window_pattern": _MOST,
}
"""Whole numbers from 1 up to a limit."""
_REALS: Final = (
    "rms_norm_eps", "rope_theta", "rope_local_base_freq", "query_pre_attn_scalar", "final_logit_softcapping", "factor",
    "low_freq_factor", "high_freq_factor", "beta_fast", "beta_slow", "attention_factor", "mscale", "mscale_all_dim",
)  # fmt: skip
"""Finite numbers from 0."""
_MAY_BE_NULL: Final = frozenset(
    {"num_key_value_heads", "head_dim", "sliding_window", "sliding_window_pattern", "_sliding_window_pattern", *_REALS}
)
_OBJECTS: Final = ("text_config", "rope_parameters", "rope_scaling", "full_attention", "sliding_attention")
"""Objects with entries of their own, checked alike."""
_LISTS: Final = ("architectures", "layer_types")
"""Lists of names."""


def check_config(path: Path, config: Mapping[str, Any], *, inside: str = "") -> None:
    """Check every entry that an export reads, where it is there. Errors: `InputError` with file, entry and value."""
    for name, value in config.items():
        if (expected := _wrong(name, value)) is not None:
            shown = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}…"
            raise InputError(f"{path}: {inside}{name} is {shown}; expected {expected}. Fetch the model's config again")
        if name in _OBJECTS and value:
            check_config(path, value, inside=f"{inside}{name}.")


def _wrong(name: str, value: Any) -> str | None:
    """Return what was expected of an entry, or None where it is that."""
    if value is None and (name in _MAY_BE_NULL or name in _OBJECTS or name in _LISTS):
        return None
    if name in _COUNTS:
        whole = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _COUNTS[name]
        return None if whole else f"a whole number from 1 to {_COUNTS[name]}"
    if name in _REALS:
        real = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
        return None if real and value <= _MOST else "a number from 0"
    if name in _OBJECTS:
        return None if isinstance(value, dict) else "an object"
    if name in _LISTS:
        named = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
        return None if named else "a list of names"
    return None
