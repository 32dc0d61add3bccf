"""The loss in pieces: whatever the size of a piece, the losses and the gradient of the whole."""

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'ancient-aurora[train]'")

from trainer.fused import loss as module  # noqa: E402
from trainer.fused import reference  # noqa: E402
from trainer.fused.loss import PIECE_BYTES, Asked, answer_losses, rows_a_piece  # noqa: E402


@pytest.mark.parametrize("vocabulary", [97, 32_000, 128_256, 262_144, 10**7])
@pytest.mark.parametrize("size", [2, 4])
def test_a_piece_is_within_its_bytes(vocabulary: int, size: int) -> None:
    """Whole blocks of 64 positions, as many as the bytes hold, and one block at least however large the vocabulary."""
    rows = rows_a_piece(vocabulary, size)
    assert rows % 64 == 0
    assert rows == 64 or rows * vocabulary * size <= PIECE_BYTES
    assert (rows + 64) * vocabulary * size > PIECE_BYTES


def asked(count: int, vocabulary: int) -> Asked:
    generator = torch.Generator().manual_seed(count)
    return Asked(
        places=torch.arange(count),
        targets=torch.randint(0, vocabulary, (count,), generator=generator),
        weights=torch.rand(count, generator=generator),
    )


@pytest.mark.parametrize("count", [1, 63, 64, 65, 200])
def test_pieces_change_nothing(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut into pieces of 64, the last one shorter, losses and gradient are those of autograd over all at once."""
    monkeypatch.setattr(module, "PIECE_BYTES", 1)
    torch.manual_seed(count)
    hidden, head, wanted = torch.randn(count, 12, requires_grad=True), torch.randn(37, 12), asked(count, 37)
    expected = torch.nn.functional.cross_entropy(hidden @ head.t(), wanted.targets, reduction="none")
    (expected * wanted.weights).sum().mul(0.25).backward()
    losses, gradient = answer_losses(hidden.detach(), head, wanted, 0.25, reference)
    torch.testing.assert_close(losses, expected.detach())
    assert gradient is not None
    torch.testing.assert_close(gradient, hidden.grad, rtol=1e-4, atol=1e-6)


def test_scoring_makes_no_gradient() -> None:
    """With a factor of 0 there are losses and nothing else; with no position at all there are none."""
    hidden, head = torch.randn(5, 12), torch.randn(37, 12)
    losses, gradient = answer_losses(hidden, head, asked(5, 37), 0.0, reference)
    assert gradient is None
    assert losses.shape == (5,)
    nothing: Any = answer_losses(hidden[:0], head, asked(0, 37), 1.0, reference)
    assert nothing[0].shape == (0,)
    assert nothing[1].shape == (0, 12)
