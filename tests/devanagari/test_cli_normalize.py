"""`datakit normalize`: the line filter, through the command itself."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from datakit.cli.normalize import normalize as command
from datakit.devanagari import normalize
from datakit.errors import InputError, UsageError

app = typer.Typer()
app.command()(command)


def run(text: bytes, *arguments: str) -> Result:
    """Run the command on standard input."""
    return CliRunner().invoke(app, list(arguments), input=text)


def test_lines_in_lines_out() -> None:
    """Each line is normalized by itself and keeps its line end; a last line without one gets none."""
    result = run("मंुबई\nपुणे\n\nदर्\u200dया".encode())
    assert result.exit_code == 0
    assert result.stdout_bytes == "मुंबई\nपुणे\n\nदऱ्या".encode()


def test_empty_input() -> None:
    """Nothing in, nothing out."""
    result = run(b"")
    assert (result.exit_code, result.stdout_bytes) == (0, b"")


def test_line_count_never_changes() -> None:
    """Form feeds, carriage returns and entities that mean a line end become spaces, as `paste` needs it."""
    result = run("पान\x0cदोन\nएक&#10;दोन\r\nतीन\n".encode())
    assert result.stdout_bytes.decode() == "पान दोन\nएक दोन\nतीन\n"


def test_bad_utf8_passes_through_and_is_named() -> None:
    """Lines that are not UTF-8 come out byte for byte; the error names them, and its exit code is 5."""
    result = run("मंुबई\n".encode() + b"abc \xff\xfe\n" + "दर्\u200dया\n".encode() + b"\xc3\n")
    assert result.stdout_bytes == "मुंबई\n".encode() + b"abc \xff\xfe\n" + "दऱ्या\n".encode() + b"\xc3\n"
    assert isinstance(result.exception, InputError)
    assert result.exception.exit_code == 5
    assert "2 of 4 lines are not UTF-8 (line 2, 4)" in str(result.exception)
    assert "iconv" in str(result.exception)


def test_explain_prints_line_rule_word_and_code_points() -> None:
    """Explanations are line number, rule, word and code points, tab-separated; clean lines print nothing."""
    result = run("पुणे\nउंच दर्\u200dया\n".encode(), "--explain")
    assert result.stdout_bytes.decode() == "2\teyelash_zwj\tदर्\u200dया\tU+0930 U+094D U+200D → U+0931 U+094D\n"


def test_explain_names_bad_lines() -> None:
    """A line that is not UTF-8 cannot be explained and is named."""
    result = run(b"\xff\n" + "मंुबई\n".encode(), "--explain")
    assert result.stdout_bytes.decode().startswith("2\tbindu_order\t")
    assert "1 of 2 lines are not UTF-8 (line 1)" in str(result.exception)


def test_policy_options() -> None:
    """The options are the policy's."""
    result = run("सन १६७४ “केसरी” फ़ौज".encode(), "--digits", "ascii", "--quotes", "ascii", "--nukta", "drop")
    assert result.stdout_bytes.decode() == 'सन 1674 "केसरी" फौज'


def test_unknown_option_value() -> None:
    """A value that does not exist is a usage error that names the choices."""
    result = run(b"x", "--digits", "roman")
    assert isinstance(result.exception, UsageError)
    assert "choose one of keep, deva, ascii" in str(result.exception)


def test_many_batches_equal_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the input is cut into batches does not show in the output, nor in line numbers."""
    lines = [f"ओळ {n} दुस-या मंुबई" for n in range(300)]
    text = "\n".join(lines).encode()
    whole = run(text).stdout_bytes
    monkeypatch.setitem(command.__globals__, "_BATCH_BYTES", 100)
    assert run(text).stdout_bytes == whole == "\n".join(map(normalize, lines)).encode()
    explained = run(text, "--explain").stdout_bytes.decode().splitlines()
    assert [line.split("\t")[0] for line in explained[-2:]] == ["300", "300"]


def test_module_loads_nothing_heavy(project: Path) -> None:
    """Importing the command loads neither polars nor the rules: `datakit --help` stays fast."""
    check = (
        "import sys, runpy; runpy.run_path(sys.argv[1]); "
        "print([n for n in ('polars', 'datakit.devanagari', 'indicnlp') if n in sys.modules])"
    )
    origin = str(project / "datakit" / "cli" / "normalize.py")
    done = subprocess.run([sys.executable, "-c", check, origin], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
