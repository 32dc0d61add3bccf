"""What the command says and where: answers on stdout, everything else on stderr, and an exit code for each end."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from datakit.errors import GateError, InputError, Interrupted, MissingDependencyError, UsageError
from datakit.lineage import Manifest
from export import cli
from export.cli import app
from export.export import Exported, Options
from export.verify.check import Check, FileReport
from export.write import Written

RUNNER = CliRunner()


class Talk:
    """A chat that answers a question with its letters, one by one."""

    made: dict[str, Any] = {}  # noqa: RUF012 - the tests read it

    def __init__(self, file: Path, *, system: str | None, temperature: float, max_tokens: int) -> None:
        Talk.made = {"file": file, "system": system, "temperature": temperature, "max_tokens": max_tokens, "asked": []}
        self.system, self.altered, self.dropped = system, False, 0

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        Talk.made["closed"] = True

    def ask(self, question: str) -> Iterator[str]:
        """Echo; a question with a bar is altered, one with a number forgets so many turns, one with ! breaks off."""
        Talk.made["asked"].append(question)
        self.altered = "|" in question
        self.dropped = next((int(letter) for letter in question if letter.isdigit()), 0)
        yield from question.strip().replace("!", "")
        if "!" in question:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def talk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chat of the tests, in the place of llama.cpp's."""
    monkeypatch.setattr("export.chat.Chat", Talk)


def test_one_question_prints_its_answer_and_nothing_else() -> None:
    """With --ask stdout is the answer and a line end; the options reach the chat."""
    words = ["chat", "m.gguf", "--ask", "क ख", "--temperature", "0", "--max-tokens", "9"]
    done = RUNNER.invoke(app, words)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "क ख\n", "")
    assert Talk.made == {
        "file": Path("m.gguf"), "system": None, "temperature": 0.0, "max_tokens": 9, "asked": ["क ख"], "closed": True,
    }  # fmt: skip


def test_without_options_the_chat_has_its_defaults() -> None:
    """Little play, answers of 256 tokens, and the Modelfile's system prompt."""
    RUNNER.invoke(app, ["chat", "m.gguf", "--ask", "क"])
    assert (Talk.made["temperature"], Talk.made["max_tokens"], Talk.made["system"]) == (0.3, 256, None)


@pytest.mark.parametrize("words", [["--temperature", "2.5"], ["--temperature", "-0.1"], ["--max-tokens", "0"]])
def test_numbers_out_of_range_are_refused(words: list[str]) -> None:
    """A temperature is from 0 to 2, an answer has a token: exit code 2 before anything is opened."""
    Talk.made = {}
    done = RUNNER.invoke(app, ["chat", "m.gguf", "--ask", "क", *words])
    assert (done.exit_code, Talk.made) == (2, {})
    assert words[0] in done.stderr


def test_each_line_is_a_question_till_the_input_ends() -> None:
    """Empty lines ask nothing; answers go to stdout, the hint and the system prompt to stderr."""
    done = RUNNER.invoke(app, ["chat", "m.gguf", "--system", "शिक्षक"], input="क\n\n  \nख ग\n")
    assert (done.exit_code, done.stdout) == (0, "क\nख ग\n")
    assert [question.strip() for question in Talk.made["asked"]] == ["क", "ख ग"]
    assert done.stderr.splitlines() == [
        "system: शिक्षक", "Ctrl-D or Ctrl-C leaves. What the model says is not thereby true.",
    ]  # fmt: skip


def test_ctrl_c_leaves_quietly() -> None:
    """Broken off in the middle of an answer, the chat ends with exit code 0 and the process is closed."""
    done = RUNNER.invoke(app, ["chat", "m.gguf"], input="क!\nख\n")
    assert (done.exit_code, done.stdout) == (0, "क")
    assert len(Talk.made["asked"]) == 1
    assert Talk.made["closed"]


def test_what_was_done_to_a_question_is_said_after_its_answer() -> None:
    """Special tokens that were taken apart and questions that were forgotten are told on stderr, once for each."""
    done = RUNNER.invoke(app, ["chat", "m.gguf"], input="a|\nb2\nc\n")
    assert done.stdout == "a|\nb2\nc\n"
    assert done.stderr.splitlines()[1:] == [
        "(special tokens in your text were taken apart: they are words here, not commands)",
        "(questions forgotten with their answers, since they fitted no longer: 2)",
    ]


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


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (GateError("too far\x1b[31m"), 3, "gguf-export: too far"),
        (InputError("gone"), 5, "gguf-export: gone\n"),
        (MissingDependencyError("no gguf"), 6, "gguf-export: no gguf\n"),
        (Interrupted("stopped"), 130, "gguf-export: stopped\n"),
        (KeyboardInterrupt(), 130, ""),
        (OSError(28, "No space left on device", "x"), 1, "gguf-export: x: No space left on device; the disk is full"),
        (BrokenPipeError(), 0, ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_every_end_has_its_exit_code(
    error: BaseException, code: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A purposeful error is one message without control letters; a reader that left is no error."""

    def fail(*, prog_name: str) -> None:
        assert prog_name == "gguf-export"
        raise error

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr(cli, "_QUIET", {})
    if isinstance(error, BrokenPipeError):
        monkeypatch.setattr(sys, "stderr", SimpleNamespace(close=lambda: None))
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == code
    told = capsys.readouterr().err
    assert told.startswith(says)
    assert "\x1b" not in told


def test_a_fault_of_our_own_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody meant goes on as it is, so that it can be reported."""

    def fail(*, prog_name: str) -> None:
        raise ZeroDivisionError(prog_name)

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr(cli, "_QUIET", {})
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_libraries_are_told_to_be_quiet_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything runs the environment forbids bars, downloads and telemetry; what is set already stays."""
    seen = {"HF_HUB_OFFLINE": "0"}
    monkeypatch.setattr("export.cli.os.environ", seen)
    monkeypatch.setattr(cli, "app", lambda *, prog_name: seen.update(ran=prog_name))
    cli.main()
    assert seen == {
        "HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TQDM_DISABLE": "1",
        "DO_NOT_TRACK": "1", "ran": "gguf-export",
    }  # fmt: skip
