"""Between bfloat16, half precision and 32 bits: the same bits that numpy's own conversions give, faster.

Most weights of a bfloat16 checkpoint are exact in half precision, since half has three more bits of mantissa: there a
shift does it. The rest (below 2^-14, above 65504, not a number) goes through a table of all 65,536 answers.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BF16_SIGN: Final = 0x8000
_BF16_INFINITY: Final = 0x7F80
_F16_INFINITY: Final = 0x7C00
_CACHED: Final = 1 << 16
"""Numbers converted at a time, so that the six passes over them stay in the processor's cache."""
_LEAST: Final = 113 << 7
"""2^-14 as bfloat16 without its sign: the least number that half precision holds in full."""
_SPAN: Final = 30 << 7
"""How many bfloat16 patterns lie from there up to 65504."""


def bf16_to_f32(rows: "NDArray[Any]") -> "NDArray[Any]":
    """Return bfloat16 patterns (uint16) as float32, exactly."""
    import numpy as np

    wide = np.zeros((*rows.shape, 2), np.uint16)
    wide[..., 1] = rows
    return wide.view(np.float32)[..., 0]


def f32_to_bf16(rows: "NDArray[Any]") -> "NDArray[Any]":
    """Return float32 rounded to bfloat16 patterns (uint16): to nearest, ties to even, NaN stays NaN."""
    import numpy as np

    bits = rows.view(np.uint32)
    rounded = ((bits + (((bits >> 16) & 1) + 0x7FFF)) >> 16).astype(np.uint16)
    strange = np.isnan(rows)
    if strange.any():
        rounded[strange] = (bits[strange] >> 16).astype(np.uint16) | 0x40
    return rounded


def bf16_to_f16(rows: "NDArray[Any]") -> "NDArray[Any]":
    """Return bfloat16 patterns as half precision patterns (both uint16), rounded as numpy rounds.

    Errors: `OverflowError` where a finite number is beyond 65504, the largest of half precision.
    """
    import numpy as np

    flat = np.ascontiguousarray(rows).reshape(-1)
    out = np.empty_like(flat)
    for start in range(0, flat.size, _CACHED):
        _block_to_f16(flat[start : start + _CACHED], out[start : start + _CACHED])
    return out.reshape(rows.shape)


def _block_to_f16(block: "NDArray[Any]", out: "NDArray[Any]") -> None:
    import numpy as np

    np.bitwise_and(block, np.uint16(0x7FFF), out=out)
    out -= np.uint16(_LEAST)
    outside = np.flatnonzero(out >= _SPAN)
    out += np.uint16(1 << 7)
    out <<= np.uint16(3)
    out |= block & np.uint16(_BF16_SIGN)
    if outside.size:
        strange = block[outside]
        halves = _table()[strange]
        if (((halves & 0x7FFF) == _F16_INFINITY) & ((strange & 0x7FFF) < _BF16_INFINITY)).any():
            raise OverflowError("beyond 65504")
        out[outside] = halves


@lru_cache(maxsize=1)
def _table() -> "NDArray[Any]":
    import numpy as np

    every = np.arange(1 << 16, dtype=np.uint32).astype(np.uint16)
    with np.errstate(over="ignore", invalid="ignore"):
        return bf16_to_f32(every).astype(np.float16).view(np.uint16)
