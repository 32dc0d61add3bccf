"""Losses of rows without learning: answers only, whatever the training weighs."""

from collections.abc import Sequence
from dataclasses import dataclass

from trainer.batches import batches_of, collate
from trainer.distributed import Group
from trainer.engine import Engine
from trainer.errors import DoesNotFitError
from trainer.examples import Example


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The answer loss of each row, in the order of the rows."""

    losses: tuple[float, ...]
    """Sum of the negative log-likelihoods of a row's answer tokens, in nats."""
    answer_tokens: tuple[int, ...]

    @property
    def mean(self) -> float:
        """Return the loss by answer token over all rows."""
        return sum(self.losses) / max(1, sum(self.answer_tokens))


def score(engine: Engine, examples: Sequence[Example], *, token_budget: int, group: Group | None = None) -> Scores:
    """Return the answer loss of each row; where memory runs out, smaller batches are tried, down to single rows."""
    import torch

    group = group or Group()
    losses = torch.zeros(len(examples), dtype=torch.float64)
    budget = token_budget
    waiting = batches_of(examples, token_budget=budget, share=group.share)
    while waiting:
        places = waiting.pop()
        try:
            found = engine.row_losses(collate([examples[place] for place in places]))
        except torch.OutOfMemoryError as error:
            if len(places) == 1:
                tokens = len(examples[places[0]].input_ids)
                raise DoesNotFitError(f"scoring one row of {tokens} tokens needs more memory than is free") from error
            half = len(places) // 2
            waiting += [places[:half], places[half:]]
            continue
        losses[places] = found.double().cpu()
    if group.size > 1:
        shared = group.add(losses.to(group.device))
        losses = shared.cpu()
    return Scores(losses=tuple(losses.tolist()), answer_tokens=tuple(row.answer_tokens for row in examples))
