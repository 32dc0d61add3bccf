"""Near duplicates found on a cluster: rows meet by hash, texts meet by cluster, the verdicts are the local ones.

    keys of parts ──by hash──▶ pairs of rows ──here: connected components──▶ slices ◀──texts of parts, by slice

Equal hashes meet in one task whichever parts they lie in, so the same pairs are found as here; a slice holds whole
components, so the same rows are compared in the same order. What is held here is 4 bytes a row and 8 a pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.engines.cluster import needed
from datakit.engines.results import AHEAD, in_order, result
from datakit.engines.shuffle import DEAD, Piece, blocks_of, decide, pairs_in, texts_of
from datakit.engines.tasks import RETRIES
from datakit.matching.candidates import U32, merge
from datakit.matching.near_slice import Slice, cut
from datakit.matching.ranking import positions
from datakit.matching.star import Kept, verdicts
from datakit.pipeline.corpus import DiskCorpus
from datakit.stage import VERDICT, Corpus
from datakit.stages.near_dedup import NearDedup

GROUP_ROWS: Final = 1 << 17  # rows whose keys one task reads: 60 MB of hashes
_LEAST_ROWS: Final = 1 << 12
PARTITION_ROWS: Final = 1 << 18  # rows for each partition of hashes: some 30 hashes a row, so 100 MB to sort
_SLICE_ROWS: Final = 1 << 14  # rows whose texts one task holds: 64 MB of the legislature's rows, at most


@dataclass(frozen=True, kw_only=True)
class NearDedupOnRay(NearDedup):
    """`near_dedup` with the same verdicts, found by tasks on a Ray cluster."""

    cpus: int = 1
    """How many tasks run at a time; decides nothing but speed."""

    def apply(self, corpus: Corpus) -> pl.DataFrame:
        """Return the verdicts of `NearDedup.apply`."""
        if not isinstance(corpus, DiskCorpus):
            return super().apply(corpus)  # a corpus in memory has no parts to send tasks to
        live, rank, tier = positions(corpus, self.name)
        if len(live) < 2:
            return pl.DataFrame(schema=VERDICT)
        rank_of = np.full(corpus.height, DEAD, dtype=np.uint32)
        rank_of[live] = rank
        row_of = np.empty(len(live), dtype=np.uint32)
        row_of[rank] = live
        groups = self._groups(corpus)
        better, worse = merge(self._pairs(groups, rank_of))
        if not len(better):
            return pl.DataFrame(schema=VERDICT)
        most = min(_SLICE_ROWS, max(_LEAST_ROWS, len(live) // (self.cpus * AHEAD)))
        found = cut(better, worse, row_of, tier, most)
        merged: dict[int, Kept] = {}
        for joined in self._decided(groups, found):
            merged |= joined
        return verdicts(corpus, merged, "near_duplicate", "says the same as")

    def _groups(self, corpus: DiskCorpus) -> list[list[Piece]]:
        """Cut the parts, in order, into groups that one task reads."""
        most = min(GROUP_ROWS, max(_LEAST_ROWS, corpus.height // (self.cpus * AHEAD)))
        groups: list[list[Piece]] = [[]]
        rows = 0
        for start, part in corpus.parts():
            if groups[-1] and rows + part.height > most:
                groups.append([])
                rows = 0
            rows += part.height
            if part.live:
                groups[-1].append(Piece(start=start, part=part))
        return [group for group in groups if group]

    def _pairs(self, groups: Sequence[Sequence[Piece]], rank_of: U32) -> Any:
        """Yield the candidate pairs of each partition of the hashes."""
        ray = needed()
        rows = len(rank_of)
        count = max(self.cpus, -(-rows // PARTITION_ROWS))
        spread = ray.remote(blocks_of).options(max_retries=RETRIES, num_returns=count)
        sent = [
            _as_list(spread.remote(self.name, group, [_of(rank_of, piece) for piece in group], count))
            for group in groups
        ]
        gather = ray.remote(pairs_in).options(max_retries=RETRIES)
        waiting = [gather.remote(*(pieces[number] for pieces in sent)) for number in range(count)]
        del sent  # the store may let go of what the tasks have read
        for ref in waiting:
            yield result(ref)

    def _decided(self, groups: Sequence[Sequence[Piece]], found: Sequence[Slice]) -> Any:
        """Yield, slice by slice, the rows that join another, and that one, by their places in the slice."""
        ray = needed()
        slice_of = _by_row(found)
        fetch = ray.remote(texts_of).options(max_retries=RETRIES, num_returns=len(found))
        sent = []
        for group in groups:
            first, last = group[0].start, group[-1].start + group[-1].part.height
            low, high = np.searchsorted(slice_of.rows, [first, last])
            if high > low:  # nothing to read in the other parts
                sent.append(
                    _as_list(
                        fetch.remote(self.name, group, slice_of.rows[low:high], slice_of.numbers[low:high], len(found))
                    )
                )
        settle = ray.remote(decide).options(max_retries=RETRIES).remote
        calls = ((one, self.min_percent, *(texts[number] for texts in sent)) for number, one in enumerate(found))
        return in_order(settle, calls, width=self.cpus * AHEAD)


@dataclass(frozen=True)
class _Rows:
    """Rows, ascending, and the slice each of them lies in."""

    rows: U32
    numbers: NDArray[np.int64]


def _by_row(found: Sequence[Slice]) -> _Rows:
    rows = np.concatenate([one.rows for one in found])
    numbers = np.repeat(np.arange(len(found)), [len(one.rows) for one in found])
    order = np.argsort(rows)
    return _Rows(rows[order], numbers[order])


def _of(rank_of: U32, piece: Piece) -> U32:
    return rank_of[piece.start : piece.start + piece.part.height]


def _as_list(refs: Any) -> list[Any]:
    """Ray gives one reference, not a list of one, where a task returns one thing."""
    return refs if isinstance(refs, list) else [refs]
