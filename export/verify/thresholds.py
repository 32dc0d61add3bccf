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
"""Largest share of the way back to the base. Measured by benchmarks/export_faults.py: clean exports within 0.02 of 0 in
16 bits and Q8_0, K-quants between -0.9 and 0.0 (their own rounding, which is larger than the adapter's effect), the
bare base 1.0."""

_MEASURED: Final = "benchmarks/export_faults.py, SmolLM2-135M"
SIXTEEN_BITS: Final[Mapping[str, Limits]] = {
    "f32": Limits(kl_mean=1e-4, top1=0.985, source=_MEASURED),
    "f16": Limits(kl_mean=1e-4, top1=0.985, source=_MEASURED),
    "bf16": Limits(kl_mean=2e-3, top1=0.965, source=_MEASURED),
}

_SMALL: Final = 1_000_000_000
"""Parameters under which a model is small: the same bits cost it several times as much."""

_LLAMA_8B: Final = "3 x the Llama-3-8B row of llama.cpp's tools/perplexity/README.md"
# (small, large) by type. Small: two to four times what SmolLM2-135M loses (mean KL 0.007 in Q8_0, 0.025 in Q6_K, 0.17
# in Q5_K_M, 0.11 in Q4_K_M, whose grid lies nearer to the Q4_1 that its base came in); types without a figure of their
# own (Q5_K_S, Q4_K_S, Q3_K_M) stand a little beyond their neighbour. A coarser type never has narrower limits.
QUANTIZED: Final[Mapping[str, tuple[Limits, Limits]]] = {
    "q8_0": (Limits(kl_mean=0.02, top1=0.90, source=_MEASURED), Limits(kl_mean=0.005, top1=0.94, source=_LLAMA_8B)),
    "q6_k": (Limits(kl_mean=0.06, top1=0.85, source=_MEASURED), Limits(kl_mean=0.017, top1=0.92, source=_LLAMA_8B)),
    "q5_k_m": (Limits(kl_mean=0.40, top1=0.60, source=_MEASURED), Limits(kl_mean=0.033, top1=0.90, source=_LLAMA_8B)),
    "q5_k_s": (Limits(kl_mean=0.42, top1=0.59, source=_MEASURED), Limits(kl_mean=0.050, top1=0.88, source=_LLAMA_8B)),
    "q4_k_m": (Limits(kl_mean=0.45, top1=0.58, source=_MEASURED), Limits(kl_mean=0.094, top1=0.85, source=_LLAMA_8B)),
    "q4_k_s": (Limits(kl_mean=0.50, top1=0.56, source=_MEASURED), Limits(kl_mean=0.130, top1=0.82, source=_LLAMA_8B)),
    "q3_k_m": (Limits(kl_mean=0.80, top1=0.50, source=_MEASURED), Limits(kl_mean=0.306, top1=0.75, source=_LLAMA_8B)),
}
_WORST: Final = "q3_k_m"


def limits_for(type: str, *, parameters: int) -> Limits:
    """Return the limits of a file of this type and size; a type without a row of its own gets the loosest."""
    if type in SIXTEEN_BITS:
        return SIXTEEN_BITS[type]
    small, large = QUANTIZED.get(type, QUANTIZED[_WORST])
    return small if parameters < _SMALL else large
