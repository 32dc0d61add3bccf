"""Manifests: written, read back, and never believed."""

import json
import re
from pathlib import Path

import pytest

from datakit.errors import InputError, IntegrityError
from datakit.lineage import Manifest, check_files, read_manifest, sha256_file, version_id, write_manifest

IDENTITY = {"name": "नमुना", "row_roots": {"train": "0" * 64}, "decisions": []}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.parquet").write_bytes(b"rows")
    (tmp_path / "README.md").write_text("card")
    files = {
        name: {"sha256": sha256_file(tmp_path / name), "bytes": (tmp_path / name).stat().st_size}
        for name in ("train.parquet", "README.md")
    }
    write_manifest(
        tmp_path, Manifest(kind="dataset", id=version_id(IDENTITY), identity=IDENTITY, counts={"in": 3}, files=files)
    )
    return tmp_path


def test_a_manifest_reads_back_as_it_was_written(folder: Path) -> None:
    """Reading gives every field, and an untouched folder has no problem."""
    manifest = read_manifest(folder)
    assert (manifest.kind, manifest.id, manifest.identity, manifest.counts) == (
        "dataset",
        version_id(IDENTITY),
        IDENTITY,
        {"in": 3},
    )
    assert check_files(folder, manifest) == []


def test_any_flipped_byte_of_the_manifest_is_noticed(folder: Path) -> None:
    """Whatever byte of manifest.json or of its digest changes, reading raises."""
    for name in ("manifest.json", "manifest.sha256"):
        payload = (folder / name).read_bytes()
        for place in range(len(payload)):
            damaged = bytearray(payload)
            damaged[place] ^= 1
            (folder / name).write_bytes(damaged)
            with pytest.raises(IntegrityError, match=r"manifest\.(json|sha256)"):
                read_manifest(folder)
        (folder / name).write_bytes(payload)


def test_an_identity_edited_together_with_its_digest_is_noticed(folder: Path) -> None:
    """The id is recomputed, so a consistent rewrite of the file is not enough."""
    body = json.loads((folder / "manifest.json").read_text())
    body["identity"]["name"] = "दुसरा"
    manifest = Manifest(**body)
    write_manifest(folder, manifest)
    with pytest.raises(IntegrityError, match="its identity hashes to"):
        read_manifest(folder)


def test_a_folder_without_manifest_is_an_input_error(tmp_path: Path) -> None:
    """The message names the path and what was expected there."""
    with pytest.raises(
        InputError, match=r"manifest\.json: no manifest can be read here .* expected the folder of a version"
    ):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "train.parquet").write_bytes(b"rowz"), r"train\.parquet: sha256 \w+, expected"),
        (lambda folder: (folder / "train.parquet").write_bytes(b"row"), r"train\.parquet: 3 bytes, expected 4"),
        (lambda folder: (folder / "train.parquet").unlink(), r"train\.parquet: missing"),
        (lambda folder: (folder / "extra.txt").write_text("x"), r"extra\.txt: not in the manifest"),
    ],
)
def test_every_kind_of_difference_is_named(folder: Path, damage, message: str) -> None:
    """Changed, shortened, missing and added files are each reported with their path."""
    damage(folder)
    problems = check_files(folder, read_manifest(folder))
    assert len(problems) == 1
    assert re.search(message, problems[0])
