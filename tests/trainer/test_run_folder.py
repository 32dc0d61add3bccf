"""The run folder: open while it trains, sealed by its manifest, and every later change found."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import InputError, IntegrityError, UsageError
from datakit.lineage import BEGUN, MANIFEST, read_manifest, sha256_file, version_id
from datakit.lineage.attestation import ATTESTATION
from trainer.run_folder import LOCK, begin, check_run, device_name, lock, now, read_begun, run_path, seal, tools

IDENTITY: dict[str, Any] = {
    "format": 1,
    "dataset": {"name": "इतिहास", "id": "a" * 64, "row_roots": {"train": "b" * 64}},
    "rows": {"train": {"root": "c" * 64, "rows": 3}, "validation": {"root": "d" * 64, "rows": 1}},
    "base": {"name": "random-llama", "sha256": "e" * 64, "architecture": "LlamaForCausalLM", "form": "random"},
    "template": {"name": "chatml", "sha256": "f" * 64},
    "engine": "fake",
    "config": {"learning_rate": "0.0002"},
    "seed": 1,
}
PROVENANCE = {"started": "2026-01-01T00:00:00+00:00", "finished": "2026-01-01T00:01:00+00:00", "git_commit": None}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that has begun and written two files."""
    folder = run_path(tmp_path, version_id(IDENTITY))
    begin(folder, {"identity": IDENTITY})
    (folder / "adapter").mkdir()
    (folder / "adapter" / "weights.safetensors").write_bytes(b"weights")
    (folder / "अहवाल.html").write_text("<p>अहवाल</p>", "utf-8")
    return folder


@pytest.fixture
def sealed(run: Path) -> Path:
    seal(run, IDENTITY, version_id(IDENTITY), {"steps": 4}, PROVENANCE)
    return run


def test_a_folder_is_named_by_its_id(tmp_path: Path) -> None:
    """The folder of a run is the first 16 digits of its id: two runs of one identity meet in one folder."""
    assert run_path(tmp_path, version_id(IDENTITY)).name == version_id(IDENTITY)[:16]
    other = version_id({**IDENTITY, "seed": 2})
    assert run_path(tmp_path, other) != run_path(tmp_path, version_id(IDENTITY))


def test_what_a_run_began_with_comes_back(run: Path) -> None:
    """`resume` reads to the letter what `begin` wrote, and a second beginning replaces it whole."""
    assert read_begun(run) == {"identity": IDENTITY}
    begin(run, {"identity": {**IDENTITY, "seed": 2}})
    assert read_begun(run)["identity"]["seed"] == 2
    assert not list(run.glob(f".{BEGUN}"))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"identity": {}', b"[1, 2]", b"null", b'"run"'])
def test_a_damaged_beginning_is_told(run: Path, content: bytes) -> None:
    """A note that a kill or an editor left as no object is an error that names the file."""
    (run / BEGUN).write_bytes(content)
    with pytest.raises(InputError, match=rf"{BEGUN}.*expected the folder of an unfinished run"):
        read_begun(run)


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    """A folder without a beginning and without a manifest is no run."""
    with pytest.raises(InputError, match="expected the folder of an unfinished run"):
        read_begun(tmp_path)
    with pytest.raises(InputError, match="no manifest can be read here"):
        check_run(tmp_path)


def test_a_finished_run_is_not_resumed_and_an_open_one_not_shown(run: Path) -> None:
    """Each of the two states says which command belongs to it."""
    with pytest.raises(UsageError, match=r"not finished; `trainer resume .*` goes on with it"):
        check_run(run)
    seal(run, IDENTITY, version_id(IDENTITY), {}, PROVENANCE)
    with pytest.raises(UsageError, match=rf"this run is finished; `trainer show {run.name}` shows it"):
        read_begun(run)


def test_the_manifest_covers_every_file(sealed: Path) -> None:
    """Every file but the manifest and its digest is listed with its size and hash; nothing of the training is left."""
    manifest = check_run(sealed)
    present = {path.relative_to(sealed).as_posix() for path in sealed.rglob("*") if path.is_file()}
    assert present == {*manifest.files, MANIFEST, "manifest.sha256"}
    assert {"adapter/weights.safetensors", "अहवाल.html", ATTESTATION} <= manifest.files.keys()
    assert not present & {BEGUN, LOCK}
    for name, entry in manifest.files.items():
        assert entry == {"sha256": sha256_file(sealed / name), "bytes": (sealed / name).stat().st_size}
    assert manifest.id == version_id(manifest.identity)
    assert manifest.tools["python"].startswith("3.")


def test_the_attestation_does_not_speak_of_itself(sealed: Path) -> None:
    """The statement names the other files with the hashes of the manifest; it cannot hold its own."""
    statement = json.loads((sealed / ATTESTATION).read_text("utf-8"))
    text = json.dumps(statement, ensure_ascii=False)
    files = read_manifest(sealed).files
    assert files["adapter/weights.safetensors"]["sha256"] in text
    assert files[ATTESTATION]["sha256"] not in text


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda run: _flip(run / "adapter" / "weights.safetensors"), "weights.safetensors: sha256"),
        (lambda run: (run / "अहवाल.html").unlink(), "अहवाल.html: missing"),
        (lambda run: (run / "अहवाल.html").write_text("", "utf-8"), "अहवाल.html: 0 bytes, expected"),
        (lambda run: (run / "adapter" / "more.bin").write_bytes(b""), "more.bin: not in the manifest"),
        (lambda run: _flip(run / ATTESTATION), f"{ATTESTATION}: sha256"),
    ],
    ids=["flipped bit", "missing", "emptied", "added", "attestation"],
)
def test_any_change_afterwards_is_found(sealed: Path, change: Any, says: str) -> None:
    """A changed, missing or added file is an integrity error that names it."""
    change(sealed)
    with pytest.raises(IntegrityError, match=r"1 problem\(s\)") as caught:
        check_run(sealed)
    assert says in str(caught.value)


def test_all_changes_are_told_at_once(sealed: Path) -> None:
    """Three faults are three lines, so that one look is enough."""
    _flip(sealed / "adapter" / "weights.safetensors")
    (sealed / "अहवाल.html").unlink()
    (sealed / "नवीन").write_bytes(b"x")
    with pytest.raises(IntegrityError, match=r"3 problem\(s\)") as caught:
        check_run(sealed)
    assert str(caught.value).count("\n  - ") == 3


@pytest.mark.parametrize("name", [MANIFEST, "manifest.sha256"])
def test_an_edited_manifest_is_refused(sealed: Path, name: str) -> None:
    """The manifest and its digest hold each other."""
    _flip(sealed / name)
    with pytest.raises(IntegrityError):
        check_run(sealed)


def test_another_kind_of_folder_is_no_run(version: Path) -> None:
    """A version's folder has a manifest too; it is named as what it is."""
    with pytest.raises(UsageError, match="a dataset, expected a run"):
        check_run(version)


def test_one_process_trains_a_run(run: Path) -> None:
    """While one holds the lock another is refused, in this process and in any other; after it, it is free again."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom datakit.errors import UsageError\n"
        "from trainer.run_folder import lock\n"
        "try:\n    with lock(Path(sys.argv[1])):\n        print('held')\n"
        "except UsageError as error:\n    print(error)\n"
    )
    command = [sys.executable, "-c", code, str(run)]
    with lock(run):
        other = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert "another process is training this run; wait for it" in other
        with pytest.raises(UsageError, match="another process is training"), lock(run):
            raise AssertionError("two hold one lock")
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "held\n"


def test_a_lock_is_let_go_after_an_error(run: Path) -> None:
    """An error inside does not leave the run locked."""
    with pytest.raises(RuntimeError, match="halfway"), lock(run):
        raise RuntimeError("halfway")
    with lock(run):
        assert (run / LOCK).is_file()


def test_what_is_recorded_beside_a_run() -> None:
    """The time is UTC with its zone, the device has its architecture, the tools are those that are installed."""
    assert now().endswith("+00:00")
    assert device_name("cpu").startswith("cpu ")
    found = tools()
    assert {"python", "torch", "transformers"} <= found.keys()
    assert all(found.values())
