"""Forms found late: of the questions for an account, only those are looked at that may meet another of the corpus."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import polars as pl

from datakit.matching.meetings import form_key, meeting_keys
from datakit.matching.question_form import Asked, asked_each
from datakit.stage import Corpus

_SLICE: Final = 2_000  # questions whose texts are together in memory
FORMS: Final[dict[str, pl.DataType]] = {"row": pl.UInt32(), "form": pl.UInt64(), "meets": pl.List(pl.UInt64())}


def late_forms(corpus: Corpus, account: str) -> pl.DataFrame:
    """Return FORMS of the questions for an account that share a hash of the key column `account` with another row."""
    shared = [frame.filter(pl.col(account).is_duplicated())["row"] for frame in corpus.hashes(account)]
    rows = np.unique(np.concatenate([np.empty(0, dtype=np.uint32), *(some.to_numpy() for some in shared)]))
    cut = [pl.Series(rows[start : start + _SLICE]) for start in range(0, len(rows), _SLICE)]
    found = corpus.each(_forms_of, [(some, None) for some in cut], "question", "context", "history")
    return pl.concat([pl.DataFrame(schema=FORMS), *found])


def _forms_of(_: None, rows: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(list(_forms(rows)), schema=FORMS, orient="row")


def _forms(rows: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    fields = rows.select("row", "context", "history").iter_rows()
    for (row, context, history), form in zip(fields, asked_each(rows["question"]), strict=True):
        if form is not None:
            yield row, *form_and_meetings(form, context, history)


def form_and_meetings(form: Asked, context: str | None, history: str | None) -> tuple[int, list[int]]:
    """Return the key of a form in its setting, and the keys under which it meets others."""
    setting = f"{history or ''}\x1e{(context or '') if form.leans_on_context else ''}"
    return form_key(form, setting), meeting_keys(form, setting)
