"""Where a run finds its base and its version."""

import json
from pathlib import Path

import pytest

from datakit.errors import InputError, IntegrityError
from datakit.lineage import Manifest, sha256_file, version_id, write_manifest
from export.subject import find_subject, open_subject, weights_root
from tests.export.subjects import model


def run_of(folder: Path, base: Path, *, recorded: str | None, version: str | None = None) -> Path:
    """A sealed run that learned on a base."""
    (folder / "adapter").mkdir(parents=True)
    dataset = {"name": "d", "id": version_id({"name": "d"})}
    identity = {
        "dataset": dataset,
        "base": {"name": "tiny", "sha256": weights_root(base), "architecture": "x", "form": "y"},
    }
    body = {"base_path": recorded, "version_path": version}
    (folder / "provenance.json").write_text(json.dumps(body))
    entry = {"sha256": sha256_file(folder / "provenance.json"), "bytes": (folder / "provenance.json").stat().st_size}
    files = {"provenance.json": entry}
    write_manifest(folder, Manifest(kind="run", id=version_id(identity), identity=identity, files=files))
    return folder


def version_in(folder: Path, name: str = "d") -> Path:
    """A version that is its manifest alone."""
    folder.mkdir(parents=True)
    write_manifest(folder, Manifest(kind="dataset", id=version_id({"name": name}), identity={"name": name}))
    return folder


def test_a_run_finds_its_base_where_it_was_or_where_it_is_said(tmp_path: Path) -> None:
    """A base inside the run is named from there, any other by its whole path; --base goes before both."""
    base = model(tmp_path / "base")
    assert open_subject(run_of(tmp_path / "a", base, recorded=str(base))).base == base
    inside = run_of(tmp_path / "b", base, recorded="../base")
    assert open_subject(inside).base.resolve() == base
    gone = run_of(tmp_path / "c", base, recorded=str(tmp_path / "gone"))
    with pytest.raises(InputError, match=r"c: its base tiny is not where the run found it \(.*gone\); .* with --base"):
        open_subject(gone)
    assert open_subject(gone, base=base).base == base
    with pytest.raises(InputError, match=r"its base tiny is not where the run found it \(None\)"):
        open_subject(run_of(tmp_path / "d", base, recorded=None))
    other = model(tmp_path / "other")
    (other / "model-1.safetensors").write_bytes(b"else")
    with pytest.raises(IntegrityError, match="an adapter fits no other base: name the right one with --base"):
        open_subject(gone, base=other)


def test_a_run_finds_its_version(tmp_path: Path) -> None:
    """Where the run found it, else under --curated by name and id; --dataset goes before both and must be the one."""
    base = model(tmp_path / "base")
    own = version_in(tmp_path / "kept")
    curated = version_in(tmp_path / "curated" / "d" / version_id({"name": "d"}))
    run = run_of(tmp_path / "a", base, recorded=str(base), version=str(own))
    assert open_subject(run, curated=tmp_path / "curated").version == own
    lost = run_of(tmp_path / "b", base, recorded=str(base), version=str(tmp_path / "gone"))
    assert open_subject(lost, curated=tmp_path / "curated").version == curated
    bare = open_subject(lost, curated=tmp_path / "none")
    assert (bare.version, bare.dataset) == (None, None)
    assert open_subject(lost, dataset=own).version == own
    with pytest.raises(InputError, match=r"but the run learned from .*; next: name the right folder with --dataset"):
        open_subject(run, dataset=version_in(tmp_path / "other", "else"))


@pytest.mark.parametrize("wanted", ["x.gguf", "a/b", "./latest"])
def test_what_looks_like_a_path_is_one(wanted: str, tmp_path: Path) -> None:
    """Only a bare word is looked for among the runs, and only where there is a folder of runs."""
    (tmp_path / "runs").mkdir()
    assert find_subject("./latest", runs=tmp_path / "none") == Path("latest")
    if wanted != "./latest":
        assert find_subject(wanted, runs=tmp_path / "runs") == Path(wanted)
