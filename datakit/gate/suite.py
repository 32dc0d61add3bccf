"""The suite: what a release must be, read off its recipe and the options of the gate."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from datakit.gate.expectation import Expectation, where
from datakit.gate.table import COLUMNS, MEASURES, TEXT_COLUMNS
from datakit.lineage import Manifest
from datakit.recipe import GateOptions

ALWAYS_FILLED: Final = ("id", "messages", "source_id", "file", "locator", "split_group")
DEVIATIONS: Final = 5
"""How many standard deviations a split may be off its share: groups are placed by a hash, so rows in a split have
variance p(1-p)·Σ(rows of a group)²; five of them are a false alarm in 1.7 million draws of a normal distribution."""


def recipe_suite(manifest: Manifest, table: pl.DataFrame, options: GateOptions) -> list[Expectation]:
    """Return what the recipe, the decisions and the tombstones of a release make one expect of it.

    `table` is `release_table`'s; only its groups are looked at, for the bounds of the splits.
    """
    stages = {stage["use"]: stage for stage in manifest.identity["recipe"]["stages"]}
    return [
        *_schema(),
        *_filled(stages),
        *_unique(),
        *_lengths(stages),
        *_script(stages),
        *_splits(stages, manifest, table),
        *_licences(options),
        *_withdrawn(manifest),
    ]


def _schema() -> Iterator[Expectation]:
    yield Expectation(
        id="columns",
        says="the columns are those of a release, none more and none less",
        type="expect_table_columns_to_match_set",
        kwargs={"column_set": sorted((*COLUMNS, *MEASURES)), "exact_match": True},
    )
    for column in TEXT_COLUMNS:
        yield Expectation(
            id=f"{column}_is_text",
            says=f"{column} holds text",
            type="expect_column_values_to_be_of_type",
            kwargs={"column": column, "type_": "str"},
        )


def _filled(stages: Mapping[str, Any]) -> Iterator[Expectation]:
    for column in (*ALWAYS_FILLED, *(("question", "answer") if "validate" in stages else ())):
        yield Expectation(
            id=f"{column}_filled",
            says=f"every row has {column}",
            type="expect_column_values_to_not_be_null",
            kwargs={"column": column},
        )
    yield Expectation(
        id="ends_with_assistant",
        says="the last turn that a model is trained on is the assistant's",
        type="expect_column_values_to_be_in_set",
        kwargs={"column": "last_role", "value_set": ["assistant"]},
    )
    yield Expectation(
        id="answer_is_trained_on",
        says="the last turn is the answer, letter by letter",
        type="expect_column_pair_values_to_be_equal",
        kwargs={"column_A": "answer", "column_B": "last_content", "ignore_row_if": "both_values_are_missing"},
    )


def _unique() -> Iterator[Expectation]:
    for column, says in (("id", "no row stands twice"), ("messages", "no conversation stands twice")):
        yield Expectation(
            id=f"{column}_unique", says=says, type="expect_column_values_to_be_unique", kwargs={"column": column}
        )


def _lengths(stages: Mapping[str, Any]) -> Iterator[Expectation]:
    if "length" in stages:
        band = stages["length"]
        low, high = band["min_question_chars"], band["max_question_chars"]
        yield _between("question_length", f"a question has {low} to {high} characters", "question_chars", low, high)
        top = band["max_answer_chars"]
        least = 1 if "validate" in stages else 0
        yield _between("answer_length", f"an answer has {least} to {top} characters", "answer_chars", least, top)
    elif "validate" in stages:
        yield _between("question_length", "no question is empty", "question_chars", 1, None)
        yield _between("answer_length", "no answer is empty", "answer_chars", 1, None)


def _script(stages: Mapping[str, Any]) -> Iterator[Expectation]:
    script = stages.get("script")
    if script is None or (script["leave_romanised"] and "language" not in stages):
        return  # romanised Marathi may then be in the release by the user's own wish
    least = script["min_devanagari_percent"]
    says = f"at least {least} % of a row's letters are Devanagari"
    yield _between("script_share", says, "devanagari_percent", least, None)


def _between(name: str, says: str, column: str, low: int | None, high: int | None) -> Expectation:
    kwargs = {"column": column, "min_value": low, "max_value": high}
    bounds = {key: value for key, value in kwargs.items() if value is not None}
    return Expectation(id=name, says=says, type="expect_column_values_to_be_between", kwargs=bounds)


def _splits(stages: Mapping[str, Any], manifest: Manifest, table: pl.DataFrame) -> Iterator[Expectation]:
    names = list(manifest.identity["row_roots"])
    yield Expectation(
        id="row_count",
        says=f"there are {manifest.counts['kept']:,} rows, as the manifest counts",
        type="expect_table_row_count_to_equal",
        kwargs={"value": manifest.counts["kept"]},
    )
    yield _between("groups_apart", "no group has rows in two splits", "splits_of_group", 1, 1)
    squares = _squares(table)
    for name in names:
        parts = stages["split"].get(name)
        if parts is None:
            continue
        low, high = split_bounds(parts / 100, table.height, squares)
        yield Expectation(
            id=f"{name}_size",
            says=f"{name} has about {parts} % of the rows: {low:,} to {high:,}",
            type="expect_table_row_count_to_be_between",
            kwargs={"min_value": low, "max_value": high, "row_condition": where("split", name)},
        )
        if parts:
            yield Expectation(
                id=f"{name}_not_empty",
                says=f"{name} has rows",
                type="expect_table_row_count_to_be_between",
                kwargs={"min_value": 1, "row_condition": where("split", name)},
                severity="critical" if name == "train" else "warning",
            )


def split_bounds(share: float, rows: int, squares: int) -> tuple[int, int]:
    """Return the fewest and the most rows that a split of this share may have by chance.

    `squares` is the sum over the groups of the square of their rows.
    """
    slack = DEVIATIONS * math.sqrt(share * (1 - share) * squares)
    return max(0, math.floor(share * rows - slack)), min(rows, math.ceil(share * rows + slack))


def _squares(table: pl.DataFrame) -> int:
    if "split_group" not in table.columns:
        return table.height
    return int(table.group_by("split_group").len().select((pl.col("len").cast(pl.Int64) ** 2).sum()).item() or 0)


def _licences(options: GateOptions) -> Iterator[Expectation]:
    if options.require_licence:
        yield Expectation(
            id="licence_stated",
            says="every row states the licence of its source",
            type="expect_column_values_to_not_be_null",
            kwargs={"column": "licence"},
        )
    if options.licences:
        yield Expectation(
            id="licence_allowed",
            says=f"licences are among {', '.join(options.licences)}",
            type="expect_column_values_to_be_in_set",
            kwargs={"column": "licence", "value_set": list(options.licences)},
        )


def _withdrawn(manifest: Manifest) -> Iterator[Expectation]:
    gone = withdrawn_sources(manifest)
    yield Expectation(
        id="no_withdrawn_source",
        says=f"no row is of a withdrawn source ({len(gone)} withdrawn so far)",
        type="expect_column_values_to_not_be_in_set",
        kwargs={"column": "source_id", "value_set": gone},
    )


def withdrawn_sources(manifest: Manifest) -> list[str]:
    """Return the ids of the sources that the tombstones of a release name, those derived from them aside."""
    return sorted({stone["source"] for stone in manifest.identity.get("tombstones", ())})
