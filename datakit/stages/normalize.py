"""The normalize stage: one canonical spelling of code points in every text a model may see."""

import json
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Literal, get_args

import polars as pl

from datakit.devanagari import Policy, normalize_with_rules
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
        rules: list[pl.Series] = [batch["changes"]]
        for name in TEXT:
            column = batch[name]
            if column.null_count() == len(column):
                continue
            before = pl.select(pl.when(live).then(column)).to_series()
            after, touched = self._history(before) if name == "history" else self._column(before)
            texts.append(pl.select(pl.when(live).then(after).otherwise(column).alias(name)).to_series())
            rules.append(touched)
        return batch.with_columns(*texts, _union(rules).alias("changes"))

    def _column(self, series: pl.Series) -> tuple[pl.Series, pl.Series]:
        if self.engine == "indic-nlp":
            return _indic_nlp(series)
        return normalize_with_rules(series, policy=self._policy())

    def _history(self, series: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Normalize the contents of turns; a history that is no list of turns stays as it is, for validate to name."""
        turns = [_turns(text) for text in series]
        contents = [turn["content"] for row in turns for turn in row]
        after, touched = self._column(pl.Series(contents, dtype=pl.String))
        content, ids = iter(after.to_list()), iter(touched.to_list())
        texts: list[str | None] = []
        rules: list[list[str] | None] = []
        for text, row in zip(series, turns, strict=True):
            new = [{**turn, "content": next(content)} for turn in row]
            texts.append(canonical_json(new).decode("utf-8", errors="replace") if row else text)
            rules.append(sorted({rule for _ in row for rule in next(ids) or ()}) or None)
        return pl.Series(texts, dtype=pl.String), pl.Series(rules, dtype=pl.List(pl.String))


def _turns(text: str | None) -> list[dict[str, Any]]:
    try:
        turns = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return []
    fit = isinstance(turns, list) and all(isinstance(turn, dict) and _is_plain(turn) for turn in turns)
    return turns if fit else []


def _is_plain(turn: dict[str, Any]) -> bool:
    return isinstance(turn.get("content"), str) and all(isinstance(value, str) for value in turn.values())


def _union(rules: list[pl.Series]) -> pl.Series:
    """Unite lists of rule ids row by row, sorted; null where there is none."""
    frame = pl.DataFrame([series.alias(str(number)) for number, series in enumerate(rules)])
    empty = pl.lit([], dtype=pl.List(pl.String))
    united = pl.concat_list(pl.coalesce(pl.col(name), empty) for name in frame.columns).list.unique().list.sort()
    return frame.select(pl.when(united.list.len() > 0).then(united)).to_series()


def _indic_nlp(series: pl.Series) -> tuple[pl.Series, pl.Series]:
    try:
        module = import_module("indicnlp.normalize.indic_normalize")
    except ImportError as error:
        raise MissingDependencyError(
            'normalize: engine = "indic-nlp" needs indic-nlp-library, which is not installed; '
            "run: pip install 'ancient-aurora[engines]', or leave engine out"
        ) from error
    normalizer = module.IndicNormalizerFactory().get_normalizer("mr")
    after = [None if text is None else normalizer.normalize(text) for text in series]
    rules = [["indic_nlp"] if new != old else None for new, old in zip(after, series, strict=True)]
    return pl.Series(series.name, after, dtype=pl.String), pl.Series(rules, dtype=pl.List(pl.String))
