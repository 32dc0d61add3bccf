"""The learning rate: up in a line, down by the schedule."""

from itertools import pairwise

import pytest

from trainer.preset import load_config
from trainer.schedule import learning_rate, warmup_steps


def rates(*sets: str, steps: int = 20) -> list[float]:
    config = load_config("smoke", sets=["learning_rate=0.5", f"max_steps={steps}", *sets])
    return [learning_rate(config, step=step, steps=steps) for step in range(steps)]


def test_warm_up_climbs_to_the_peak_and_never_starts_at_nothing() -> None:
    """The first step learns already, and the last of the warm-up has the full rate."""
    found = rates("warmup=4", "schedule=constant")
    assert found[:4] == [0.125, 0.25, 0.375, 0.5]
    assert set(found[4:]) == {0.5}


@pytest.mark.parametrize(("schedule", "last"), [("linear", 0.025), ("cosine", 0.05)])
def test_the_rate_falls_without_a_step_up(schedule: str, last: float) -> None:
    """After warm-up the rate never rises; linear ends near 0, cosine near a tenth."""
    found = rates("warmup=0", f"schedule={schedule}")
    assert found[0] == 0.5
    assert all(one >= other for one, other in pairwise(found))
    assert found[-1] == pytest.approx(last, abs=0.005)


def test_a_share_of_warm_up_is_a_share_of_the_steps() -> None:
    """Below 1 the warm-up is a share, from 1 on a number of steps."""
    assert warmup_steps(load_config("smoke", sets=["warmup=0.05"]), 200) == 10
    assert warmup_steps(load_config("smoke", sets=["warmup=5"]), 200) == 5
    assert warmup_steps(load_config("smoke", sets=["warmup=0"]), 200) == 0
