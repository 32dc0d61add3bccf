"""Conflicts: one question, also in other words, whose answers cannot all be right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, combinations
from typing import Any, ClassVar, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.accounts import account_keys, keys_of_texts
from datakit.matching.disagree import Finding, compare, may_be_at_odds
from datakit.matching.hashes import hash_64
from datakit.matching.late_forms import form_and_meetings, late_forms
from datakit.matching.meetings import meetings
from datakit.matching.question_form import ACCOUNT, MAX_CHARS, MAX_WORDS, Asked, asked_each, comparable
from datakit.matching.question_words import question_words
from datakit.matching.ranking import rank_columns, rank_names, ranked
from datakit.matching.star import name_of
from datakit.matching.unit_classes import same_words
from datakit.matching.vote import POLICIES, Answer, losers
from datakit.matching.word_arrays import bearings
from datakit.stage import VERDICT, Corpus, flat_hashes

_MAX_ANSWERS: Final = 40  # a question with more different answers is a template, not a question with one answer
_MAX_WAYS: Final = 200  # different questions with different answers in one group: 19,900 comparisons
_SLICE: Final = 1_000  # rows whose texts are together in memory
_SHOWN: Final = 60  # characters of an answer in a detail


@dataclass(frozen=True, kw_only=True)
class Conflicts:
    """Reject answers that contradict what more sources, or better ones, say in answer to the same question.

    Only rows that are at odds in a year, a date, a number, a name, a place or a yes are touched; the same fact in
    other words is no conflict. Groups with more than 40 different answers are left alone.
    """

    name: ClassVar[str] = "conflicts"
    reasons: ClassVar[tuple[str, ...]] = ("conflicting_answer",)
    writes: ClassVar[tuple[str, ...]] = ()

    policy: str = "majority"
    """majority: the answer of most sources (then rows, then priority) stays, a tie rejects all. prefer_source: the
    highest priority stays, a tie rejects all. keep_none: all go. keep_all: none go, the group is recorded."""

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise ValueError(f"policy: found {self.policy!r}, expected one of {', '.join(POLICIES)}")

    def keys(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return `conflicts.question`, a hash of what is asked (null: nothing to compare), `.meets` and `.answer`.

        `.meets` lists the hashes under which the question meets others that ask the same in more or fewer words. A
        question for an account has neither, but `.account`: its form is found later, where it may meet another.
        """
        may_ask = batch.select(_may_ask().fill_null(False)).to_series()
        loud, accounts = account_keys(bearings(question_words(batch["question"]), may_ask.to_numpy()))
        plain = pl.Series(same_words(batch["question"]))
        strange = (may_ask & ~plain).arg_true()
        closer = pl.Series(keys_of_texts(batch["question"].gather(strange).to_list()), dtype=pl.List(pl.UInt64))
        accounts = pl.concat([accounts, closer]).gather(_placed(len(batch), strange))
        numbered = batch.with_row_index("at").with_columns(looked_at=pl.Series(loud) | ~plain, account=accounts)
        rows = numbered.filter(may_ask).select("at", "question", "context", "history", "looked_at", "account")
        looked_at = pl.col("looked_at")
        late = rows.filter(~looked_at).select("at", "account")
        found = pl.DataFrame(list(_forms(rows.filter(looked_at))), schema=_KEYS, orient="row")
        own = pl.DataFrame({"at": pl.int_range(batch.height, dtype=pl.UInt32, eager=True)})
        own = own.join(pl.concat([found, late], how="diagonal"), on="at", how="left", maintain_order="left").drop("at")
        own = own.with_columns(pl.col("meets", "account").fill_null(pl.lit([], dtype=pl.List(pl.UInt64))))
        own = own.rename({name: f"{self.name}.{name}" for name in own.columns})
        said = batch.select(pl.coalesce(pl.col("answer_key").replace("", None), "answer", pl.lit("")).alias("said"))
        own = own.with_columns(hash_64(said["said"]).alias(f"{self.name}.answer"))
        return pl.concat([own, rank_columns(batch, self.name)], how="horizontal")

    def apply(self, corpus: Corpus) -> pl.DataFrame:
        """Return a verdict for each row of a question whose answers are at odds."""
        chosen = corpus.accepted(f"{self.name}.{self.reasons[0]}")
        jobs = [
            (rows["row"], (rows, chosen.intersection(rows["row"]) if chosen else chosen))
            for rows in self._slices(corpus)
        ]
        found = corpus.each(partial(_judged, policy=self.policy), jobs, "question", "answer", "id", "source_id")
        verdicts = [verdict for some in found for verdict in some]
        return pl.DataFrame(verdicts, schema=VERDICT, orient="row").sort("row")

    def _slices(self, corpus: Corpus) -> Iterator[pl.DataFrame]:
        """Rows of questions with several different answers, best row first, whole groups of questions at a time."""
        rows = self._grouped(corpus)
        groups = _counted(rows, "group").filter(pl.col("answers") > 1).sort("group")
        sliced = groups.with_columns((pl.col("rows").cum_sum() // _SLICE).alias("slice")).select("group", "slice")
        rows = rows.join(sliced, on="group")
        for name in rank_names(self.name):
            rows = rows.join(corpus.keys(name), on="row", how="left")
        rows = ranked(rows, self.name, "slice", "group")
        yield from rows.partition_by("slice", maintain_order=True)

    def _grouped(self, corpus: Corpus) -> pl.DataFrame:
        """Return `row`, `form`, `said` (a hash of the answer) and `group` of rows that may be at odds.

        A group of too many answers falls apart into its questions, each of which is then counted by itself.
        """
        rows = corpus.keys(f"{self.name}.question", f"{self.name}.answer")
        rows = rows.rename({f"{self.name}.question": "form", f"{self.name}.answer": "said"})
        answers, rows = rows.select("row", "said"), rows.drop_nulls("form")
        late = late_forms(corpus, f"{self.name}.account")
        rows = pl.concat([rows, late.select("row", "form").join(answers, on="row")], how="diagonal")
        forms = rows.group_by("form").agg(pl.col("row").min()).sort("form")
        meets = chain(corpus.hashes(f"{self.name}.meets"), [flat_hashes(late.select("row", "meets"))])
        label = meetings(corpus, self.name, forms["form"].to_numpy(), forms["row"].to_numpy(), meets)
        forms = forms.select("form", pl.Series("group", label, dtype=pl.UInt64), pl.Series("own", range(forms.height)))
        rows = rows.join(forms, on="form", how="left")
        large = _counted(rows, "group").filter((pl.col("answers") > _MAX_ANSWERS) | (pl.col("ways") > _MAX_WAYS))
        apart = pl.col("group").is_in(large["group"].implode())
        rows = rows.with_columns(
            pl.when(apart).then(pl.col("own").cast(pl.UInt64) + forms.height).otherwise("group").alias("group")
        )
        small = _counted(rows, "group").filter(pl.col("answers") <= _MAX_ANSWERS)
        return rows.join(small.select("group"), on="group", how="semi").drop("own")


def _may_ask() -> pl.Expr:
    """Rows with an answer whose question is short enough to have a form, told without cutting words."""
    question, answer = pl.col("question"), pl.col("answer")
    short = pl.when(question.str.len_chars() <= MAX_CHARS).then(question)  # or words of long texts were counted too
    return answer.is_not_null() & (answer != "") & (short.str.count_matches(_WORD_OR_MORE) <= MAX_WORDS)


_WORD_OR_MORE: Final = r"[\p{L}0-9०-९]\S*"  # never more than there are words, so no question with a form is lost


_KEYS: Final[dict[str, pl.DataType]] = {
    "at": pl.UInt32(),
    "question": pl.UInt64(),
    "meets": pl.List(pl.UInt64()),
    "account": pl.List(pl.UInt64()),
}


def _placed(rows: int, others: pl.Series) -> NDArray[np.int64]:
    """Return the place of each of so many rows, where those of some others follow behind all rows."""
    places = np.arange(rows, dtype=np.int64)
    places[others.to_numpy()] = rows + np.arange(len(others))
    return places


def _forms(rows: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Yield _KEYS of questions whose form has to be looked at now."""
    fields = rows.select("at", "context", "history", "account").iter_rows()
    for (at, context, history, account), form in zip(fields, asked_each(rows["question"]), strict=True):
        if form is not None and form.kind == ACCOUNT:
            yield at, None, [], account
        elif form is not None:
            yield at, *form_and_meetings(form, context, history), []


@dataclass
class _Said:
    """One answer to a question in one form, with the rows that give it, best first."""

    question: str
    answer: str
    named: str
    """The best row, as people are told of it."""
    rows: list[int]
    sources: set[str]
    priority: int | None


def _judged(job: tuple[pl.DataFrame, frozenset[int]], texts: pl.DataFrame, *, policy: str) -> list[tuple[Any, ...]]:
    """Return the verdicts of a slice: whole groups of rows, best first, and those of them that people let stand."""
    rows, chosen = job
    known = {row: text for row, *text in texts.select("row", "question", "answer", "id", "source_id").iter_rows()}
    groups: dict[int, dict[tuple[int, int], _Said]] = {}
    for group, form, said, row, priority in rows.select("group", "form", "said", "row", "priority").iter_rows():
        question, answer, row_id, source = known[row]
        named = name_of(row_id, source)
        way = groups.setdefault(group, {}).setdefault((form, said), _Said(question, answer, named, [], set(), None))
        way.rows.append(row)
        way.sources.add(source or "")
        way.priority = max((p for p in (way.priority, priority) if p is not None), default=None)
    questions = list({way.question: None for ways in groups.values() for way in ways.values()})
    forms = dict(zip(questions, asked_each(questions), strict=True))
    return [verdict for ways in groups.values() for verdict in _judge(list(ways.values()), forms, chosen, policy)]


def _judge(
    ways: list[_Said], form_of: Mapping[str, Asked | None], chosen: frozenset[int], policy: str
) -> Iterator[tuple[Any, ...]]:
    """Compare the different answers to questions that ask the same, and give verdicts where some are at odds."""
    said = [(form_of[way.question], way.answer) for way in ways]
    pairs = [(i, j, _asked_by(said[i][0], said[j][0])) for i, j in combinations(range(len(ways)), 2)]
    if not any(_at_odds(asked, said[i][1], said[j][1]) for i, j, asked in pairs):
        return  # of most groups: who says the same as whom need not be known
    findings = {(i, j): compare(asked, said[i][1], said[j][1]) if asked else Finding(None) for i, j, asked in pairs}
    answers = [Answer(tuple(way.rows), frozenset(way.sources), way.priority or 0) for way in ways]
    at_odds = sorted({i for pair, finding in findings.items() if finding.same is False for i in pair})
    right = {number for number, answer in enumerate(answers) if not chosen.isdisjoint(answer.rows)}
    lost = losers(answers, findings, policy, chosen=right)
    cluster = min((min(answers[i].rows) for i in at_odds), default=0)
    for i in at_odds:
        against = lost.get(i)
        for row in answers[i].rows:
            if against is None:
                yield row, None, None, None, cluster, None
            else:
                detail = _detail(findings[min(i, against), max(i, against)], i < against, ways[against])
                yield row, "conflicting_answer", detail, answers[against].rows[0], cluster, None


def _counted(rows: pl.DataFrame, group: str) -> pl.DataFrame:
    return rows.group_by(group).agg(
        pl.col("said").n_unique().alias("answers"),
        pl.struct("form", "said").n_unique().alias("ways"),
        pl.len().alias("rows"),
    )


def _asked_by(one: Asked | None, two: Asked | None) -> Asked | None:
    """Return what both of two questions ask, or None where they may not be held against each other."""
    if one is None or two is None or not comparable(one, two):
        return None
    return one if one is two else replace(one, given=one.given | two.given)


def _at_odds(asked: Asked | None, answer: str, other: str) -> bool:
    return asked is not None and may_be_at_odds(asked, answer, other) and compare(asked, answer, other).same is False


def _detail(finding: Finding, first: bool, against: _Said) -> str:
    own, other = (finding.value, finding.other) if first else (finding.other, finding.value)
    return f"says {_short(own)!r}, but {against.named} says {_short(other)!r}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
