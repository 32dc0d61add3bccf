"""The rows that people rejected: decided among the corpus stages, behind exact duplicates."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import polars as pl

from datakit.decisions import REJECTED
from datakit.pipeline.decided import Decided
from datakit.stage import VERDICT, Corpus, CorpusStage
from datakit.stages.exact_dedup import ExactDedup

REVIEW = "review"
"""The stage name of what people decide; no recipe names it, decisions bring it."""


def with_person(stages: Sequence[CorpusStage], decided: Decided) -> list[CorpusStage]:
    """Return the recipe's corpus stages with people's rejections in their place, where there are any."""
    found = list(stages)
    if decided.rejected:
        behind = [number for number, stage in enumerate(found, start=1) if isinstance(stage, ExactDedup)]
        found.insert(behind[0] if behind else 0, RejectedByPerson(decided.rejected, decided.stands))
    return found


class RejectedByPerson:
    """Reject the rows that people rejected, and the rows that exact deduplication put in one cluster with them.

    It stands behind exact duplicates, so that the same words from a source that came later stay out as well, and
    before near duplicates: a row that says nearly the same may be the mended one.
    """

    name: ClassVar[str] = REVIEW
    reasons: ClassVar[tuple[str, ...]] = (REJECTED,)
    writes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, rows: Mapping[int, str], stands: frozenset[int]) -> None:
        """Take the notes of the rejected rows, and the rows that a person accepted or rewrote, by number."""
        self._notes = rows
        self._stands = stands

    def keys(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return no columns: rows are known by number."""
        return batch.select([])

    def apply(self, corpus: Corpus) -> pl.DataFrame:
        """Return a verdict for each rejected row that is still live."""
        clusters = corpus.clusters()
        named = pl.Series(list(self._notes), dtype=pl.UInt32)
        touched = clusters.filter(pl.col("row").is_in(named.implode()))["cluster"]
        same = clusters.filter(pl.col("cluster").is_in(touched.implode()))["row"]
        live = corpus.keys()["row"]
        rows = live.filter(live.is_in(pl.concat([named, same]).implode())).to_list()
        verdicts = [(row, REJECTED, self._detail(row)) for row in rows if row not in self._stands]
        schema = {name: VERDICT[name] for name in ("row", "reject_reason", "reject_detail")}
        return pl.DataFrame(verdicts, schema=schema, orient="row").sort("row")

    def _detail(self, row: int) -> str:
        if row not in self._notes:
            return "a person rejected a row with the same text"
        return self._notes[row] or "a person rejected it"
