"""Do two texts say the same in nearly the same words? MinHash only proposes; this decides, word by word.

Character similarity cannot decide for questions and answers: शिवाजी/संभाजी reach .81, राजगड/रायगड .82, १६७४/१६८० .75,
while a typo in a short question lowers it to .6. So words are aligned in order, and what remains unmatched must be
harmless: no number, negation, question word or name, and few words.
"""

from typing import Final

from datakit.matching.alignment import align, joined
from datakit.matching.lexemes import CONTENT_DROPPED, FIXED, Lexeme
from datakit.matching.one_slip import one_slip
from datakit.matching.spelling import same_but_slip, same_word
from datakit.matching.wording import declares, is_statement, same_wording

_WORDS_A_CHANGE: Final = 15  # one word in fifteen may differ in a long text: benchmarks/dedup.py --sweep
_LONG_ANSWER: Final = 18  # words from which an answer may differ in one; a question never may: benchmarks/dedup.py
_ENOUGH_TO_COMPARE: Final = 2  # content words: a one-word answer that differs by a letter is another answer
_OPPOSITE_CASES: Final = frozenset({frozenset({"agent", "dat"}), frozenset({"abl", "till"}), frozenset({"abl", "dat"})})


def question_match(
    left: list[Lexeme], right: list[Lexeme], other_equal: bool = False, *, reworded: bool = False
) -> float | None:
    """Return the share of words that agree, 0 to 1, or None: not the same question.

    `other_equal`: the answers are equal; then one edit between two plain words is a slip even where both are words
    (तयार, तार): two questions one letter apart seldom have one answer. That does not hold of two declarations in the
    question's place, which ask nothing: one letter apart, they are two. `reworded`: statements need not have one
    wording (see wording.py): a leaked text is leaked in other words too.
    """
    if not reworded and declares(left) and declares(right) and not _to_the_letter(left, right):
        return None
    if other_equal and one_slip(left, right, asks=True):
        return 1.0
    return _match(left, right, None, other_equal, reworded)


def answer_match(left: list[Lexeme], right: list[Lexeme], other_equal: bool = False) -> float | None:
    """Return the share of words that agree, 0 to 1, or None: not the same answer.

    `other_equal`: the questions are equal.
    """
    if other_equal and one_slip(left, right, asks=False):
        return 1.0
    return _match(left, right, _LONG_ANSWER, other_equal, False)


def _match(
    left: list[Lexeme], right: list[Lexeme], long: int | None, other_equal: bool, reworded: bool
) -> float | None:
    one, two = _content(left), _content(right)
    if not one or not two:
        return None  # signs only: the caller compares the texts themselves
    shortest = min(len(one), len(two))
    is_long = long is not None and min(len(left), len(right)) >= long
    allowed = max(1, shortest // _WORDS_A_CHANGE) if is_long else 0
    if _fixed(one) != _fixed(two) or _other_tense(
        _tenses(left), _tenses(right), bool(allowed) or any(w.kind == "question" for w in one)
    ):
        return None
    if _changed(one, two) > 2 * allowed + 2:  # slips count here and not below, hence the room
        return None
    same = same_but_slip if other_equal and shortest >= _ENOUGH_TO_COMPARE else same_word
    pairs, left_over, right_over = align(one, two, same)
    if any(_swapped(a, b) for a, b in pairs):
        return None
    left_over, right_over = joined(left_over, right_over)
    telling = _telling(left_over) + _telling(right_over)
    if telling == 2 or (telling and not allowed):
        return None
    one_sided = not left_over or not right_over
    weak = sum(w.kind in ("weak", "filler", "tense") for w in (*left_over, *right_over)) if one_sided else 0
    titles = sum(w.kind == "honorific" for w in (*left_over, *right_over)) if one_sided else 0
    if max(len(left_over), len(right_over)) - min(weak, 1) - titles > allowed:
        return None
    if not reworded and is_statement(left) and is_statement(right) and not same_wording(left, right, allowed):
        return None
    return 2 * len(pairs) / (len(one) + len(two)) if left_over or right_over else 1.0


def _changed(one: list[Lexeme], two: list[Lexeme]) -> int:
    """Count the stems that one side has and the other lacks, titles aside, on the side where they are more."""
    lacking: dict[str, int] = {}
    for word in one:
        if word.kind != "honorific":
            lacking[word.stem] = lacking.get(word.stem, 0) + 1
    count = sum(lacking.values())
    shared = more = 0
    for word in two:
        if word.kind != "honorific":
            left = lacking.get(word.stem, 0)
            if left:
                lacking[word.stem] = left - 1
                shared += 1
            else:
                more += 1
    return max(count - shared, more)


def _to_the_letter(left: list[Lexeme], right: list[Lexeme]) -> bool:
    return "".join(word.surface for word in left) == "".join(word.surface for word in right)


def _fixed(words: list[Lexeme]) -> list[tuple[str, str]]:
    """Numbers in order, then the negations and question words, in any order."""
    fixed = [(w.kind, w.stem) for w in words if w.kind in FIXED]
    return [pair for pair in fixed if pair[0] == "number"] + sorted(pair for pair in fixed if pair[0] != "number")


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
