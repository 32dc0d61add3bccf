"""Which rows each optimizer step learns from, and how they are cut into micro-batches.

The order follows from the seed and the row ids alone: not from the order of the file, the number of devices or the
token budget. Every step holds exactly the same number of rows.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from trainer.config import Config
from trainer.engine import Batch
from trainer.examples import Example


@dataclass(frozen=True, kw_only=True)
class DataOrder:
    """An endless stream of rows: one shuffled epoch after the other."""

    row_ids: tuple[str, ...]
    seed: int
    rows_per_step: int
    _epochs: dict[int, list[int]] = field(default_factory=dict, repr=False, compare=False)

    def step(self, number: int) -> list[int]:
        """Return the indices of the rows of step `number`, counted from 0."""
        first = number * self.rows_per_step
        return [self._at(place) for place in range(first, first + self.rows_per_step)]

    def _at(self, place: int) -> int:
        epoch, within = divmod(place, len(self.row_ids))
        if epoch not in self._epochs:
            self._epochs[epoch] = sorted(range(len(self.row_ids)), key=lambda index: self._key(epoch, index))
        return self._epochs[epoch][within]

    def _key(self, epoch: int, index: int) -> bytes:
        return hashlib.sha256(f"{self.seed}:{epoch}:{self.row_ids[index]}".encode()).digest()

    def seen(self, steps: int) -> set[int]:
        """Return the rows that the first `steps` steps learn from."""
        if steps * self.rows_per_step >= len(self.row_ids):
            return set(range(len(self.row_ids)))
        return {index for number in range(steps) for index in self.step(number)}


def steps_of(config: Config, rows: int) -> int:
    """Return the steps of a run: as given, or as many as show each row `epochs` times, the last step filled up."""
    return config.max_steps or max(1, math.ceil(config.epochs * rows / config.rows_per_step))


def micro_batches(
    lengths: Sequence[int], *, token_budget: int, max_rows: int = 0, share: tuple[int, int] = (0, 1)
) -> list[list[int]]:
    """Return groups of positions into `lengths`, each of at most `token_budget` tokens (or one longer row).

    First fit, longest first. `share` (rank, ranks) takes every n-th row, so that each device gets about as many tokens.
    """
    rank, ranks = share
    longest_first = sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))[rank::ranks]
    groups: list[list[int]] = []
    filled: list[int] = []
    for place in longest_first:
        for number, tokens in enumerate(filled):
            if tokens + lengths[place] <= token_budget and (not max_rows or len(groups[number]) < max_rows):
                groups[number].append(place)
                filled[number] += lengths[place]
                break
        else:
            groups.append([place])
            filled.append(lengths[place])
    return groups


def weights_of(example: Example, prompt_loss_weight: float) -> list[float]:
    """Return each token's weight in the loss; the first token of a row is predicted from nothing and weighs 0."""
    weights = [1.0 if learnt else prompt_loss_weight for learnt in example.completion_mask]
    return [0.0, *weights[1:]]


def collate(examples: Sequence[Example], *, prompt_loss_weight: float = 0.0) -> Batch:
    """Return rows laid end to end as one micro-batch."""
    import torch

    lengths = [len(example.input_ids) for example in examples]
    return Batch(
        input_ids=torch.tensor([token for example in examples for token in example.input_ids], dtype=torch.int64),
        position_ids=torch.cat([torch.arange(length) for length in lengths]),
        bounds=torch.tensor([0, *lengths], dtype=torch.int32).cumsum(0, dtype=torch.int32),
        weights=torch.tensor(
            [weight for example in examples for weight in weights_of(example, prompt_loss_weight)], dtype=torch.float32
        ),
    )


def batches_of(examples: Sequence[Example], *, token_budget: int, share: tuple[int, int] = (0, 1)) -> list[list[int]]:
    """Return all rows as micro-batches for scoring: any number of rows, at most `token_budget` tokens each."""
    rank, ranks = share
    by_length = sorted(range(len(examples)), key=lambda place: (len(examples[place].input_ids), place))[rank::ranks]
    groups: list[list[int]] = []
    tokens = 0
    for place in by_length:
        length = len(examples[place].input_ids)
        if not groups or tokens + length > token_budget:
            groups.append([])
            tokens = 0
        groups[-1].append(place)
        tokens += length
    return groups
