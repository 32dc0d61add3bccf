"""The trainer's command line while there is no trainer."""

import pytest
from typer.testing import CliRunner

from datakit.errors import MissingDependencyError
from trainer.cli import app

RUNNER = CliRunner()


def test_help_says_it_is_not_built() -> None:
    """`trainer --help` works and says, before anybody plans around it, that nothing trains yet."""
    result = RUNNER.invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "NOT BUILT YET" in result.stdout


def test_version_is_the_one_of_the_distribution() -> None:
    """`trainer --version` names the distribution, which the three commands share."""
    result = RUNNER.invoke(app, ["--version"])
    assert (result.exit_code, result.stdout.split()[0]) == (0, "ancient-aurora")


@pytest.mark.parametrize(
    "arguments",
    [[], ["run", "latest"], ["run", "latest", "--preset", "small", "--set", "r=8", "--json"], ["plan"], ["doctor"]],
    ids=" ".join,
)
def test_every_command_is_refused_with_the_reason_and_the_next_step(arguments: list[str]) -> None:
    """Whatever is asked of the trainer, it does nothing, says so on stderr, and exits as for a missing program."""
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == MissingDependencyError.exit_code == 6
    assert result.stdout == ""
    assert "does not train yet; nothing was done" in result.stderr
    assert "datakit pack VERSION --as messages" in result.stderr
