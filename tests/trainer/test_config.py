"""The configuration: twenty fields, all problems at once, and the same file back."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from datakit.errors import InputError, UsageError
from datakit.lineage import canonical_json
from trainer.config import Config
from trainer.errors import ConfigError
from trainer.preset import NAMES, as_toml, build, load_config

SOURCE = Path(__file__).parents[2] / "trainer" / "config.py"


def test_there_are_at_most_twenty_fields() -> None:
    """A configuration is read in a minute: no more than twenty fields."""
    assert len(dataclasses.fields(Config)) <= 20


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Config)])
def test_every_field_is_explained(field: str) -> None:
    """Each field has a docstring below it."""
    assert re.search(rf'\n    {field}: .*\n    """\w', SOURCE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_valid_and_comes_back_from_its_own_text(name: str) -> None:
    """A preset loads, and what a run writes as config.toml is the same configuration again."""
    config = load_config(name)
    assert build(tomllib.loads(as_toml(config)), where="x") == config


def test_the_presets_are_the_six_that_were_promised() -> None:
    """No preset gets lost, none slips in without its test."""
    assert set(NAMES) == {"seed-llama3-8b", "default-8b", "t4-16gb", "gemma", "cpu-smollm2", "smoke"}


def test_the_seed_preset_is_the_notebook_to_the_letter() -> None:
    """NF4, r 16, alpha 16, 2e-4, 2 × 4, 60 steps, no evaluation: what ours is measured against must not drift."""
    seed = load_config("seed-llama3-8b")
    assert (seed.quantization, seed.rank, seed.alpha, seed.learning_rate) == ("nf4", 16, 16, 2e-4)
    assert (seed.batch, seed.rows_per_step, seed.rows_per_micro_batch, seed.max_steps) == ("2x4", 8, 2, 60)
    assert (seed.evaluations, seed.schedule, seed.warmup, seed.weight_decay) == (0, "linear", 5, 0.01)


def test_a_t4_computes_in_fp16() -> None:
    """A T4 has no bf16."""
    assert load_config("t4-16gb").dtype == "fp16"


def test_all_problems_are_told_at_once_with_the_nearest_name() -> None:
    """Unknown keys, wrong types and wrong values come in one message, each with what was meant."""
    sets = ["rnk=8", "rank=many", "engine=unslot", "oops"]
    with pytest.raises(ConfigError) as caught:
        load_config("smoke", sets=sets)
    text = str(caught.value)
    assert caught.value.exit_code == 2
    assert "smoke: 4 problems" in text
    assert "--set rnk=8: no such setting (did you mean 'rank'?)" in text
    assert "`rank` is 'many', expected a whole number" in text
    assert "`engine` is 'unslot' (did you mean 'unsloth'?)" in text
    assert "--set oops: expected key=value" in text


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        (["batch=2y4"], "`batch` is '2y4', expected rows such as 8, or rows x times such as 2x4"),
        (["batch=0"], "`batch` is '0'"),
        (["learning_rate=2"], "`learning_rate` is 2.0, expected above 0 and below 1"),
        (["learning_rate=nan"], "`learning_rate` is nan"),
        (["weight_decay=-1"], "`weight_decay` is -1.0"),
        (["prompt_loss_weight=1.5"], "`prompt_loss_weight` is 1.5, expected 0 to 1"),
        (["warmup=2.5"], "`warmup` is 2.5, expected a share below 1 or a whole number of steps"),
        (["max_steps=0", "epochs=0"], "nothing to do; give one of them"),
        (["max_steps=3", "warmup=3"], "`warmup` (3 steps) leaves none of `max_steps` (3)"),
        (["targets=q_proj,q_proj"], "`targets` names a layer twice"),
        (["targets="], "`targets` is empty"),
        (["quantization=nf4"], "`quantization` nf4 with `base` random"),
        (["quantization=nf4", "base=smollm2"], "its weights are quantized already"),
        (["evaluations=0", "patience=1"], "`patience` without `evaluations`"),
        (["max_tokens=1"], "`max_tokens` is 1, expected at least 8"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_refused(sets: list[str], message: str) -> None:
    """A value out of range, or two that do not go together, is named with what was expected."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_config("smoke", sets=sets)


def test_a_wrong_type_in_a_file_is_named(tmp_path: Path) -> None:
    """true is no number and 8 is no text: TOML's types are checked, not converted."""
    path = tmp_path / "mine.toml"
    path.write_text('rank = true\nbatch = 8\nbase = "random"\ntargets = [1]\n')
    with pytest.raises(ConfigError) as caught:
        load_config(str(path))
    assert [problem.split(",")[0] for problem in caught.value.problems] == [
        "`rank` is True",
        "`batch` is 8",
        "`targets` is (1",
    ]


def test_a_preset_that_is_not_there_is_named(tmp_path: Path) -> None:
    """An unknown name gets the nearest, a missing file and a broken one are told apart."""
    with pytest.raises(UsageError, match=r"'smok': not built in \(did you mean 'smoke'\?\)"):
        load_config("smok")
    with pytest.raises(InputError, match="cannot be read"):
        load_config(str(tmp_path / "none.toml"))
    (tmp_path / "bad.toml").write_text("rank = = 3")
    with pytest.raises(ConfigError, match="not TOML"):
        load_config(str(tmp_path / "bad.toml"))


def test_the_identity_holds_no_path_and_no_float() -> None:
    """Two people with the base in two folders make the same run: the base's name is no part of the settings."""
    one, other = (load_config("smoke", sets=["quantization=none"], base=base).identity() for base in ("a", "/b/c"))
    assert one == other
    assert "base" not in one
    assert one["learning_rate"] == repr(load_config("smoke").learning_rate)
    assert canonical_json(one)


@pytest.mark.parametrize(("text", "rows", "micro"), [("8", 8, 0), ("8x1", 8, 8), ("2x4", 8, 2), ("1x16", 16, 1)])
def test_a_batch_is_rows_by_times(text: str, rows: int, micro: int) -> None:
    """`8` leaves the micro-batches to the planner, `2x4` means two rows four times."""
    config = load_config("smoke", sets=[f"batch={text}"])
    assert (config.rows_per_step, config.rows_per_micro_batch) == (rows, micro)
