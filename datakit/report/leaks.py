"""Do the splits keep apart? Checked on the finished files, with a key of its own, whatever the split stage promised."""

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import polars as pl

from datakit.report.near_leaks import near_leaks
from datakit.report.passages import Row, rows
from datakit.report.release import Release

SHOWN: Final = 5
_ROOM: Final = 12_000  # characters of all texts
_NOT_A_LETTER: Final = r"[^\p{L}\p{M}\p{N}]+"
_HEAD: Final = 120  # characters of a question that are looked at first; one of the legislature's has 630
_BEGIN: Final = 32  # letters that two questions must share there: of the legislature's one in 23 does, of 24 letters 8
_ASCII_DIGITS: Final = dict(zip("0123456789", "०१२३४५६७८९", strict=True))


@dataclass(frozen=True, kw_only=True)
class Leak:
    """Two splits and what they share."""

    between: tuple[str, str]
    questions: int
    """Different questions that stand in both."""
    groups: int
    """Groups (passage, conversation, duplicate cluster) with rows in both."""


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """What the splits share, pair by pair."""

    pairs: tuple[Leak, ...]
    shown: tuple[Row, ...]
    """Some of the rows that stand in several splits."""

    near: int | None = None
    """Questions of train that are nearly equal to a held-out one; None: not looked for."""
    near_shown: tuple[tuple[Row, Row], ...] = ()
    """Some of them, each with the held-out one."""

    @property
    def found(self) -> int:
        """Questions and groups that stand in more than one split, counted for each pair of splits."""
        return sum(pair.questions + pair.groups for pair in self.pairs)


def leakage(release: Release) -> Leakage:
    """Compare questions letter by letter: spaces, signs and the script of digits make no difference, words do.

    A question with another passage, or after other turns, is another question.
    """
    begun = _begun(release)
    between = [*combinations(release.splits, 2)]
    alike = [_shared(begun, "begin", one, two) for one, two in between]
    keys = _keys(release, begun.filter(pl.col("begin").is_in(pl.concat(alike).implode()))) if alike else begun.clear()
    pairs = tuple(
        Leak(
            between=(one, two),
            questions=_shared(keys, "key", one, two).len(),
            groups=_shared(begun, "split_group", one, two).len(),
        )
        for one, two in between
    )
    both = [_shared(keys, "key", one, two) for one, two in between]
    doubled = pl.concat(both).unique().sort().head(SHOWN) if both else pl.Series(dtype=pl.UInt64)
    near = near_leaks(release)
    return Leakage(
        pairs=pairs,
        shown=tuple(_rows(release, keys, doubled)),
        near=None if near is None else near[0],
        near_shown=() if near is None else near[1],
    )


def _begun(release: Release) -> pl.DataFrame:
    """Return `id, split, split_group, begin` of the questions that have letters: equal questions have one `begin`."""
    begin = pl.col("question").map_batches(_begin, return_dtype=pl.String, is_elementwise=True)
    return (
        release.kept("id", "question", "context", "split_group")
        .select("id", "split", "split_group", begin.alias("letters"), pl.col("context").fill_null("").hash(1))
        .filter(pl.col("letters").str.len_bytes() > 0)
        .select("id", "split", "split_group", _hash("letters", "context").alias("begin"))
        .collect(engine="streaming")
    )


def _begin(questions: pl.Series) -> pl.Series:
    """Return the first letters of each question, found without reading a long one to its end."""
    found = _letters(questions.str.head(_HEAD)).str.head(_BEGIN)
    few = ((found.str.len_chars() < _BEGIN) & (questions.str.len_chars() > _HEAD)).fill_null(False)
    return found.scatter(few.arg_true(), _letters(questions.filter(few)).str.head(_BEGIN)) if few.any() else found


def _letters(questions: pl.Series) -> pl.Series:
    return questions.str.replace_all(_NOT_A_LETTER, "").str.replace_many(_ASCII_DIGITS)


def _keys(release: Release, some: pl.DataFrame) -> pl.DataFrame:
    """Return `id, split, key` of some rows: a hash of all letters of the question and of what it leans on."""
    letters = pl.col("question").map_batches(_letters, return_dtype=pl.String, is_elementwise=True)
    return (
        release.kept("id", "question", "context")
        .filter(pl.col("id").is_in(some["id"].implode()))
        .select("id", "split", letters.alias("letters"), pl.col("context").fill_null("").hash(1))
        .select("id", "split", _hash("letters", "context").alias("key"))
        .collect(engine="streaming")
    )


def _hash(text: str, setting: str) -> pl.Expr:
    return pl.struct(pl.col(text).hash(1), setting).hash(1)


def _shared(keys: pl.DataFrame, column: str, one: str, two: str) -> pl.Series:
    sides = [keys.filter(pl.col("split") == split)[column].drop_nulls().unique() for split in (one, two)]
    return sides[0].filter(sides[0].is_in(sides[1].implode()))


def _rows(release: Release, keys: pl.DataFrame, doubled: pl.Series) -> list[Row]:
    if doubled.is_empty():
        return []
    ids = keys.filter(pl.col("key").is_in(doubled.implode())).select("id", "split", "key")
    found = (
        release.kept("id", "source_id", "file", "locator", "question", "answer")
        .join(ids.lazy(), on=["id", "split"])
        .sort("key", "split", "id")
        .select(pl.exclude("split"), pl.format("in {}", "split").alias("detail"))
        .collect()
    )
    return rows(found.to_dicts(), _ROOM)
