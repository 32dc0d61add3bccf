"""Alignment of words, told by a table filled cell by cell and by all words compared with all."""

import random
from collections.abc import Callable
from itertools import islice, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.matching.alignment import Pairs, align
from datakit.matching.close_words import close_words
from datakit.matching.lexemes import Lexeme, lexemes
from datakit.matching.spelling import same_but_slip, same_word
from datakit.matching.wording import written_alike
from datakit.screening.known_words import known_words

Same = Callable[[Lexeme, Lexeme], bool]
RULES: list[Same] = [same_word, same_but_slip, written_alike]
WORDS = list(islice(known_words(), 3_000))
ODD = [
    "बॉम्बे",
    "बॉमब्े",
    "गंगा",
    "गङ्गा",
    "ऱ्हास",
    "र्हास",
    "दुःख",
    "दुख",
    "१६७४",
    "१६८०",
    "कोणता",
    "कोणात",
    "SEBI",
    "SBI",
    "भाषा",
    "भाशा",
]
LETTERS = "कखगजटतनपमरलवसहळशषािीुूेैोौ्ंःऱअआइई"


def slipped(word: str, chance: random.Random) -> str:
    """Return a word with one slip of any kind in it."""
    at = chance.randrange(len(word))
    letter = chance.choice(LETTERS)
    return chance.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            word.replace("ं", "न्") if "ं" in word else word.replace("न्", "ं"),
        ]
    )


def near_texts(seed: int, most: int) -> tuple[list[Lexeme], list[Lexeme]]:
    """Return the words of a text, and of one that was made of it by slips, words moved, lost and put in."""
    chance = random.Random(seed)
    own = [chance.choice(ODD if chance.random() < 0.1 else WORDS) for _ in range(chance.randint(1, most))]
    other = [slipped(word, chance) if chance.random() < 0.2 else word for word in own]
    for _ in range(chance.randint(0, 6)):
        other.insert(chance.randint(0, len(other)), chance.choice(WORDS))
        other.pop(chance.randrange(len(other)))
    if chance.random() < 0.3:
        cut = chance.randrange(len(other))
        other = other[cut:] + other[:cut]
    return lexemes(" ".join(own)), lexemes(" ".join(other))


def by_table(one: list[Lexeme], two: list[Lexeme], same: Same) -> tuple[Pairs, list[Lexeme], list[Lexeme]]:
    """Align as the textbook does: every cell of the table of longest common subsequences, one by one."""
    start = end = 0
    while start < min(len(one), len(two)) and same(one[start], two[start]):
        start += 1
    while end < min(len(one), len(two)) - start and same(one[-1 - end], two[-1 - end]):
        end += 1
    pairs = [*zip(one[:start], two[:start], strict=True)]
    pairs += zip(one[len(one) - end :], two[len(two) - end :], strict=True)
    left, right = one[start : len(one) - end], two[start : len(two) - end]
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, j in product(reversed(range(len(left))), reversed(range(len(right)))):
        table[i][j] = table[i + 1][j + 1] + 1 if same(left[i], right[j]) else max(table[i + 1][j], table[i][j + 1])
    left_over, right_over = [], []
    i = j = 0
    while i < len(left) and j < len(right):
        if same(left[i], right[j]):
            pairs.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif table[i + 1][j] >= table[i][j + 1]:
            left_over.append(left[i])
            i += 1
        else:
            right_over.append(right[j])
            j += 1
    return pairs, left_over + left[i:], right_over + right[j:]


@pytest.mark.parametrize("same", RULES)
@given(seed=st.integers(0, 2**32))
def test_alignment_is_that_of_the_whole_table(same: Same, seed: int) -> None:
    """Pairs and what is left over are those of the textbook's table, word for word and in order."""
    one, two = near_texts(seed, 30)
    assert align(one, two, same) == by_table(one, two, same)


def _letter(number: int) -> Lexeme:
    """Return a word of one letter: any two of those are one slip apart."""
    return Lexeme(chr(ord("क") + number), chr(ord("क") + number), "", "word", frozenset())


@given(rows=st.lists(st.lists(st.booleans(), min_size=12, max_size=12), min_size=1, max_size=14))
def test_alignment_needs_no_equality(rows: list[list[bool]]) -> None:
    """Which words count as one may be any relation, one that is not transitive included."""
    one, two = ([_letter(n) for n in range(count)] for count in (len(rows), 12))

    def same(left: Lexeme, right: Lexeme) -> bool:
        return rows[ord(left.surface) - ord("क")][ord(right.surface) - ord("क")]

    assert align(one, two, same) == by_table(one, two, same)


@pytest.mark.parametrize("same", RULES)
@given(seed=st.integers(0, 2**32))
def test_no_word_that_could_be_one_is_overlooked(same: Same, seed: int) -> None:
    """Wherever a rule of spelling takes two words for one, the look at their letters has let them through."""
    one, two = near_texts(seed, 12)
    close = close_words(one, two)
    missed = [
        (a.surface, b.surface)
        for (i, a), (j, b) in product(enumerate(one), enumerate(two))
        if same(a, b) and not close[i, j]
    ]
    assert missed == []


def test_nearly_all_words_are_told_apart_by_a_look() -> None:
    """Of pairs of different words few are compared letter by letter, else the look would not be worth it."""
    chance = random.Random(0)
    words = lexemes(" ".join(chance.sample(WORDS, 300)))
    assert close_words(words, words).diagonal().all()
    assert close_words(words, words).mean() < 0.05


def test_texts_of_too_many_words_are_not_aligned() -> None:
    """Beyond 250,000 cells what is between the equal ends is left over as it stands."""
    one, two = lexemes(" ".join(["राजगड"] + ["क"] * 501)), lexemes(" ".join(["राजगड"] + ["पपप"] * 501))
    pairs, left, right = align(one, two)
    assert ([a.surface for a, _ in pairs], len(left), len(right)) == (["राजगड"], 501, 501)
