"""The column form: `normalize` over a polars column, many times faster and with the same output in every row.

Most text needs nothing, so the Rust engine looks first: rows in which no rule's trigger is found are never turned into
Python objects. In the others only the words that hold a trigger go through the word rules, each distinct word once.
That is the same as the plain engine because no word rule looks across a space (tests hold this for every rule), and because
one pass here applies the same rules in the same order as one pass there.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import numpy as np
import polars as pl

from datakit.devanagari.alphabet import DEVANAGARI
from datakit.devanagari.engine import MAX_PASSES
from datakit.devanagari.policy import Policy
from datakit.devanagari.rule import Rule
from datakit.devanagari.rules import RuleSet, rule_set

Mended = tuple[str, frozenset[str]]
"""A text after some rules, and the ids of those that changed it."""

_MAX_MEMO_WORDS: Final = 500_000  # about 100 MB; distinct damaged words of the 321 MB question set: see docs/normalization.md


def _union(rules: Iterable[Rule]) -> str:
    return "|".join(dict.fromkeys(f"(?:{rule.trigger})" for rule in rules))


def _apply(rules: Iterable[Rule], text: str, touched: set[str]) -> str:
    for rule in rules:
        after = rule.apply(text)
        if after != text:
            touched.add(rule.id)
            text = after
    return text


class Column:
    """The engine for columns of one policy; it remembers the words it has seen."""

    def __init__(self, policy: Policy) -> None:
        self._rules: RuleSet = rule_set(policy)
        whole, word, line = (*self._rules.any_script, *self._rules.text), self._rules.word, self._rules.line
        self._whole, self._line = _union(whole), _union(line)
        self._any = _union((*whole, *word, *line))
        self._suspect = f"[^ ]*(?:{_union(word)})[^ ]*"
        self._memo: dict[str, Mended | None] = {}  # None: no rule changes the word

    def run(self, series: pl.Series) -> tuple[pl.Series, dict[int, set[str]]]:
        """Return the normalized column, and for each changed row number the ids of the rules that touched it."""
        texts: dict[int, str] = {}
        touched: defaultdict[int, set[str]] = defaultdict(set)
        rows = np.arange(len(series))
        active = series
        for _ in range(MAX_PASSES):
            hits = _where(active, self._any)
            rows, active = rows[hits], active.gather(hits)
            if not len(rows):
                break
            changed = self._one_pass(active)
            for position, (text, ids) in changed.items():
                texts[int(rows[position])] = text
                touched[int(rows[position])] |= ids
            rows = rows[list(changed)]
            active = pl.Series([text for text, _ in changed.values()], dtype=pl.String)
        return _replace(series, texts), touched

    def _one_pass(self, active: pl.Series) -> dict[int, tuple[str, set[str]]]:
        """Apply every rule once; return the rows that changed, by position in `active`."""
        changed: dict[int, str] = {}
        touched: defaultdict[int, set[str]] = defaultdict(set)
        for position, text in _pick(active, _where(active, self._whole)):
            after = _apply(self._rules.any_script, text, touched[position])
            if DEVANAGARI.search(after):
                after = _apply(self._rules.text, after, touched[position])
            if after != text:
                changed[position] = after
        current = _replace(active, changed)
        marathi = current.str.contains("[\u0900-\u097F]").fill_null(False)
        for position, text in _pick(current, self._rows_with_damaged_words(current, marathi)):
            changed[position] = self._mend_words(text, touched[position])
        current = _replace(active, changed)
        for position, text in _pick(current, _where(current, self._line, only=marathi)):
            changed[position] = _apply(self._rules.line, text, touched[position])
        before = dict(_pick(active, np.array(sorted(changed), dtype=np.int64)))
        return {position: (text, touched[position]) for position, text in changed.items() if text != before[position]}

    def _rows_with_damaged_words(self, current: pl.Series, marathi: pl.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
        suspects = pl.DataFrame({"row": np.arange(len(current)), "word": current}).filter(marathi)
        found = suspects.with_columns(pl.col("word").str.extract_all(self._suspect)).explode("word").drop_nulls("word")
        words = found["word"].unique().to_list()
        if len(self._memo) + len(words) > _MAX_MEMO_WORDS:
            self._memo.clear()
        for word in words:
            if word not in self._memo:
                ids: set[str] = set()
                after = _apply(self._rules.word, word, ids)
                self._memo[word] = (after, frozenset(ids)) if ids else None
        damaged = pl.Series([word for word in words if self._memo[word]], dtype=pl.String)
        return found.filter(pl.col("word").is_in(damaged.implode()))["row"].unique().sort().to_numpy()

    def _mend_words(self, text: str, ids: set[str]) -> str:
        words = text.split(" ")
        for place, mended in enumerate(map(self._memo.get, words)):
            if mended is not None:
                words[place] = mended[0]
                ids |= mended[1]
        return " ".join(words)


def _where(series: pl.Series, pattern: str, only: pl.Series | None = None) -> np.ndarray[Any, np.dtype[np.int64]]:
    hits = series.str.contains(pattern).fill_null(False)
    return np.flatnonzero((hits if only is None else hits & only).to_numpy())


def _pick(series: pl.Series, positions: np.ndarray[Any, np.dtype[np.int64]]) -> list[tuple[int, str]]:
    return list(zip(positions.tolist(), series.gather(positions).to_list(), strict=True))


def _replace(series: pl.Series, texts: dict[int, str]) -> pl.Series:
    """Return the column with some rows replaced; without any, the very same column."""
    if not texts:
        return series
    source = np.arange(len(series))
    source[list(texts)] = np.arange(len(series), len(series) + len(texts))
    return pl.concat([series, pl.Series(series.name, list(texts.values()), dtype=pl.String)]).gather(source)


@cache
def _column(policy: Policy) -> Column:
    return Column(policy)


def normalize_series(series: pl.Series, *, policy: Policy = Policy()) -> pl.Series:  # noqa: B008 - frozen
    """Normalize each text of a string column; null stays null, name and order stay. Equal to `normalize` row by row."""
    return _column(policy).run(series)[0]


def normalize_with_rules(series: pl.Series, *, policy: Policy = Policy()) -> tuple[pl.Series, pl.Series]:  # noqa: B008
    """Normalize a string column and tell which rules touched each row.

    Returns the column, and a `List(String)` column named `rules`: ids in alphabetical order, null where nothing changed.
    """
    normalized, touched = _column(policy).run(series)
    rules = [sorted(touched[row]) if row in touched else None for row in range(len(series))]
    return normalized, pl.Series("rules", rules, dtype=pl.List(pl.String))
