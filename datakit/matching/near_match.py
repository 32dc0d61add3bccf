"""Do two texts say the same in nearly the same words? MinHash only proposes; this decides, word by word.

Character similarity cannot decide for questions and answers: शिवाजी/संभाजी reach .81, राजगड/रायगड .82, १६७४/१६८० .75,
while a typo in a short question lowers it to .6. So words are aligned in order, and what remains unmatched must be
harmless: no number, negation, question word or name, and few words.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

from datakit.matching.lexemes import CONTENT_DROPPED, FIXED, Lexeme
from datakit.matching.spelling import same_but_slip, same_word

_WORDS_A_CHANGE: Final = 15  # one word in fifteen may differ in a long text: benchmarks/dedup.py --sweep
_LONG_ANSWER: Final = 12  # content words from which an answer may differ in one; a question never may
_ENOUGH_TO_COMPARE: Final = 2  # content words: a one-word answer that differs by a letter is another answer
_MAX_CELLS: Final = 250_000  # of one alignment; beyond it two long texts count as different (500 × 500 unmatched words)
_OPPOSITE_CASES: Final = frozenset({frozenset({"agent", "dat"}), frozenset({"abl", "till"}), frozenset({"abl", "dat"})})


def question_match(left: list[Lexeme], right: list[Lexeme], other_equal: bool = False) -> float | None:
    """Return the share of words that agree, 0 to 1, or None: not the same question.

    `other_equal`: the answers are equal; then one edit between two plain words is a slip even where both are words
    (तयार, तार): two questions one letter apart seldom have one answer.
    """
    return _match(left, right, None, other_equal)


def answer_match(left: list[Lexeme], right: list[Lexeme], other_equal: bool = False) -> float | None:
    """Return the share of words that agree, 0 to 1, or None: not the same answer.

    `other_equal`: the questions are equal.
    """
    return _match(left, right, _LONG_ANSWER, other_equal)


def _match(left: list[Lexeme], right: list[Lexeme], long: int | None, other_equal: bool) -> float | None:
    one, two = _content(left), _content(right)
    if not one or not two:
        return None  # signs only: the caller compares the texts themselves
    shortest = min(len(one), len(two))
    allowed = max(1, shortest // _WORDS_A_CHANGE) if long is not None and shortest >= long else 0
    if _fixed(one) != _fixed(two) or _other_tense(
        _tenses(left), _tenses(right), bool(allowed) or any(w.kind == "question" for w in one)
    ):
        return None
    stems_one, stems_two = (Counter(w.stem for w in words if w.kind != "honorific") for words in (one, two))
    changed = max((stems_one - stems_two).total(), (stems_two - stems_one).total())
    if changed > 2 * allowed + 2:  # slips count here and not below, hence the room
        return None
    same = same_but_slip if other_equal and shortest >= _ENOUGH_TO_COMPARE else same_word
    pairs, left_over, right_over = align(one, two, same)
    if any(_swapped(a, b) for a, b in pairs):
        return None
    left_over, right_over = _joined(left_over, right_over)
    telling = _telling(left_over) + _telling(right_over)
    if telling == 2 or (telling and not allowed):
        return None
    one_sided = not left_over or not right_over
    weak = sum(w.kind in ("weak", "filler", "tense") for w in (*left_over, *right_over)) if one_sided else 0
    titles = sum(w.kind == "honorific" for w in (*left_over, *right_over)) if one_sided else 0
    if max(len(left_over), len(right_over)) - min(weak, 1) - titles > allowed:
        return None
    return 2 * len(pairs) / (len(one) + len(two)) if left_over or right_over else 1.0


def _fixed(words: list[Lexeme]) -> list[tuple[str, str]]:
    """Numbers in order, then the negations and question words, in any order."""
    numbers = [("number", w.stem) for w in words if w.kind == "number"]
    return numbers + sorted((w.kind, w.stem) for w in words if w.kind in FIXED and w.kind != "number")


def _content(words: list[Lexeme]) -> list[Lexeme]:
    """Like the words that blocks are made of, with is, was and titles kept: a slip in them is to be seen as one."""
    return [word for word in words if word.kind in ("tense", "honorific") or word.kind not in CONTENT_DROPPED] or words


def _tenses(words: list[Lexeme]) -> set[str]:
    return {w.stem for w in words if w.kind == "tense"}


def _other_tense(one: set[str], two: set[str], elided: bool) -> bool:
    """राजधानी कोणती आहे and राजधानी कोणती होती ask for two cities; राजधानी कोणती means the first.

    `elided`: आहे may be missing on one side, as in questions, or be the one word changed in a long text.
    """
    if not elided:
        return one != two
    return not one & two and (one | two) - {"आहे"} != set()


def _telling(words: list[Lexeme]) -> bool:
    """Names and values: one exchanged for another changes the fact, one exchanged for a plain word only the wording."""
    return any(w.kind in ("name", "value") for w in words)


def _swapped(a: Lexeme, b: Lexeme) -> bool:
    """Who did it to whom: शिवाजीने अफझलखानाला is not शिवाजीला अफझलखानाने."""
    return a.case != b.case and frozenset({a.case, b.case}) in _OPPOSITE_CASES


def _joined(left: list[Lexeme], right: list[Lexeme]) -> tuple[list[Lexeme], list[Lexeme]]:
    """Words that differ only in where the space is (पेन ड्राइव्ह, पेनड्राइव्ह) are no difference."""
    if left and right and "".join(w.surface for w in left) == "".join(w.surface for w in right):
        return [], []
    return left, right


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
