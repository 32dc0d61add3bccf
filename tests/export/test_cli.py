"""The exporter's command line while there is no exporter."""

import pytest
from typer.testing import CliRunner

from datakit.errors import MissingDependencyError
from export.cli import app

RUNNER = CliRunner()


def test_help_says_it_is_not_built() -> None:
    """`gguf-export --help` works and says, before anybody plans around it, that nothing is exported yet."""
    result = RUNNER.invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "NOT BUILT YET" in result.stdout


def test_version_is_the_one_of_the_distribution() -> None:
    """`gguf-export --version` names the distribution, which the three commands share."""
    result = RUNNER.invoke(app, ["--version"])
    assert (result.exit_code, result.stdout.split()[0]) == (0, "ancient-aurora")


@pytest.mark.parametrize(
    "arguments", [[], ["runs/first"], ["runs/first", "--quant", "f16,q4_k_m", "--ollama"]], ids=" ".join
)
def test_every_call_is_refused_with_the_reason_and_the_next_step(arguments: list[str]) -> None:
    """Whatever is asked of the exporter, it does nothing, says so on stderr, and exits as for a missing program."""
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == MissingDependencyError.exit_code == 6
    assert result.stdout == ""
    assert "does not export models yet; nothing was done" in result.stderr
    assert "Next:" in result.stderr
