"""Questions that ask for an account (वर्णन करा, or no question word at all): which can meet, told without their form.

`asked` costs a tenth of a millisecond a question, and of questions that ask who, when or where many meet. A question
for an account meets few: `comparable` lets no word be added to it but those that some table lists (titles, sorts of
things, phrases of an event). So the words that no table lists must be the same on both sides, and a hash of them, made
with arrays, tells the questions that may meet from the many that meet none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from datakit.matching.asked_alike import idle_words
from datakit.matching.hash_lists import by_row_and_hash, hash_lists
from datakit.matching.leeway import FINITE, ends_as_verb
from datakit.matching.letter_tree import LetterTree, letter_tree
from datakit.matching.lexemes import PLURAL_FROM, lexemes, plural_free
from datakit.matching.listed_stems import CAMP, asks_for_a_fact, listed_stems, says_nothing
from datakit.matching.minhash import U64, mix
from datakit.matching.parsed_words import ParsedWords
from datakit.matching.question_form import turning_stems
from datakit.matching.unit_hashes import HashedWords, unit_hashes

LOUD: Final = 1
TRAILS: Final = 2
VERBAL: Final = 4
"""What a word does: it may ask for more than an account; it may follow the last word that says something; as that last
word it may be a verb that an event makes needless (शिक्षा भोगली), and then it does not count."""

_TELLING: Final = frozenset({"word", "name", "number"})


@dataclass(frozen=True)
class Bearings:
    """Every word of `rows` questions: whose it is (ascending), the hash of its root, 0 for a listed word, its flags."""

    rows: int
    owner: NDArray[np.int64]
    roots: U64
    flags: NDArray[np.uint8]


def bearing(surface: str, stem: str, kind: str, roles: frozenset[str]) -> tuple[int, int]:
    """Return the hash of the root that a word brings into every question it stands in, or 0, and what it does."""
    flags = LOUD if asks_for_a_fact(surface, stem, kind, roles) else 0
    if says_nothing(surface, kind):
        flags |= TRAILS
    if kind not in _TELLING:
        return 0, flags
    listed = listed_stems()
    root = plural_free(stem, kind)
    if stem in listed or root in listed or surface.startswith(CAMP):
        return 0, flags
    if kind == "word" and ends_as_verb(surface):
        flags |= VERBAL
    return xxhash.xxh3_64_intdigest(root.encode()) or 1, flags


def bearings_of(words: ParsedWords) -> tuple[U64, NDArray[np.uint8]]:
    """Return what `bearing` says of each word: of those in no table by arrays, of the others by itself."""
    folded, stems = words.words, words.stem_hashes
    starts, ends = folded.starts, folded.ends
    lengths = ends - starts
    named = np.array([kind == "name" for kind in words.kinds], dtype=np.bool_)
    flags = np.where(_turning().may_hold(stems), LOUD, 0).astype(np.uint8)
    camp = _camp_tree().touched(folded.surfaces, starts, lengths, back=False)  # an escape makes it needless
    flags[camp] |= LOUD
    flags[_idle().may_hold(unit_hashes(folded.surfaces, starts, ends))] |= TRAILS
    plural = ~named & (folded.plains[words.stem_ends - 1] == _SHORT_I) & (words.stem_ends - starts >= PLURAL_FROM)
    root_ends = words.stem_ends - plural
    listed = camp | _listed().may_hold(stems) | _listed().may_hold(unit_hashes(folded.plains, starts, root_ends))
    verbal = ~named & ~listed & _finite_tree().touched(folded.surfaces, ends - 1, lengths, back=True)
    flags[verbal] |= VERBAL
    roots = np.where(listed, np.uint64(0), np.maximum(words.digests, np.uint64(1)))
    for number in np.flatnonzero(plural & ~listed & words.alone).tolist():
        roots[number] = xxhash.xxh3_64_intdigest(words.stems[number][:-1].encode()) or 1
    for number in np.flatnonzero(~words.alone).tolist():
        roots[number], flags[number] = bearing(*words.word(number))
    return roots, flags


_SHORT_I: Final = ord("ि")


@cache
def _turning() -> HashedWords:
    return HashedWords(turning_stems())


@cache
def _idle() -> HashedWords:
    return HashedWords(idle_words())


@cache
def _listed() -> HashedWords:
    return HashedWords(listed_stems())


@cache
def _camp_tree() -> LetterTree:
    return letter_tree([CAMP], back=False)


@cache
def _finite_tree() -> LetterTree:
    return letter_tree(FINITE, back=True)


def account_keys(words: Bearings) -> tuple[NDArray[np.bool_], pl.Series]:
    """Return which questions are loud, and for each the hashes under which it meets others that ask for an account.

    Two questions for an account that are comparable share a hash. One hash, or two where the last word may not count.
    """
    loud = np.bincount(words.owner[(words.flags & LOUD) > 0], minlength=words.rows) > 0
    total = _sums(words)
    last = _last_words(words)
    last = last[(words.flags[last] & VERBAL) > 0]
    rows = np.concatenate([np.arange(words.rows), words.owner[last]])
    sums = np.concatenate([total, total[words.owner[last]] - mix(words.roots[last])])
    return loud, hash_lists(words.rows, rows, mix(sums)).alias("key")


def _sums(words: Bearings) -> U64:
    """Return the sum over the different roots of each question: in whatever order, and however often each stands."""
    telling = np.flatnonzero(words.roots)
    owner, roots = words.owner[telling], words.roots[telling]
    order = by_row_and_hash(words.rows, owner, roots)
    owner, roots = owner[order], roots[order]
    first = np.ones(len(owner), dtype=np.bool_)
    first[1:] = (owner[1:] != owner[:-1]) | (roots[1:] != roots[:-1])
    total = np.zeros(words.rows, dtype=np.uint64)
    np.add.at(total, owner[first], mix(roots[first]))
    return total


def _last_words(words: Bearings) -> NDArray[np.int64]:
    """Return the place of the last word of each question that says something."""
    says = np.flatnonzero((words.flags & TRAILS) == 0)
    owner = words.owner[says]
    ends = np.ones(len(owner), dtype=np.bool_)
    ends[:-1] = owner[1:] != owner[:-1]
    last: NDArray[np.int64] = says[ends]
    return last


def keys_of_texts(questions: Sequence[str]) -> list[list[int]]:
    """Return the hashes of some questions by the words of `lexemes`, for text that is not in SAME_WORDS."""
    every = [lexemes(question) for question in questions]
    found = [bearing(word.surface, word.stem, word.kind, word.roles) for words in every for word in words]
    roots, flags = [root for root, _ in found], [does for _, does in found]
    owner = np.repeat(np.arange(len(every), dtype=np.int64), [len(words) for words in every])
    words = Bearings(len(every), owner, np.array(roots, dtype=np.uint64), np.array(flags, dtype=np.uint8))
    return account_keys(words)[1].to_list() if every else []
