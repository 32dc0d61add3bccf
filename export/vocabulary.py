"""The tokens of a model in order, each with its kind: what llama.cpp needs of a vocabulary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datakit.errors import InputError

NORMAL: Final = 1
UNKNOWN: Final = 2
CONTROL: Final = 3
USER_DEFINED: Final = 4
UNUSED: Final = 5
BYTE: Final = 6

_LOOKS_LIKE_CONTROL: Final = (("<|", "|>"), ("<｜", "｜>"), ("<unused", ">"))
_CONTROL_NAMES: Final = frozenset({"<pad>", "<mask>", "<2mass>", "[@BOS@]"})
"""Tokens that some models forgot to mark as special; the list of llama.cpp's converter."""


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Tokens by id, and their kinds."""

    tokens: list[str]
    kinds: list[int]

    def id_of(self, token: str) -> int | None:
        """Return a token's id, or None."""
        try:
            return self.tokens.index(token)
        except ValueError:
            return None


def build_vocabulary(
    pieces: Mapping[str, int], added: Sequence[Mapping[str, Any]], *, rows: int, bytes_as_pieces: bool
) -> Vocabulary:
    """Return the vocabulary of a tokenizer.json, filled up to the rows of the embedding with unused tokens.

    `pieces` is its model's vocab, `added` its added tokens, `rows` the rows of the embedding. With `bytes_as_pieces`
    a piece such as `<0x0A>` stands for a byte. Errors: `InputError` for an id twice or beyond the embedding.
    """
    tokens: list[str | None] = [None] * rows
    kinds = [UNUSED] * rows
    for piece, number in pieces.items():
        _place(tokens, piece, number, rows)
        kinds[number] = BYTE if bytes_as_pieces and _is_byte(piece) else NORMAL
    for entry in added:
        content, number = entry["content"], entry["id"]
        if number >= rows:
            _place(tokens, content, number, rows)
        if _is_control(content, special=bool(entry.get("special"))):
            kinds[number] = CONTROL
        else:
            kinds[number] = USER_DEFINED
            # llama.cpp looks for these in the text as it stands, before spaces become the mark of a space.
            content = content.replace("\u2581", " ")
        tokens[number] = content
    filled = [f"[PAD{number}]" if token is None else token for number, token in enumerate(tokens)]
    return Vocabulary(tokens=filled, kinds=kinds)


def _place(tokens: list[str | None], piece: str, number: int, rows: int) -> None:
    if not 0 <= number < rows:
        raise InputError(
            f"tokenizer.json: token {piece!r} has id {number}, but the embedding has {rows} rows; tokens were added "
            "without resizing the embedding, or the tokenizer belongs to another model"
        )
    if tokens[number] is not None:
        raise InputError(f"tokenizer.json: id {number} is both {tokens[number]!r} and {piece!r}")
    tokens[number] = piece


def _is_byte(piece: str) -> bool:
    return len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">")


def _is_control(token: str, *, special: bool) -> bool:
    if special or token in _CONTROL_NAMES:
        return True
    return any(token.startswith(head) and token.endswith(tail) for head, tail in _LOOKS_LIKE_CONTROL)
