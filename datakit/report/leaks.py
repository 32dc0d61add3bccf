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
_HEAD: Final = 72  # characters of a question that are looked at first; one of the legislature's has 630
_BEGIN: Final = 48  # letters that two questions must share there: of the legislature's one in 77 does, of 32 one in 23
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


def leakage(release: Release, seen: pl.DataFrame) -> Leakage:
    """Compare questions letter by letter: spaces, signs and the script of digits make no difference, words do.

    A question with another passage, or after other turns, is another question. `seen` is what `look` saw of the texts.
    """
    between = [*combinations(release.splits, 2)]
    begun = [_shared(seen, "begin", one, two) for one, two in between]
    alike = seen.filter(pl.col("begin").is_in(pl.concat(begun).implode())) if begun else seen.clear()
    keys = pl.concat([alike.drop_nulls("key").select("id", "split", "key"), _keys(release, alike)])
    both = [_shared(keys, "key", one, two) for one, two in between]
    pairs = tuple(
        Leak(between=(one, two), questions=questions.len(), groups=_shared(seen, "split_group", one, two).len())
        for (one, two), questions in zip(between, both, strict=True)
    )
    doubled = pl.concat(both).unique().sort().head(SHOWN) if both else pl.Series(dtype=pl.UInt64)
    near = near_leaks(release, int(seen["question"].sum() or 0))
    return Leakage(
        pairs=pairs,
        shown=tuple(_rows(release, keys, doubled)),
        near=None if near is None else near[0],
        near_shown=() if near is None else near[1],
    )


def compared(rows: pl.DataFrame, before: pl.Series) -> pl.DataFrame:
    """Return `begin, key` of each row's `question` and what it leans on, its `context`; null where it has no letters.

    Equal questions have one `begin`, a hash of the first letters, and one `key`, a hash of all; only a row whose
    `begin` is among those of rows looked at `before` has a key.
    """
    begin = _hash(_begin(rows["question"]), rows["context"])
    again = begin.is_in(before.implode()).arg_true()
    some = rows[again]
    key = begin.clear(len(rows)).scatter(again, _hash(_letters(some["question"]), some["context"]))
    return pl.DataFrame({"begin": begin, "key": key})


def _begin(questions: pl.Series) -> pl.Series:
    """Return the first letters of each question, found without reading a long one to its end."""
    found = _letters(questions.str.head(_HEAD), _BEGIN)
    few = (found.str.len_chars() < _BEGIN).arg_true()
    few = few.filter(questions.gather(few).str.len_chars() > _HEAD)
    return found.scatter(few, _letters(questions.gather(few), _BEGIN)) if len(few) else found


def _letters(questions: pl.Series, most: int | None = None) -> pl.Series:
    letters = questions.str.replace_all(_NOT_A_LETTER, "")
    letters = letters if most is None else letters.str.head(most)
    some = letters.str.contains("[0-9]").arg_true()  # to find them is ten times cheaper than to replace none
    return letters.scatter(some, letters.gather(some).str.replace_many(_ASCII_DIGITS))


def _hash(letters: pl.Series, contexts: pl.Series) -> pl.Series:
    both = pl.DataFrame({"letters": letters, "context": contexts.fill_null("")})
    return both.select(pl.when(pl.col("letters") != "").then(pl.struct(pl.all()).hash(1))).to_series()


def _keys(release: Release, alike: pl.DataFrame) -> pl.DataFrame:
    """Return `id, split, key` of the rows that have none yet; their questions are read again."""
    some = alike.filter(pl.col("key").is_null())
    splits = some["split"].unique().to_list()
    if not splits:
        return some.select("id", "split", "key")
    wanted = pl.col("id").is_in(some["id"].implode())
    rows = release.kept("id", "question", "context", splits=splits).filter(wanted).collect()
    rows = rows.join(some, on=["id", "split"], how="semi")
    return rows.select("id", "split", _hash(_letters(rows["question"]), rows["context"]).alias("key"))


def _shared(rows: pl.DataFrame, column: str, one: str, two: str) -> pl.Series:
    sides = [rows.filter(pl.col("split") == split)[column].drop_nulls() for split in (one, two)]
    few, many = sorted(sides, key=len)
    return many.filter(many.is_in(few.implode())).unique()


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
