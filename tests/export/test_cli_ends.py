"""Every end of the command has its exit code."""

import sys
from types import SimpleNamespace

import pytest

from datakit.errors import GateError, InputError, Interrupted, MissingDependencyError
from export import cli


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
