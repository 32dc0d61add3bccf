"""Words of two texts put side by side in order: what corresponds, and what is left over on either side."""

from collections.abc import Callable
from typing import Final

from datakit.matching.lexemes import Lexeme
from datakit.matching.spelling import same_word

_MAX_CELLS: Final = 250_000  # of one alignment; beyond it two long texts count as different (500 × 500 unmatched words)
Pairs = list[tuple[Lexeme, Lexeme]]
Same = Callable[[Lexeme, Lexeme], bool]


def align(one: list[Lexeme], two: list[Lexeme], same: Same = same_word) -> tuple[Pairs, list[Lexeme], list[Lexeme]]:
    """Align in order: equal ends first, then the longest common subsequence of what is between."""
    start, end = 0, 0
    shortest = min(len(one), len(two))
    while start < shortest and same(one[start], two[start]):
        start += 1
    while end < shortest - start and same(one[-1 - end], two[-1 - end]):
        end += 1
    pairs = list(zip(one[:start], two[:start], strict=True))
    if end:
        pairs += zip(one[-end:], two[-end:], strict=True)
    left, right = one[start : len(one) - end], two[start : len(two) - end]
    if not left or not right or len(left) * len(right) > _MAX_CELLS:
        return pairs, left, right
    middle, left, right = _longest_common(left, right, same)
    return pairs + middle, left, right


def _longest_common(left: list[Lexeme], right: list[Lexeme], same: Same) -> tuple[Pairs, list[Lexeme], list[Lexeme]]:
    lengths = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        row, below = lengths[i], lengths[i + 1]
        for j in range(len(right) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if same(left[i], right[j]) else max(below[j], row[j + 1])
    pairs: Pairs = []
    left_over: list[Lexeme] = []
    right_over: list[Lexeme] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if same(left[i], right[j]):
            pairs.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            left_over.append(left[i])
            i += 1
        else:
            right_over.append(right[j])
            j += 1
    return pairs, left_over + left[i:], right_over + right[j:]


def joined(left: list[Lexeme], right: list[Lexeme]) -> tuple[list[Lexeme], list[Lexeme]]:
    """Words that differ only in where the space is (पेन ड्राइव्ह, पेनड्राइव्ह) are no difference."""
    if left and right and "".join(w.surface for w in left) == "".join(w.surface for w in right):
        return [], []
    return left, right
