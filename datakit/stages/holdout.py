"""Hold-out: no row is trained on whose question the validation or test split asks in nearly the same words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from datakit.matching.overlap import Reference
from datakit.stage import VERDICT, Corpus, with_text_keys

_SLICE: Final = 4_000  # questions in memory at a time
_WAYS: Final = ("question", "near")


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """Reject train rows that overlap the held-out splits, by the code that keeps evaluation sets out.

    Groups are split whole, so equal questions and merged rows never part; what is left are questions that differ by a
    slip and have another answer. Eight words in a row do not count here: long questions of one kind share phrases.
    """

    name: ClassVar[str] = "holdout"
    reasons: ClassVar[tuple[str, ...]] = ("in_evaluation_set",)
    writes: ClassVar[tuple[str, ...]] = ()

    def keys(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return no columns: what is compared is read again, for it depends on the split."""
        return batch.select([])

    def apply(self, corpus: Corpus) -> pl.DataFrame:
        """Return a verdict for each train row that overlaps; without held-out rows there is none."""
        placed = corpus.written("split").sort("row")
        held = placed.filter(pl.col("split") != "train")
        train = placed.filter(pl.col("split") == "train")["row"]
        if held.is_empty() or train.is_empty():
            return pl.DataFrame(schema=VERDICT)
        texts = corpus.fetch(held["row"], "id", "question").join(held, on="row", maintain_order="left")
        reference = Reference(_questions(texts))
        named = texts.select("row", "id", "split").with_row_index("reference").rename({"row": "of"})
        found = [self._found(corpus, rows, reference) for rows in _slices(train)]
        detail = pl.format("asks nearly the same as row {} of the {} split", pl.col("id").str.head(12), "split")
        return (
            pl.concat(found)
            .join(named, on="reference", how="left")
            .select("row", pl.lit(self.reasons[0]).alias("reject_reason"), detail.alias("reject_detail"), "of")
        )

    def _found(self, corpus: Corpus, rows: pl.Series, reference: Reference) -> pl.DataFrame:
        texts = corpus.fetch(rows, "question")
        found = reference.find(_questions(texts), ways=_WAYS)
        return found.select(texts["row"].gather(found["row"]).alias("row"), "reference")


def _slices(rows: pl.Series) -> Iterator[pl.Series]:
    for start in range(0, len(rows), _SLICE):
        yield rows.slice(start, _SLICE)


def _questions(texts: pl.DataFrame) -> pl.DataFrame:
    """Return questions alone, with their keys, as the overlap code wants them."""
    return with_text_keys(texts.select("question", pl.lit(None, pl.String).alias("answer")))
