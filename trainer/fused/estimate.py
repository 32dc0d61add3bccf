"""How much memory a step takes, computed from the shape before anything is loaded."""

from typing import Final

from trainer.fused.linear import lora_width
from trainer.fused.loss import rows_a_piece
from trainer.fused.options import Options
from trainer.fused.shape import GROUPS, Shape

_SIXTEEN: Final = 2  # bytes
_OPTIMIZER: Final = 16  # bytes a parameter: itself, its gradient and two moments, all float32
_NF4: Final = 0.5 + 4 / 64  # bytes a weight: half a byte, and a float32 for 64 values


def estimate_bytes(shape: Shape, *, rank: int, tokens: int, asked: int, options: Options) -> int:
    """Return the peak of allocated bytes in a training step on a card.

    tokens: of the largest micro-batch; asked: of these, how many are predicted. Held against measured peaks in
    `benchmarks/results/trainer_gpu.json`; the CUDA context, some 0.5 GB, is not in it.
    """
    return int(
        _fixed(shape, rank, options) + _activations(shape, rank, tokens, options) + _peak(shape, rank, tokens, asked)
    )


def _fixed(shape: Shape, rank: int, options: Options) -> float:
    """Weights, parameters and the optimizer's state: what stays from step to step."""
    table = shape.vocabulary * shape.hidden * _SIXTEEN
    tables = table if shape.tied or options.embedding_on_cpu else 2 * table
    rows = {group: sum(shape.outputs(name) for name in names) for group, names in GROUPS.items()}
    wide = {group: rows[group] * (shape.inputs(group) + lora_width(rank, len(GROUPS[group]))) for group in GROUPS}
    if options.nf4 and not options.hold_16bit:
        extra = sum(rows[group] * lora_width(rank, len(GROUPS[group])) for group in GROUPS) * shape.layers
        weights = shape.weights() * _NF4 + (extra + max(wide.values())) * _SIXTEEN
    else:
        weights = float(shape.layers * sum(wide.values()) * _SIXTEEN)
    return tables + weights + shape.adapter_weights(rank) * (_OPTIMIZER + _SIXTEEN)


def _activations(shape: Shape, rank: int, tokens: int, options: Options) -> float:
    """What the layers keep for the backward pass."""
    query, keys = shape.heads * shape.head, shape.kv_heads * shape.head
    kept = (
        2 * shape.hidden  # the residual before and after attention
        + (query + 2 * keys)
        + (query + lora_width(rank, 1))
        + 2 * shape.intermediate
        + 6 * rank  # the LoRA columns of three inputs
    ) * _SIXTEEN + 4 * (2 + shape.heads)
    checkpointed = min(options.checkpointed_layers, shape.layers)
    whole = shape.layers - checkpointed
    running = 1 if checkpointed else 0  # the one that runs again; it comes after the whole ones are spent
    return tokens * (max(whole, running) * kept + checkpointed * shape.hidden * _SIXTEEN)


def _peak(shape: Shape, rank: int, tokens: int, asked: int) -> float:
    """The most that is alive beside that: the backward pass of the MLP, or the logits of a piece with its gradients."""
    inner = tokens * (shape.intermediate + lora_width(rank, 1)) * _SIXTEEN
    outer = tokens * shape.hidden * _SIXTEEN
    mlp = 2 * outer + max(inner + 2 * inner / 8, 2 * outer) + rank * shape.intermediate * 8
    piece = min(asked, rows_a_piece(shape.vocabulary, _SIXTEEN))
    loss = piece * shape.vocabulary * _SIXTEEN + 3 * asked * shape.hidden * _SIXTEEN + 2 * outer
    return max(mlp, loss)
