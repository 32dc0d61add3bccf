"""Runs of eight words, hashed: what two texts share when one quotes the other."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.hashes import hash_64
from datakit.matching.lexemes import WORD_PATTERN
from datakit.matching.minhash import U64, mix
from datakit.matching.stems import folded

WORDS = 8
"""Eight words: the length that decontamination reports use (PaLM, Chowdhery et al. 2022, 8-grams; GPT-3 used 13)."""


def shingles(texts: pl.Series) -> tuple[NDArray[np.int64], U64]:
    """Return owner and hash of each run of eight words of each text, all words counted; shorter texts have none."""
    words = texts.fill_null("").str.extract_all(WORD_PATTERN)
    counts = words.list.len().to_numpy()
    flat = words.filter(words.list.len() > 0).explode().alias("word").to_frame()
    distinct = flat["word"].unique()
    table = pl.DataFrame({"word": distinct, "hash": hash_64(folded(distinct)[0])})
    coded = flat.join(table, on="word", how="left", maintain_order="left")["hash"].to_numpy()
    owner = np.repeat(np.arange(len(texts), dtype=np.int64), counts)
    size = len(coded) - WORDS + 1
    if size <= 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
    run = np.zeros(size, dtype=np.uint64)
    for at in range(WORDS):
        run = mix(run ^ coded[at : at + size])
    inside = owner[:size] == owner[WORDS - 1 :]
    return owner[:size][inside], run[inside]
