"""The learning rate of each step."""

import math

from trainer.config import Config

_COSINE_FLOOR = 0.1  # a tenth of the peak: going on to 0 spends the last steps on next to nothing


def warmup_steps(config: Config, steps: int) -> int:
    """Return the steps of warm-up: as given, or a share of all."""
    return int(config.warmup) if config.warmup >= 1 else round(config.warmup * steps)


def learning_rate(config: Config, *, step: int, steps: int) -> float:
    """Return the rate of step `step` (from 0) of `steps`: up in a line, then down by the schedule."""
    warm = warmup_steps(config, steps)
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    if config.schedule == "linear":
        return config.learning_rate * (1 - done)
    if config.schedule == "cosine":
        wave = 0.5 * (1 + math.cos(math.pi * done))
        return config.learning_rate * (_COSINE_FLOOR + (1 - _COSINE_FLOOR) * wave)
    return config.learning_rate
