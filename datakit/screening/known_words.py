"""Words that Marathi text is known to use, with how often: a yardstick for text whose letters went wrong."""

import io
from functools import cache
from typing import Final

import numpy as np
import polars as pl
import zstandard

from datakit.screening.phrases import TABLES

WORD: Final = r"[\u0904-\u0939\u0958-\u0961\u0972-\u097F][\u0900-\u0963\u0970-\u097F]+"
"""A word of two or more code points in Devanagari; digits are no part of it."""


@cache
def word_counts() -> pl.DataFrame:
    """Return `word, count` in the answers of the Maharashtra legislature (MIT; see benchmarks/build_marathi_words.py).

    63,441 words that cover 98 % of that text; of good short history questions they cover 72 % only, so that an unknown
    word is a hint and never a proof.
    """
    packed = (TABLES / "marathi_words.tsv.zst").read_bytes()
    return pl.read_csv(
        io.BytesIO(zstandard.ZstdDecompressor().decompress(packed)),
        separator="\t",
        has_header=False,
        quote_char=None,
        new_columns=["word", "count"],
        schema_overrides={"count": pl.Int32},
    )


@cache
def known_words() -> dict[str, int]:
    """Return word → count of `word_counts`."""
    table = word_counts()
    return dict(zip(table["word"].to_list(), table["count"].to_list(), strict=True))


def is_known(word: pl.Expr) -> pl.Expr:
    """Return whether the list has each word of a column."""
    return word.is_in(word_counts()["word"].implode())


def unknown_share(texts: pl.Series) -> pl.Series:
    """Return, for each text, which part of its words the list does not know, 0 to 1; 0 where it has no word."""
    words = texts.str.extract_all(WORD).alias("word").to_frame().with_row_index("at").explode("word").drop_nulls("word")
    at, unknown = words["at"].to_numpy(), ~words.select(is_known(pl.col("word"))).to_series().to_numpy()
    counts, strange = (np.bincount(rows, minlength=len(texts)) for rows in (at, at[unknown]))
    return pl.Series("share", strange / np.maximum(counts, 1))
