"""Order and batches: from the seed and the ids alone, exactly so many rows a step, nothing lost or doubled."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.batches import DataOrder, batches_of, collate, micro_batches, steps_of, weights_of
from trainer.preset import load_config


def order(rows: int, *, seed: int = 1, rows_per_step: int = 4) -> DataOrder:
    return DataOrder(row_ids=tuple(f"row-{n}" for n in range(rows)), seed=seed, rows_per_step=rows_per_step)


@given(rows=st.integers(1, 40), step=st.integers(1, 9), epochs=st.integers(1, 4))
def test_each_epoch_shows_each_row_once(rows: int, step: int, epochs: int) -> None:
    """Laid end to end the steps are whole epochs, each a shuffle of all rows; each step has exactly its rows."""
    made = order(rows, rows_per_step=step)
    steps = -(-rows * epochs // step)
    seen = [index for number in range(steps) for index in made.step(number)]
    assert all(len(made.step(number)) == step for number in range(steps))
    for epoch in range(epochs):
        assert sorted(seen[epoch * rows : (epoch + 1) * rows]) == list(range(rows))
    assert made.seen(steps) == set(range(rows))


def test_the_order_follows_the_ids_not_the_file() -> None:
    """The same rows in another order of the file are learnt from in the same order."""
    made = order(20)
    turned = replace(made, row_ids=tuple(reversed(made.row_ids)), _epochs={})
    for number in range(12):
        assert [made.row_ids[i] for i in made.step(number)] == [turned.row_ids[i] for i in turned.step(number)]


def test_another_seed_or_epoch_is_another_order() -> None:
    """The order changes with the seed and from epoch to epoch."""
    one, other = order(40, seed=1, rows_per_step=40), order(40, seed=2, rows_per_step=40)
    assert len({tuple(one.step(0)), tuple(one.step(1)), tuple(other.step(0))}) == 3


def test_fewer_steps_see_fewer_rows() -> None:
    """`seen` names exactly the rows of the steps."""
    made = order(40)
    assert made.seen(3) == {index for number in range(3) for index in made.step(number)}
    assert len(made.seen(3)) == 12


@pytest.mark.parametrize(
    ("sets", "rows", "steps"),
    [
        (["max_steps=7"], 100, 7),
        (["max_steps=0", "epochs=3", "batch=8"], 100, 38),
        (["max_steps=0", "epochs=1", "batch=8"], 8, 1),
        (["max_steps=0", "epochs=1", "batch=8"], 3, 1),
        (["max_steps=0", "epochs=0.5", "batch=2x4"], 160, 10),
    ],
)
def test_steps_follow_from_epochs_or_are_given(sets: list[str], rows: int, steps: int) -> None:
    """Steps show each row `epochs` times, rounded up to a whole step; `max_steps` overrides."""
    assert steps_of(load_config("smoke", sets=sets), rows) == steps


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=30),
    budget=st.integers(1, 120),
    most=st.integers(0, 5),
    ranks=st.integers(1, 3),
)
def test_micro_batches_hold_each_row_once_within_the_budget(
    lengths: list[int], budget: int, most: int, ranks: int
) -> None:
    """Over all devices each row is in one micro-batch; none is over the budget but a single longer row."""
    found: Counter[int] = Counter()
    for rank in range(ranks):
        for group in micro_batches(lengths, token_budget=budget, max_rows=most, share=(rank, ranks)):
            found.update(group)
            assert len(group) == 1 or sum(lengths[place] for place in group) <= budget
            assert not most or len(group) <= most
    assert found == Counter(range(len(lengths)))


@given(count=st.integers(1, 12), budget=st.integers(1, 800))
def test_scoring_batches_hold_each_row_once(examples: Any, count: int, budget: int) -> None:
    """Evaluation loses no row and doubles none."""
    groups = batches_of(examples[:count], token_budget=budget)
    assert sorted(place for group in groups for place in group) == list(range(count))
    for group in groups:
        assert len(group) == 1 or sum(len(examples[place].input_ids) for place in group) <= budget


def test_a_batch_is_rows_end_to_end(examples: Any) -> None:
    """Ids follow each other without padding, positions start again in each row, bounds are the cumulative ends."""
    batch = collate(examples[:3], prompt_loss_weight=0.25)
    lengths = [len(example.input_ids) for example in examples[:3]]
    assert batch.input_ids.tolist() == [token for example in examples[:3] for token in example.input_ids]
    assert batch.bounds.tolist() == [0, lengths[0], sum(lengths[:2]), sum(lengths)]
    assert batch.position_ids.tolist() == [place for length in lengths for place in range(length)]
    assert (str(batch.input_ids.dtype), str(batch.bounds.dtype)) == ("torch.int64", "torch.int32")
    assert batch.weights.tolist() == [w for example in examples[:3] for w in weights_of(example, 0.25)]


def test_weights_are_one_on_answers_and_the_prompts_weight_before(examples: Any) -> None:
    """Answers weigh 1, prompts their weight, and the first token of a row nothing: it is predicted from nothing."""
    weights = weights_of(examples[0], 0.1)
    assert weights[0] == 0
    assert {weight for weight, learnt in zip(weights, examples[0].completion_mask, strict=True) if learnt} == {1.0}
    assert set(weights[1 : len(examples[0].prompt_ids)]) == {0.1}
    assert sum(weights_of(examples[0], 0.0)) == examples[0].answer_tokens
