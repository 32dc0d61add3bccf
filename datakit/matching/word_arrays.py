"""The words of a whole column as arrays: a hash and a kind for each word, so that keys cost no Python object a word."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from datakit.matching.lexemes import CONTENT_DROPPED, FIXED, WORD_PATTERN, analyse
from datakit.matching.spelling import is_known

DROPPED: Final = 0
FREE: Final = 1
BOUND: Final = 2
"""What a word is to near duplicates: no matter, may differ by a slip, must be the same."""

_MEMO_SIZE: Final = 300_000  # distinct words; the 84k legislature rows hold about 420k (benchmarks/dedup.py)
_memo: dict[str, tuple[int, int, bool]] = {}


@dataclass(frozen=True)
class WordArrays:
    """Words of `rows` texts: `owner[i]` is the text of word i, ascending; `hashes` and `kinds` beside it."""

    rows: int
    owner: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    kinds: NDArray[np.uint8]
    unknown: NDArray[np.int64]
    """How many words of each text no list knows, names included: of two spellings the one with fewer is the better."""


def word_arrays(texts: pl.Series) -> WordArrays:
    """Split a column into words and hash their stems; a text without any content word keeps all its words."""
    words = texts.fill_null("").str.extract_all(WORD_PATTERN)
    counts = words.list.len().to_numpy()
    flat = words.filter(words.list.len() > 0).explode().alias("word").to_frame()
    distinct = flat["word"].unique()
    coded = [_code(word) for word in distinct]
    table = pl.DataFrame(
        {
            "word": distinct,
            "hash": [c[0] for c in coded],
            "kind": [c[1] for c in coded],
            "unknown": [c[2] for c in coded],
        },
        schema={"word": pl.String, "hash": pl.UInt64, "kind": pl.UInt8, "unknown": pl.Boolean},
    )
    joined = flat.join(table, on="word", how="left", maintain_order="left")
    owner = np.repeat(np.arange(len(texts), dtype=np.int64), counts)
    hashes, kinds = joined["hash"].to_numpy(), joined["kind"].to_numpy().copy()
    unknown = np.bincount(owner, weights=joined["unknown"].to_numpy(), minlength=len(texts)).astype(np.int64)
    has_content = np.bincount(owner[kinds != DROPPED], minlength=len(texts)) > 0
    kinds[(kinds == DROPPED) & ~has_content[owner]] = FREE
    kept = kinds != DROPPED
    return WordArrays(len(texts), owner[kept], hashes[kept], kinds[kept], unknown)


def _code(word: str) -> tuple[int, int, bool]:
    known = _memo.get(word)
    if known is None:
        if len(_memo) >= _MEMO_SIZE:
            _memo.clear()
        found = analyse(word)  # not remembered there too: its memo holds objects ten times the size of these
        kind = DROPPED if found.kind in CONTENT_DROPPED else BOUND if found.kind in FIXED else FREE
        known = _memo[word] = (
            xxhash.xxh3_64_intdigest(found.stem.encode()),
            kind,
            kind == FREE and not is_known(found),
        )
    return known
