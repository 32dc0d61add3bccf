"""Tags and collection: names that hold versions, and what goes when nothing holds it."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from datakit.cli import app
from datakit.errors import InputError, IntegrityError, UsageError
from datakit.pipeline.curate import curate
from datakit.recipe import Recipe
from datakit.store import collect, find, lock, strip, tag, tags, untag, versions
from datakit.trace import Folders, Places, needed_versions
from tests.rows import numbered_rows, write_rows
from tests.trace.made import make_model, make_run


@pytest.fixture
def three(version: Path, plain_recipe: Recipe, tmp_path: Path) -> list[Path]:
    """Three versions of one name, the oldest first."""
    found = [version]
    for number in (1, 2):
        write_rows(tmp_path / "raw" / f"more{number}.jsonl", numbered_rows(5, start=700 + 10 * number))
        result = curate(tmp_path / "raw", tmp_path / "curated", recipe=plain_recipe)
        assert result.path is not None
        found.append(result.path)
    return found


def test_a_tag_names_a_version_until_it_is_moved_or_taken_away(three: list[Path]) -> None:
    """A tag is found with and without the dataset's name, in Devanagari too, and moves only when asked."""
    curated = three[0].parent.parent
    old, new = find(curated, three[0].name), find(curated, three[1].name)
    assert tag(old, "आवृत्ती-१") is None
    assert find(curated, "आवृत्ती-१").id == find(curated, "plain/आवृत्ती-१").id == old.id
    with pytest.raises(UsageError, match=f"names {old.id} already; expected a new name, or --move"):
        tag(new, "आवृत्ती-१")
    assert tag(new, "आवृत्ती-१", move=True) == old.id
    assert tags(curated, "plain") == {"आवृत्ती-१": new.id}
    untag(curated, "plain", "आवृत्ती-१")
    with pytest.raises(InputError, match="not found"):
        find(curated, "आवृत्ती-१")
    with pytest.raises(UsageError, match="plain has none of this name; it has none"):
        untag(curated, "plain", "आवृत्ती-१")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("latest", "the last version"),
        ("cafe", "an id"),
        ("../x", "letters"),
        ("", "letters"),
        (".x", "letters"),
        ("a b", "letters"),
    ],
)
def test_names_that_could_mean_something_else_are_refused(version: Path, name: str, why: str) -> None:
    """`latest`, what looks like an id, and paths are no tags."""
    with pytest.raises(UsageError, match=why):
        tag(find(version.parent.parent, "plain"), name)
    assert not (version.parent / "tags").exists()


def test_a_tag_file_that_holds_no_id_is_told(version: Path) -> None:
    """A damaged tag never names another version by accident."""
    tag(find(version.parent.parent, "plain"), "good")
    (version.parent / "tags" / "good").write_text("nonsense", encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"tags/good: found 'nonsense', expected the id of a version"):
        tags(version.parent.parent, "plain")


def test_only_what_nothing_names_goes(three: list[Path]) -> None:
    """Latest, tagged, trained on and withdrawn versions stay; the rest goes, and only with delete."""
    curated = three[0].parent.parent
    (curated / ".work" / "plain").mkdir(exist_ok=True)
    first = collect(curated, needed=())
    assert {entry.path for entry in first.gone} == {three[0], three[1], curated / ".work" / "plain"}
    assert all(path.exists() for path in three)
    assert {entry.path for entry in collect(curated, needed={three[0].name}).gone} >= {three[1]}
    tag(find(curated, three[1].name), "held")
    kept = {entry.path: entry.why for entry in collect(curated, needed={three[0].name}).kept}
    assert kept == {
        three[0]: "a run or a model names it",
        three[1]: "tagged held",
        three[2]: "the latest of its name",
    }
    strip(three[0], sources=["a.jsonl"], child=three[1].name)
    assert three[0] in {entry.path for entry in collect(curated, needed=()).kept}
    untag(curated, "plain", "held")
    three[1].with_name(three[1].name + ".sig").write_text("{}", encoding="utf-8")
    done = collect(curated, needed=(), delete=True)
    assert sum(entry.bytes for entry in done.gone) > 10_000
    assert [one.path for one in versions(curated)] == sorted([three[0], three[2]])
    assert not three[1].with_name(three[1].name + ".sig").exists()
    assert [path.name for path in (curated / ".work").iterdir() if path.is_dir()] == []


def test_nothing_goes_while_a_run_is_at_work(three: list[Path]) -> None:
    """Another process that holds the name keeps everything of it."""
    curated = three[0].parent.parent
    with lock(curated, "plain"), pytest.raises(UsageError, match="another run is curating 'plain' here"):
        collect(curated, needed=(), delete=True)
    assert all(path.exists() for path in three)


def test_runs_finished_or_not_and_models_name_what_they_need(three: list[Path], tmp_path: Path) -> None:
    """A finished run, an unfinished one by its notes, and a model whose run is gone each hold their version."""
    folders = Folders(curated=tmp_path / "curated", runs=tmp_path / "runs", models=tmp_path / "models")
    run = make_run(folders.runs, three[0])
    assert needed_versions(Places(folders)) == {three[0].name}
    make_model(folders.models, run)
    shutil.rmtree(run)
    assert needed_versions(Places(folders)) == {three[0].name}
    (folders.runs / "unfinished").mkdir()
    (folders.runs / "unfinished" / "config.toml").write_text(f'version = "{three[1].name}"', encoding="utf-8")
    assert needed_versions(Places(folders)) == {three[0].name, three[1].name}


def test_gc_refuses_where_it_cannot_know_what_is_needed(three: list[Path], tmp_path: Path) -> None:
    """No folder of runs, or a run that cannot be read: nothing is taken away, and the reason is told."""
    at = ["gc", "--delete", "--curated", str(tmp_path / "curated"), "--models", str(tmp_path / "models")]
    done = CliRunner().invoke(app, [*at, "--runs", str(tmp_path / "runs")])
    assert isinstance(done.exception, UsageError)
    assert "name it with --runs" in str(done.exception)
    run = make_run(tmp_path / "runs", three[0])
    (run / "manifest.json").write_text("{}", encoding="utf-8")
    done = CliRunner().invoke(app, [*at, "--runs", str(tmp_path / "runs")])
    assert isinstance(done.exception, IntegrityError)
    assert "nothing can be taken away" in str(done.exception)
    assert all(path.exists() for path in three)


def test_the_commands_tell_what_they_do(three: list[Path], tmp_path: Path) -> None:
    """tag lists and names, gc tells first and deletes with --delete, ls and show know the tags."""
    curated = ["--curated", str(tmp_path / "curated")]
    (tmp_path / "runs").mkdir()
    runs = ["--runs", str(tmp_path / "runs"), "--models", str(tmp_path / "models")]
    run = CliRunner().invoke
    assert run(app, ["tag", three[0].name[:8], "first", *curated]).output == f"plain/first  {three[0].name}\n"
    assert json.loads(run(app, ["tag", "--json", *curated]).output) == {"tags": {"plain": {"first": three[0].name}}}
    assert "  first\n" in run(app, ["ls", *curated]).output
    assert json.loads(run(app, ["show", "first", "--json", *curated]).output)["tags"] == ["first"]
    told = run(app, ["gc", *curated, *runs]).output
    assert "nothing was deleted" in told
    assert three[1].exists()
    body = json.loads(run(app, ["gc", "--delete", "--json", *curated, *runs]).output)
    assert str(three[1]) in {entry["path"] for entry in body["gone"]}
    assert not three[1].exists()
    assert run(app, ["tag", "first", "first", "--delete", *curated]).exit_code == 0
    assert isinstance(run(app, ["tag", "--delete", *curated]).exception, UsageError)
