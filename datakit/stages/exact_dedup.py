"""Exact duplicates: rows whose question and answer are equal but for code points, digits and punctuation."""

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from datakit.matching.hashes import hash_64, hash_128
from datakit.matching.ranking import rank_columns, rank_names, ranked
from datakit.matching.signs import signs_of
from datakit.matching.star import Kept, verdicts
from datakit.stage import VERDICT, Corpus

_SPACE: Final = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    chr(code) for code in range(0x2000, 0x200B)
)


@dataclass(frozen=True, kw_only=True)
class ExactDedup:
    """Reject a row that equals a better row.

    Equal means: the dedup keys of question and answer, the signs that keys drop (A+, A-), system prompt and
    earlier turns. A context is part of what is asked: two different passages make two rows, a row without passage
    equals either.
    """

    name: ClassVar[str] = "exact_dedup"
    reasons: ClassVar[tuple[str, ...]] = ("exact_duplicate",)
    writes: ClassVar[tuple[str, ...]] = ()

    def keys(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return a 128-bit hash in two columns, the context's hash and what rows are ranked by: 44 bytes a row."""
        said = [_said(batch, name) for name in ("question", "answer")]
        marks = [pl.Series(signs_of(batch[name]), dtype=pl.String) for name in ("question", "answer")]
        around = [pl.col(name).fill_null("") for name in ("system", "history")]
        whole = batch.select(pl.concat_str(*said, *marks, *around, separator="\x1f").alias("whole"))["whole"]
        high, low = hash_128(whole)
        context = batch.select(pl.col("context").replace("", None))["context"]
        own = pl.DataFrame([high, low, hash_64(context)]).rename(lambda key: f"{self.name}.{key}")
        return pl.concat([own, rank_columns(batch, self.name)], how="horizontal")

    def apply(self, corpus: Corpus) -> pl.DataFrame:
        """Return a verdict for each rejected row and each row that another was merged into."""
        high, low = f"{self.name}.high", f"{self.name}.low"
        rows = pl.concat([hashes.filter(pl.col(low).is_duplicated()) for hashes in corpus.hashes(low)])
        if rows.is_empty():
            return pl.DataFrame(schema=VERDICT)
        for name in (high, f"{self.name}.context", *rank_names(self.name)):
            rows = rows.join(corpus.keys(name), on="row", how="left", maintain_order="left")
        rows = rows.filter(pl.struct(high, low).is_duplicated())
        rows = ranked(rows, self.name, high, low)
        merged: dict[int, Kept] = {}
        before: tuple[int, int] | None = None
        first, seen = 0, dict[int | None, int]()
        for row, key_low, key_high, context in rows.select("row", low, high, f"{self.name}.context").iter_rows():
            if (key_high, key_low) != before:
                before, first, seen = (key_high, key_low), row, {context: row}
            elif context in seen or None in seen or context is None:
                merged[row] = Kept(seen.get(context, seen.get(None, first)), 1.0)
            else:
                seen[context] = row
        return verdicts(corpus, merged, "exact_duplicate", "equals")


def _said(batch: pl.DataFrame, name: str) -> pl.Series:
    """What a question or answer says: its dedup key, or the text itself where the key is empty."""
    keys = batch[f"{name}_key"].fill_null("")
    empty = (keys.str.len_bytes() == 0).arg_true()
    return keys.scatter(empty, batch[name].gather(empty).fill_null("").str.strip_chars(_SPACE))
