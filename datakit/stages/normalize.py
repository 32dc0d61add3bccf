"""The normalize stage: one canonical spelling of code points in every text a model may see."""

import json
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import polars as pl

from datakit.devanagari import Policy, Touched, normalize_with_rules, rule_lists
from datakit.devanagari.policy import Digits, Joiner, Nukta, Quotes
from datakit.errors import MissingDependencyError, UsageError
from datakit.lineage import canonical_json
from datakit.record import TEXT, is_live

Engine = Literal["datakit", "indic-nlp"]


@dataclass(frozen=True, kw_only=True)
class Normalize:
    """Rewrite the texts of live rows and write to `changes` the ids of the rules that touched each row.

    The options are those of `Policy`, and `engine`. `indic-nlp` is the normalizer of indic-nlp-library for Marathi, for
    comparison with corpora made with it: it damages Marathi (docs/normalization.md), takes no policy and notes one
    change, `indic_nlp`. `history` stays canonical JSON; only the contents of its turns are normalized.
    Errors: `UsageError` for an unknown choice, `MissingDependencyError` without indic-nlp-library.
    """

    name: ClassVar[str] = "normalize"
    reasons: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[tuple[str, ...]] = (*TEXT, "changes")

    digits: Digits = "keep"
    """Both १६७४ and 1674 are written, so they stay; `deva` and `ascii` choose one system."""
    quotes: Quotes = "keep"
    """“ ” ‘ ’ are the Marathi marks (CLDR), so they stay; `ascii` folds them."""
    nukta: Nukta = "keep"
    """फ़ारसी and फारसी are both written; `drop` takes the dot away, never that of ऱ, which is a letter."""
    zwj: Joiner = "noise"
    """`noise` deletes a joiner only where it means nothing; `keep` leaves all but those of an eyelash ra."""
    zwnj: Joiner = "noise"
    """The same for the non-joiner: it stays between virama and consonant."""
    engine: Engine = "datakit"
    """`indic-nlp` is there to compare with; what it damages is measured in docs/normalization.md."""

    def __post_init__(self) -> None:
        if self.engine not in get_args(Engine):
            raise UsageError(
                f"normalize: engine = {self.engine!r} is unknown; choose one of {', '.join(get_args(Engine))}"
            )
        policy = self._policy()  # refuses unknown choices
        if self.engine == "indic-nlp" and policy != Policy():
            raise UsageError(
                'normalize: engine = "indic-nlp" takes no policy; leave out digits, quotes, nukta, zwj, zwnj'
            )

    def _policy(self) -> Policy:
        return Policy(digits=self.digits, quotes=self.quotes, nukta=self.nukta, zwj=self.zwj, zwnj=self.zwnj)

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with canonical texts; rejected rows keep the text they were rejected with."""
        live = batch.select(is_live().alias("live"))["live"]
        texts: list[pl.Series] = []
        touched: Touched = {}
        for name in TEXT:
            column = batch[name]
            if column.null_count() == len(column):
                continue
            before = column if live.all() else pl.select(pl.when(live).then(column)).to_series()
            after, found = self._history(before) if name == "history" else self._column(before)
            if not live.all():
                after = pl.select(pl.when(live).then(after).otherwise(column)).to_series()
            texts.append(after.alias(name))
            for row, ids in found.items():
                touched[row] = touched[row] | ids if row in touched else ids
        return batch.with_columns(*texts, _with_earlier(batch["changes"], touched).alias("changes"))

    def _column(self, series: pl.Series) -> tuple[pl.Series, Touched]:
        if self.engine == "indic-nlp":
            return _indic_nlp(series)
        return normalize_with_rules(series, policy=self._policy())

    def _history(self, series: pl.Series) -> tuple[pl.Series, Touched]:
        """Normalize the contents of turns; a history that is no list of turns stays as it is, for validate to name."""
        turns = [_turns(text) for text in series]
        contents = [turn["content"] for row in turns for turn in row]
        after, found = self._column(pl.Series(contents, dtype=pl.String))
        content, place = iter(after.to_list()), 0
        texts: list[str | None] = []
        touched: Touched = {}
        for number, (text, row) in enumerate(zip(series, turns, strict=True)):
            new = [{**turn, "content": next(content)} for turn in row]
            texts.append(canonical_json(new).decode("utf-8", errors="replace") if row else text)
            ids = frozenset().union(*(found.get(at, frozenset()) for at in range(place, place + len(row))))
            if ids:
                touched[number] = ids
            place += len(row)
        return pl.Series(texts, dtype=pl.String), touched


def _turns(text: str | None) -> list[dict[str, Any]]:
    try:
        turns = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return []
    fit = isinstance(turns, list) and all(isinstance(turn, dict) and _is_plain(turn) for turn in turns)
    return turns if fit else []


def _is_plain(turn: dict[str, Any]) -> bool:
    return isinstance(turn.get("content"), str) and all(isinstance(value, str) for value in turn.values())


def _with_earlier(earlier: pl.Series, touched: Touched) -> pl.Series:
    """Unite the rules that touched each row with those noted before; null where there is none."""
    for row in np.flatnonzero(earlier.is_not_null()).tolist():
        touched[row] = touched.get(row, frozenset()) | frozenset(earlier[row])
    return rule_lists({row: ids for row, ids in touched.items() if ids}, len(earlier))


def _indic_nlp(series: pl.Series) -> tuple[pl.Series, Touched]:
    try:
        module = import_module("indicnlp.normalize.indic_normalize")
    except ImportError as error:
        raise MissingDependencyError(
            'normalize: engine = "indic-nlp" needs indic-nlp-library, which is not installed; '
            "run: pip install 'ancient-aurora[engines]', or leave engine out"
        ) from error
    normalizer = module.IndicNormalizerFactory().get_normalizer("mr")
    after = [None if text is None else normalizer.normalize(text) for text in series]
    changed = frozenset({"indic_nlp"})
    touched = {row: changed for row, (new, old) in enumerate(zip(after, series, strict=True)) if new != old}
    return pl.Series(series.name, after, dtype=pl.String), touched
