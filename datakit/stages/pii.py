"""The pii stage: personal data does not go into a dataset."""

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import polars as pl

from datakit.errors import UsageError
from datakit.record import TEXT, is_live
from datakit.screening.first_look import shows
from datakit.screening.personal_data import SUSPECT, find_personal, masked
from datakit.screening.suspects import mark_suspects
from datakit.stage import Fault

POLICIES: Final = ("reject", "mask")


@dataclass(frozen=True, kw_only=True)
class Pii:
    """Reject rows with personal data, or replace it by tokens such as `[दूरध्वनी]` and keep the row.

    Telephone numbers, e-mail and UPI addresses, Aadhaar (with its Verhoeff digit), PAN, IFSC and bank accounts count,
    in ASCII and in Devanagari digits and in every text a model may see. Names do not: they are the subject of history.
    The detail names the kinds, never the data itself. Errors: `UsageError` for an unknown policy.
    """

    name: ClassVar[str] = "pii"
    reasons: ClassVar[tuple[str, ...]] = ("personal_data",)
    writes: ClassVar[tuple[str, ...]] = TEXT
    trigger: ClassVar[str] = SUSPECT

    policy: Literal["reject", "mask"] = "reject"
    """Whether a row with personal data is rejected, or kept with tokens in place of the data."""

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise UsageError(
                f'pii: policy is {self.policy!r}, expected one of {", ".join(POLICIES)}; write policy = "reject"'
            )

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with rows marked, or with texts masked."""
        suspect = pl.lit(shows(batch, SUSPECT, *TEXT))
        if self.policy == "mask":
            return _mask(batch, suspect)
        fault = Fault("personal_data", pl.col("__kinds").is_not_null(), pl.col("__kinds"))
        return mark_suspects(batch, self.name, suspect, _measure, [fault])


def _measure(rows: pl.DataFrame) -> pl.DataFrame:
    """Add which kinds of personal data a row has, as `phone in answer`; null for none."""
    found: dict[int, list[str]] = {}
    for name in TEXT:
        showing = rows[name].str.contains(SUSPECT).fill_null(False)
        for row, text in zip(showing.arg_true(), rows[name].filter(showing), strict=True):
            found.setdefault(row, []).extend(f"{one.kind} in {name}" for one in find_personal(text))
    kinds = [", ".join(dict.fromkeys(found.get(row, ()))) or None for row in range(rows.height)]
    return rows.with_columns(pl.Series("__kinds", kinds, dtype=pl.String))


def _mask(batch: pl.DataFrame, suspect: pl.Expr) -> pl.DataFrame:
    hit = batch.select((is_live() & suspect).fill_null(False)).to_series()
    if not hit.any():
        return batch
    columns = []
    for name in TEXT:
        texts = [masked(text) if seen and text else text for text, seen in zip(batch[name], hit, strict=True)]
        columns.append(pl.Series(name, texts, dtype=pl.String))
    return batch.with_columns(columns)
