"""The words of a whole column as arrays: a hash and a kind for each word, so that keys cost no Python object a word."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from datakit.matching.lexemes import CONTENT_DROPPED, FIXED, WORD_PATTERN, parse
from datakit.matching.spelling import is_attested
from datakit.matching.stems import folded

DROPPED: Final = 0
FREE: Final = 1
BOUND: Final = 2
ASKING: Final = 3
"""What a word is to near duplicates: no matter, may differ by a slip, must be the same, or be it but for a slip."""

_MEMO_SIZE: Final = 300_000  # distinct words; the 84k legislature rows hold about 420k (benchmarks/dedup.py)
_Code = tuple[int, int, bool]
"""Hash of the stem, kind, and whether no list knows the word."""
_memo: dict[str, _Code] = {}


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
    table = _coded(distinct)
    joined = flat.join(table, on="word", how="left", maintain_order="left")
    owner = np.repeat(np.arange(len(texts), dtype=np.int64), counts)
    hashes, kinds = joined["hash"].to_numpy(), joined["kind"].to_numpy().copy()
    unknown = np.bincount(owner, weights=joined["unknown"].to_numpy(), minlength=len(texts)).astype(np.int64)
    has_content = np.bincount(owner[kinds != DROPPED], minlength=len(texts)) > 0
    kinds[(kinds == DROPPED) & ~has_content[owner]] = FREE
    kept = kinds != DROPPED
    return WordArrays(len(texts), owner[kept], hashes[kept], kinds[kept], unknown)


def _coded(words: pl.Series) -> pl.DataFrame:
    """Return `word, hash, kind, unknown` of distinct words; words seen before come from the memo."""
    global _memo  # words repeat from batch to batch, and a worker's batches share nothing else
    known = list(map(_memo.get, words))
    new = [place for place, code in enumerate(known) if code is None]
    if new:
        if len(_memo) + len(new) > _MEMO_SIZE:
            _memo = {}
        fresh = words.gather(new)
        codes = _codes(fresh)
        _memo.update(zip(fresh, codes, strict=True))
        for place, code in zip(new, codes, strict=True):
            known[place] = code
    hashes, kinds, unknown = zip(*known, strict=True) if known else ((), (), ())
    return pl.DataFrame(
        {"word": words, "hash": hashes, "kind": kinds, "unknown": unknown},
        schema={"word": pl.String, "hash": pl.UInt64, "kind": pl.UInt8, "unknown": pl.Boolean},
    )


def _codes(words: pl.Series) -> list[_Code]:
    """Analyse words anew; the memo of `lexemes` would hold objects ten times the size of these."""
    found: list[_Code] = []
    for surface, plain in zip(*folded(words), strict=True):
        stem, _, kind, _ = parse(surface, plain)
        what = FREE
        if kind in CONTENT_DROPPED:
            what = DROPPED
        elif kind in FIXED:
            what = ASKING if kind == "question" else BOUND
        what = ASKING if kind == "question" else what
        unknown = what == FREE and not (is_attested(plain) or is_attested(stem))
        found.append((xxhash.xxh3_64_intdigest(stem.encode()), what, unknown))
    return found
