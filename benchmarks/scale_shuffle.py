"""The near-duplicate shuffle by itself, on hashes of made-up rows: seconds and bytes a row as rows grow.

Its tasks run one after the other in this process, as many partitions as a cluster would take for so many rows.
"""

import resource
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from datakit.engines.near_dedup import GROUP_ROWS, PARTITION_ROWS
from datakit.engines.shuffle import Entries, Piece, blocks_of, pairs_in
from datakit.matching.blocks import block_columns
from datakit.matching.candidates import merge, slices
from datakit.pipeline.parts import Part

STAGE = "near_dedup"
PART_ROWS = 2_048
_RANKING = 2 * 28  # bytes: row, priority, completeness, order and place, read and then sorted
_ARRAYS = 5 * 4  # live rows, their ranks and tiers, and both back again
_PAIR = 8 + 8 + 16  # as it comes, its two ends sorted, and labelled
_MERGED = 250  # a rejected row in the dict of verdicts, in Python's objects
COPIES = 0.05  # of the rows share each hash with another: near duplicates
LEFT_OUT = 2.6  # hashes in each of the eight lists: a row of some twenty words has 21 in all
BANDED = 0.5  # of the rows are long enough for MinHash bands


def write_keys(folder: Path, rows: int, seed: int) -> list[Piece]:
    """Write the key columns of made-up rows as parts; the last rows are copies of the first ones."""
    pieces = []
    for number, start in enumerate(range(0, rows, PART_ROWS)):
        height = min(PART_ROWS, rows - start)
        original = np.arange(start, start + height)
        original = np.where(original >= rows * (1 - COPIES), original - int(rows * (1 - COPIES)), original)
        columns: dict[str, pl.Series] = {"row": pl.Series(np.arange(height, dtype=np.uint32))}
        for place, column in enumerate(block_columns(STAGE)):
            hashes = _mixed(original.astype(np.uint64) + np.uint64(seed + place) * np.uint64(1 << 40))
            if ".left" in column:
                count = 1 + (hashes % np.uint64(int(2 * LEFT_OUT - 1) or 1)).astype(np.int64)
                flat = np.repeat(hashes, count) + (
                    np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
                ).astype(np.uint64)
                lists = pl.DataFrame({"at": np.repeat(np.arange(height), count), "hash": _mixed(flat)})
                columns[column] = lists.group_by("at", maintain_order=True).agg("hash")["hash"]
            else:
                columns[column] = pl.DataFrame({"h": hashes, "on": original % 2 == 0}).select(pl.when("on").then("h"))[
                    "h"
                ]
        keys = folder / f"{number:06}.keys.parquet"
        pl.DataFrame(columns).write_parquet(keys, compression="lz4", statistics=False)
        pieces.append(Piece(start=start, part=Part(keys, keys, height, height, {})))
    return pieces


def _mixed(values: "np.ndarray[Any, np.dtype[np.uint64]]") -> "np.ndarray[Any, np.dtype[np.uint64]]":
    """Spread numbers over 64 bits (the finalizer of MurmurHash3)."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))


def shuffle_once(rows: int) -> dict[str, Any]:
    """Run the shuffle's tasks over made-up keys and count seconds, bytes and pairs."""
    with tempfile.TemporaryDirectory() as folder:
        pieces = write_keys(Path(folder), rows, seed=7)
        ranks = np.random.default_rng(0).permutation(rows).astype(np.uint32)
        partitions = max(2, -(-rows // PARTITION_ROWS))
        a_group = GROUP_ROWS // PART_ROWS
        times = [_cpu_s()]
        sent: list[list[Entries]] = []
        for first in range(0, len(pieces), a_group):
            group = pieces[first : first + a_group]
            out = blocks_of(STAGE, group, [ranks[p.start : p.start + p.part.height] for p in group], partitions)
            assert isinstance(out, list)
            sent.append(out)
        times.append(_cpu_s())
        shuffled = sum(h.nbytes + r.nbytes for one in sent for part in one for h, r in part.values())
        found = [pairs_in(*(one[number] for one in sent)) for number in range(partitions)]
        times.append(_cpu_s())
        better, worse = merge(found)
        cut = sum(1 for _ in slices(better, worse, 16_384))
        times.append(_cpu_s())
    return {
        "rows": rows,
        "partitions": partitions,
        "hashes_per_row": round(shuffled / 12 / rows, 1),
        "bytes_per_row": round(shuffled / rows),
        "pairs": len(better),
        "pairs_sent": sum(map(len, found)),
        "slices": cut,
        "spread_s": round(times[1] - times[0], 3),
        "match_s": round(times[2] - times[1], 3),
        "connect_in_one_place_s": round(times[3] - times[2], 3),
    }


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def shuffle_curve(sizes: list[int]) -> dict[str, Any]:
    """Measure several sizes; seconds per million rows are those of the largest."""
    runs = [shuffle_once(rows) for rows in sizes]
    last = runs[-1]
    per_million = [round((run["spread_s"] + run["match_s"]) / run["rows"] * 1e6, 2) for run in runs]
    pairs = last["pairs"] / last["rows"]
    return {
        "runs": runs,
        "cpu_s_per_million_rows_by_size": per_million,
        "cpu_s_per_million_rows": per_million[-1],
        "bytes_per_row": last["bytes_per_row"],
        "hashes_per_row": last["hashes_per_row"],
        "pairs_per_row": round(pairs, 3),
        "held_bytes_per_row": round(_RANKING + _ARRAYS + pairs * (_PAIR + _MERGED), 1),
    }
