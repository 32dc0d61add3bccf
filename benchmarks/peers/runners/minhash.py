"""MinHash LSH as people use it: character 5-grams, 128 permutations, a row goes where an earlier one is as similar.

python -m benchmarks.peers.runners.minhash ENGINE TEXTS WORK
"""

# mypy: disable-error-code="import-not-found, import-untyped"
# It runs in the peers' own environments, which the type checker does not see.

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.peers.runners.texts import megabytes, report, texts, timed

GRAM = 5
PERMUTATIONS = 128
SEED = 42
Dedup = Callable[[list[str]], dict[int, int]]
"""Texts in order → rejected row → the earlier row it is a duplicate of."""


def grams(text: str) -> list[str]:
    """Return the character 5-grams; of a shorter text itself."""
    return [text[n : n + GRAM] for n in range(max(1, len(text) - GRAM + 1))]


def datasketch_lsh(threshold: float) -> Dedup:
    """Return a deduplication with datasketch."""
    from datasketch import MinHash, MinHashLSH

    def run(rows: list[str]) -> dict[int, int]:
        index, found = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS), dict[int, int]()
        hashes: dict[int, Any] = {}
        for number, text in enumerate(rows):
            own = MinHash(num_perm=PERMUTATIONS, seed=SEED)
            own.update_batch([gram.encode() for gram in grams(text)])
            near = [n for n in sorted(index.query(own)) if own.jaccard(hashes[n]) >= threshold]
            if near:
                found[number] = near[0]
            else:
                index.insert(number, own)
                hashes[number] = own
        return found

    return run


def rensa_lsh(threshold: float) -> Dedup:
    """Return a deduplication with rensa."""
    from rensa import RMinHash, RMinHashLSH

    def run(rows: list[str]) -> dict[int, int]:
        index, found = RMinHashLSH(threshold, PERMUTATIONS, 32), dict[int, int]()
        hashes: dict[int, Any] = {}
        for number, text in enumerate(rows):
            own = RMinHash(PERMUTATIONS, SEED)
            own.update(grams(text))
            near = [n for n in sorted(index.query(own)) if own.jaccard(hashes[n]) >= threshold]
            if near:
                found[number] = near[0]
            else:
                index.insert(number, own)
                hashes[number] = own
        return found

    return run


def gaoya_lsh(threshold: float) -> Dedup:
    """Return a deduplication with gaoya, which cuts the grams itself."""
    from gaoya.minhash import MinHashStringIndex

    def run(rows: list[str]) -> dict[int, int]:
        index = MinHashStringIndex(
            hash_size=32,
            jaccard_threshold=threshold,
            num_bands=32,
            band_size=4,
            analyzer="char",
            ngram_range=(GRAM, GRAM),
        )
        found: dict[int, int] = {}
        for number, text in enumerate(rows):
            near = index.query(text)
            if near:
                found[number] = min(near)
            else:
                index.insert_document(number, text)
        return found

    return run


ENGINES: dict[str, Callable[[float], Any]] = {
    "datasketch": datasketch_lsh,
    "rensa": rensa_lsh,
    "gaoya": gaoya_lsh,
}


def main() -> None:
    """Deduplicate at .8; print rows, CPU and wall seconds without the reading."""
    run = ENGINES[sys.argv[1]](0.8)
    rows = texts(Path(sys.argv[2]))
    found, cpu_s, wall_s = timed(lambda: run(rows))
    report(rows_in=len(rows), rows_kept=len(rows) - len(found), mb=megabytes(rows), cpu_s=cpu_s, wall_s=wall_s)


if __name__ == "__main__":
    main()
