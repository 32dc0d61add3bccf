"""Build `datakit/screening/tables/marathi_words.tsv.zst`: Marathi words by how often the state legislature writes them.

    python -m benchmarks.build_marathi_words INPUT.jsonl.zst

Reads rows whose `licence` is MIT (the answers of the Maharashtra legislature, orgpedia/mahmls), normalizes each
distinct word, and writes `word<TAB>count` by falling count. Words seen fewer than `MIN_COUNT` times are left out: that
is where the typing errors are (of 242,238 distinct words 63,493 come five times or more, and they cover 98 % of it).
The output depends on the input only.
"""

import io
import sys
from pathlib import Path

import polars as pl
import zstandard

from datakit.devanagari import normalize

MIN_COUNT = 5
ROWS_A_SLICE = 8_000
WORD = r"[\u0904-\u0939\u0958-\u0961\u0972-\u097F][\u0900-\u0963\u0970-\u097F\u200D]+"
OUT = Path(__file__).parents[1] / "datakit/screening/tables/marathi_words.tsv.zst"


def count_words(source: Path) -> pl.DataFrame:
    """Return `word, count` of all MIT rows of a zstd-compressed JSON-lines file."""
    with source.open("rb") as packed:
        text = zstandard.ZstdDecompressor().stream_reader(packed).read()
    rows = pl.read_ndjson(io.BytesIO(text), schema_overrides={"year": pl.String}, infer_schema_length=None)
    rows = rows.filter(pl.col("licence") == "MIT")
    parts = []
    for part in rows.iter_slices(ROWS_A_SLICE):
        words = pl.concat([part["question"], part["answer"]]).str.normalize("NFC").str.extract_all(WORD).explode()
        parts.append(words.alias("word").value_counts())
    counts = pl.concat(parts).group_by("word").agg(pl.col("count").sum())
    clean = pl.Series("word", [normalize(word) for word in counts["word"]], dtype=pl.String)
    merged = counts.with_columns(clean).group_by("word").agg(pl.col("count").sum())
    return merged.filter(pl.col("count") >= MIN_COUNT).sort(["count", "word"], descending=[True, False])


def main() -> None:
    """Write the table and say how many words it holds."""
    counts = count_words(Path(sys.argv[1]))
    lines = counts.write_csv(separator="\t", include_header=False).encode()
    OUT.write_bytes(zstandard.ZstdCompressor(level=19).compress(lines))
    sys.stdout.write(f"{counts.height} words, {len(lines)} bytes, {OUT.stat().st_size} packed\n")


if __name__ == "__main__":
    main()
