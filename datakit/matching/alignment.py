"""Words of two texts put side by side in order: what corresponds, and what is left over on either side."""

from collections.abc import Callable
from typing import Final

import numpy as np

from datakit.matching.close_words import close_words
from datakit.matching.lexemes import Lexeme
from datakit.matching.spelling import same_word

_MAX_CELLS: Final = 250_000  # of one alignment; beyond it two long texts count as different (500 × 500 unmatched words)
WORTH_A_LOOK: Final = 64  # cells from which looking for words that could be one costs less than comparing all
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
    if not left or not right or len(left) == len(right) == 1 or len(left) * len(right) > _MAX_CELLS:
        return pairs, left, right  # of one word on both sides it is known that they are not one
    middle, left, right = _longest_common(left, right, same)
    return pairs + middle, left, right


def _longest_common(left: list[Lexeme], right: list[Lexeme], same: Same) -> tuple[Pairs, list[Lexeme], list[Lexeme]]:
    agree = _agreeing(left, right, same)
    common = _common_from(agree, len(right))

    def length(i: int, j: int) -> int:
        """How many words the texts have in common from word i of one and word j of the other on."""
        rest = len(right) - j
        return rest - (common[i] & ((1 << rest) - 1)).bit_count()

    pairs: Pairs = []
    left_over: list[Lexeme] = []
    right_over: list[Lexeme] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if agree[i] >> (len(right) - 1 - j) & 1:
            pairs.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif length(i + 1, j) >= length(i, j + 1):
            left_over.append(left[i])
            i += 1
        else:
            right_over.append(right[j])
            j += 1
    return pairs, left_over + left[i:], right_over + right[j:]


def _agreeing(left: list[Lexeme], right: list[Lexeme], same: Same) -> list[int]:
    """Return for each word of `left` a bit for each word of `right`, the last word lowest: whether the two are one."""
    last = len(right) - 1
    if len(left) * len(right) < WORTH_A_LOOK:
        return [sum(1 << last - j for j, word in enumerate(right) if same(one, word)) for one in left]
    found = [0] * len(left)
    for i, j in zip(*(at.tolist() for at in np.nonzero(close_words(left, right))), strict=True):
        if same(left[i], right[j]):
            found[i] |= 1 << last - j
    return found


def _common_from(agree: list[int], width: int) -> list[int]:
    """Return for each word the bits of a row of the table of longest common subsequences: a 0 is one word more.

    All cells of a row at once, in the bits of one number: Crochemore, Iliopoulos, Pinzon and Reid, "A fast and
    practical bit-vector algorithm for the longest common subsequence problem" (2001), from the ends of the texts.
    """
    full = (1 << width) - 1
    rows = [full]
    for bits in reversed(agree):
        row = rows[-1]
        rows.append((row + (row & bits) | row & ~bits) & full)
    return rows[::-1]


def joined(left: list[Lexeme], right: list[Lexeme]) -> tuple[list[Lexeme], list[Lexeme]]:
    """Words that differ only in where the space is (पेन ड्राइव्ह, पेनड्राइव्ह) are no difference."""
    if left and right and "".join(w.surface for w in left) == "".join(w.surface for w in right):
        return [], []
    return left, right
