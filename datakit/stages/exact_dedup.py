"""Exact duplicates: rows whose question and answer are equal but for code points, digits and punctuation."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl
import xxhash

from datakit.matching.ranking import rank_columns, rank_names, ranked
from datakit.matching.signs import signs
from datakit.matching.star import Kept, verdicts
from datakit.stage import VERDICT, Corpus


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
        columns = ("question_key", "answer_key", "question", "answer", "system", "history")
        high, low = [], []
        for asked, said, question, answer, system, history in zip(*(batch[name] for name in columns), strict=True):
            asked, said = asked or (question or "").strip(), said or (answer or "").strip()
            parts = (asked, said, signs(question), signs(answer), system or "", history or "")
            digest = xxhash.xxh3_128_intdigest("\x1f".join(parts).encode())
            high.append(digest >> 64)
            low.append(digest & (2**64 - 1))
        contexts = [xxhash.xxh3_64_intdigest(text.encode()) if text else None for text in batch["context"]]
        found: dict[str, list[int] | list[int | None]] = {"high": high, "low": low, "context": contexts}
        own = pl.DataFrame(found, schema=dict.fromkeys(found, pl.UInt64)).rename(lambda key: f"{self.name}.{key}")
        return pl.concat([own, rank_columns(batch, self.name)], how="horizontal")

    def apply(self, corpus: Corpus) -> pl.DataFrame:
        """Return a verdict for each rejected row and each row that another was merged into."""
        high, low = f"{self.name}.high", f"{self.name}.low"
        repeated = corpus.keys(low).filter(pl.col(low).is_duplicated())["row"]
        if repeated.is_empty():
            return pl.DataFrame(schema=VERDICT)
        rows = corpus.keys(low).filter(pl.col("row").is_in(repeated.implode()))
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
