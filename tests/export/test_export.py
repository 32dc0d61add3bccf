"""The whole export through its command: what is published, what is refused, what is left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from datakit.errors import GateError, InputError, IntegrityError, UsageError
from datakit.lineage import check_files, read_manifest, sha256_file
from export import export as flow
from export.cli import app
from export.export import Options, export
from export.gguf_reader import open_gguf
from export.subject import open_subject
from export.verify.check import Check, FileReport
from tests.export.conftest import TinyModel
from tests.export.ollama_reader import read_modelfile

RUNNER = CliRunner()


@pytest.mark.slow
def test_a_run_becomes_a_verified_folder(tiny_run: Path, sample_version: Path, tmp_path: Path) -> None:
    """From a run: files, Modelfile, card, reports and a manifest that all agree; lineage inside the file."""
    result = RUNNER.invoke(
        app, [str(tiny_run), "--quant", "f16,bf16", "--out", str(tmp_path), "--name", "Tiny Itihas", "--json"]
    )
    assert result.exit_code == 0, result.stderr
    body = json.loads(result.stdout)
    run = read_manifest(tiny_run)
    folder = tmp_path / f"tiny-itihas-{run.id[:8]}"
    assert Path(body["folder"]) == folder
    assert [file["type"] for file in body["files"]] == ["f16", "bf16"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "Modelfile", "README.md", "manifest.json", "manifest.sha256",
        "tiny-itihas-bf16.gguf", "tiny-itihas-f16.gguf", "verify.json", "verify.md",
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == [folder]

    manifest = read_manifest(folder)
    assert (manifest.kind, manifest.counts["gate"]) == ("gguf", "passed")
    assert manifest.identity["run"] == run.id
    assert manifest.identity["dataset"] == read_manifest(sample_version).id
    assert manifest.identity["quants"]["bf16"] == sha256_file(folder / "tiny-itihas-bf16.gguf")
    assert check_files(folder, manifest) == []

    keys = {name: value.value for name, value in open_gguf(folder / "tiny-itihas-bf16.gguf").keys.items()}
    assert keys["aurora.run_id"] == run.id
    assert keys["aurora.version_id"] == keys["general.dataset.0.version"] == read_manifest(sample_version).id
    assert keys["aurora.row_root"] == "a" * 64
    assert keys["aurora.base_sha256"] == run.identity["base"]["sha256"]
    assert len(str(keys["aurora.recipe"])) == 64
    assert (keys["aurora.format"], keys["general.dataset.count"], keys["general.base_model.count"]) == (1, 1, 1)

    report = json.loads((folder / "verify.json").read_text(encoding="utf-8"))
    assert report["passed"] is True
    tokens = next(check for check in report["files"][0]["checks"] if check["name"] == "tokens")
    assert tokens["figures"]["texts"] >= 1000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlanguage:\n- mr\n")
    assert 'datasets:\n- "marathi-history"' in card
    assert 'base_model:\n- "tiny-llama"' in card
    instructions = dict(read_modelfile((folder / "Modelfile").read_text(encoding="utf-8")))
    assert instructions["from"] == "./tiny-itihas-bf16.gguf"
    assert instructions["system"].startswith("तुम्ही महाराष्ट्राच्या इतिहासाचे")


@pytest.mark.slow
def test_an_adapter_alone_is_proved_on_its_base(tiny_run: Path, tmp_path: Path) -> None:
    """`--adapter-only` writes the LoRA alone, after llama.cpp has answered with base and LoRA as the model does."""
    result = RUNNER.invoke(app, [str(tiny_run), "--adapter-only", "--out", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.stderr
    folder = Path(json.loads(result.stdout)["folder"])
    assert [path.name for path in folder.glob("*.gguf")] == ["marathi-history-lora-f32.gguf"]
    names = dict(read_modelfile((folder / "Modelfile").read_text(encoding="utf-8")))
    assert names["adapter"] == "./marathi-history-lora-f32.gguf"
    checks = json.loads((folder / "verify.json").read_text())["files"][0]["checks"]
    assert {"fidelity", "adapter"} <= {check["name"] for check in checks}


def test_without_the_gate_the_manifest_and_the_card_say_so(tiny_run: Path, tmp_path: Path) -> None:
    """`--no-verify` publishes, and nobody can take the result for a checked one."""
    result = RUNNER.invoke(app, [str(tiny_run), "--quant", "f16", "--no-verify", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.stderr
    folder = next(tmp_path.iterdir())
    assert read_manifest(folder).counts["gate"] == "skipped"
    assert "NOT verified" in (folder / "README.md").read_text(encoding="utf-8")
    assert not (folder / "verify.json").exists()
    assert "not verified (--no-verify)" in result.stdout
    assert f"next: ollama create marathi-history -f {folder / 'Modelfile'}" in result.stdout


class _Refusing:
    """A gate that refuses the second file."""

    facts: dict[str, Any] = {"dataset": "d"}  # noqa: RUF012 - read only

    def __init__(self, *_: Any, **__: Any) -> None:
        self.judged: list[str] = []

    def __enter__(self) -> "_Refusing":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def judge(self, path: Path, *, type: str, **_: Any) -> FileReport:
        self.judged.append(type)
        check = Check(name="fidelity", passed=len(self.judged) < 2, says="too far", differences=["a|b <c>"])
        return FileReport(file=path.name, type=type, bytes=1, seconds=0.1, checks=[check])


def test_a_refused_export_leaves_a_report_and_nothing_else(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed gate publishes no file, keeps verify.json and verify.md aside, and stops at the first refusal."""
    monkeypatch.setattr(flow, "Gate", _Refusing)
    with pytest.raises(GateError, match="the gate refused it") as caught:
        export(open_subject(tiny_run), tmp_path, options=Options(quants=("q8_0", "q4_k_m")))
    assert "marathi-history-q8_0.gguf: fidelity: too far" in str(caught.value)
    assert GateError.exit_code == 3
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".failed")
    assert sorted(path.name for path in left.iterdir()) == ["verify.json", "verify.md"]
    report = json.loads((left / "verify.json").read_text())
    # 16 bits were judged first though nobody asked for them, and nothing came after the refusal.
    assert [(file["type"], file["passed"]) for file in report["files"]] == [("f16", True), ("q8_0", False)]
    assert "FAILED" in (left / "verify.md").read_text(encoding="utf-8")


def test_a_refusal_leaves_an_earlier_export_alone_and_a_later_success_removes_it(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was published stays when a later export is refused; the refusal's report goes when one succeeds."""
    options = Options(quants=("f16",), verify=False)
    first = export(open_subject(tiny_run), tmp_path, options=options)
    before = sha256_file(first.folder / "manifest.json")
    with monkeypatch.context() as patched:
        patched.setattr(flow, "Gate", _Refusing)
        with pytest.raises(GateError):
            export(open_subject(tiny_run), tmp_path, options=Options(quants=("f16", "q8_0")))
    assert sha256_file(first.folder / "manifest.json") == before
    export(open_subject(tiny_run), tmp_path, options=Options(quants=("q8_0",), verify=False))
    assert [path.name for path in tmp_path.iterdir()] == [first.folder.name]
    assert [path.name for path in first.folder.glob("*.gguf")] == ["marathi-history-q8_0.gguf"]


@pytest.mark.slow
def test_a_killed_export_leaves_nothing_under_the_final_name(tiny_run: Path, tmp_path: Path) -> None:
    """After kill -9 at several moments what has its final name is whole, and the same command succeeds."""
    command = [
        sys.executable,
        "-m",
        "export",
        str(tiny_run),
        "--quant",
        "f16,q8_0",
        "--no-verify",
        "--out",
        str(tmp_path),
    ]
    hit = 0
    for wait_s in (1.5, 2.5, 3.5):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        time.sleep(wait_s)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            hit += 1
        process.wait()
        for folder in tmp_path.glob("[!.]*"):  # killed after it was published: then it is there, and whole
            assert check_files(folder, read_manifest(folder)) == []
            hit -= process.returncode != 0
            shutil.rmtree(folder)
    assert hit > 0
    subprocess.run(command, check=True, capture_output=True)
    (folder,) = tmp_path.iterdir()
    assert check_files(folder, read_manifest(folder)) == []


def test_a_changed_run_is_refused(tiny_run: Path, tmp_path: Path) -> None:
    """A run whose files differ from its manifest is never exported: exit 4."""

    copy = tmp_path / "run"
    shutil.copytree(tiny_run, copy)
    (copy / "adapter" / "adapter_config.json").write_text("{}")
    result = RUNNER.invoke(app, [str(copy), "--out", str(tmp_path / "models")])
    assert isinstance(result.exception, IntegrityError)
    assert "adapter_config.json" in str(result.exception)
    assert not (tmp_path / "models").exists()


def test_another_base_is_refused(tiny_run: Path, tmp_path: Path) -> None:
    """An adapter is never merged into weights it was not trained on."""
    (tmp_path / "model.safetensors").write_bytes(b"other")
    with pytest.raises(IntegrityError, match="an adapter fits no other base"):
        open_subject(tiny_run, base=tmp_path)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder / "absent", "no such folder"),
        (lambda folder: folder, "neither a run"),
    ],
)
def test_what_is_no_run_is_named(tmp_path: Path, make: Any, says: str) -> None:
    """A path that holds neither a run nor a model is refused with what was expected."""
    with pytest.raises(InputError, match=says):
        open_subject(make(tmp_path))


def test_an_unfinished_run_is_named_with_the_way_on(tmp_path: Path) -> None:
    """A run that is still training is told apart from a folder that is none."""
    (tmp_path / "begun.json").write_text("{}")
    with pytest.raises(InputError, match="trainer resume"):
        open_subject(tmp_path)


def test_the_gate_without_texts_is_refused_before_anything_is_written(tiny_model: TinyModel, tmp_path: Path) -> None:
    """A model without a dataset cannot be judged: the message names both ways on."""
    with pytest.raises(InputError, match="--dataset FOLDER, or export with --no-verify"):
        export(open_subject(tiny_model.base), tmp_path / "out", options=Options(quants=("f16",)))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("quants", "says"), [(("f17",), "did you mean f16"), (("",), "names no type")])
def test_a_type_that_is_none_is_refused(tiny_model: TinyModel, tmp_path: Path, quants: Any, says: str) -> None:
    """An unknown type is refused with the nearest one, before anything is written."""
    with pytest.raises(UsageError, match=says):
        export(open_subject(tiny_model.base), tmp_path / "out", options=Options(quants=quants, verify=False))


def test_two_exports_of_one_run_do_not_mix(tiny_run: Path, tmp_path: Path) -> None:
    """While one export fills its folder, another of the same run is refused instead of mixed in."""
    from export.staging import staged

    subject = open_subject(tiny_run)
    with (
        staged(tmp_path / f"marathi-history-{subject.short}"),
        pytest.raises(UsageError, match="another export fills this folder"),
    ):
        export(subject, tmp_path, options=Options(quants=("f16",), verify=False))
