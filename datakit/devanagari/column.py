"""The column form: `normalize` over a polars column, many times faster and with the same output in every row.

Most text needs nothing, so the Rust engine looks first: rows in which no rule's trigger is found are never turned into
Python objects. In the others only the words that hold a trigger go through the word rules, each distinct word once.
That is the same as the plain engine because no word rule looks across a space (tests hold this for every rule), and
because one pass here applies the same rules in the same order as one pass there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import polars as pl

from datakit.devanagari.engine import MAX_PASSES
from datakit.devanagari.policy import Policy
from datakit.devanagari.rule import Rule
from datakit.devanagari.rules import RuleSet, rule_set

Ids = frozenset[str]
"""The ids of rules."""

Mended = tuple[bytes, Ids]
"""A text in UTF-8 after some rules, and the ids of those that changed it.

Most texts only have words replaced: in bytes, without a Python string on the way, that takes 0.4 of the time.
"""

Touched = dict[int, Ids]
"""Row numbers of the texts that changed, and the ids of the rules that touched each."""

Positions = np.ndarray[Any, np.dtype[np.int64]]
"""Row numbers, ascending."""

_FEW: Final = 32
"""Below this many texts, looking for each rule's trigger costs more (60 µs a call) than trying each rule."""

_AT_AN_EDGE: Final = r"[\s|\x{0964}]"
"""Space, bar and danda: what the rules for lines look at. A mended word that holds one is looked at again."""

_CONSONANT, _SIGN = "क", "ा"
"""What stands beside a word, on the other side of a space, where a rule may reach over it: one row of the rules does,
and it asks for a consonant before the space and a sign after it. A test holds this for every pair of characters."""

_NOTHING: Final[Ids] = frozenset()
_MAX_MEMO_WORDS: Final = (
    500_000  # about 100 MB; distinct damaged words of the 321 MB question set: see docs/normalization.md
)


def _union(rules: Iterable[Rule]) -> str:
    return "|".join(dict.fromkeys(f"(?:{rule.trigger})" for rule in rules))


def _apply(rules: Sequence[Rule], series: pl.Series) -> Iterator[tuple[str, Ids]]:
    """Apply rules once to each text of a column.

    A rule is tried where its trigger was found, and where an earlier rule has changed the text since.
    """
    if len(series) < _FEW:
        every = range(len(rules))
        yield from (_apply_found(rules, text, every) for text in series.to_list())
        return
    found: list[list[int]] = [[] for _ in range(len(series))]
    for number, rule in enumerate(rules):
        for position in _where(series, rule.trigger).tolist():
            found[position].append(number)
    for text, numbers in zip(series.to_list(), found, strict=True):
        yield _apply_found(rules, text, numbers)


def _apply_found(rules: Sequence[Rule], text: str, numbers: Sequence[int]) -> tuple[str, Ids]:
    for number in numbers:
        after = rules[number].apply(text)
        if after != text:
            touched = {rules[number].id}
            for rule in rules[number + 1 :]:
                before, after = after, rule.apply(after)
                if after != before:
                    touched.add(rule.id)
            return after, frozenset(touched)
    return text, _NOTHING


class Column:
    """The engine for columns of one policy; it remembers the words it has seen."""

    def __init__(self, policy: Policy) -> None:
        self._rules: RuleSet = rule_set(policy)
        whole, word, line = (*self._rules.any_script, *self._rules.text), self._rules.word, self._rules.line
        self._whole, self._line, self._rare = _union(whole), _union(line), _union((*whole, *line))
        self._any = _union((*whole, *word, *line))
        self._word = _union(word)
        self._suspect = f"[^ ]*(?:{self._word})[^ ]*"
        self._memo: dict[str, Mended | None] = {}  # None: no rule changes the word
        self._settled: set[str] = set()  # words that no rule has anything more to do with once they are mended

    def run(self, series: pl.Series) -> tuple[pl.Series, Touched]:
        """Return the normalized column, and for each changed row number the ids of the rules that touched it."""
        result: dict[int, Mended] = {}
        rows = np.arange(len(series))
        active = series
        for _ in range(MAX_PASSES):
            hits = _where(active, self._any)
            rows, active = rows[hits], active.gather(hits)
            if not len(rows):
                break
            changed, again = self._one_pass(active)
            for position, row in zip(changed, rows[list(changed)].tolist(), strict=True):
                _note(result, row, *changed[position])
            rows = rows[again]
            active = _column_of([changed[position][0] for position in again])
        return _replace(series, result), {row: ids for row, (_, ids) in result.items()}

    def _one_pass(self, active: pl.Series) -> tuple[dict[int, Mended], list[int]]:
        """Apply every rule once; return the rows that changed, by position in `active`, and which to look at again.

        Most rows need only words mended. Where no rule but those for words saw anything, and each mended word is
        settled, nothing can be left to do: triggers that reach over a space see the same letters beside it as before,
        or letters that they do not ask for.
        """
        changed: dict[int, Mended] = {}
        rare = _where(active, self._rare)
        self._whole_rules(active, rare[_where(active.gather(rare), self._whole)], changed)
        open_rows = set(rare.tolist())
        current = _replace(active, changed)
        marathi = current.str.contains("[\u0900-\u097f]").fill_null(False)
        damaged = self._damaged_words(current, marathi)
        texts = _bytes(current.gather(np.array(list(damaged), dtype=np.int64)))
        for (position, words), text in zip(damaged.items(), texts, strict=True):
            _note(changed, position, *self._mend_words(text, words))
            if not self._settled.issuperset(words):
                open_rows.add(position)
        may = np.array(sorted(open_rows), dtype=np.int64)
        place = {position: number for number, position in enumerate(may.tolist())}
        before = active.gather(may)
        after = _replace(before, {place[at]: mended for at, mended in changed.items() if at in open_rows})
        hits = _where(after, self._line, only=marathi.gather(may))
        laid = _apply(self._rules.line, after.gather(hits))
        for position, (line, ids) in zip(may[hits].tolist(), laid, strict=True):
            _note(changed, position, line.encode(), ids)
        was = dict(zip(may.tolist(), _bytes(before), strict=True))
        again = [at for at, (new, _) in changed.items() if at in open_rows and new != was[at]]
        undone = open_rows.difference(again)
        return {at: mended for at, mended in changed.items() if at not in undone}, again

    def _whole_rules(self, active: pl.Series, rows: Positions, changed: dict[int, Mended]) -> None:
        texts = []
        for position, (text, ids) in zip(
            rows.tolist(), _apply(self._rules.any_script, active.gather(rows)), strict=True
        ):
            _note(changed, position, text.encode(), ids)
            texts.append(text)
        after = pl.Series(texts, dtype=pl.String)
        marathi = _where(after, "[\u0900-\u097f]")
        for position, (text, ids) in zip(
            rows[marathi].tolist(), _apply(self._rules.text, after.gather(marathi)), strict=True
        ):
            _note(changed, position, text.encode(), ids)

    def _damaged_words(self, current: pl.Series, marathi: pl.Series) -> dict[int, dict[str, int]]:
        """Return the words to mend by row and how often each stands there, in the order of the rows."""
        rows = np.flatnonzero(marathi.to_numpy())  # nearly all have such a word: looking for it first would cost more
        suspects = pl.DataFrame({"row": rows, "word": current.gather(rows)})
        found = suspects.with_columns(pl.col("word").str.extract_all(self._suspect)).explode("word").drop_nulls("word")
        words = found["word"].unique().to_list()
        if len(self._memo) + len(words) > _MAX_MEMO_WORDS:
            self._memo.clear()
            self._settled.clear()
        self._remember([word for word in words if word not in self._memo])
        damaged = pl.Series([word for word in words if self._memo[word]], dtype=pl.String)
        by_row: dict[int, dict[str, int]] = {}
        for row, word in found.filter(pl.col("word").is_in(damaged.implode())).iter_rows():
            times = by_row.setdefault(row, {})
            times[word] = times.get(word, 0) + 1
        return by_row

    def _remember(self, words: Sequence[str]) -> None:
        every = range(len(self._rules.word))
        mended = [_apply_found(self._rules.word, word, every) for word in words]
        self._memo.update(
            (word, (after.encode(), ids) if ids else None) for word, (after, ids) in zip(words, mended, strict=True)
        )
        changed = [(word, after) for word, (after, ids) in zip(words, mended, strict=True) if ids and after]
        # A word that begins or ends in another letter than before is looked at with what it may meet beside it.
        seen = [
            after if (after[0], after[-1]) == (word[0], word[-1]) else f"{_CONSONANT} {after} {_SIGN}"
            for word, after in changed
        ]
        is_open = pl.Series(seen, dtype=pl.String).str.contains(self._any)
        at_an_edge = pl.Series([after for _, after in changed], dtype=pl.String).str.contains(_AT_AN_EDGE)
        self._settled.update(word for (word, _), no in zip(changed, is_open | at_an_edge, strict=True) if not no)

    def _mend_words(self, text: bytes, words: Mapping[str, int]) -> Mended:
        """Replace words of a text, as often as each stands there between spaces."""
        text = b" %b " % text
        touched: set[str] = set()
        for word, times in words.items():
            mended = self._memo[word]
            assert mended is not None
            old, new = b" %b " % word.encode(), b" %b " % mended[0]
            if times == 1:
                text = text.replace(old, new, 1)
            elif old in new:  # no rule makes two words of one; should one ever do so, its word is replaced once
                text = b" ".join(mended[0] if piece == word.encode() else piece for piece in text.split(b" "))
            else:
                while old in text:  # the same word twice shares the space between: a second round finds it
                    text = text.replace(old, new)
            touched |= mended[1]
        return text[1:-1], frozenset(touched)


def _note(changed: dict[int, Mended], position: int, text: bytes, ids: Ids) -> None:
    if ids:
        changed[position] = (text, ids | changed[position][1] if position in changed else ids)


def _where(series: pl.Series, pattern: str, only: pl.Series | None = None) -> Positions:
    hits = series.str.contains(pattern).fill_null(False)
    return np.flatnonzero((hits if only is None else hits & only).to_numpy())


def _bytes(series: pl.Series) -> list[bytes]:
    texts: list[bytes] = series.cast(pl.Binary).to_list()
    return texts


def _column_of(texts: Sequence[bytes]) -> pl.Series:
    return pl.Series(texts, dtype=pl.Binary).cast(pl.String)


def _replace(series: pl.Series, changed: dict[int, Mended]) -> pl.Series:
    """Return the column with some rows replaced; without any, the very same column."""
    if not changed:
        return series
    source = np.arange(len(series))
    source[list(changed)] = np.arange(len(series), len(series) + len(changed))
    texts = _column_of([text for text, _ in changed.values()])
    return pl.concat([series, texts.alias(series.name)]).gather(source)


@cache
def _column(policy: Policy) -> Column:
    return Column(policy)


def normalize_series(series: pl.Series, *, policy: Policy = Policy()) -> pl.Series:  # noqa: B008 - frozen
    """Normalize each text of a string column; null stays null, name and order stay. Equal to `normalize` row by row."""
    return _column(policy).run(series)[0]


def normalize_with_rules(series: pl.Series, *, policy: Policy = Policy()) -> tuple[pl.Series, Touched]:  # noqa: B008
    """Normalize a string column and tell which rules touched each row.

    Returns the column, and for each changed row its number and the ids of the rules; see `rule_lists`.
    """
    return _column(policy).run(series)


def rule_lists(touched: Touched, height: int) -> pl.Series:
    """Return a `List(String)` column `rules`: ids in alphabetical order, null for rows that no rule touched.

    A few hundred sets of ids stand for a hundred thousand rows, so each becomes a list once.
    """
    kinds = list(dict.fromkeys(touched.values()))
    number = {ids: place for place, ids in enumerate(kinds)}
    which = np.full(height, len(kinds), dtype=np.uint32)
    which[list(touched)] = [number[ids] for ids in touched.values()]
    lists = pl.Series("rules", [*(sorted(ids) for ids in kinds), None], dtype=pl.List(pl.String))
    return lists.gather(which)
