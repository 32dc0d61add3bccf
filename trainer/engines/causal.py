"""What every engine over a Hugging Face model shares: loss at weighed positions, losses by row, greedy answers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import DatakitError
from trainer.engine import Batch

if TYPE_CHECKING:
    from torch import Tensor

_GENERATION_ROWS: Final = 16  # prompts answered together: beyond it padding eats the gain on answers of mixed length
_PROOF_TOKENS: Final = 6


def weighed_losses(batch: Batch, logits: "Tensor", chosen: "Tensor") -> "Tensor":
    """Return [chosen] float32: weight times loss of each chosen position.

    `chosen` are positions t of tokens with a weight; `logits` [chosen, vocabulary] are the predictions made at t - 1.
    """
    from torch.nn.functional import cross_entropy

    device = logits.device
    losses = cross_entropy(logits.float(), batch.input_ids[chosen].to(device, non_blocking=True), reduction="none")
    return losses * batch.weights[chosen].to(device, non_blocking=True)


def chosen_positions(batch: Batch) -> "Tensor":
    """Return the positions whose prediction weighs something, found on the CPU so that no device is waited for."""
    from torch import nonzero

    return nonzero(batch.weights).flatten()


def by_row(batch: Batch, chosen: "Tensor", losses: "Tensor") -> "Tensor":
    """Return [rows] float32: the losses of the chosen positions summed by the row they lie in."""
    import torch

    rows = torch.bucketize(chosen, batch.bounds[1:-1].long(), right=True).to(losses.device)
    return torch.zeros(batch.bounds.numel() - 1, device=losses.device).index_add_(0, rows, losses)


def prove_isolation(engine: Any, *, vocabulary: int) -> None:
    """Show on the model itself that rows laid end to end cannot see each other.

    The second row's loss must not move when the first row's tokens change and nothing else does: the shapes are the
    same, so the numbers are too, whatever the precision. Errors: `DatakitError` where it moves.
    """
    import torch

    def batch(first: int) -> Batch:
        ids = torch.arange(2 * _PROOF_TOKENS) * 7 + 3
        ids[:_PROOF_TOKENS] += first
        weights = torch.ones(2 * _PROOF_TOKENS)
        weights[[0, _PROOF_TOKENS]] = 0
        return Batch(
            input_ids=ids % vocabulary,
            position_ids=torch.arange(_PROOF_TOKENS).repeat(2),
            bounds=torch.tensor([0, _PROOF_TOKENS, 2 * _PROOF_TOKENS], dtype=torch.int32),
            weights=weights,
        )

    one, other = engine.row_losses(batch(0)), engine.row_losses(batch(5))
    moved = abs(float(one[1] - other[1]))
    if moved > 1e-3 * abs(float(one[1])) or abs(float(one[0] - other[0])) == 0:
        raise DatakitError(
            f"engine {engine.name}: rows laid end to end see each other here (a row's loss moved by {moved:.3g} when"
            " the row before it changed); nothing was trained. Another engine: --set engine=hf"
        )


def greedy(
    model: Any, prompts: Sequence[Sequence[int]], *, max_new_tokens: int, stop_ids: set[int], pad_id: int
) -> list[list[int]]:
    """Return the greedy continuation of each prompt, the stop token left out; prompts are padded on the left."""
    import torch

    answers: list[list[int]] = [[] for _ in prompts]
    order = sorted(range(len(prompts)), key=lambda number: len(prompts[number]))
    for start in range(0, len(order), _GENERATION_ROWS):
        group = order[start : start + _GENERATION_ROWS]
        longest = max(len(prompts[number]) for number in group)
        ids = torch.full((len(group), longest), pad_id, dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for line, number in enumerate(group):
            length = len(prompts[number])
            ids[line, longest - length :] = torch.tensor(prompts[number])
            mask[line, longest - length :] = 1
        with torch.no_grad():
            made = model.generate(
                input_ids=ids.to(model.device),
                attention_mask=mask.to(model.device),
                max_new_tokens=max_new_tokens,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                num_beams=1,
                repetition_penalty=1.0,
                use_cache=True,
                eos_token_id=sorted(stop_ids),
                pad_token_id=pad_id,
            )
        for line, number in enumerate(group):
            answer = made[line, longest:].tolist()
            ends = [place for place, token in enumerate(answer) if token in stop_ids]
            answers[number] = answer[: ends[0]] if ends else answer
    return answers
