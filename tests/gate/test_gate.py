"""The gate as a whole: what it writes, what it says, where it stops a release."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from datakit.cli import app
from datakit.cli.gate import summary
from datakit.errors import GateError, InputError, IntegrityError, MissingDependencyError, UsageError
from datakit.gate import RESULT, SUITE, check_release, raise_for_failures, read_outcome
from datakit.gate.outcome import Checked, Offender, Outcome
from datakit.lineage import read_manifest
from datakit.pipeline.curate import curate
from datakit.recipe import GateOptions, Recipe, load, with_gate
from datakit.store import strip, verify, versions
from tests.gate.conftest import Changed
from tests.rows import numbered_rows, write_rows

OPEN = GateOptions(require_licence=False)


def test_suite_and_result_are_kept_in_the_version(tmp_path: Path, plain_recipe: Recipe) -> None:
    """A gated version carries both files under the manifest's hashes, and the same id as without the gate."""
    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(120))
    plain = curate(tmp_path / "raw", tmp_path / "one", recipe=plain_recipe)
    gated = curate(tmp_path / "raw", tmp_path / "two", recipe=replace(plain_recipe, gate=OPEN))
    assert plain.gate is None
    assert gated.gate is not None
    assert gated.path is not None
    assert gated.version_id == plain.version_id
    manifest = verify(gated.path)
    assert {SUITE, RESULT} <= manifest.files.keys()
    kept = read_outcome(gated.path)
    assert kept is not None
    assert kept.checked == gated.gate.checked
    assert "gate" in json.loads((gated.path / "provenance.json").read_text(encoding="utf-8"))["seconds_by_stage"]
    assert "gate" not in manifest.counts["stages"]


def test_a_failing_release_is_not_published(tmp_path: Path, plain_recipe: Recipe) -> None:
    """Rows without a licence stop it: nothing under the folder, no `latest`, the rows named by file and line."""
    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(40))
    with pytest.raises(GateError) as caught:
        curate(tmp_path / "raw", tmp_path / "curated", recipe=replace(plain_recipe, gate=GateOptions()))
    text = str(caught.value)
    assert caught.value.exit_code == 3
    assert "expectations are not met; nothing was published" in text
    assert "licence_stated (expect_column_values_to_not_be_null)" in text
    assert "40 of 40 rows" in text
    assert "a.jsonl, line " in text
    assert list(versions(tmp_path / "curated")) == []
    assert not (tmp_path / "curated" / "plain").exists()


def test_a_failing_release_leaves_the_version_before_as_the_latest(tmp_path: Path, plain_recipe: Recipe) -> None:
    """The version that was there stays, whole, and stays the latest."""
    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(40))
    first = curate(tmp_path / "raw", tmp_path / "curated", recipe=plain_recipe)
    write_rows(tmp_path / "raw" / "b.jsonl", numbered_rows(60))
    with pytest.raises(GateError):
        curate(tmp_path / "raw", tmp_path / "curated", recipe=replace(plain_recipe, gate=GateOptions()))
    assert first.path is not None
    assert (tmp_path / "curated" / "plain" / "latest").resolve() == first.path.resolve()
    verify(first.path)


def test_a_source_that_broke_since_the_last_version_stops_the_next(tmp_path: Path, plain_recipe: Recipe) -> None:
    """The pipeline hands the version before to the gate: a file cut to a fifth is caught."""
    recipe = replace(plain_recipe, gate=OPEN)
    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(200))
    curate(tmp_path / "raw", tmp_path / "curated", recipe=recipe)
    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(40))
    with pytest.raises(GateError, match=r"source_kept:.*keeps at least 100 of the 200 rows that it had; found 40"):
        curate(tmp_path / "raw", tmp_path / "curated", recipe=recipe)


def test_the_files_tell_nothing_of_the_machine(changed: Changed, tmp_path: Path) -> None:
    """Twice the same release gives the same bytes: no clock, no path, no traceback, even where a check fails."""
    changed.write(lambda rows: rows.drop("lang"))
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        check_release(changed.folder, changed.manifest, write_to=tmp_path / name)
        texts.append([(tmp_path / name / file).read_text(encoding="utf-8") for file in (SUITE, RESULT)])
    assert texts[0] == texts[1]
    assert "Traceback" not in texts[0][1]
    assert "site-packages" not in texts[0][1]
    assert str(tmp_path) not in texts[0][1]


def test_what_was_written_is_read_back(changed: Changed, tmp_path: Path) -> None:
    """The outcome in a version is the outcome of the run, but for its time."""
    changed.write(lambda rows: pl.concat([rows, rows.head(2)]))
    ran = check_release(changed.folder, changed.manifest, write_to=tmp_path)
    read = read_outcome(tmp_path)
    assert read == replace(ran, seconds=None, import_seconds=None)
    assert ran.failures[0].rows
    assert ran.seconds is not None


def test_no_gate_no_outcome_and_a_damaged_one_is_said(tmp_path: Path) -> None:
    """A version that was not gated has no outcome; a file that is none is an integrity fault."""
    assert read_outcome(tmp_path) is None
    for body in ("{", "[]", "{}", '{"results": [{}], "meta": {"great_expectations_version": "1"}}'):
        (tmp_path / RESULT).write_text(body, encoding="utf-8")
        with pytest.raises(IntegrityError, match="not a result of the release gate"):
            read_outcome(tmp_path)


def test_a_long_list_of_failures_is_cut_and_counted() -> None:
    """Ten failures are told in full, the rest by number; warnings never stop anything."""
    base = Checked(id="x", says="s", type="t", severity="critical", origin="recipe", met=False, found="found 1")
    found = Outcome(checked=tuple(replace(base, id=f"x{n}") for n in range(13)), great_expectations="1")
    with pytest.raises(GateError, match=r"13 of 13 .*\n(.*\n){10}  - and 3 more\n"):
        raise_for_failures(found, consequence="nothing was published")
    raise_for_failures(Outcome(checked=(replace(base, severity="warning"),), great_expectations="1"), consequence="x")


def test_hostile_names_stay_on_their_line() -> None:
    """A file, a source, or a cell can neither end a line of the message, colour the terminal nor turn the writing."""
    nasty = "a\nrelease gate: 0 of 9\x1b[2J\u202e"
    one = Checked(
        id=f"source_kept:{nasty}",
        says=f"{nasty} keeps its rows",
        type="expect_x",
        severity="critical",
        origin="recipe",
        met=False,
        found=f"found {nasty}",
        rows=(Offender(id=nasty, file=nasty, locator=nasty), Offender(id="", file="शिवकाल.csv", locator="line 3")),
    )
    found = Outcome(checked=(one, replace(one, severity="warning")), great_expectations="1")
    with pytest.raises(GateError) as caught:
        raise_for_failures(found, consequence="nothing was published")
    told = str(caught.value)
    assert len(told.splitlines()) == 5
    assert told.count("a⟨U+000A⟩release gate: 0 of 9⟨U+001B⟩[2J⟨U+202E⟩") == 5
    assert "      शिवकाल.csv, line 3  (row ?)" in told
    assert summary(found).splitlines()[1].endswith("found a⟨U+000A⟩release gate: 0 of 9⟨U+001B⟩[2J⟨U+202E⟩")
    assert not set("\x1b\u202e") & set(told + summary(found))


def test_without_the_package_it_says_how_to_get_it(
    tmp_path: Path, plain_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 6 with the install line, before anything is read; without a gate nothing is missed."""
    monkeypatch.setattr("datakit.gate.engine._PACKAGES", ("great_expectations_of_nobody",))
    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(40))
    with pytest.raises(MissingDependencyError, match=r"pip install 'ancient-aurora\[gate\]', or curate with --no-gate"):
        curate(tmp_path / "raw", tmp_path / "curated", recipe=replace(plain_recipe, gate=OPEN))
    assert not (tmp_path / "curated").exists()
    assert curate(tmp_path / "raw", tmp_path / "curated", recipe=plain_recipe).new


def test_nothing_is_sent_and_the_import_is_lazy(sample: Path) -> None:
    """Loading our gate loads neither package, and a whole check with analytics off opens no connection."""
    code = """
import os, socket, sys
from pathlib import Path
import datakit.pipeline
from datakit.gate import check_release
from datakit.lineage import read_manifest
assert not {'great_expectations', 'pandas'} & set(sys.modules)
def refuse(*_):
    raise AssertionError('a connection was asked for')
socket.socket.connect = socket.getaddrinfo = refuse
folder = Path(sys.argv[1])
assert not check_release(folder, read_manifest(folder)).failures
assert os.environ['GX_ANALYTICS_ENABLED'] == 'false'
"""
    done = subprocess.run([sys.executable, "-c", code, str(sample)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_options_of_a_recipe_and_of_the_command_line() -> None:
    """A recipe asks for the gate by a table; the command line may ask for it, forbid it, or give it a suite."""
    plain, suite = load("marathi-history"), Path("own.json")
    assert plain.gate is None
    assert with_gate(plain).gate is None
    assert with_gate(plain, wanted=True).gate == GateOptions()
    assert with_gate(plain, suite=suite).gate == GateOptions(suite=suite)
    asking = replace(plain, gate=OPEN)
    assert with_gate(asking).gate == OPEN
    assert with_gate(asking, suite=suite).gate == replace(OPEN, suite=suite)
    assert with_gate(asking, wanted=False).gate is None
    assert asking.resolved() == plain.resolved()
    with pytest.raises(UsageError, match="--no-gate: a suite is checked by the gate; leave one of the two out"):
        with_gate(plain, wanted=False, suite=suite)


def test_the_command_checks_a_published_version(sample: Path, tmp_path: Path) -> None:
    """`datakit gate` says how many are met and how long it took, writes both files where asked, and changes nothing."""
    done = CliRunner().invoke(app, ["gate", str(sample), "--out", str(tmp_path / "out")], catch_exceptions=False)
    assert done.exit_code == 0
    assert "expectations met in" in done.stdout
    assert "to load Great Expectations)" in done.stdout
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [SUITE, RESULT]
    verify(sample)
    body = json.loads(CliRunner().invoke(app, ["gate", str(sample), "--json"], catch_exceptions=False).stdout)
    assert (body["id"], body["ok"]) == (read_manifest(sample).id, True)


def test_a_withdrawn_version_cannot_be_checked(version: Path, sample: Path) -> None:
    """A version whose rows are gone says so, whether it is to be checked or to be compared with."""
    strip(version, sources=["a.jsonl"], child=None)
    for arguments in ([str(version)], [str(sample), "--against", str(version)]):
        with pytest.raises(InputError, match=r"withdrawn with the source a\.jsonl; its rows are gone"):
            CliRunner().invoke(app, ["gate", *arguments], catch_exceptions=False)


def test_a_file_where_a_folder_is_wanted_is_refused(sample: Path) -> None:
    """`--out` with the name of a file is refused before anything is checked, and the file stays as it was."""
    with pytest.raises(UsageError, match=r"README\.md: a file; expected a folder for --out"):
        CliRunner().invoke(app, ["gate", str(sample), "--out", str(sample / "README.md")], catch_exceptions=False)
    verify(sample)


def test_the_command_fails_with_the_rows(version: Path) -> None:
    """A version without licences fails `datakit gate`, and the message tells what to do with it."""
    with pytest.raises(GateError, match=r"(?s)do not train on this version.*licence_stated.*a\.jsonl, line"):
        CliRunner().invoke(app, ["gate", str(version)], catch_exceptions=False)
