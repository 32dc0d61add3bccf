"""Bounds of the configuration on both sides, numbers that are none, and the file that a run writes of it."""

import dataclasses
import math
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.batches import steps_of
from trainer.config import ALL_LINEAR, Config
from trainer.errors import ConfigError
from trainer.preset import NAMES, as_toml, build, load_config
from trainer.schedule import learning_rate, warmup_steps

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
CONFIGS = st.builds(
    Config,
    base=TEXTS.filter(lambda text: not text.endswith(".gguf")),
    engine=st.sampled_from(["auto", "fused", "unsloth", "hf", "fake"]),
    template=TEXTS,
    max_tokens=st.integers(8, 10**6),
    dtype=st.sampled_from(["auto", "fp32", "bf16", "fp16"]),
    rank=st.integers(1, 512),
    alpha=st.integers(1, 512),
    targets=st.lists(st.one_of(TEXTS, st.sampled_from(ALL_LINEAR)), min_size=1, max_size=7, unique=True).map(tuple),
    learning_rate=st.floats(1e-12, 0.999),
    weight_decay=st.floats(0, 0.999),
    warmup=st.one_of(st.floats(0, 0.999), st.integers(1, 50).map(float)),
    schedule=st.sampled_from(["linear", "cosine", "constant"]),
    epochs=st.floats(0.01, 100),
    batch=st.sampled_from(["1", "8", "2x4", "16x1", "99999x9999"]),
    prompt_loss_weight=st.floats(0, 1),
    evaluations=st.integers(1, 9),
    patience=st.integers(0, 9),
    seed=st.integers(0, 2**64 - 1),
)


@given(CONFIGS)
def test_a_configuration_comes_back_from_its_text(config: Config) -> None:
    """Whatever a folder or a layer is called, what a run writes as config.toml is the same configuration again."""
    assert build(tomllib.loads(as_toml(config)), where="x") == config


@pytest.mark.parametrize(
    "name", ['a"b', "a\\b", "दोन\nओळी", "\ttab", "bell\x07", "del\x7f", "\u2028", "\x1b[31m", "C:\\नवीन", "'''", "#"]
)
def test_an_odd_name_of_a_base_comes_back(name: str) -> None:
    """Quotes, line breaks and control characters in a folder's name are escaped as TOML wants them."""
    config = load_config("smoke", base=name, sets=["targets=q_proj"])
    written = as_toml(config)
    assert len(written.splitlines()) >= len(dataclasses.fields(Config))
    assert tomllib.loads(written)["base"] == name


def test_the_text_has_a_line_a_field(tmp_path: Path) -> None:
    """Each field stands on a line of its own in the order of the fields, and the file is a preset."""
    config = load_config("smoke", sets=["targets=q_proj,v_proj", "learning_rate=3e-5"])
    lines = as_toml(config).splitlines()
    assert [line.partition(" = ")[0] for line in lines] == [field.name for field in dataclasses.fields(Config)]
    assert 'targets = ["q_proj", "v_proj"]' in lines
    (tmp_path / "mine.toml").write_text("\n".join(lines), "utf-8")
    assert load_config(str(tmp_path / "mine.toml")) == config


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("epochs", "inf", "`epochs` is inf, expected how often each row is seen, such as 3"),
        ("epochs", "nan", "`epochs` is nan, expected how often each row is seen, such as 3"),
        ("epochs", "-inf", "`epochs` is -inf, expected how often each row is seen, such as 3"),
        ("warmup", "inf", "`warmup` is inf, expected a share below 1 or a whole number of steps"),
        ("warmup", "nan", "`warmup` is nan, expected a share below 1 or a whole number of steps"),
        ("warmup", "-1", "`warmup` is -1.0, expected a share below 1 or a whole number of steps"),
        ("warmup", "1.5", "`warmup` is 1.5, expected a share below 1 or a whole number of steps"),
        ("learning_rate", "inf", "`learning_rate` is inf, expected above 0 and below 1; 2e-4 is usual"),
        ("learning_rate", "0", "`learning_rate` is 0.0, expected above 0 and below 1; 2e-4 is usual"),
        ("learning_rate", "1", "`learning_rate` is 1.0, expected above 0 and below 1; 2e-4 is usual"),
        ("weight_decay", "1", "`weight_decay` is 1.0, expected 0 or more and below 1"),
        ("weight_decay", "nan", "`weight_decay` is nan, expected 0 or more and below 1"),
        ("prompt_loss_weight", "-0.01", "`prompt_loss_weight` is -0.01, expected 0 to 1"),
        ("prompt_loss_weight", "nan", "`prompt_loss_weight` is nan, expected 0 to 1"),
        ("seed", "-1", "`seed` is -1, expected at least 0"),
        ("seed", str(2**64), f"`seed` is {2**64}, expected at most {2**64 - 1}"),
        ("max_tokens", "7", "`max_tokens` is 7, expected at least 8"),
        ("rank", "0", "`rank` is 0, expected at least 1"),
        ("alpha", "0", "`alpha` is 0, expected at least 1"),
        ("max_steps", "-1", "`max_steps` is -1, expected at least 0"),
        ("evaluations", "-1", "`evaluations` is -1, expected at least 0"),
        ("patience", "-1", "`patience` is -1, expected at least 0"),
        ("base", "", "`base` is empty, expected a folder, a .gguf file, smollm2 or random"),
        ("dtype", "bf61", "`dtype` is 'bf61' (did you mean 'bf16'?); expected one of auto, fp32, bf16, fp16"),
        (
            "schedule",
            "cosin",
            "`schedule` is 'cosin' (did you mean 'cosine'?); expected one of linear, cosine, constant",
        ),
        ("rank", "1.5", "`rank` is '1.5', expected a whole number"),
        ("epochs", "many", "`epochs` is 'many', expected a number"),
    ],
)
def test_a_value_out_of_its_range_is_named_whole(field: str, text: str, message: str) -> None:
    """Found and expected stand in the message of a value just out of range, or of a number that is none."""
    with pytest.raises(ConfigError) as caught:
        load_config("smoke", sets=[f"{field}={text}"])
    assert message in caught.value.problems
    assert str(caught.value).startswith(f"smoke: {len(caught.value.problems)} problem")


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("warmup", "0", 0.0),
        ("warmup", "0.999", 0.999),
        ("warmup", "1", 1.0),
        ("weight_decay", "0", 0.0),
        ("weight_decay", "0.999", 0.999),
        ("prompt_loss_weight", "0", 0.0),
        ("prompt_loss_weight", "1", 1.0),
        ("learning_rate", "0.999", 0.999),
        ("seed", "0", 0),
        ("seed", str(2**64 - 1), 2**64 - 1),
        ("max_tokens", "8", 8),
        ("rank", "1", 1),
        ("alpha", "1", 1),
        ("patience", "0", 0),
        ("epochs", "-1", -1.0),  # `max_steps` is given: not used
        ("rank", " 4 ", 4),
        ("template", "my = template", "my = template"),
    ],
)
def test_a_value_at_the_edge_of_its_range_is_taken(field: str, text: str, value: Any) -> None:
    """The last value of each range belongs to it, and white space around a value does not count."""
    assert getattr(load_config("smoke", sets=["max_steps=50", f"{field}={text}"]), field) == value


def test_the_largest_seed_makes_an_adapter() -> None:
    """What the configuration takes as a seed, torch takes too."""
    import torch

    from trainer.adapter import initialise

    made = {"x.lora_A.weight": torch.zeros(2, 3)}
    initialise(made, seed=2**64 - 1)
    assert bool((made["x.lora_A.weight"] != 0).all())


@pytest.mark.parametrize(
    "batch", ["", "x", "8x", "x8", "0x4", "4x0", "8 x 2", "100000", "8x10000", "2x2x2", "-8", "08"]
)
def test_a_batch_that_is_none_is_refused(batch: str) -> None:
    """Rows, or rows x times, each from 1 on; anything else is shown as it was given."""
    message = f"`batch` is {batch!r}, expected rows such as 8, or rows x times such as 2x4"
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_config("smoke", sets=[f"batch={batch}"])


@pytest.mark.parametrize("text", ["q_proj,v_proj", "[q_proj, v_proj]", " q_proj , v_proj, ", "[q_proj,v_proj,]"])
def test_layers_are_given_as_people_write_lists(text: str) -> None:
    """Brackets, spaces and a last comma change nothing."""
    assert load_config("smoke", sets=[f"targets={text}"]).targets == ("q_proj", "v_proj")


@pytest.mark.parametrize("base", ["smollm2", "a/model.gguf"])
def test_a_quantized_base_is_not_quantized_again(base: str) -> None:
    """NF4 over a GGUF is refused; NF4 over a folder is what QLoRA is."""
    with pytest.raises(ConfigError, match="its weights are quantized already; use none"):
        load_config("smoke", sets=["quantization=nf4"], base=base)
    assert load_config("smoke", sets=["quantization=nf4"], base="a/model").quantization == "nf4"


def test_a_type_is_told_before_a_range() -> None:
    """With a wrong type among them only the types are told: a range says nothing about text."""
    with pytest.raises(ConfigError) as caught:
        load_config("smoke", sets=["rank=many", "alpha=0"])
    assert caught.value.problems == ("`rank` is 'many', expected a whole number",)


def test_a_file_with_a_byte_order_mark_is_read_and_one_in_latin_1_is_told(tmp_path: Path) -> None:
    """Windows' editors put a mark in front; bytes that are no UTF-8 are an error that names the file."""
    path = tmp_path / "mine.toml"
    path.write_bytes(b'\xef\xbb\xbfbase = "random"\r\nrank = 4\r\n')
    assert load_config(str(path)).rank == 4
    path.write_bytes(b'base = "caf\xe9"\n')
    with pytest.raises(Exception, match=r"mine\.toml: cannot be read .*expected a TOML file"):
        load_config(str(path))


def test_a_strange_key_in_a_file_is_told_with_the_nearest(tmp_path: Path) -> None:
    """A misspelt key in a preset of one's own is told beside the other problems, not passed over."""
    path = tmp_path / "mine.toml"
    path.write_text('base = "random"\nlearning_rat = 1e-3\nrank = 0\n', "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(str(path))
    assert caught.value.problems == (
        "`learning_rat`: no such setting (did you mean 'learning_rate'?)",
        "`rank` is 0, expected at least 1",
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_changed_in_one_field_only(name: str) -> None:
    """`--set` and `--base` change what they name, and `--base` has the last word."""
    plain = load_config(name)
    changed = load_config(name, sets=["seed=5", "base=a"], base="b/c")
    assert changed == dataclasses.replace(plain, seed=5, base="b/c")


@given(CONFIGS, st.integers(1, 300))
def test_every_configuration_has_steps_and_rates(config: Config, rows: int) -> None:
    """What the configuration accepts, the loop can run: at least one step, and rates up to the peak."""
    steps = min(steps_of(config, rows), 40)
    assert steps >= 1
    assert warmup_steps(config, steps) >= 0
    for step in range(steps):
        rate = learning_rate(config, step=step, steps=steps)
        assert math.isfinite(rate)
        assert 0 < rate <= config.learning_rate * (1 + 1e-12)
