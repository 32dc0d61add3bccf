"""Hashes of text columns: xxh3 of the UTF-8 bytes, equal on every machine and in every process."""

import numpy as np
import polars as pl
import xxhash


def hash_64(texts: pl.Series) -> pl.Series:
    """Return the 64-bit hash of each text as UInt64; null stays null."""
    held = texts.is_not_null()
    digests = b"".join(map(xxhash.xxh3_64_digest, texts.filter(held).cast(pl.Binary).to_list()))
    hashes = pl.Series(texts.name, np.frombuffer(digests, dtype=">u8").astype(np.uint64))
    if held.all():
        return hashes
    places = held.cum_sum().cast(pl.Int64) - 1
    return hashes.gather(places.set(~held, None))


def hash_128(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the upper and the lower half of the 128-bit hash of each text, both UInt64. No text may be null."""
    digests = b"".join(map(xxhash.xxh3_128_digest, texts.cast(pl.Binary).to_list()))
    halves = np.frombuffer(digests, dtype=">u8").astype(np.uint64).reshape(-1, 2)
    return pl.Series("high", halves[:, 0]), pl.Series("low", halves[:, 1])
