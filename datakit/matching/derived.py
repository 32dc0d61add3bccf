"""What is worked out from the word list and the word tables, shipped as files: to do it anew takes .2 s a process.

`derive.py` works it out, `python -m tools.derive_words` writes it, and a test holds the files equal to that.
"""

import io
from pathlib import Path
from typing import Final

import polars as pl
import zstandard

DERIVED: Final = Path(__file__).parent / "worked_out"
COUNTS: Final = "skeletons.tsv.zst"
MISPRINTS: Final = "misprints.tsv.zst"


def skeleton_counts() -> dict[str, int]:
    """Return skeleton → how often the word list has words that are spelt so."""
    table = pl.read_csv(
        io.BytesIO(_unpacked(COUNTS)), separator="\t", has_header=False, quote_char=None, new_columns=["form", "count"]
    )
    return dict(zip(table["form"].to_list(), table["count"].to_list(), strict=True))


def misspelt() -> dict[str, list[str]]:
    """Return words of the table of `lexemes.py` → skeletons that are misprints of it, of no word before it, and none
    that the table has itself."""
    lines = (line.split("\t") for line in _unpacked(MISPRINTS).decode().splitlines())
    return {word: variants.split(" ") for word, variants in lines}


def _unpacked(name: str) -> bytes:
    return zstandard.ZstdDecompressor().decompress((DERIVED / name).read_bytes())
