"""Scores: one for each row in its place, whatever the batches, the memory and the number of devices."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.adapter import initialise
from trainer.batches import batches_of
from trainer.distributed import Group
from trainer.engine import Lora
from trainer.engines.fake import FakeEngine
from trainer.errors import DoesNotFitError
from trainer.scoring import Scores, score

LORA = Lora(rank=2, alpha=4, targets=("q_proj",))


class Watched(FakeEngine):
    """The fake engine with so much memory for scoring, and a note of what it was given."""

    def __init__(self, *, fits: int = 10**9) -> None:
        super().__init__(vocabulary=2000, lora=LORA)
        initialise(self.parameters(), seed=1)
        self.fits = fits
        self.given: list[int] = []

    def row_losses(self, batch: Any) -> Any:
        import torch

        tokens = batch.input_ids.numel()
        self.given.append(tokens)
        if tokens > self.fits:
            raise torch.OutOfMemoryError(f"{tokens} tokens")
        return super().row_losses(batch)


def alone(examples: Sequence[Any]) -> list[float]:
    return [score(Watched(), [example], token_budget=1).losses[0] for example in examples]


@settings(max_examples=20)
@given(budget=st.integers(1, 1500), count=st.integers(1, 12), data=st.data())
def test_each_row_has_its_own_loss_in_its_own_place(examples: Any, budget: int, count: int, data: Any) -> None:
    """However the rows are ordered and cut, a row's score is the one it has alone, at the row's place."""
    rows = data.draw(st.permutations(examples[:count]))
    found = score(Watched(), rows, token_budget=budget)
    assert found.losses == pytest.approx(alone(rows), rel=1e-5)
    assert found.answer_tokens == tuple(row.answer_tokens for row in rows)


@pytest.mark.parametrize("fits", [400, 200, 120])
def test_where_memory_runs_out_smaller_batches_are_scored(examples: Any, fits: int) -> None:
    """Batches that do not fit are halved until they do, and no row is lost, doubled or misplaced."""
    tight = Watched(fits=fits)
    found = score(tight, examples, token_budget=10**6)
    assert max(tight.given) > fits, "the first batch was too large"
    assert found.losses == pytest.approx(alone(examples), rel=1e-5)
    done = [tokens for tokens in tight.given if tokens <= fits]
    assert sum(done) == sum(len(example.input_ids) for example in examples)


def test_a_row_that_does_not_fit_alone_is_told(examples: Any) -> None:
    """When halving ends at a single row, the error names its length and keeps the cause."""
    import torch

    longest = max(len(example.input_ids) for example in examples)
    with pytest.raises(DoesNotFitError) as caught:
        score(Watched(fits=longest - 1), examples, token_budget=10**6)
    assert str(caught.value) == f"scoring one row of {longest} tokens needs more memory than is free"
    assert isinstance(caught.value.__cause__, torch.OutOfMemoryError)
    assert caught.value.exit_code == 6


@pytest.mark.parametrize("size", [1, 2, 3, 20])
def test_devices_share_the_rows(examples: Any, size: int) -> None:
    """Each row is scored by one device; the shares added up are the scores of one device."""
    import torch

    totals = torch.zeros(len(examples), dtype=torch.float64)
    scored = 0

    class Shared(Group):
        def add(self, value: Any) -> Any:
            nonlocal totals
            totals = totals + value
            return value

    for rank in range(size):
        engine = Watched()
        score(engine, examples, token_budget=300, group=Shared(rank=rank, size=size))
        scored += sum(engine.given)
    if size == 1:
        return
    assert totals.tolist() == pytest.approx(alone(examples), rel=1e-5)
    assert scored == sum(len(example.input_ids) for example in examples)


def test_what_comes_back_is_the_sum_of_all_devices(examples: Any) -> None:
    """Every device returns the scores of all rows, those of the others included."""

    class Doubling(Group):
        def add(self, value: Any) -> Any:
            return value * 2

    one = score(Watched(), examples, token_budget=300, group=Doubling(rank=0, size=1))
    other = score(Watched(), examples, token_budget=300, group=Doubling(rank=0, size=2))
    assert one.losses == pytest.approx(alone(examples), rel=1e-5), "alone there is nothing to add"
    share = {place for group in batches_of(examples, token_budget=300, share=(0, 2)) for place in group}
    for place, (mine, all_of_them) in enumerate(zip(alone(examples), other.losses, strict=True)):
        assert all_of_them == pytest.approx(2 * mine if place in share else 0, rel=1e-5)


def test_the_mean_is_by_answer_token() -> None:
    """A long answer counts as often as it has tokens; nothing scored has the mean 0."""
    assert Scores(losses=(2.0, 4.0), answer_tokens=(1, 5)).mean == 1.0
    assert Scores(losses=(), answer_tokens=()).mean == 0.0
    assert score(Watched(), [], token_budget=10).mean == 0.0


def test_many_small_losses_are_summed_exactly(examples: Any) -> None:
    """Scores are kept in float64: the mean of equal rows is the row's own to nine digits."""
    many = [examples[0]] * 500
    found = score(Watched(), many, token_budget=len(examples[0].input_ids))
    assert found.mean == pytest.approx(found.losses[0] / examples[0].answer_tokens, rel=1e-9)
