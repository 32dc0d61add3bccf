"""What an export is asked for, and what people and programs read of it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from datakit.errors import Interrupted, UsageError
from datakit.lineage import Manifest
from export.cli import app
from export.export import Exported, Options
from export.verify.check import Check, FileReport
from export.write import Written

RUNNER = CliRunner()


FILE = Written(
    path=Path("out/m-1/m-f16.gguf"), type="f16", bytes=12_340_000, sha256="a" * 64, tensors=1, types={}, seconds=0.0,
    engine="numpy",
)  # fmt: skip


REPORT = FileReport(
    file="m-f16.gguf", type="f16", bytes=1, seconds=0.0, checks=[Check(name="fidelity", passed=True, says="near")]
)


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An export that notes what it was asked for, and succeeds or raises what a test puts there."""
    noted: dict[str, Any] = {"error": None}

    def export(subject: Any, out: Path, *, options: Options, say: Any) -> Exported:
        noted.update(subject=subject, out=out, options=options)
        say("writing f16")
        if noted["error"] is not None:
            raise noted["error"]
        manifest = Manifest(kind="gguf", id="i" * 64, identity={}, counts={"gate": "passed"})
        return Exported(folder=Path("out/m-1"), name="m", files=[FILE], reports=[REPORT], manifest=manifest)

    monkeypatch.setattr("export.export.export", export)
    monkeypatch.setattr("export.subject.find_subject", lambda wanted, *, runs: (wanted, runs))
    monkeypatch.setattr("export.subject.open_subject", lambda path, **places: SimpleNamespace(path=path, **places))
    return noted


def test_every_option_reaches_the_export(exported: dict[str, Any], tmp_path: Path) -> None:
    """Types, names, texts and places go on as they were given."""
    (tmp_path / "t").write_text("{{ .System }}", encoding="utf-8")
    words = (
        f"latest --quant f16,q8_0 --out O --name N --base B --dataset D --runs R --curated C --system S"
        f" --template {tmp_path / 't'} --license L --adapter-only --no-verify"
    )
    done = RUNNER.invoke(app, words.split())
    assert done.exit_code == 0, done.stderr
    assert exported["subject"] == SimpleNamespace(
        path=("latest", Path("R")), base=Path("B"), dataset=Path("D"), curated=Path("C")
    )
    assert exported["out"] == Path("O")
    assert exported["options"] == Options(
        quants=("f16", "q8_0"), name="N", system="S", template="{{ .System }}", licence="L", verify=False,
        adapter_only=True,
    )  # fmt: skip


def test_without_options_a_run_is_proved_in_two_types(exported: dict[str, Any]) -> None:
    """f16 and q4_k_m, into models/, with the gate."""
    assert RUNNER.invoke(app, ["r"]).exit_code == 0
    assert exported["options"] == Options(quants=("f16", "q4_k_m"))
    assert exported["out"] == Path("models")
    assert exported["options"].verify


def test_people_read_files_checks_and_the_next_step(exported: dict[str, Any]) -> None:
    """Folder, each file with size and hash, each check, and the command for Ollama, on stdout."""
    del exported
    done = RUNNER.invoke(app, ["r"])
    assert done.stdout.splitlines() == [
        "out/m-1",
        f"  {'m-f16.gguf':<40}     12.3 MB  {'a' * 64}",
        "  f16     fidelity        near",
        f"next: ollama create m -f {Path('out/m-1/Modelfile')}",
    ]
    assert done.stderr.splitlines() == ["checking the run, its base and its dataset", "writing f16"]


def test_programs_read_one_object(exported: dict[str, Any]) -> None:
    """--json prints one object, with the command for Ollama and that nobody ran it."""
    del exported
    body = json.loads(RUNNER.invoke(app, ["r", "--json"]).stdout)
    assert body == {
        "folder": "out/m-1",
        "id": "i" * 64,
        "gate": "passed",
        "files": [{"file": "m-f16.gguf", "type": "f16", "bytes": 12_340_000, "sha256": "a" * 64}],
        "ollama": {"command": ["ollama", "create", "m", "-f", str(Path("out/m-1/Modelfile"))], "created": None},
    }


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_template_that_cannot_be_read_is_a_wrong_use(content: bytes | None, tmp_path: Path) -> None:
    """A missing file and one that is no UTF-8 are named before anything is opened."""
    if content is not None:
        (tmp_path / "t").write_bytes(content)
    done = RUNNER.invoke(app, ["r", "--template", str(tmp_path / "t")])
    assert isinstance(done.exception, UsageError)
    assert str(done.exception).endswith("; expected a TEMPLATE as UTF-8 text")


def test_an_export_that_is_broken_off_says_that_nothing_was_published(exported: dict[str, Any]) -> None:
    """Ctrl-C becomes the interruption of the whole project, with what to do."""
    exported["error"] = KeyboardInterrupt()
    done = RUNNER.invoke(app, ["r"])
    assert isinstance(done.exception, Interrupted)
    assert str(done.exception) == "stopped; nothing was published, and the same command starts anew"
