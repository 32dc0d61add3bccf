"""Recipes: what is accepted, and how all that is wrong is said at once."""

from pathlib import Path

import pytest

from datakit.errors import InputError, RecipeError, UsageError
from datakit.lineage import canonical_json
from datakit.recipe import BUILTIN, DEFAULT, load, parse
from datakit.stages import STAGES

LEAST = '\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\n'


def problems(text: str, **options: object) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        parse(text, **options)  # type: ignore[arg-type]
    return list(caught.value.problems)


def test_every_built_in_recipe_loads() -> None:
    """Each file that ships is valid; the count is asserted, so that an empty folder cannot pass."""
    names = sorted(path.stem for path in BUILTIN.glob("*.toml"))
    assert names == ["marathi-history"]
    for name in names:
        recipe = load(name)
        assert recipe.name == name
        assert [stage.name for stage in recipe.stages][-2:] == ["split", "holdout"]


def test_the_default_recipe_uses_every_stage_that_needs_no_file() -> None:
    """A stage that exists and is not used by default has to be named here with its reason."""
    left_out = {"decontaminate"}  # compares with files that only the user can name
    assert set(STAGES) - {stage.name for stage in load(DEFAULT).stages} == left_out


def test_all_problems_come_at_once_each_with_the_nearest_name() -> None:
    """Five mistakes give five lines, not the first one."""
    found = problems(
        'name = "Marathi History"\nsplits = 3\n'
        '[[stage]]\nuse = "normalise"\n'
        '[[stage]]\nuse = "chat"\nsytem = "x"\n'
        '[[stage]]\nuse = "split"\ntrain = "ninety"\n'
        '[[stage]]\nuse = "validate"\n'
    )
    text = "\n".join(found)
    assert "`splits`: no such setting" in text
    assert "`name`: found 'Marathi History', expected 1 to 64 of a-z" in text
    assert "stage 1: `use` is 'normalise' (did you mean 'normalize'?)" in text
    assert "stage 2 (chat): no option `sytem` (did you mean 'system'?); it has system, context" in text
    assert "stage 3 (split): `train` is 'ninety', expected a whole number" in text
    assert "stage 4 (validate): decides row by row, so it runs before 'split'" in text
    assert len(found) == 6


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name = [", "not TOML"),
        ('name = "x"', "no 'chat' stage: a release needs one"),
        ('name = "x"\nstage = 3', "`stage`: expected [[stage]] tables"),
        ('name = "x"\n[[stage]]\nuse = 3' + LEAST, "stage 1: `use` is 3"),
        ('name = "x"' + LEAST + LEAST, "stage 3 (chat): named twice"),
        ('name = "x"\ncolumns = 3' + LEAST, "`columns`: found 3"),
        (
            'name = "x"\n[columns]\nqustion = "प्रश्न"' + LEAST,
            "`columns.qustion`: not a record column (did you mean 'question'?)",
        ),
        ('name = "x"\n[columns]\nquestion = 3' + LEAST, "`columns.question`: found 3, expected the name of a column"),
        (
            'name = "x"\n[[stage]]\nuse = "chat"\ncontext = "includ"\n[[stage]]\nuse = "split"',
            "'include', 'omit' (did you mean 'include'?)",
        ),
        (
            'name = "x"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\ntrain = 99',
            "found 99 + 5 + 5 = 109, expected 100",
        ),
        (
            'name = "x"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\ntrain = true',
            "`train` is True, expected a whole number",
        ),
    ],
)
def test_each_mistake_is_named_with_what_was_expected(text: str, problem: str) -> None:
    """The message holds what was found and what belongs there."""
    assert any(problem in line for line in problems(text)), problems(text)


def test_an_unknown_recipe_is_a_usage_error_with_the_known_ones() -> None:
    """A misspelt name leads to the right one."""
    with pytest.raises(UsageError, match="did you mean 'marathi-history'"):
        load("marathi-histry")


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    """The path stands in the message."""
    with pytest.raises(InputError, match=r"nothing\.toml: cannot be read"):
        load(tmp_path / "nothing.toml")


def test_the_resolved_recipe_holds_every_default_and_is_canonical() -> None:
    """Leaving an option out and writing its default are one recipe; another value is another."""
    least, spelled, other = (
        parse(f'name = "x"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\n{line}')
        for line in ("", "train = 90", "train = 80\ntest = 15")
    )
    assert canonical_json(least.resolved()) == canonical_json(spelled.resolved())
    assert canonical_json(least.resolved()) != canonical_json(other.resolved())
    canonical_json(load(DEFAULT).resolved())  # raises for a float or an object


def test_a_file_option_counts_by_its_content_not_by_its_place(tmp_path: Path) -> None:
    """The same evaluation set in another folder is the same recipe; an edited one is another."""
    texts = []
    for number, body in enumerate(["{}", "{}", '{"question": "x"}']):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "eval.jsonl").write_text(body)
        recipe = parse('name = "x"\n[[stage]]\nuse = "decontaminate"\nagainst = ["eval.jsonl"]' + LEAST, folder=folder)
        texts.append(canonical_json(recipe.resolved()))
    assert texts[0] == texts[1] != texts[2]
