"""A set of words as a tree of their letters, in arrays: all words of a column go down it at once, a letter a step."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
U16 = NDArray[np.uint16]

_ROOT: Final = 1
_NOWHERE: Final = 0


@dataclass(frozen=True)
class LetterTree:
    """Nodes by number; `ends` has the node at which each word ends."""

    ends: dict[str, int]
    size: int
    """Number of nodes: `NDArray`s of what is known of the words are indexed by node."""
    _classes: NDArray[np.uint8]  # by code unit; 0 is in no word of the tree
    _ways: NDArray[np.int32]  # by node and class: the next node

    def walks(self, units: U16, first: I64, counts: I64, *, back: bool) -> Iterator[tuple[I64, I64]]:
        """Yield step by step which words are still on the tree and at what node.

        Word i has the units from place `first[i]`, `counts[i]` of them, with `back` from its last unit to its first.
        """
        which = np.flatnonzero(counts > 0)
        nodes = np.full(len(which), _ROOT, dtype=np.int32)
        step = 0
        while len(which):
            places = first[which] - step if back else first[which] + step
            nodes = self._ways[nodes, np.take(self._classes, units[places])]
            on = nodes != _NOWHERE
            which, nodes = which[on], nodes[on]
            yield which, nodes.astype(np.int64)
            step += 1
            more = counts[which] > step
            which, nodes = which[more], nodes[more]

    def touched(self, units: U16, first: I64, counts: I64, *, back: bool) -> NDArray[np.bool_]:
        """Tell which words begin with a word of the tree, or with `back` end with one."""
        whole = self.marked(self.ends)
        found = np.zeros(len(first), dtype=np.bool_)
        for which, nodes in self.walks(units, first, counts, back=back):
            found[which[whole[nodes]]] = True
        return found

    def marked(self, words: Iterable[str]) -> NDArray[np.bool_]:
        """Return for each node whether one of these words of the tree ends there."""
        found = np.zeros(self.size, dtype=np.bool_)
        found[[self.ends[word] for word in words]] = True
        return found


def letter_tree(words: Iterable[str], *, back: bool) -> LetterTree:
    """Make the tree of some words, none empty, of characters below U+10000; with `back` from their last letters."""
    held = sorted(set(words))
    letters = sorted({letter for word in held for letter in word})
    class_of = {letter: number for number, letter in enumerate(letters, 1)}
    ways: list[Any] = [[_NOWHERE] * (len(letters) + 1), [_NOWHERE] * (len(letters) + 1)]
    ends = {}
    for word in held:
        node = _ROOT
        for letter in reversed(word) if back else word:
            if ways[node][class_of[letter]] == _NOWHERE:
                ways[node][class_of[letter]] = len(ways)
                ways.append([_NOWHERE] * (len(letters) + 1))
            node = ways[node][class_of[letter]]
        ends[word] = node
    classes = np.zeros(2**16, dtype=np.uint8)
    classes[[ord(letter) for letter in letters]] = range(1, len(letters) + 1)
    return LetterTree(ends, len(ways), classes, np.array(ways, dtype=np.int32))
