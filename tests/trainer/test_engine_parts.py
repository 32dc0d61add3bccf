"""What all engines share: positions, sums by row, answers, the proof that rows stay apart; and the one that is free."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import DatakitError
from trainer.adapter import initialise, snapshot
from trainer.batches import collate
from trainer.engine import Batch, EngineOptions, Lora
from trainer.engines import ENGINES, engine_module, fake
from trainer.engines.causal import by_row, chosen_positions, greedy, prove_isolation, weighed_losses
from trainer.engines.fake import FakeEngine

LORA = Lora(rank=4, alpha=8, targets=("q_proj",))


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Rows of any length laid end to end, with weights of 0, 1 and between, the first token of a row at 0."""
    import torch

    lengths = draw(st.lists(st.integers(1, 9), min_size=1, max_size=6))
    weights: list[float] = []
    for length in lengths:
        weights += [0.0, *draw(st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=length - 1, max_size=length - 1))]
    return Batch(
        input_ids=torch.tensor(draw(st.lists(st.integers(0, 19), min_size=sum(lengths), max_size=sum(lengths)))),
        position_ids=torch.cat([torch.arange(length) for length in lengths]),
        bounds=torch.tensor([0, *lengths]).cumsum(0).to(torch.int32),
        weights=torch.tensor(weights),
    )


@given(batches())
def test_losses_are_summed_by_the_row_they_lie_in(batch: Batch) -> None:
    """Chosen are the positions that weigh something; each row's sum is that of its own, a row without any has 0."""
    import torch

    chosen = chosen_positions(batch)
    assert chosen.tolist() == [place for place, weight in enumerate(batch.weights.tolist()) if weight]
    losses = torch.arange(1.0, chosen.numel() + 1)
    expected = []
    for start, end in zip(batch.bounds[:-1].tolist(), batch.bounds[1:].tolist(), strict=True):
        inside = (chosen >= start) & (chosen < end)
        expected.append(float(losses[inside].sum()))
    assert by_row(batch, chosen, losses).tolist() == pytest.approx(expected)


@given(batches())
def test_a_weighed_loss_is_weight_times_surprise(batch: Batch) -> None:
    """Each chosen position's loss is −log of the probability of its own token, times its weight, in float32."""
    import torch

    chosen = chosen_positions(batch)
    logits = torch.randn(chosen.numel(), 20, generator=torch.Generator().manual_seed(1)).bfloat16()
    found = weighed_losses(batch, logits, chosen)
    assert found.dtype == torch.float32
    sure = logits.float().log_softmax(1)
    expected = [
        -float(sure[number, batch.input_ids[place]]) * float(batch.weights[place])
        for number, place in enumerate(chosen.tolist())
    ]
    assert found.tolist() == pytest.approx(expected, rel=1e-4)


class Counting:
    """A model that goes on counting from the last token of each prompt, as transformers' `generate` gives it back."""

    device = "cpu"

    def __init__(self) -> None:
        self.groups: list[list[list[int]]] = []

    def generate(self, *, input_ids: Any, attention_mask: Any, max_new_tokens: int, **keys: Any) -> Any:
        import torch

        assert (keys["do_sample"], keys["num_beams"], keys["repetition_penalty"]) == (False, 1, 1.0)
        assert keys["eos_token_id"] == sorted(keys["eos_token_id"])
        self.groups.append([ids[mask.bool()].tolist() for ids, mask in zip(input_ids, attention_mask, strict=True)])
        assert bool((input_ids[attention_mask == 0] == keys["pad_token_id"]).all())
        assert bool((attention_mask[:, -1] == 1).all()), "padded on the left"
        more = input_ids[:, -1:] + 1 + torch.arange(max_new_tokens)
        return torch.cat([input_ids, more], dim=1)


@settings(max_examples=40)
@given(
    prompts=st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=12), max_size=40),
    most=st.integers(0, 5),
    stops=st.sets(st.integers(0, 45), min_size=1, max_size=6),
)
def test_every_prompt_gets_its_own_answer(prompts: list[list[int]], most: int, stops: set[int]) -> None:
    """Whatever lengths and order: answers come in the order of the prompts, up to the first stop, which is left out."""
    model = Counting()
    found = greedy(model, prompts, max_new_tokens=most, stop_ids=stops, pad_id=99)
    for prompt, answer in zip(prompts, found, strict=True):
        whole = [prompt[-1] + 1 + number for number in range(most)]
        ends = [place for place, token in enumerate(whole) if token in stops]
        assert answer == whole[: ends[0] if ends else None]
    asked = [prompt for group in model.groups for prompt in group]
    assert sorted(asked) == sorted(prompts)
    assert all(len(group) <= 16 for group in model.groups)
    assert [len(prompt) for prompt in asked] == sorted(map(len, prompts)), "like lengths together: little padding"


def stand(losses: Any, name: str = "stand") -> Any:
    return SimpleNamespace(name=name, row_losses=losses)


def test_the_proof_finds_what_leaks_and_what_is_deaf() -> None:
    """A second row that moves with the first is refused, and so is a model whose loss follows no token at all."""
    import torch

    def apart(batch: Batch) -> Any:
        return batch.input_ids.view(2, -1).float().sum(1)

    prove_isolation(stand(apart), vocabulary=5000)
    with pytest.raises(DatakitError) as caught:
        prove_isolation(stand(lambda batch: apart(batch) + apart(batch).flip(0) * 0.1, "x"), vocabulary=5000)
    assert str(caught.value).startswith("engine x: rows laid end to end see each other here (a row's loss moved by 3 ")
    assert str(caught.value).endswith("nothing was trained. Another engine: --set engine=hf")
    with pytest.raises(DatakitError, match=r"moved by 0 when"):
        prove_isolation(stand(lambda _: torch.tensor([1.0, 2.0])), vocabulary=5000)


def test_the_proof_bears_with_rounding() -> None:
    """A thousandth of a loss is what another order of sums may do in 16 bits; more is a leak."""

    def moved(by: float) -> Any:
        def losses(batch: Batch) -> Any:
            first = batch.input_ids[0].float()
            return first.new_tensor([float(first), 100.0 * (1 + by * float(first != 3))])

        return stand(losses)

    prove_isolation(moved(0.0005), vocabulary=5000)
    with pytest.raises(DatakitError, match="see each other"):
        prove_isolation(moved(0.002), vocabulary=5000)


@pytest.mark.parametrize("vocabulary", [7, 100, 128_256])
def test_the_proof_asks_for_tokens_that_exist(vocabulary: int) -> None:
    """However small a vocabulary, no token of the proof is beyond it, and only the first row's differ."""
    seen: list[Batch] = []

    def losses(batch: Batch) -> Any:
        seen.append(batch)
        return batch.input_ids.view(2, -1).float().sum(1)

    try:
        prove_isolation(stand(losses), vocabulary=vocabulary)
    except DatakitError:  # so small a vocabulary may sum to the same: what is asked is the law here
        assert vocabulary == 7
    one, other = seen
    assert int(max(one.input_ids.max(), other.input_ids.max())) < vocabulary
    half = one.input_ids.numel() // 2
    assert one.input_ids[half:].equal(other.input_ids[half:])
    assert not one.input_ids[:half].equal(other.input_ids[:half])
    assert one.bounds.tolist() == [0, half, 2 * half]
    assert one.weights[[0, half]].tolist() == [0, 0]


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_offers_what_the_loop_asks_for(name: str) -> None:
    """Each module has both functions; the estimate of none may be asked only once."""
    module = engine_module(name)
    assert callable(module.open_engine)
    assert callable(module.estimate)


def opened(seed: int = 1) -> FakeEngine:
    """Return a fake whose adapter does something."""
    import torch

    engine = FakeEngine(vocabulary=2000, lora=LORA, seed=seed)
    initialise(engine.parameters(), seed=5)
    generator = torch.Generator().manual_seed(3)
    for name, tensor in engine.parameters().items():
        if "lora_B" in name:
            tensor.data.copy_(torch.randn(tensor.shape, generator=generator) * 0.3)
    return engine


def test_the_fakes_rows_are_apart(examples: Any) -> None:
    """A row's loss is the same packed and alone: the last token before it weighs nothing."""
    engine = opened()
    packed = engine.row_losses(collate(examples, prompt_loss_weight=0.5))
    alone = [float(engine.row_losses(collate([example], prompt_loss_weight=0.5))[0]) for example in examples]
    assert packed.tolist() == pytest.approx(alone, rel=1e-5)


def test_the_fakes_gradient_is_that_of_its_loss(examples: Any) -> None:
    """A small move along the gradient changes the loss by what the gradient says; steps add up."""
    import torch

    engine, batch = opened(), collate(examples[:4])
    total = engine.train_step(batch, 10.0)
    assert float(total) == pytest.approx(float(engine.row_losses(batch).sum()), rel=1e-5)
    found: dict[str, Any] = {name: tensor.grad for name, tensor in engine.parameters().items()}
    before = snapshot(engine.parameters())
    size = sum(float((gradient**2).sum()) for gradient in found.values())
    sums = []
    for sign in (1, -1):
        with torch.no_grad():
            for name, tensor in engine.parameters().items():
                tensor.copy_(before[name] + sign * 1e-3 / size**0.5 * found[name])
        sums.append(float(engine.row_losses(batch).double().sum()) / 10.0)
    assert (sums[0] - sums[1]) / (2 * 1e-3 / size**0.5) == pytest.approx(size, rel=0.05)
    once = {name: gradient.clone() for name, gradient in found.items()}
    with torch.no_grad():
        for name, tensor in engine.parameters().items():
            tensor.copy_(before[name])
    engine.train_step(batch, 5.0)
    for name, tensor in engine.parameters().items():
        torch.testing.assert_close(tensor.grad, 3 * once[name], rtol=1e-3, atol=1e-6)


def test_the_fake_answers_greedily_and_stops(examples: Any) -> None:
    """Each token is the likeliest after the one before; a stop token ends the answer and is left out."""
    engine = opened()
    (whole,) = engine.generate([[7, 8]], max_new_tokens=6, stop_ids=set())
    assert len(whole) == 6
    assert engine.generate([[3, 8], [7, 8]], max_new_tokens=6, stop_ids=set())[1] == whole
    (short,) = engine.generate([[7, 8]], max_new_tokens=6, stop_ids={whole[2]})
    assert short == whole[: whole.index(whole[2])]
    assert engine.generate([[7, 8]], max_new_tokens=0, stop_ids=set()) == [[]]
    assert (engine.peak_bytes(), bool(examples)) == (0, True)


def test_the_fake_is_full_where_it_is_told_to_be(examples: Any) -> None:
    """A batch of so many tokens fits, one token more is a shortage that leaves no gradient."""
    import torch

    batch = collate(examples[:2])
    tokens = batch.input_ids.numel()
    FakeEngine(vocabulary=2000, lora=LORA, memory_tokens=tokens).train_step(batch, 1.0)
    full = FakeEngine(vocabulary=2000, lora=LORA, memory_tokens=tokens - 1)
    with pytest.raises(torch.OutOfMemoryError, match=f"a batch of {tokens} tokens, {tokens - 1} fit"):
        full.train_step(batch, 1.0)
    assert all(tensor.grad is None for tensor in full.parameters().values())
    assert full.largest_batch == 0


def test_the_fake_follows_its_seed_and_its_base(tiny: Any, examples: Any) -> None:
    """The same seed is the same model; opened over a base it knows as many tokens as the base's tokenizer."""
    batch = collate(examples[:2])
    one, same, other = (float(opened(seed).train_step(batch, 1.0)) for seed in (1, 1, 2))
    assert one == same != other
    engine = fake.open_engine(tiny, LORA, device="cpu", seed=1, options=EngineOptions())
    last = replace(batch, input_ids=batch.input_ids.clone().fill_(len(tiny.tokenizer) - 1))
    assert float(engine.row_losses(last).sum()) > 0
    assert fake.estimate(None, 10, EngineOptions()) == 0
