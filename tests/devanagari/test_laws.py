"""Laws of normalization over any string."""

import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.devanagari import Policy, dedup_key, dedup_keys, explain, normalize, normalize_series, normalize_with_rules
from datakit.devanagari.rules import rule_set
from tests.devanagari.cases import HOSTILE, KEPT, MENDED, any_text, column_text, damaged_text, every_rule

POLICIES = st.builds(
    Policy,
    digits=st.sampled_from(["keep", "deva", "ascii"]),
    quotes=st.sampled_from(["keep", "ascii"]),
    nukta=st.sampled_from(["keep", "drop"]),
    zwj=st.sampled_from(["noise", "keep"]),
    zwnj=st.sampled_from(["noise", "keep"]),
)
EVERY_TEXT = [*(row[0] for row in KEPT), *(row[0] for row in MENDED), *HOSTILE]


@settings(max_examples=600, deadline=None)
@given(any_text, POLICIES)
def test_idempotent_and_nfc(text: str, policy: Policy) -> None:
    """Under every policy the output is NFC and normalizing it again changes nothing."""
    once = normalize(text, policy=policy)
    assert unicodedata.is_normalized("NFC", once)
    assert normalize(once, policy=policy) == once


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_strings(text: str) -> None:
    """Long, malformed and adversarial strings neither crash nor stay unsettled."""
    once = normalize(text)
    assert unicodedata.is_normalized("NFC", once)
    assert normalize(once) == once
    assert isinstance(dedup_key(text), str)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.none() | column_text, max_size=12), POLICIES)
def test_column_equals_plain(texts: list[str | None], policy: Policy) -> None:
    """The column form gives the plain engine's output in every row, nulls stay null, and name and order stay."""
    series = pl.Series("answer", texts, dtype=pl.String)
    expected = [None if text is None else normalize(text, policy=policy) for text in texts]
    result = normalize_series(series, policy=policy)
    assert result.to_list() == expected
    assert result.name == "answer"


@settings(max_examples=30, deadline=None)
@given(st.lists(column_text, min_size=40, max_size=120))
def test_long_column_equals_plain(texts: list[str]) -> None:
    """The same where a column is long enough for the rules to be looked for one by one."""
    assert normalize_series(pl.Series(texts, dtype=pl.String)).to_list() == [normalize(text) for text in texts]


@settings(max_examples=300, deadline=None)
@given(damaged_text)
def test_rules_touched_are_those_explained(text: str) -> None:
    """The rules noted for a row are those whose changes `explain` lists, and none where nothing changed."""
    after, touched = normalize_with_rules(pl.Series([text], dtype=pl.String))
    explained = {change.rule for change in explain(text)}
    assert touched.get(0, frozenset()) == explained
    assert (after[0] == text) == (not explained)


@settings(max_examples=500, deadline=None)
@given(damaged_text, POLICIES)
def test_word_rules_never_look_across_a_space(text: str, policy: Policy) -> None:
    """A word rule gives the same on a text as on its words one by one: what the column form rests on."""
    for rule in rule_set(policy).word:
        assert rule.apply(text) == " ".join(rule.apply(word) for word in text.split(" ")), rule.id


@settings(max_examples=200, deadline=None)
@given(st.lists(damaged_text, min_size=1, max_size=8), POLICIES)
def test_trigger_is_found_wherever_a_rule_acts(texts: list[str], policy: Policy) -> None:
    """In the Rust engine of polars, a rule's trigger is found in every text that the rule changes."""
    for rule in every_rule(rule_set(policy)):
        changed = [text for text in texts if rule.apply(text) != text]
        if changed:
            assert pl.Series(changed).str.contains(rule.trigger).all(), (rule.id, [ascii(text) for text in changed])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.none() | column_text, max_size=8))
def test_keys_of_a_column_equal_plain_keys(texts: list[str | None]) -> None:
    """The dedup keys of a column are those of its texts one by one."""
    series = pl.Series("question", texts, dtype=pl.String)
    keys = dedup_keys(series)
    assert keys.to_list() == [None if text is None else dedup_key(text) for text in texts]
    assert keys.name == "question"


@settings(max_examples=300, deadline=None)
@given(damaged_text)
def test_key_is_the_key_of_the_normalized_text(text: str) -> None:
    """Normalizing first never changes a key, so that it does not matter which stage ran before."""
    assert dedup_key(normalize(text)) == dedup_key(text)


def test_hostile_column() -> None:
    """The column form equals the plain one on every hostile string that a column can hold."""
    texts = [text for text in EVERY_TEXT if not any(0xD800 <= ord(char) <= 0xDFFF for char in text)]
    series = pl.Series(texts, dtype=pl.String)
    assert normalize_series(series).to_list() == [normalize(text) for text in texts]
    assert dedup_keys(series).to_list() == [dedup_key(text) for text in texts]
