"""How far a file may lie from the Hugging Face model, by type and size, and where each number comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that is let through."""

    kl_mean: float
    top1: float
    source: str


ADAPTER_SHARE: Final = 0.3
"""Largest share of the way back to the base. Measured: clean exports -0.02 to 0.02 in 16 bits and within 0.1 in 4 bits;
the bare base 1.0, alpha left out 0.5 or more (benchmarks/export_faults.py)."""

_MEASURED: Final = "benchmarks/export_faults.py, SmolLM2-135M"
SIXTEEN_BITS: Final[Mapping[str, Limits]] = {
    "f32": Limits(kl_mean=1e-4, top1=0.985, source=_MEASURED),
    "f16": Limits(kl_mean=1e-4, top1=0.985, source=_MEASURED),
    "bf16": Limits(kl_mean=2e-3, top1=0.965, source=_MEASURED),
}

_SMALL: Final = 1_000_000_000
"""Parameters under which a model is small: the same bits cost it several times as much."""

_LLAMA_8B: Final = "3 x the Llama-3-8B row of llama.cpp's tools/perplexity/README.md"
# (small, large) by type. Small: three times what SmolLM2-135M loses; it is the smallest and odd in shape, so worst.
QUANTIZED: Final[Mapping[str, tuple[Limits, Limits]]] = {
    "q8_0": (Limits(kl_mean=0.02, top1=0.90, source=_MEASURED), Limits(kl_mean=0.005, top1=0.94, source=_LLAMA_8B)),
    "q6_k": (Limits(kl_mean=0.06, top1=0.85, source=_MEASURED), Limits(kl_mean=0.017, top1=0.92, source=_LLAMA_8B)),
    "q5_k_m": (Limits(kl_mean=0.12, top1=0.80, source=_MEASURED), Limits(kl_mean=0.033, top1=0.90, source=_LLAMA_8B)),
    "q5_k_s": (Limits(kl_mean=0.15, top1=0.78, source=_MEASURED), Limits(kl_mean=0.050, top1=0.88, source=_LLAMA_8B)),
    "q4_k_m": (Limits(kl_mean=0.25, top1=0.72, source=_MEASURED), Limits(kl_mean=0.094, top1=0.85, source=_LLAMA_8B)),
    "q4_k_s": (Limits(kl_mean=0.30, top1=0.70, source=_MEASURED), Limits(kl_mean=0.130, top1=0.82, source=_LLAMA_8B)),
    "q3_k_m": (Limits(kl_mean=0.80, top1=0.55, source=_MEASURED), Limits(kl_mean=0.306, top1=0.75, source=_LLAMA_8B)),
}
_WORST: Final = "q3_k_m"


def limits_for(type: str, *, parameters: int) -> Limits:
    """Return the limits of a file of this type and size; a type without a row of its own gets the loosest."""
    if type in SIXTEEN_BITS:
        return SIXTEEN_BITS[type]
    small, large = QUANTIZED.get(type, QUANTIZED[_WORST])
    return small if parameters < _SMALL else large
