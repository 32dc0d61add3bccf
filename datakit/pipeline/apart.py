"""Pairs of rows that the run before compared and found apart: only pairs of which a row has changed are compared anew.

`.work/<name>.apart` holds a hash of each such pair, 8 bytes, by stage, under a digest of all that decides a comparison
besides the two rows: the recipe, the code and the packages. It is believed only where that digest and the sum of its
bytes are right; without it a run compares everything and comes to the same.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datakit.lineage import canonical_json
from datakit.matching.minhash import U64
from datakit.pipeline.notes import write_note
from datakit.pipeline.parts import code_digest
from datakit.pipeline.provenance import tools
from datakit.recipe import Recipe

MOST_PAIRS: Final = 1 << 22
"""Pairs of a stage that are held: 32 MB. 152,000 short documents have 36,000, 84,000 long questions 2,000."""
_FORMAT: Final = 1


def apart_file(work: Path) -> Path:
    """Return where the pairs of a work folder lie: beside it, where its lock lies too."""
    return work.with_name(f"{work.name}.apart")


def rules_of(recipe: Recipe) -> str:
    """Return a digest of all that decides what becomes of two rows, the rows left out."""
    body = {"format": _FORMAT, "recipe": recipe.resolved(), "code": code_digest(), "tools": tools()}
    return hashlib.sha256(canonical_json(body)).hexdigest()


class Apart:
    """What is known of pairs, from the file and from this run."""

    def __init__(self, file: Path, rules: str) -> None:
        """Read the pairs that were found under the same rules; a file that is not as it was written counts as none."""
        self._file = file
        self._rules = rules
        self._known = _read(file, rules)
        self._found: dict[str, U64] = {}

    def holds(self, stage: str, pairs: U64) -> NDArray[np.bool_]:
        """Tell which pairs the stage has found apart in the run before."""
        known = self._known.get(stage)
        if known is None or not len(known):
            return np.zeros(len(pairs), dtype=np.bool_)
        at = np.minimum(np.searchsorted(known, pairs), len(known) - 1)
        found: NDArray[np.bool_] = known[at] == pairs
        return found

    def note(self, stage: str, pairs: U64) -> None:
        """Note the pairs that the stage knows to be apart now: those of the run before go."""
        self._found[stage] = np.unique(pairs)[:MOST_PAIRS]

    def save(self) -> None:
        """Write what was noted, under `lock`."""
        write_note(self._file, _written(self._rules, self._found))


def _written(rules: str, found: Mapping[str, U64]) -> bytes:
    pairs = b"".join(some.astype("<u8").tobytes() for some in found.values())
    head = {"of": rules, "pairs": {stage: len(some) for stage, some in found.items()}, "sha256": _sum(pairs)}
    return json.dumps(head).encode() + b"\n" + pairs


def _read(file: Path, rules: str) -> dict[str, U64]:
    try:
        head, _, pairs = file.read_bytes().partition(b"\n")
        told = json.loads(head)
        counts: dict[str, int] = told["pairs"]
        if told["of"] != rules or told["sha256"] != _sum(pairs) or sum(counts.values()) * 8 != len(pairs):
            return {}
        ends = np.cumsum(list(counts.values()), dtype=np.int64)
        every = np.split(np.frombuffer(pairs, dtype="<u8").astype(np.uint64), ends[:-1])
        return dict(zip(counts, every, strict=False))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # it only saves time


def _sum(pairs: bytes) -> str:
    return hashlib.sha256(pairs).hexdigest()
