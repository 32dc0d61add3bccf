"""The `[gate]` table of a recipe."""

from pathlib import Path

import pytest

from datakit.errors import RecipeError
from datakit.recipe import GateOptions, parse

BASE = 'name = "plain"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\n'


def test_options_are_read_and_typed(tmp_path: Path) -> None:
    """Lists, numbers and a file beside the recipe arrive as the options want them."""
    (tmp_path / "own.json").write_text("{}", encoding="utf-8")
    text = '[gate]\nlicences = ["CC0-1.0"]\nmax_length_drift = 3\nmax_source_loss_percent = 10\nsuite = "own.json"\n'
    recipe = parse(BASE + text, folder=tmp_path)
    assert recipe.gate == GateOptions(
        licences=("CC0-1.0",), max_length_drift=3.0, max_source_loss_percent=10, suite=tmp_path / "own.json"
    )


def test_an_empty_table_asks_for_the_gate() -> None:
    """`[gate]` alone means all defaults; no table means no gate."""
    assert parse(BASE + "[gate]\n").gate == GateOptions()
    assert parse(BASE).gate is None


def test_the_gate_is_no_part_of_the_identity() -> None:
    """Other options of the gate are the same dataset: no row depends on them."""
    assert parse(BASE + "[gate]\nrequire_licence = false\n").resolved() == parse(BASE).resolved()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('gate = "yes"\n' + BASE, r"`gate`: found 'yes', expected a table such as \[gate\]"),
        (
            BASE + "[gate]\nrequire_license = true\n",
            r"no option `require_license` \(did you mean 'require_licence'\?\)",
        ),
        (BASE + "[gate]\nmax_source_loss_percent = 101\n", r"`max_source_loss_percent` is 101, expected 0 to 100"),
        (BASE + "[gate]\nmax_length_drift = 0.5\n", r"`max_length_drift` is 0.5, expected a factor of 1 or more"),
        (BASE + '[gate]\nsuite = "none.json"\n', r"`suite` is 'none.json', expected a file; there is none at"),
        (BASE + '[gate]\nlicences = "MIT"\n', r"`licences` is 'MIT', expected a list"),
    ],
)
def test_what_makes_no_sense_is_named(text: str, message: str) -> None:
    """Each wrong option is named with what was expected."""
    with pytest.raises(RecipeError, match=message):
        parse(text)
