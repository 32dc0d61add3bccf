"""The section about the release gate."""

import json
from pathlib import Path

import pytest

from datakit.errors import IntegrityError
from datakit.gate import RESULT
from datakit.report.facts import Facts, gather
from datakit.report.forms import as_markdown
from datakit.report.page import as_html
from tests.report.hostile import HOSTILE
from tests.report.made import kept, release


def test_what_is_not_met_stands_first_with_its_rows(facts: Facts, page: str) -> None:
    """Twenty of forty hostile expectations are not met: each is told with what was found; the table has all forty."""
    assert facts.expectations is not None
    assert len(facts.expectations.failures) + len(facts.expectations.warnings) == 20
    section = page.split('<section id="expectations"')[1].split("</section>")[0]
    assert section.count('<span class="n">not met</span>') == 20
    assert section.count("<tr>") == 1 + len(HOSTILE)
    assert "1 of 9 rows" in section
    assert "<script" not in section


def test_a_version_without_a_gate_says_so(tmp_path: Path) -> None:
    """Both forms say that no gate was run and how to run one."""
    made = release(tmp_path, [kept("रायगड कोठे आहे?")])
    facts = gather(tmp_path, made.manifest)
    assert facts.expectations is None
    assert "published without the release gate" in as_html(facts)
    assert "Published without the release gate; `datakit gate` checks it now." in as_markdown(facts)


def test_a_gate_that_was_passed_is_one_sentence(tmp_path: Path) -> None:
    """Nothing is folded out where all is met."""
    made = release(tmp_path, [kept("रायगड कोठे आहे?")])
    config = {"type": "t", "kwargs": {}, "meta": {"id": "a", "says": "s", "origin": "recipe"}, "severity": "critical"}
    one = {"success": True, "expectation_config": config, "result": {}, "exception_info": {}}
    body = {"results": [one], "meta": {"great_expectations_version": "1.24.1"}}
    (tmp_path / RESULT).write_text(json.dumps(body), encoding="utf-8")
    page = as_html(gather(tmp_path, made.manifest))
    assert "Great Expectations 1.24.1 checked 1 expectation on the finished files; all were met" in page
    assert "not met</span>" not in page


def test_a_damaged_result_is_an_integrity_fault(tmp_path: Path) -> None:
    """A result that somebody edited into nonsense is named, not shown as a pass."""
    made = release(tmp_path, [kept("रायगड कोठे आहे?")])
    (tmp_path / RESULT).write_text('{"results": "all fine"}', encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"expectations_result\.json: not a result of the release gate"):
        gather(tmp_path, made.manifest)
