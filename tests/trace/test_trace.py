"""Lineage both ways: down to file and line, up to the models, and what is told where a link is broken."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from datakit.cli import app
from datakit.errors import InputError, UsageError
from datakit.lineage import read_manifest, row_id
from datakit.pipeline.curate import curate
from datakit.recipe import parse
from datakit.store import find
from datakit.trace import Folders, Places, trace
from tests.rows import numbered_rows, write_rows
from tests.trace.conftest import RECIPE, SHARED
from tests.trace.made import make_run, write_gguf

SHARED_ID = row_id(
    [{"role": "user", "content": SHARED["question"]}, {"role": "assistant", "content": SHARED["answer"]}]
)


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def model_of(folders: Folders) -> Path:
    return only(folders.models, "*/*.gguf")


def run_of(folders: Folders) -> Path:
    return only(folders.runs, "*/manifest.json").parent


def walk(wanted: object, folders: Folders):  # type: ignore[no-untyped-def]
    return trace(str(wanted), Places(folders))


def test_a_model_leads_to_the_line_of_every_row_that_trained_it(home: Path, folders: Folders) -> None:
    """Each place that a trace names holds, in the raw file and line that it says, the very question of the row."""
    found = walk(model_of(folders), folders)
    assert found.problems == ()
    version = find(folders.curated, "forts").path
    train = pl.read_parquet(version / "train.parquet")
    assert set(found.rows["row_id"]) == set(train["id"])
    assert found.facts["rows_used"] == train.height
    questions = dict(train.select("id", "question").iter_rows())
    for row in found.rows.iter_rows(named=True):
        number = int(row["locator"].removeprefix("line "))
        raw = json.loads((home / "raw" / row["file"]).read_text("utf-8").splitlines()[number - 1])
        assert raw["question"] == questions[row["row_id"]]
        assert row["licence"] == {"bakhar": "CC-BY-4.0", "gazetteer": "CC0-1.0"}[row["source_id"]]


def test_a_row_of_two_sources_names_both_and_what_each_stage_did(folders: Folders) -> None:
    """The kept record and the merged one are both places of the row, the merged one with its stage and reason."""
    found = walk(SHARED_ID[:12], folders)
    assert (found.kind, found.id) == ("row", SHARED_ID)
    assert found.rows.select("role", "source_id", "file", "locator", "stage", "reason").rows() == [
        ("kept", "bakhar", "bakhar.jsonl", "line 1", None, None),
        ("duplicate_of", "gazetteer", "gazetteer.jsonl", "line 21", "exact_dedup", "exact_duplicate"),
    ]
    assert [version["roles"] for version in found.facts["versions"]] == [{"duplicate_of": 1, "kept": 1}]
    (run,) = found.facts["runs"]
    assert run["path"] == str(run_of(folders))
    assert sum(run["rows_used"].values()) == 1
    assert found.facts["models"] == [str(model_of(folders))]


def test_what_normalization_changed_is_told(folders: Folders) -> None:
    """A mended spelling names its rule on the line of the row."""
    found = walk("version:forts", folders)
    changed = found.rows.filter(pl.col("changes").list.len() > 0)
    assert changed.select("file", "locator").rows() == [("gazetteer.jsonl", "line 22")]
    assert changed["changes"].to_list()[0]


def test_a_source_leads_up_to_versions_runs_and_models(folders: Folders) -> None:
    """Rows by role, rows that the run used, and the model; a merged record counts as a use of the row."""
    found = walk("gazetteer", folders)
    (version,) = found.facts["versions"]
    assert version["roles"] == {"duplicate_of": 1, "kept": 21}
    (run,) = found.facts["runs"]
    rows = pl.read_parquet(run_of(folders) / "rows.parquet")
    ids = set(found.rows["row_id"])
    assert run["rows_used"] == dict(rows.filter(pl.col("row_id").is_in(ids)).group_by("split").len().iter_rows())
    assert found.facts["models"] == [str(model_of(folders))]
    assert {(edge.start.partition(":")[0], edge.kind) for edge in found.graph.edges} >= {
        ("gguf", "exported_from"),
        ("run", "trained_on"),
        ("version", "kept"),
    }


def test_a_bare_model_far_from_its_folder_is_traced_by_its_keys(home: Path, folders: Folders) -> None:
    """The file alone, under another name, leads to the same rows."""
    shutil.copy(model_of(folders), home / "found.gguf")
    there, bare = walk(model_of(folders), folders), walk(home / "found.gguf", folders)
    assert bare.rows.equals(there.rows)
    assert bare.problems == ()


def test_a_missing_run_is_told_and_the_walk_goes_on_to_the_version(folders: Folders) -> None:
    """Without the run all rows of the version are shown, and the link that is missing has its own line."""
    name = read_manifest(run_of(folders)).id
    shutil.rmtree(run_of(folders))
    found = walk(model_of(folders), folders)
    assert [problem.kind for problem in found.problems] == ["missing"]
    assert f"run {name}: named by" in found.problems[0].message
    assert found.rows["row_id"].n_unique() == find_kept(folders)
    assert f"run:{name}" in {node.id for node in found.graph.nodes if node.detail.get("missing")}


def find_kept(folders: Folders) -> int:
    return int(read_manifest(find(folders.curated, "forts").path).counts["kept"])


def test_a_missing_version_is_told_by_its_id(folders: Folders) -> None:
    """A run whose version is gone keeps its own facts and names the id it looked for."""
    version = find(folders.curated, "forts")
    shutil.move(version.path, folders.curated.parent / "away")
    found = walk(run_of(folders), folders)
    assert [problem.message for problem in found.problems] == [
        f"version {version.id}: named by {run_of(folders)}, not under {folders.curated}"
    ]
    assert found.facts["rows_used"] > 30
    assert found.rows.height == 0


@pytest.mark.parametrize("key", ["row_root", "base_sha256", "version_id"])
def test_a_model_that_contradicts_its_run_is_told(home: Path, folders: Folders, key: str) -> None:
    """A key of the file that says otherwise than the run is a difference, with both values."""
    run = read_manifest(run_of(folders))
    write_gguf(home / "forged.gguf", run, **{key: "f" * 64})
    found = walk(home / "forged.gguf", folders)
    told = [problem.message for problem in found.problems if problem.kind == "differs"]
    assert len(told) == 1
    assert f"says {'f' * 64}, {run_of(folders)} says " in told[0]


def test_a_changed_model_file_is_told_by_its_hash(folders: Folders) -> None:
    """One flipped byte of a tensor leaves the keys alone and shows in the file's digest."""
    model = model_of(folders)
    payload = bytearray(model.read_bytes())
    payload[-1] ^= 1
    model.write_bytes(payload)
    (problem,) = walk(model, folders).problems
    assert problem.kind == "differs"
    assert "its manifest says" in problem.message


def test_changed_rows_of_a_run_and_of_a_lineage_are_told_by_their_roots(folders: Folders) -> None:
    """Taking one row out of either file breaks the root that the manifest holds; the rest is still shown."""
    run, version = run_of(folders), find(folders.curated, "forts").path
    for path in (run / "rows.parquet", version / "lineage.parquet"):
        path.chmod(0o644)
        pl.read_parquet(path)[1:].write_parquet(path)
    found = walk(run, folders)
    told = "\n".join(problem.message for problem in found.problems)
    assert f"root of the used rows of train: {run / 'rows.parquet'}" in told
    assert "lineage.parquet: its rows of" in told
    assert found.rows.height > 30


def test_a_damaged_run_does_not_stop_the_walk_from_a_source(folders: Folders) -> None:
    """What cannot be read is a problem of its own; the version and its rows are shown."""
    (run_of(folders) / "manifest.json").write_text("{", encoding="utf-8")
    found = walk("source:bakhar", folders)
    assert found.rows.height == 41
    assert any("manifest.json" in problem.message for problem in found.problems)


def test_names_that_fit_nothing_or_several_things_are_told(home: Path, folders: Folders) -> None:
    """Nothing: what could be named; several: each with its kind, ready to be given again."""
    with pytest.raises(InputError, match=r"'nobody': nothing of this name under .* expected a \.gguf file"):
        walk("nobody", folders)
    write_rows(home / "raw2" / "forts", [])
    write_rows(home / "raw2" / "a.jsonl", [SHARED])
    (home / "raw2" / "forts").unlink()
    (home / "raw2" / "sources.toml").write_text(
        '[[source]]\nid = "forts"\ntitle = "x"\nfiles = ["a.jsonl"]\nlicence = "CC0-1.0"\n', encoding="utf-8"
    )
    curate(home / "raw2", folders.curated, recipe=parse(RECIPE.replace('"forts"', '"other"')))
    with pytest.raises(UsageError, match=r"'forts': 2 things fit; give one of them:\n  version:\w+\n  source:forts"):
        walk("forts", folders)
    assert walk("source:forts", folders).rows["version"].n_unique() == 1
    assert walk("row:" + SHARED_ID, folders).rows["version"].n_unique() == 2


def test_merges_of_merges_lead_to_the_row_that_stayed(tmp_path: Path) -> None:
    """A record merged into a record that was itself merged is a place of the row at the end of the chain."""
    lines = [
        ("a", "kept", None, "line 1"), ("b", "duplicate_of", "a", "line 2"), ("c", "duplicate_of", "b", "line 3"),
        ("a", "duplicate_of", "a", "line 4"), ("d", "rejected", None, "line 5"),
    ]  # fmt: skip
    frame = pl.DataFrame(lines, schema=["row_id", "role", "of", "locator"], orient="row")
    split = pl.when(pl.col("role") == "kept").then(pl.lit("train")).alias("split")
    frame.with_columns(split, pl.lit("s").alias("source_id")).write_parquet(tmp_path / "lineage.parquet")
    from datakit.trace.lines import places_of

    found = places_of(tmp_path, "v")
    assert sorted(found.select("row_id", "split", "locator").rows()) == [
        ("a", "train", f"line {number}") for number in (1, 2, 3, 4)
    ]


def test_the_command_tells_people_and_programs_the_same(folders: Folders) -> None:
    """Text and JSON agree, the object has its graph, and a broken link changes the exit code but not the answer."""
    at = ["--curated", str(folders.curated), "--runs", str(folders.runs), "--models", str(folders.models)]
    model = model_of(folders)
    shown = CliRunner().invoke(app, ["trace", str(model), *at, "--rows"])
    assert shown.exit_code == 0, shown.output
    body = json.loads(CliRunner().invoke(app, ["trace", str(model), *at, "--rows", "--json"]).output)
    assert shown.output.count("\nrow     ") == len(body["places"])
    assert {node["kind"] for node in body["graph"]["nodes"]} == {"gguf", "run", "base", "version", "source"}
    ends = {end for edge in body["graph"]["edges"] for end in (edge["from"], edge["to"])}
    assert ends <= {node["id"] for node in body["graph"]["nodes"]}
    shutil.rmtree(run_of(folders))
    broken = CliRunner().invoke(app, ["trace", str(model), *at, "--json"])
    assert isinstance(broken.exception, InputError)
    assert json.loads(broken.stdout)["problems"][0]["kind"] == "missing"


def test_a_run_outside_the_folder_of_runs_is_traced_by_its_path(home: Path, folders: Folders) -> None:
    """A path is enough; the version is found by the id that the run names."""
    away = make_run(home / "elsewhere", find(folders.curated, "forts").path, seed=9)
    found = walk(away, folders)
    assert found.problems == ()
    assert found.rows.height > 30


def test_a_hostile_file_name_stays_on_one_line_of_the_answer(tmp_path: Path) -> None:
    """A source whose name holds a line feed and an escape cannot forge a line or command the terminal."""
    write_rows(tmp_path / "raw" / "a\nrun  \x1b[2J.jsonl", numbered_rows(12))
    made = curate(tmp_path / "raw", tmp_path / "curated", recipe=parse(RECIPE)).path
    assert made is not None
    done = CliRunner().invoke(app, ["trace", str(made), "--rows", "--curated", str(tmp_path / "curated")])
    assert done.exit_code == 0, done.output
    assert "\x1b" not in done.stdout
    assert "source  a⟨U+000A⟩run  ⟨U+001B⟩[2J.jsonl" in done.stdout
    assert all(line.startswith(("version", "  ", "source", "row")) for line in done.stdout.splitlines())
