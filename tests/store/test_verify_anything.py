"""Verification of runs, exports and withdrawn versions: one flipped byte in any file is noticed, and named."""

import copy
import json
import random
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from datakit.cli import app
from datakit.errors import InputError, IntegrityError
from datakit.lineage import MANIFEST, Manifest, read_manifest, sha256_file, write_manifest
from datakit.lineage.attestation import run_attestation
from datakit.store import strip, verify
from tests.trace.made import make_model, make_run, write_gguf


@pytest.fixture
def trained(version: Path, tmp_path: Path) -> tuple[Path, Path, Path]:
    """A version, a run of it and an export of the run."""
    run = make_run(tmp_path / "runs", version)
    return version, run, make_model(tmp_path / "models", run).parent


def files(folder: Path) -> list[Path]:
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in found:
        path.chmod(0o644)
    return found


@pytest.mark.parametrize("which", [1, 2])
def test_any_flipped_byte_of_a_run_or_an_export_is_noticed_and_named(trained: tuple[Path, ...], which: int) -> None:
    """In every file of both folders, a flipped byte at the start, the end and anywhere raises with its name."""
    folder = trained[which]
    chance = random.Random(11)
    names = files(folder)
    assert {path.suffix for path in names} >= {".json", ".sha256"} | ({".parquet"} if which == 1 else {".gguf"})
    for path in names:
        payload = path.read_bytes()
        for place in {0, len(payload) - 1, *(chance.randrange(len(payload)) for _ in range(5))} if payload else ():
            damaged = bytearray(payload)
            damaged[place] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
            expected = MANIFEST if path.name == "manifest.sha256" else path.name
            with pytest.raises(IntegrityError, match=expected.replace(".", r"\.")):
                verify(folder)
        path.write_bytes(payload)
    verify(folder)


def rewrite(folder: Path, **identity: object) -> None:
    """Write a manifest that agrees with every byte of the folder, as a careful forger would."""
    manifest = read_manifest(folder)
    listed = {
        path.relative_to(folder).as_posix(): {"sha256": sha256_file(path), "bytes": path.stat().st_size}
        for path in files(folder)
        if not path.name.startswith("manifest.")
    }
    body = {**manifest.identity, **identity}
    from datakit.lineage import version_id

    write_manifest(folder, Manifest(kind=manifest.kind, id=version_id(body), identity=body, files=listed))


def test_rows_of_a_run_that_do_not_give_its_root_are_told(trained: tuple[Path, ...]) -> None:
    """The used rows must be those of the identity, whatever the hashes of the files say."""
    run = trained[1]
    files(run)
    rows = pl.read_parquet(run / "rows.parquet")
    rows.with_columns(used=pl.col("row_id") != rows["row_id"][0]).write_parquet(run / "rows.parquet")
    rewrite(run)
    with pytest.raises(IntegrityError, match=r"rows\.parquet: the root of the used rows of train is \w+, expected"):
        verify(run)


def test_an_attestation_that_speaks_of_another_run_is_told(trained: tuple[Path, ...]) -> None:
    """What a run tells supply-chain tools must agree with its manifest, though every hash of a file does."""
    run = trained[1]
    files(run)
    statement = json.loads(json.dumps(run_attestation(read_manifest(run), provenance={})))
    place = run / "attestation.json"
    for change, told in (
        (lambda body: body, None),
        (
            lambda body: body["subject"][0]["digest"].update(sha256="0" * 64),
            r"subject adapter/\S+: found 0{64}, expected",
        ),
        (lambda body: body["predicate"]["buildDefinition"]["externalParameters"].update(seed=7), "seed: found 7"),
        (lambda body: body.update(predicateType="x"), "predicateType: found 'x'"),
        (lambda body: body.update(predicate=[]), "not a statement"),
    ):
        body = copy.deepcopy(statement)
        change(body)
        place.write_text(json.dumps(body), encoding="utf-8")
        rewrite(run)
        if told is None:
            verify(run)
        else:
            with pytest.raises(IntegrityError, match=rf"attestation\.json: .*{told}"):
                verify(run)
    place.write_text("[1", encoding="utf-8")
    rewrite(run)
    with pytest.raises(IntegrityError, match=r"attestation\.json: not a statement"):
        verify(run)


def test_a_model_of_another_run_is_told(trained: tuple[Path, ...]) -> None:
    """A GGUF put in the place of another one shows in its own keys, though manifest and file agree."""
    _, run, export = trained
    (model,) = export.glob("*.gguf")
    write_gguf(model, read_manifest(run), run_id="e" * 64)
    rewrite(export, quants={"f16": sha256_file(model)})
    with pytest.raises(IntegrityError, match=rf"aurora\.run_id is {'e' * 64}, expected {read_manifest(run).id}"):
        verify(export)
    rewrite(export, quants={"f16": "0" * 64})
    with pytest.raises(IntegrityError, match=r"no \.gguf file has the sha256 0{64}, which the identity gives f16"):
        verify(export)


def test_what_stays_of_a_withdrawn_version_is_verified_to_the_byte(version: Path) -> None:
    """Its manifest, its roots over the lineage and its mark hold; a flipped byte in any file left is named."""
    went = strip(version, sources=["a.jsonl"], child=None)
    assert {"train.parquet", "validation.parquet", "test.parquet", "rejected.parquet", "report.html"} <= set(went)
    assert verify(version).counts["in"] == 300
    left = files(version)
    assert {path.name for path in left} == {
        "manifest.json", "manifest.sha256", "lineage.parquet", "provenance.json", "README.md", "withdrawn.json",
    }  # fmt: skip
    chance = random.Random(5)
    for path in left:
        payload = path.read_bytes()
        for place in {0, len(payload) - 1, *(chance.randrange(len(payload)) for _ in range(5))}:
            damaged = bytearray(payload)
            damaged[place] ^= 1 << chance.randrange(8)
            path.write_bytes(damaged)
            expected = MANIFEST if path.name == "manifest.sha256" else path.name
            with pytest.raises(IntegrityError, match=expected.replace(".", r"\.")):
                verify(version)
        path.write_bytes(payload)
    verify(version)


def test_a_withdrawal_that_was_cut_short_is_told_with_the_next_step(version: Path) -> None:
    """A file of text that is left behind the mark is named, and so is the command that takes it away."""
    kept = (version / "test.parquet").read_bytes()
    strip(version, sources=["a.jsonl"], child=None)
    (version / "test.parquet").write_bytes(kept)
    with pytest.raises(IntegrityError, match=r"test\.parquet: still there.*`datakit withdraw a\.jsonl` ends it"):
        verify(version)
    assert strip(version, sources=["a.jsonl"], child="c" * 64) == ["test.parquet"]
    verify(version)
    (version / "lineage.parquet").unlink()
    with pytest.raises(IntegrityError, match=r"lineage\.parquet: missing; it stays"):
        verify(version)


def test_the_command_takes_versions_runs_exports_and_models(trained: tuple[Path, ...], tmp_path: Path) -> None:
    """Each is verified by its path; a bare file has nothing to be checked against, and that is said."""
    version, run, export = trained
    (model,) = export.glob("*.gguf")
    for target, folder in ((version, version), (run, run), (export, export), (model, export)):
        done = CliRunner().invoke(app, ["verify", str(target)])
        assert done.exit_code == 0, done.exception
        assert f"ok: {folder}: {len(read_manifest(folder).files)} files" in done.output
    bare = write_gguf(tmp_path / "bare.gguf", read_manifest(run))
    done = CliRunner().invoke(app, ["verify", str(bare)])
    assert isinstance(done.exception, InputError)
    assert "no manifest.json beside it" in str(done.exception)
