"""docs/normalization.md says what the benchmark measured and what the code does."""

import json
from pathlib import Path

import pytest

from datakit.devanagari import Policy, dedup_key, explain, normalize


@pytest.fixture
def page(project: Path) -> str:
    """The page of documentation."""
    return (project / "docs" / "normalization.md").read_text(encoding="utf-8")


@pytest.fixture
def results(project: Path) -> dict:
    """What `python -m benchmarks.normalize` last wrote."""
    return json.loads((project / "benchmarks" / "results" / "normalize.json").read_text(encoding="utf-8"))


def test_harms_are_those_measured(page: str, results: dict) -> None:
    """Every count of harm by indic-nlp-library stands in the page as it was measured."""
    found = results["engines"]["indic-nlp-library"]["on_canonical_text"]
    kinds = [
        "eyelash_ra_decomposed",
        "curly_quotes_lost",
        "other_colon_made_visarga",
        "candra_a_lost",
        "pipe_made_danda",
    ]
    for kind in [*kinds, "meaningful_zwnj_lost", "time_or_ratio_made_visarga"]:
        assert f"| {found[kind]:,} |" in page, kind
    assert f"it changes {found['changed']:,} (" in page


def test_speeds_are_those_measured(page: str, results: dict) -> None:
    """The table of speeds is the benchmark's, the bars are met, and the column engine equals the plain one."""
    names = {"datakit, column": 0, "indic-nlp-library": 0, "nfc": 0, "ftfy": 1, "datakit, plain": 2}
    rows = {"indic-nlp-library": "indic-nlp-library 0.92", "nfc": "NFC alone", "ftfy": "ftfy 6.3.1"}
    for name, digits in names.items():
        measured = results["engines"][name]
        speed, golden, traps = measured["mb_per_cpu_s"], measured["exact_percent"], measured["traps_kept_percent"]
        assert f"| {rows.get(name, name)} | {speed:.{digits}f} | {golden:.0f} % | {traps:.0f} % |" in page
    assert results["corpus"]["differs_from_plain"] == 0
    assert results["corpus"]["column_engine"]["not_idempotent"] == 0
    assert results["corpus"]["column_engine"]["mb_per_cpu_s"] >= 30
    assert results["engines"]["datakit, column"]["exact_percent"] == 100


def test_examples_are_true(page: str) -> None:
    """The Python examples give what their comments say."""
    assert normalize("शेतक-यांना दु:ख झाले") == "शेतकऱ्यांना दुःख झाले"
    assert normalize("सन १६७४", policy=Policy(digits="ascii")) == "सन 1674"
    assert [str(one) for one in explain("दर्\u200dया")] == [
        "eyelash_zwj\tदर्\u200dया\tU+0930 U+094D U+200D → U+0931 U+094D"
    ]
    assert dedup_key("सन १६७४!") == dedup_key("सन 1674")
    for shown in ("'शेतकऱ्यांना दुःख झाले'", "'सन 1674'", "U+0930 U+094D U+200D → U+0931 U+094D"):
        assert shown in page


def test_files_named_exist(page: str, project: Path) -> None:
    """Every file that the page says holds rules is there."""
    folder = project / "datakit" / "devanagari"
    named = [cell for line in page.splitlines() if line.startswith("| `") for cell in line.split("|")[1].split("`")]
    files = [name.strip() for name in named if name.strip().endswith((".py", ".tsv"))]
    assert len(files) >= 12
    for name in files:
        assert (folder / name).is_file() or (folder / "tables" / name).is_file(), name
