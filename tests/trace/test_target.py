"""One word of a user's names one thing: by path, name, id or its beginning, and never by chance."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import DatakitError, InputError, UsageError
from datakit.lineage import read_manifest
from datakit.trace import Folders, Places
from datakit.trace.target import Target, resolve
from tests.trace.made import BASE, base_of, make_model, make_run


def version_of(folders: Folders) -> Path:
    (found,) = {path.resolve() for path in (folders.curated / "forts").iterdir()}
    return found


def run_of(folders: Folders) -> Path:
    (found,) = folders.runs.iterdir()
    return found


def model_of(folders: Folders) -> Path:
    (found,) = folders.models.glob("*/*.gguf")
    return found


def named(word: str, folders: Folders) -> Target:
    return resolve(word, Places(folders))


def test_a_run_by_its_folder_its_id_and_its_beginning(folders: Folders) -> None:
    """The path, the folder's name, the whole id and four characters of it are one run."""
    run = run_of(folders)
    full = read_manifest(run).id
    for word in (str(run), run.name, full, full[:4], f"run:{full}", f"run:{full[:4]}", f"run:{run}"):
        assert (named(word, folders).kind, named(word, folders).id) == ("run", full), word
    with pytest.raises(InputError, match="nothing of this name"):
        named(full[:3], folders)


def test_a_version_by_its_folder_its_id_its_name_and_latest(folders: Folders) -> None:
    """All that `datakit show` takes is taken here too."""
    version = version_of(folders)
    full = read_manifest(version).id
    for word in (str(version), full, full[:8], "forts", "latest", "version:forts", f"version:{version}"):
        assert (named(word, folders).kind, named(word, folders).id) == ("version", full), word


def test_a_model_by_its_file_its_name_and_its_folder(folders: Folders, tmp_path: Path) -> None:
    """The file, its name with or without the ending, its folder, and a copy under any name are models."""
    file = model_of(folders)
    for word in (
        str(file),
        file.name,
        file.stem,
        file.parent.name,
        str(file.parent),
        f"gguf:{file}",
        f"gguf:{file.name}",
    ):
        found = named(word, folders)
        assert (found.kind, found.path and found.path.name) == ("gguf", file.name), word
    copy = shutil.copy(file, tmp_path / "copy.bin")
    with pytest.raises(InputError):
        named(str(copy), folders)
    assert named(f"gguf:{copy}", folders).path == Path(copy)


def test_a_row_by_its_id_and_its_beginning(folders: Folders) -> None:
    """The whole id, or as much of it as only one row has; a row of two sources is one row."""
    import polars as pl

    ids = sorted(set(pl.read_parquet(version_of(folders) / "lineage.parquet")["row_id"].drop_nulls()))
    for row in ids[:5]:
        shortest = next(n for n in range(4, 65) if sum(other.startswith(row[:n]) for other in ids) == 1)
        for word in (row, row[: shortest + 4], f"row:{row[: shortest + 4]}"):
            assert named(word, folders) == Target(kind="row", id=row)
    with pytest.raises(InputError, match=r"the id of a row \(its first 4 or more characters\)"):
        named(ids[0][:3], folders)
    with pytest.raises(InputError):
        named(ids[0] + "0", folders)


def test_a_beginning_that_rows_share_lists_them(folders: Folders) -> None:
    """Where several rows fit, up to ten are listed with their kind, ready to be given, and the rest is counted."""
    import polars as pl

    version = version_of(folders)
    path = version / "lineage.parquet"
    lines = pl.read_parquet(path)
    alike = [f"abcd{number:060x}" for number in range(lines.height)]
    path.chmod(0o644)
    version.chmod(0o755)
    lines.with_columns(pl.Series("row_id", alike)).write_parquet(path)
    with pytest.raises(UsageError, match=rf"'abcd': {lines.height} things fit; give one of them:") as caught:
        named("abcd", folders)
    assert str(caught.value).count("\n  row:abcd") == 10
    assert str(caught.value).endswith(f"\n  and {lines.height - 10} more")
    assert named(alike[3], folders).id == alike[3]


def test_a_source_by_its_name_alone(folders: Folders) -> None:
    """A source has no beginning: half a name is no source, and a kind in front leaves out the others."""
    assert named("bakhar", folders) == Target(kind="source", id="bakhar")
    assert named("source:gazetteer", folders) == Target(kind="source", id="gazetteer")
    for word in ("bakh", "run:bakhar", "row:bakhar", "Bakhar", "source:forts", "version:bakhar"):
        with pytest.raises(InputError, match="nothing of this name"):
            named(word, folders)


def test_a_kind_without_a_name_is_a_name(folders: Folders) -> None:
    """`run:` alone, or a word of no kind before a colon, is looked for as it stands, and not found."""
    for word in ("run:", "kind:bakhar", ":bakhar", ":"):
        with pytest.raises(InputError, match="nothing of this name"):
            named(word, folders)


def test_two_runs_of_one_version_are_told_apart(folders: Folders) -> None:
    """Another seed is another run; each is found by its own id, and the models of both by theirs."""
    second = make_run(folders.runs, version_of(folders), seed=2)
    file = make_model(folders.models, second)
    full = read_manifest(second).id
    assert named(full, folders).id == full
    assert named(str(file.parent.name), folders).path == file
    with pytest.raises(UsageError, match="2 things fit") as caught:
        named(file.stem, folders)  # both models have one file name
    assert str(caught.value).count("\n  gguf:") == 2


@given(st.text("abcdef0123456789:./~-*?[ कख\n", max_size=70))
def test_any_word_is_found_or_told(made_once: Path, word: str) -> None:
    """No word a shell can pass makes the search fail otherwise than with a message that repeats the word."""
    places = Places(Folders(curated=made_once / "curated", runs=made_once / "runs", models=made_once / "models"))
    try:
        found = resolve(word, places)
    except DatakitError as error:
        told = str(error)
    else:
        told = repr(word) if found.kind in ("gguf", "run", "version", "row", "source") else ""
    assert repr(word) in told


def test_the_base_of_a_run_leads_to_the_model_it_went_on_from(folders: Folders) -> None:
    """A run whose base is a file of ours is joined to it by the weights, whatever the file is called."""
    file = model_of(folders)
    child = make_run(folders.runs, version_of(folders), base=base_of(file), seed=3)
    places = Places(folders)
    run = places.runs[read_manifest(child).id]
    assert places.models_by_weights[str(run.base["sha256"])].path == file
    assert str(BASE["sha256"]) not in places.models_by_weights


@pytest.mark.parametrize("word", ["क" * 300, "a" * 5_000, "x\0y", "\udcff", "run:" + "b" * 300])
def test_a_word_that_no_file_can_have_is_not_found(folders: Folders, word: str) -> None:
    """A word too long for a file system, or with a NUL, is told like any other that nothing is called."""
    with pytest.raises(InputError, match="nothing of this name"):
        named(word, folders)
