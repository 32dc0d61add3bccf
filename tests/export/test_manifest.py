"""The export's manifest: what lies there and what it was made of."""

import re
from importlib.metadata import distributions
from pathlib import Path

from datakit.lineage import Manifest, check_files, read_manifest, sha256_text, version_id
from export.manifest import seal
from export.subject import Subject
from tests.export.lineage import (
    DATASET,
    RUN,
    subject,
    written,
)


def sealed(folder: Path, *, about: Subject | None = None, gate: str = "passed", seconds: float = 1.6) -> Manifest:
    """Seal a folder with one model and a file beside it."""
    folder.mkdir(exist_ok=True)
    (folder / "m-f16.gguf").write_bytes(b"model")
    (folder / "README.md").write_text("card", encoding="utf-8")
    (folder / ".lock").write_text("")
    return seal(folder, about or subject(), [written("m-f16.gguf", folder=folder)], gate=gate, seconds=seconds)


def test_the_manifest_lists_what_lies_there(tmp_path: Path) -> None:
    """Every file but the lock is in it; a model's hash is the one that writing found, the others are computed."""
    found = sealed(tmp_path / "m")
    assert set(found.files) == {"m-f16.gguf", "README.md"}
    assert found.files["m-f16.gguf"] == {"sha256": sha256_text("m-f16.gguf"), "bytes": 5}
    assert found.files["README.md"] == {"sha256": sha256_text("card"), "bytes": 4}
    assert read_manifest(tmp_path / "m") == found
    (tmp_path / "m" / ".lock").unlink()
    assert [problem.split("sha256")[0] for problem in check_files(tmp_path / "m", found)] == [
        f"{tmp_path / 'm' / 'm-f16.gguf'}: "
    ], "a model that is not what was written is found"


def test_the_identity_is_what_it_was_made_of(tmp_path: Path) -> None:
    """Run, dataset, base and files make the id; the clock, the gate and the folder do not."""
    first = sealed(tmp_path / "a")
    again = sealed(tmp_path / "b", gate="skipped", seconds=99.0)
    assert first.id == again.id == version_id(first.identity)
    assert (first.kind, first.counts["gate"], again.counts["gate"]) == ("gguf", "passed", "skipped")
    assert (first.counts["seconds"], again.counts["seconds"]) == (2, 99)
    assert first.counts["tensors"] == {"f16": {"F16": 2, "F32": 1}}
    assert first.counts["engines"] == {"f16": "numpy"}
    assert first.identity == {
        "format": 1,
        "run": RUN.id,
        "dataset": DATASET.id,
        "base": subject().base_identity,
        "quants": {"f16": sha256_text("m-f16.gguf")},
    }
    bare = sealed(tmp_path / "c", about=subject(run=None, dataset=None))
    assert (bare.identity["run"], bare.identity["dataset"]) == (None, None)
    assert bare.id != first.id


def test_the_packages_that_wrote_it_are_named(tmp_path: Path) -> None:
    """Versions of what is installed are recorded; what is not installed is left out."""
    (tmp_path / "m" / "folder").mkdir(parents=True)
    made = sealed(tmp_path / "m")
    assert "folder" not in made.files
    tools = made.tools
    wanted = ("ancient-aurora", "gguf", "libgguf", "xllamacpp", "torch", "transformers", "tokenizers", "peft")
    assert list(tools) == [name for name in wanted if name in tools]
    there = {found.metadata["Name"].lower() for found in distributions()}
    assert set(tools) == {name for name in wanted if name in there}
    assert all(re.match(r"\d", version) for version in tools.values())
