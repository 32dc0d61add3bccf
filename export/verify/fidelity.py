"""Two models side by side: how far apart the distributions of their next tokens lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import GateError
from export.verify.check import Check
from export.verify.thresholds import ADAPTER_SHARE, Limits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROWS: Final = 64  # positions at a time: 64 x 128k words in float64 are 67 MB
_TOP: Final = 64
"""Most likely tokens per position by which the adapter's direction is judged: the tail is noise."""
_SURE: Final = 10
"""Tokens per position whose log-probability is compared one by one."""


@dataclass(frozen=True, kw_only=True)
class Distance:
    """How far a file lies from the model it was made of, over all positions of all texts."""

    positions: int
    kl_mean: float
    kl_p99: float
    kl_max: float
    top1: float
    """Share of positions at which both call the same token the likeliest."""
    p_difference: float
    """Largest difference of one probability."""
    logp_difference: float
    """Largest difference of a log-probability among the model's ten likeliest tokens."""
    base_share: float | None
    """How much of the way back to the base the file lies: 0 the merged model, 1 the bare base, None without adapter."""
    effect: float | None
    """Mean KL between the merged model and its base: what the adapter does at all."""
    resolvable: bool
    """Whether the adapter's effect stands out of the file's own rounding, so that `base_share` means something."""


Logits = Callable[[Sequence[int]], "NDArray[np.float32]"]


def measure(texts: Sequence[Sequence[int]], *, model: Logits, file: Logits, base: Logits | None) -> Distance:
    """Compare the two on every position of every text; `base` is the model without its adapter."""
    import numpy as np

    kls, tops, p_worst, logp_worst = [], [], 0.0, 0.0
    effects: list[Any] = []
    along = length = noise = 0.0
    for ids in texts:
        reference, found = model(ids), file(ids)
        bare = base(ids) if base is not None else None
        if not np.isfinite(found).all():
            raise GateError("llama.cpp answers with numbers that are not finite: the file's weights are damaged")
        width = min(reference.shape[1], found.shape[1])  # padding of the vocabulary differs between the two
        for start in range(0, len(ids), _ROWS):
            rows = slice(start, start + _ROWS)
            p_log, q_log = (_log_softmax(side[rows, :width]) for side in (reference, found))
            p = np.exp(p_log)
            kls.append((p * (p_log - q_log)).sum(axis=1))
            tops.append(p_log.argmax(axis=1) == q_log.argmax(axis=1))
            p_worst = max(p_worst, float(np.abs(p - np.exp(q_log)).max()))
            likely = np.argpartition(p_log, -_TOP, axis=1)[:, -_TOP:]
            off = np.take_along_axis(q_log - p_log, likely, axis=1)
            sure = np.argpartition(p_log, -_SURE, axis=1)[:, -_SURE:]
            logp_worst = max(logp_worst, float(np.abs(np.take_along_axis(q_log - p_log, sure, axis=1)).max()))
            if bare is not None:
                b_log = _log_softmax(bare[rows, :width])
                effects.append((p * (p_log - b_log)).sum(axis=1))
                back = np.take_along_axis(b_log - p_log, likely, axis=1)
                along += float((off * back).sum())
                length += float((back * back).sum())
                noise += float((off * off).sum())
    kl, same = np.concatenate(kls), np.concatenate(tops)
    return Distance(
        positions=len(kl),
        kl_mean=float(kl.mean()),
        kl_p99=float(np.quantile(kl, 0.99)),
        kl_max=float(kl.max()),
        top1=float(same.mean()),
        p_difference=p_worst,
        logp_difference=logp_worst,
        base_share=along / length if length else None,
        effect=float(np.concatenate(effects).mean()) if effects else None,
        # The share's error is about sqrt(noise / length / 90) on 960 positions (measured: Q8_0 with noise 10 x the
        # effect said 0.34 for a clean file); up to this ratio it stays under 0.15, half of what is let through.
        resolvable=length > 0.5 * noise,
    )


def _log_softmax(logits: "NDArray[np.float32]") -> "NDArray[np.float64]":
    import numpy as np

    wide = logits.astype(np.float64)
    wide -= wide.max(axis=1, keepdims=True)
    return wide - np.log(np.exp(wide).sum(axis=1, keepdims=True))  # type: ignore[no-any-return]


def judge(distance: Distance, limits: Limits, *, against: str) -> list[Check]:
    """Hold a distance against its limits."""
    figures = {
        "positions": distance.positions,
        "kl_mean": distance.kl_mean,
        "kl_p99": distance.kl_p99,
        "kl_max": distance.kl_max,
        "top1": distance.top1,
        "max_probability_difference": distance.p_difference,
        "max_logprob_difference_top10": distance.logp_difference,
        "limits": {"kl_mean": limits.kl_mean, "top1": limits.top1, "from": limits.source},
    }
    passed = distance.kl_mean <= limits.kl_mean and distance.top1 >= limits.top1
    says = (
        f"against {against} on {distance.positions} positions: mean KL {distance.kl_mean:.2g} "
        f"(at most {limits.kl_mean:.2g}), same likeliest token {distance.top1:.1%} (at least {limits.top1:.1%})"
    )
    checks = [Check(name="fidelity", passed=passed, says=says, figures=figures)]
    if distance.base_share is not None:
        checks.append(_adapter(distance))
    return checks


def _adapter(distance: Distance) -> Check:
    share, effect = distance.base_share, distance.effect
    assert share is not None
    assert effect is not None
    figures = {"base_share": share, "effect_kl": effect, "resolvable": distance.resolvable, "limit": ADAPTER_SHARE}
    if not distance.resolvable:
        says = (
            f"the adapter moves the base by a mean KL of {effect:.2g} only, less than the file's own rounding: "
            "whether it is inside cannot be seen, and hardly matters"
        )
        return Check(name="adapter", passed=True, says=says, figures=figures)
    passed = abs(share) <= ADAPTER_SHARE
    says = f"the adapter moves the base by a mean KL of {effect:.2g}; the file holds {1 - share:.1%} of that change"
    if not passed:
        says += f" (expected 100 % within {ADAPTER_SHARE:.0%}): the base was written instead, or alpha was misread"
    return Check(name="adapter", passed=passed, says=says, figures=figures)
