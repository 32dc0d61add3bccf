"""The gate's report for people and for programs."""

import json
from pathlib import Path

import pytest

from export.verify.check import Check, FileReport
from export.verify.report import markdown, passed, write_report
from tests.export.lineage import (
    BAD,
    FACTS,
    FIDELITY,
    report,
)


def test_the_report_says_what_was_compared() -> None:
    """Name, verdict, what it rests on and each file with its size and time are in the report for people."""
    text = markdown([report("m-f16.gguf", FIDELITY)], facts=FACTS, name="m-1")
    assert text.startswith("# Verification of m-1: passed\n")
    assert "in bfloat16, on 8 conversations (768 tokens) and the texts of d 1." in text
    assert "## m-f16.gguf\n\nf16, 3 MB, checked in 13 s\n" in text
    assert "| fidelity | ok | near |" in text
    assert "Greedy" not in text


def test_a_failure_is_told_with_its_places_and_breaks_no_table() -> None:
    """What a check says stays in its cell, whatever letters it holds; differences are shown for failures alone."""
    good = Check(name="special tokens", passed=True, says="well", differences=["not shown"])
    text = markdown([report("m.gguf", BAD, good)], facts={}, name="m")
    assert text.startswith("# Verification of m: FAILED: nothing was published\n")
    assert "| tokens | FAILED | 2 differ \\| &lt;b> next |" in text.splitlines()
    assert "- tokens: `'a' b`" in text.splitlines()
    assert "- tokens: `c`" in text.splitlines()
    assert "not shown" not in text
    assert "in float32, on 0 conversations (0 tokens) and the texts of no dataset." in text


def test_the_answers_of_the_first_file_are_shown() -> None:
    """Questions and greedy answers stand below the tables, with a warning; those of a second file do not."""
    answers = [{"question": "कोठे <b>?", "file": "रायगड|वर\nहोय"}]
    told = Check(name="answers", passed=True, says="", figures={"answers": answers})
    later = Check(name="answers", passed=True, says="", figures={"answers": [{"question": "x", "file": "SECOND"}]})
    text = markdown([report("a.gguf", told), report("b.gguf", later)], facts=FACTS, name="m")
    assert "- कोठे &lt;b>?\n  → रायगड\\|वर होय\n" in text
    assert "What a model says is not thereby true" in text
    assert "SECOND" not in text


@pytest.mark.parametrize(
    ("files", "wanted"),
    [([], False), ([report("a", FIDELITY)], True), ([report("a", FIDELITY), report("b", BAD)], False)],
)
def test_nothing_checked_is_not_passed(files: list[FileReport], wanted: bool) -> None:
    """A gate that saw no file has passed nothing."""
    assert passed(files) is wanted


def test_the_report_for_programs_holds_everything(tmp_path: Path) -> None:
    """verify.json has the verdict, the facts, and every check with its figures and differences, in UTF-8."""
    write_report(tmp_path, [report("m.gguf", FIDELITY, BAD)], facts=FACTS, name="मराठा")
    raw = (tmp_path / "verify.json").read_text(encoding="utf-8")
    body = json.loads(raw)
    assert "मराठा" in raw
    assert {name: body[name] for name in ("name", "passed", *FACTS)} == {"name": "मराठा", "passed": False, **FACTS}
    (file,) = body["files"]
    assert (file["file"], file["type"], file["bytes"], file["passed"]) == ("m.gguf", "f16", 2_600_000, False)
    assert file["checks"][0]["figures"] == FIDELITY.figures
    assert file["checks"][1]["differences"] == BAD.differences
    assert (tmp_path / "verify.md").read_text(encoding="utf-8").startswith("# Verification of मराठा: FAILED")
