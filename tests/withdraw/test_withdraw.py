"""Taking a source back: the child, what goes, what stays, who must train again, and that nothing comes back."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from datakit.cli import app
from datakit.decisions import DECISIONS, Decision, DecisionLog, decisions_file
from datakit.errors import InputError, IntegrityError, UsageError
from datakit.lineage import check_files, read_manifest
from datakit.pipeline.curate import curate
from datakit.recipe import load, parse
from datakit.store import TOMBSTONES, find, lock, read_tombstones, read_withdrawal, verify, versions
from datakit.trace import Folders, Label, Places, trace
from datakit.withdraw import Withdrawn, plan, withdraw
from tests.rows import numbered_rows, write_rows
from tests.trace.conftest import RECIPE, SHARED, folders, home, made_once
from tests.trace.made import base_of, make_model, make_run

__all__ = ["folders", "home", "made_once"]  # fixtures of the neighbouring package


def take_back(source: str, folders: Folders, **options: bool) -> Withdrawn:
    return withdraw(source, Places(folders), **options)  # type: ignore[arg-type]


def labels(found: tuple[Label, ...]) -> dict[str, str]:
    return {str(label.path): label.label for label in found}


def holds(folder: Path, text: str) -> list[str]:
    """Return the files below a folder in which a text stands, read as Parquet or as bytes."""
    found = []
    for path in sorted(item for item in folder.rglob("*") if item.is_file() and not item.is_symlink()):
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            inside = any(text in str(row) for row in frame.iter_rows())
        else:
            inside = text.encode() in path.read_bytes()
        if inside:
            found.append(path.name)
    return found


def test_no_word_of_the_source_is_left_anywhere(folders: Folders) -> None:
    """After a withdrawal the text of its rows stands in no file below curated/, the work folder included."""
    only_bakhar = str(numbered_rows(1, start=7)[0]["question"])
    assert {"test.parquet", "000000.rows.parquet"} <= set(holds(folders.curated, only_bakhar))
    done = take_back("bakhar", folders)
    assert holds(folders.curated, only_bakhar) == []
    assert done.plan.lost == 40
    child = find(folders.curated, "forts")
    assert verify(child.path).counts["rejected"]["withdrawn_source"] == 41


def test_no_word_that_a_person_wrote_into_its_rows_is_left_in_a_version(home: Path, folders: Folders) -> None:
    """An edit of a withdrawn row holds that row's words: no version keeps them, nor the parts; the log alone does."""
    before = find(folders.curated, "forts")
    rows = pl.read_parquet(before.path / "lineage.parquet").filter(source_id="bakhar", role="kept")
    written = "संपादकाने सुधारलेले उत्तर"
    edit = Decision(action="edit", row=rows["raw_sha256"][3], question="प्रश्न कोणता?", answer=written)
    DecisionLog(decisions_file(folders.curated, "forts")).append(edit)
    edited = curate(home / "raw", folders.curated, recipe=parse(RECIPE)).path
    assert edited is not None
    assert set(holds(edited, written)) & {"train.parquet", "validation.parquet", "test.parquet"}
    take_back("bakhar", folders)
    assert holds(edited, written) == []
    assert holds(folders.curated, written) == [DECISIONS]
    child = find(folders.curated, "forts")
    assert read_manifest(child.path).counts["decisions"]["stale"][0]["row"] == edit.row
    log = decisions_file(folders.curated, "forts")
    log.write_bytes(b"".join(line for line in log.read_bytes().splitlines(True) if edit.row.encode() not in line))
    assert curate(home / "raw", folders.curated, recipe=parse(RECIPE)).version_id == child.id
    assert holds(folders.curated, written) == []


def test_a_row_that_another_source_has_stays_under_that_source(folders: Folders) -> None:
    """The merged record takes the kept one's place: same id, same text, the other source and its licence."""
    take_back("bakhar", folders)
    child = find(folders.curated, "forts").path
    splits = pl.concat(pl.read_parquet(child / f"{name}.parquet") for name in ("train", "validation", "test"))
    row = splits.filter(pl.col("question") == SHARED["question"])
    assert row.select("answer", "source_id", "licence", "locator").rows() == [
        (SHARED["answer"], "gazetteer", "CC0-1.0", "line 21")
    ]


def test_the_old_version_keeps_manifest_counts_and_lineage(folders: Folders) -> None:
    """What trained on it can still be told: its id, its roots and the places of its rows; nothing can be made of it."""
    before = find(folders.curated, "forts")
    counts = read_manifest(before.path).counts
    (run,) = folders.runs.glob("*/manifest.json")
    take_back("bakhar", folders)
    child = find(folders.curated, "forts")
    assert verify(before.path).counts == counts
    said = read_withdrawal(before.path)
    assert said is not None
    assert (said.sources, said.child) == (("bakhar",), child.id)
    assert "withdrawn" in check_files(before.path, read_manifest(before.path))[0]
    found = trace(str(run.parent), Places(folders))
    assert found.problems == ()
    assert found.facts["withdrawn"] == {"sources": ["bakhar"], "successor": child.id}
    assert "bakhar.jsonl" in set(found.rows["file"])


def test_the_source_cannot_come_back(home: Path, folders: Folders) -> None:
    """The next run over raw/ rejects its rows, without their text, and gives the very version of the withdrawal."""
    take_back("bakhar", folders)
    child = find(folders.curated, "forts")
    again = curate(home / "raw", folders.curated, recipe=parse(RECIPE))
    assert (again.version_id, again.new) == (child.id, False)
    assert read_manifest(child.path).identity["tombstones"][0]["source"] == "bakhar"
    write_rows(home / "raw" / "bakhar.jsonl", numbered_rows(3, start=800))  # new rows of the same source
    more = curate(home / "raw", folders.curated, recipe=parse(RECIPE))
    assert more.path is not None
    rejected = pl.read_parquet(more.path / "rejected.parquet").filter(pl.col("reject_reason") == "withdrawn_source")
    assert rejected.select("question", "answer", "meta", "id").null_count().row(0) == (3, 3, 3, 3)
    assert rejected["locator"].to_list() == ["line 1", "line 2", "line 3"]
    assert rejected["reject_detail"][0] == "the source bakhar was withdrawn"
    other = curate(home / "raw", folders.curated, recipe=parse(RECIPE), name="other", batch_rows=1)
    assert other.rejected["withdrawn_source"] == 3  # a tombstone stands for every name


def test_each_model_gets_the_label_that_fits_it(home: Path, folders: Folders) -> None:
    """Trained on lost rows, built on such a model, measured on them, trained on shared rows, and none of it."""
    version = find(folders.curated, "forts").path
    lineage = pl.read_parquet(version / "lineage.parquet")
    mine = set(lineage.filter(source_id="bakhar", role="kept")["row_id"]) - set(
        lineage.filter(source_id="gazetteer")["row_id"]
    )
    both = set(lineage.filter(source_id="bakhar")["row_id"]) - mine
    held = set(lineage.filter(pl.col("split").is_in(["validation", "test"]))["row_id"])
    assert mine & held  # so every run of this version has figures to mend
    tainted = make_run(folders.runs, version, uses=lambda row: row["row_id"] in mine, seed=2)
    model = make_model(folders.models, tainted)
    heir = make_run(folders.runs, version, uses=lambda row: row["row_id"] not in mine, base=base_of(model), seed=3)
    measured = make_run(folders.runs, version, uses=lambda row: row["row_id"] not in mine | both, seed=4)
    write_rows(home / "raw2" / "a.jsonl", [*numbered_rows(9, start=600), SHARED])
    write_rows(home / "raw2" / "b.jsonl", [SHARED])
    write_rows(home / "raw2" / "c.jsonl", numbered_rows(9, start=400))
    tables = [
        f'[[source]]\nid = "{name}"\ntitle = "x"\nfiles = ["{file}.jsonl"]\nlicence = "CC0-1.0"\n'
        for name, file in (("bakhar", "b"), ("others", "a"), ("third", "c"))
    ]
    (home / "raw2" / "sources.toml").write_text("\n".join(tables), encoding="utf-8")
    second = curate(home / "raw2", folders.curated, recipe=parse(RECIPE.replace("forts", "second")))
    assert second.path is not None
    trains = set(pl.read_parquet(second.path / "train.parquet")["id"])
    if not both <= trains:
        pytest.skip("the shared row fell into a held-out split")
    shared = make_run(folders.runs, second.path, uses=lambda row: row["row_id"] in both, seed=5)
    clean = make_run(folders.runs, second.path, uses=lambda row: row["row_id"] not in both, seed=6)
    found = labels(plan("bakhar", Places(folders)).labels)
    assert {str(path): found[str(path)] for path in (tainted, model, heir, measured, shared, clean)} == {
        str(tainted): "must_retrain",
        str(model): "must_retrain",
        str(heir): "inherits",
        str(measured): "metrics_only",
        str(shared): "re_attribute",
        str(clean): "clean",
    }


def test_a_model_whose_version_is_gone_is_never_called_clean(folders: Folders) -> None:
    """Its own list of rows convicts it; without that nobody knows, and that is the label."""
    version = find(folders.curated, "forts")
    (run,) = (path.parent for path in folders.runs.glob("*/manifest.json"))
    other = curate(folders.curated.parent / "raw", folders.curated, recipe=parse(RECIPE), name="other")
    assert other.path is not None
    version.path.rename(folders.curated.parent / "away")
    found = labels(plan("bakhar", Places(folders)).labels)
    assert found[str(run)] == "must_retrain"
    found = labels(plan("gazetteer", Places(folders)).labels)
    assert set(found.values()) == {"must_retrain"}
    rows = run / "rows.parquet"
    rows.chmod(0o644)
    rows.unlink()
    assert set(labels(plan("bakhar", Places(folders)).labels).values()) == {"unknown"}


def test_rows_made_from_the_source_go_with_it_and_stay_out(tmp_path: Path) -> None:
    """By source, by row, and over two generations; a row made from what another source also has stays."""
    plain = Folders(curated=tmp_path / "curated", runs=tmp_path / "runs", models=tmp_path / "models")
    rows = numbered_rows(6)
    write_rows(tmp_path / "raw" / "a.jsonl", [*rows, SHARED])
    write_rows(tmp_path / "raw" / "b.jsonl", [SHARED])
    first = curate(tmp_path / "raw", plain.curated, recipe=parse(RECIPE))
    assert first.path is not None
    ids = dict(pl.read_parquet(first.path / "lineage.parquet").select("locator", "row_id").filter().iter_rows())
    lineage = pl.read_parquet(first.path / "lineage.parquet")
    of_line = dict(lineage.filter(source_id="a.jsonl").select("locator", "row_id").iter_rows())
    assert len(ids) == 7
    made = [
        {**numbered_rows(1, start=50)[0], "derived_from": "a.jsonl"},
        {**numbered_rows(1, start=51)[0], "derived_from": of_line["line 2"]},
        {**numbered_rows(1, start=52)[0], "derived_from": of_line["line 7"]},
    ]
    write_rows(tmp_path / "raw" / "c.jsonl", made)
    second = curate(tmp_path / "raw", plain.curated, recipe=parse(RECIPE))
    assert second.path is not None
    child_id = pl.read_parquet(second.path / "lineage.parquet").filter(source_id="c.jsonl")["row_id"][1]
    write_rows(tmp_path / "raw" / "d.jsonl", [{**numbered_rows(1, start=53)[0], "derived_from": child_id}])
    curate(tmp_path / "raw", plain.curated, recipe=parse(RECIPE))
    assert len(list(versions(plain.curated))) == 3
    done = take_back("a.jsonl", plain)
    assert {source for source, _ in done.plan.tombstone.derived} == {"c.jsonl", "d.jsonl"}
    assert len(done.plan.affected) == 3
    child = find(plain.curated, "forts")
    kept = pl.read_parquet(child.path / "lineage.parquet").filter(role="kept")
    assert sorted(kept.select("source_id", "locator").rows()) == [("b.jsonl", "line 1"), ("c.jsonl", "line 3")]
    again = curate(tmp_path / "raw", plain.curated, recipe=parse(RECIPE))
    assert again.version_id == child.id
    told = pl.read_parquet(child.path / "rejected.parquet").filter(source_id="c.jsonl")["reject_detail"]
    assert told[0] == "made from a.jsonl, which was withdrawn"


def published(curated: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in curated.rglob("*") if path.is_file() and ".work" not in path.parts}


def test_a_dry_run_changes_nothing_and_says_the_same(folders: Folders) -> None:
    """Every file stays as it is, no tombstone is set, and the child it announces is the one that then comes."""
    before = {
        path: path.read_bytes() for path in folders.curated.rglob("*") if path.is_file() and ".work" not in path.parts
    }
    dry = take_back("bakhar", folders, dry_run=True)
    after = {
        path: path.read_bytes() for path in folders.curated.rglob("*") if path.is_file() and ".work" not in path.parts
    }
    assert before == after
    assert dry.files_gone == {}
    child = dry.children["forts"]
    assert child is not None
    done = take_back("bakhar", folders)
    assert done.children["forts"] is not None
    assert (done.children["forts"].version_id, done.children["forts"].kept) == (child.version_id, child.kept)
    assert done.plan.labels == dry.plan.labels


def test_withdrawing_again_and_withdrawing_all_come_to_an_end(folders: Folders) -> None:
    """A second time there is nothing to do; after the last source there is no child, and the names stay known."""
    take_back("bakhar", folders)
    again = take_back("bakhar", folders)
    assert (again.plan.affected, again.children) == ((), {})
    last = take_back("gazetteer", folders)
    assert last.children == {"forts": None}
    assert [stone.source for stone in read_tombstones(folders.curated)] == ["bakhar", "gazetteer"]
    for version in versions(folders.curated):
        verify(version.path)
        assert read_withdrawal(version.path) is not None


KILLED = """
import os, sys
from pathlib import Path
from datakit.trace import Folders, Places
from datakit.withdraw import withdraw

home, stop = Path(sys.argv[1]), int(sys.argv[2])
seen = 0

def count(event, details):
    global seen
    changes = ("os.rename", "os.remove", "os.chmod", "shutil.rmtree", "os.rmdir")
    if event in changes or (event == "open" and details[2] & os.O_CREAT):
        seen += 1
        if seen == stop:
            os._exit(9)

sys.addaudithook(count)
withdraw("bakhar", Places(Folders(curated=home / "curated", runs=home / "runs", models=home / "models")))
print(seen)
"""


@pytest.mark.slow
def test_a_kill_at_any_step_leaves_a_state_from_which_the_command_goes_on(made_once: Path, tmp_path: Path) -> None:
    """Killed before each of its changes to the disk, every version is whole, marked or absent, and the rest follows."""
    import shutil

    def copy(name: str) -> Path:
        shutil.copytree(made_once, tmp_path / name, symlinks=True)
        return tmp_path / name

    whole = subprocess.run(
        [sys.executable, "-c", KILLED, str(copy("whole")), "-1"], capture_output=True, text=True, check=True
    )
    steps = int(whole.stdout)
    assert steps > 20
    expected = find(tmp_path / "whole" / "curated", "forts").id
    stops = sorted({1, 2, 3, *range(4, steps, max(1, steps // 6)), *range(steps - 8, steps + 1)})
    for stop in stops:
        home = copy(f"stop{stop}")
        at = Folders(curated=home / "curated", runs=home / "runs", models=home / "models")
        done = subprocess.run([sys.executable, "-c", KILLED, str(home), str(stop)], capture_output=True, check=False)
        assert done.returncode == 9
        for version in versions(at.curated):
            if read_withdrawal(version.path) is None:
                verify(version.path)
            else:
                assert read_manifest(version.path).id == version.id
        take_back("bakhar", at)
        assert find(at.curated, "forts").id == expected
        for version in versions(at.curated):
            verify(version.path)
        assert holds(at.curated, str(numbered_rows(1, start=7)[0]["question"])) == []


def test_what_cannot_be_withdrawn_is_told(folders: Folders) -> None:
    """An unknown source with its nearest name, a run at work, a damaged list of tombstones, an unreadable version."""
    with pytest.raises(InputError, match=r"source 'bakhr': no version .* \(did you mean 'bakhar'\?\)"):
        take_back("bakhr", folders)
    with lock(folders.curated, "forts"), pytest.raises(UsageError, match="another run is curating 'forts' here"):
        take_back("bakhar", folders)
    assert not (folders.curated / TOMBSTONES).exists()
    (folders.curated / TOMBSTONES).write_text('{"source": 3}\n', encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"tombstones\.jsonl: line 1: not a tombstone"):
        take_back("bakhar", folders)
    (folders.curated / TOMBSTONES).unlink()
    lineage = find(folders.curated, "forts").path / "lineage.parquet"
    lineage.unlink()
    with pytest.raises(InputError, match=r"lineage\.parquet: missing; without it nobody can tell"):
        take_back("bakhar", folders)


def test_a_version_of_another_release_asks_for_a_recipe(folders: Folders) -> None:
    """A stage that this release does not have cannot be run again; a recipe in its place can."""
    from datakit.recipe.restore import restore

    with pytest.raises(UsageError, match=r"stage 'polish': this release has none; .* or give --recipe"):
        restore({"columns": {}, "stages": [{"use": "polish"}]}, name="x")
    with pytest.raises(UsageError, match=r"stage 'chat': no option colour in this release"):
        restore({"columns": {}, "stages": [{"use": "chat", "colour": "red"}]}, name="x")
    resolved = load("marathi-history").resolved()
    assert restore(resolved, name="marathi-history").resolved() == resolved
    done = withdraw("bakhar", Places(folders), recipe=parse(RECIPE.replace("forts", "other-name")))
    assert done.children["forts"] is not None


def test_the_command_tells_rows_versions_child_and_models(folders: Folders) -> None:
    """Text and JSON, dry and done, name the same child and the same labels."""
    at = ["--curated", str(folders.curated), "--runs", str(folders.runs), "--models", str(folders.models)]
    dry = CliRunner().invoke(app, ["withdraw", "bakhar", "--dry-run", *at])
    assert dry.exit_code == 0, dry.exception
    assert "bakhar: 40 rows lost, 1 stay under another source" in dry.output
    assert "must_retrain: 3" in dry.output
    assert "dry run: nothing was changed" in dry.output
    body = json.loads(CliRunner().invoke(app, ["withdraw", "bakhar", "--note", "asked by mail", "--json", *at]).output)
    assert body["children"]["forts"]["id"] == find(folders.curated, "forts").id
    assert body["children"]["forts"]["id"] in dry.output
    assert {model["label"] for model in body["models"]} == {"must_retrain"}
    (stone,) = read_tombstones(folders.curated)
    assert stone.note == "asked by mail"
    assert stone.at.endswith("+00:00")
    shown = CliRunner().invoke(app, ["ls", *at[:2]]).output
    assert shown.count("withdrawn") == 1
    for command in ("report", "pack"):
        old = body["versions"][0]["id"]
        done = CliRunner().invoke(app, [command, old, *at[:2], *(["--as", "jsonl"] if command == "pack" else [])])
        assert isinstance(done.exception, InputError), (command, done.exception)
        assert "withdrawn with the source bakhar" in str(done.exception)
