"""Where positions come from: the base frequency and how a model stretches it beyond the length it was trained on."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import InputError
from export.gguf_values import Value, f32, text, u32

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PLAIN: Final = {None, "default"}
KNOWN: Final = ("default", "linear", "yarn", "llama3")


def rope_parameters(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return one set of rope parameters, whichever generation of transformers wrote the config.

    Before version 5: `rope_theta` beside `rope_scaling`; since: all in `rope_parameters`, for Gemma 3 one set for
    `full_attention` (returned here) and one for `sliding_attention`. Errors: `InputError` for an unknown kind.
    """
    found = dict(config.get("rope_parameters") or config.get("rope_scaling") or {})
    found = dict(found.get("full_attention") or found)
    kind = found.get("rope_type", found.get("type"))
    if kind not in (*_PLAIN, *KNOWN):
        raise InputError(f"config.json: rope type {kind!r} is not exported; known: {', '.join(KNOWN)}")
    found = {name: value for name, value in found.items() if value is not None}  # null says as much as nothing
    found["rope_type"] = kind or "default"
    if "rope_theta" not in found and config.get("rope_theta") is not None:
        found["rope_theta"] = config["rope_theta"]
    return found


def sliding_theta(config: Mapping[str, Any]) -> float | None:
    """Return the base frequency of the layers with a sliding window, where a model has its own for them."""
    nested = (config.get("rope_parameters") or {}).get("sliding_attention") or {}
    value = nested.get("rope_theta", config.get("rope_local_base_freq"))
    return None if value is None else float(value)


def rope_keys(architecture: str, rope: Mapping[str, Any], *, default_theta: float) -> dict[str, Value]:
    """Return the keys of a GGUF for rope parameters; `llama3` needs a tensor instead (`rope_factors`)."""
    keys = {f"{architecture}.rope.freq_base": f32(_positive({"rope_theta": default_theta, **rope}, "rope_theta"))}
    if rope["rope_type"] not in ("linear", "yarn"):
        return keys
    prefix = f"{architecture}.rope.scaling"
    keys[f"{prefix}.type"] = text(rope["rope_type"])
    keys[f"{prefix}.factor"] = f32(_positive(rope, "factor"))
    if rope["rope_type"] == "yarn":
        keys[f"{prefix}.original_context_length"] = u32(int(_positive(rope, "original_max_position_embeddings")))
        for theirs, ours in (
            ("extrapolation_factor", "yarn_ext_factor"),
            ("attention_factor", "yarn_attn_factor"),
            ("beta_fast", "yarn_beta_fast"),
            ("beta_slow", "yarn_beta_slow"),
        ):
            if rope.get(theirs) is not None:
                keys[f"{prefix}.{ours}"] = f32(rope[theirs])
    return keys


def rope_factors(rope: Mapping[str, Any], *, head_dim: int) -> "NDArray[Any] | None":
    """Return the tensor `rope_freqs.weight` of Llama 3.1: one divisor for each of `head_dim / 2` frequencies.

    Source: `_compute_llama3_parameters` of transformers. In 32 bits, since llama.cpp's converter computes so. Errors:
    `InputError` for a number that is missing or 0, and for heads of an odd size.
    """
    import numpy as np

    if rope["rope_type"] != "llama3":
        return None
    if head_dim % 2:
        raise InputError(f"config.json: head_dim is {head_dim}, expected an even number: rope turns pairs")
    factor, low, high, trained = (
        np.float32(_positive(rope, name))
        for name in ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings")
    )
    if high <= low:
        raise InputError(f"config.json: high_freq_factor is {high}; expected more than low_freq_factor, {low}")
    exponents = np.arange(0, head_dim, 2, dtype=np.float32) / np.float32(head_dim)
    frequencies = np.float32(1.0) / np.power(
        np.float32(_positive({"rope_theta": 10000.0, **rope}, "rope_theta")), exponents
    )
    out = np.ones(head_dim // 2, np.float32)
    for place, frequency in enumerate(frequencies):
        wavelength = np.float32(2 * math.pi) / frequency
        if wavelength > trained / low:
            out[place] = factor
        elif wavelength >= trained / high:
            smooth = (trained / wavelength - low) / (high - low)
            out[place] = np.float32(1.0) / ((np.float32(1.0) - smooth) / factor + smooth)
    return out


def _positive(rope: Mapping[str, Any], name: str) -> float:
    value = rope.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        raise InputError(f"config.json: rope type {rope.get('rope_type')} needs {name} above 0, found {value!r}")
    return value
