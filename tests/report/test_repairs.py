"""Spelling repairs: what the report says of a rule is what the rule does."""

from pathlib import Path

import pytest

from datakit.decisions import EDITED
from datakit.devanagari import Policy, explain, normalize
from datakit.devanagari.rules import rule_set
from datakit.report.looked import look
from datakit.report.release import Release
from datakit.report.repairs import SAMPLES, Example, Repairs, examples, repairs, touched
from tests.report.made import kept, rejected, release

CHOSEN = {"digits": Policy(digits="deva"), "quotes": Policy(quotes="ascii"), "nukta": Policy(nukta="drop")}


BY_THE_ENGINE = {rule: example for rule, example in examples().items() if rule != EDITED}


def repairs_of(made: Release) -> Repairs | None:
    """Find the rules and the rows to show."""
    rules = touched(made)
    return repairs(rules, look(made, rules["ids"].explode().drop_nulls().to_list()).rows)


@pytest.mark.parametrize(("rule", "example"), BY_THE_ENGINE.items(), ids=list(BY_THE_ENGINE))
def test_each_example_is_what_the_engine_does(rule: str, example: Example) -> None:
    """The rule named, and no other, turns the example's `before` into its `after`."""
    policy = CHOSEN.get(rule, Policy())
    assert normalize(example.before, policy=policy) == example.after
    assert {change.rule for change in explain(example.before, policy=policy)} == {rule}


def test_every_rule_of_the_engine_is_described() -> None:
    """No rule of any policy is missing from the table, nor what people change, and it knows no rule that is gone."""
    rules = rule_set(Policy(digits="deva", quotes="ascii", nukta="drop"))
    ids = {rule.id for group in (rules.any_script, rules.text, rules.word, rules.line) for rule in group}
    assert examples().keys() == ids | {EDITED}


def test_rows_are_counted_by_rule(tmp_path: Path) -> None:
    """A row that two rules touched counts for both, once in the total; samples are kept rows."""
    rows = [
        kept("मुंबई कोठे आहे?", changes=["bindu_order", "spaces"]),
        kept("बँक म्हणजे काय?", changes=["candra_nasal"]),
        rejected("मुंबई", "empty_answer", changes=["bindu_order"]),
        kept("रायगड कोठे आहे?"),
    ]
    found = repairs_of(release(tmp_path, rows))
    assert found is not None
    assert found.rows == 3
    assert [(rule.rule, rule.rows, rule.kept) for rule in found.rules] == [
        ("bindu_order", 2, 1),
        ("candra_nasal", 1, 1),
        ("spaces", 1, 1),
    ]
    sample = found.rules[0].samples[0]
    assert sample.question is not None
    assert (sample.question.text, sample.locator) == ("मुंबई कोठे आहे?", "line 1")


def test_a_rule_shows_few_rows(tmp_path: Path) -> None:
    """However many rows a rule touched, the report shows a few of them."""
    found = repairs_of(release(tmp_path, [kept(f"प्रश्न {n}?", changes=["vowel"]) for n in range(9)]))
    assert found is not None
    assert len(found.rules[0].samples) == SAMPLES


def test_a_rule_of_another_engine_has_no_example(tmp_path: Path) -> None:
    """`indic_nlp` is counted like any rule, without a description that would be made up."""
    found = repairs_of(release(tmp_path, [kept("क", changes=["indic_nlp"])]))
    assert found is not None
    assert found.rules[0].example is None


def test_nothing_repaired_nothing_to_say(tmp_path: Path) -> None:
    """Without a touched row the section is absent."""
    assert repairs_of(release(tmp_path, [kept("क"), kept("ख", changes=[])])) is None
