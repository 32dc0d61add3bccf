"""The measure itself: what it says of equal, shifted, half-merged and broken distributions."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from datakit.errors import GateError
from export.verify.fidelity import Distance, Logits, judge, measure
from export.verify.thresholds import QUANTIZED, SIXTEEN_BITS, Limits, limits_for

VOCABULARY = 300
TEXTS = [list(range(1, 130)), list(range(40, 90))]


def side(seed: int, *, scale: float = 3.0) -> Logits:
    """A model of random logits that answers the same each time."""

    def logits(ids: Sequence[int]) -> NDArray[np.float32]:
        noise = np.random.default_rng([seed, len(ids)])
        return (noise.standard_normal((len(ids), VOCABULARY)) * scale).astype(np.float32)

    return logits


def mixed(one: Logits, other: Logits, share: float) -> Logits:
    """One model with a share of the way to another."""
    return lambda ids: ((1 - share) * one(ids) + share * other(ids)).astype(np.float32)


def between(merged: Logits, change: float) -> Logits:
    """A base that lies a small step from the merged model."""
    away = side(9, scale=change)
    return lambda ids: merged(ids) + away(ids)


def test_equal_models_have_no_distance() -> None:
    """A model against itself: no KL, every likeliest token the same, every position counted once."""
    distance = measure(TEXTS, model=side(1), file=side(1), base=None)
    assert distance.positions == sum(map(len, TEXTS))
    assert (distance.kl_mean, distance.top1, distance.p_difference) == (0.0, 1.0, 0.0)
    assert distance.base_share is None


def test_kl_is_what_the_definition_says() -> None:
    """Mean KL, share of equal likeliest tokens and the largest difference equal a plain computation."""
    model, file = side(1), mixed(side(1), side(2), 0.2)
    kls, same, worst = [], [], 0.0
    for ids in TEXTS:
        for left, right in zip(model(ids).astype(float), file(ids).astype(float), strict=True):
            p, q = (np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in (left, right))
            kls.append(sum(p * np.log(p / q)))
            same.append(p.argmax() == q.argmax())
            worst = max(worst, float(abs(p - q).max()))
    distance = measure(TEXTS, model=model, file=file, base=None)
    assert distance.kl_mean == pytest.approx(np.mean(kls), rel=1e-6)
    assert distance.kl_max == pytest.approx(max(kls), rel=1e-6)
    assert distance.top1 == pytest.approx(np.mean(same))
    assert distance.p_difference == pytest.approx(worst, rel=1e-6)


def test_a_constant_added_to_all_logits_changes_nothing() -> None:
    """Only differences between logits matter: a shift of all is no distance."""
    distance = measure(TEXTS, model=side(1), file=lambda ids: side(1)(ids) + np.float32(50), base=None)
    assert distance.kl_mean == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_share_of_the_base_is_found(share: float) -> None:
    """A file part of the way back to the base is placed there, also under rounding as large as half the change."""
    model = side(1)
    base = between(model, 0.1)
    rounding = side(5, scale=0.05)
    mix = mixed(model, base, share)
    distance = measure(TEXTS, model=model, file=lambda ids: mix(ids) + rounding(ids), base=base)
    assert distance.base_share == pytest.approx(share, abs=0.05)
    assert distance.resolvable
    checks = {check.name: check for check in judge(distance, SIXTEEN_BITS["f16"], against="x")}
    assert checks["adapter"].passed is (share == 0.0)


def test_an_adapter_below_the_rounding_is_not_judged() -> None:
    """Where the rounding drowns the adapter the check says so instead of guessing."""
    model = side(1)
    distance = measure(
        TEXTS, model=model, file=lambda ids: model(ids) + side(5, scale=0.5)(ids), base=between(model, 0.01)
    )
    assert not distance.resolvable
    (check,) = [check for check in judge(distance, SIXTEEN_BITS["f16"], against="x") if check.name == "adapter"]
    assert check.passed
    assert "cannot be seen" in check.says


def test_numbers_that_are_none_are_refused() -> None:
    """A file that answers NaN is damaged, and that is said before any mean is taken."""

    def broken(ids: Sequence[int]) -> NDArray[np.float32]:
        logits = side(1)(ids)
        logits[0, 0] = np.nan
        return logits

    with pytest.raises(GateError, match="not finite"):
        measure(TEXTS, model=side(1), file=broken, base=None)


def test_a_padded_vocabulary_is_compared_on_what_both_know() -> None:
    """A file whose vocabulary is padded further than the model's is held against it on the shared part."""

    def padded(ids: Sequence[int]) -> NDArray[np.float32]:
        return np.concatenate([side(1)(ids), np.full((len(ids), 12), -50, np.float32)], axis=1)

    assert measure(TEXTS, model=side(1), file=padded, base=None).kl_mean == pytest.approx(0.0, abs=1e-9)


PERFECT = Distance(
    positions=100, kl_mean=0.0, kl_p99=0.0, kl_max=0.0, top1=1.0, p_difference=0.0, logp_difference=0.0,
    base_share=None, effect=None, resolvable=False,
)  # fmt: skip


@pytest.mark.parametrize(
    ("distance", "passed"),
    [
        (PERFECT, True),
        (replace(PERFECT, kl_mean=0.01, top1=0.9), True),
        (replace(PERFECT, kl_mean=0.0101), False),
        (replace(PERFECT, top1=0.899), False),
    ],
)
def test_both_limits_hold_and_both_are_said(distance: Distance, passed: bool) -> None:
    """A file passes only within both limits; the sentence names figure and limit."""
    (check,) = judge(distance, Limits(kl_mean=0.01, top1=0.9, source="here"), against="the model")
    assert check.passed is passed
    assert "(at most 0.01)" in check.says
    assert check.figures["limits"]["from"] == "here"


def test_limits_follow_type_and_size() -> None:
    """Fewer bits are allowed more, a large model less than a small one, and an unknown type the loosest row."""
    rows = [QUANTIZED[name] for name in ("q8_0", "q6_k", "q5_k_m", "q4_k_m", "q3_k_m")]
    for small, large in rows:
        assert large.kl_mean < small.kl_mean
        assert large.top1 > small.top1
    assert [small.kl_mean for small, _ in rows] == sorted(small.kl_mean for small, _ in rows)
    assert limits_for("f16", parameters=1) is SIXTEEN_BITS["f16"]
    assert limits_for("q4_k_m", parameters=135_000_000) is QUANTIZED["q4_k_m"][0]
    assert limits_for("q4_k_m", parameters=8_000_000_000) is QUANTIZED["q4_k_m"][1]
    assert limits_for("q2_k", parameters=1) is QUANTIZED["q3_k_m"][0]
