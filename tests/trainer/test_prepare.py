"""Everything before the first step: what decides a run's id, which rows are planned, and what the plan says of them."""

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datakit.errors import UsageError
from datakit.lineage import content_root, find_version
from tests.trainer.test_template import CONTROL, tokenizer_with
from trainer import prepare as module
from trainer.base import load_base
from trainer.planner import Wishes
from trainer.prepare import Prepared, prepare
from trainer.preset import load_config


def made(curated: Path, work: Path, *sets: str, wanted: str = "latest", **keys: Any) -> Prepared:
    config = load_config("smoke", sets=["engine=fake", "max_steps=3", *sets])
    return prepare(wanted, config, curated=curated, work=work, device="cpu", **keys)


def test_the_identity_names_the_rows_that_will_be_learnt(curated: Path, tmp_path: Path) -> None:
    """Rows of the planned steps and no other: fewer steps are fewer rows, another root, another run."""
    few, many = made(curated, tmp_path), made(curated, tmp_path, "max_steps=4")
    assert len(few.planned) == few.identity["rows"]["train"]["rows"] == 24
    assert few.identity["rows"]["train"]["root"] == content_root(row.row_id for row in few.planned)
    assert {row.row_id for row in few.planned} < {row.row_id for row in many.planned}
    assert few.run_id != many.run_id
    seen = {few.train.used[index].row_id for number in range(3) for index in few.order.step(number)}
    assert {row.row_id for row in few.planned} == seen
    order = [row.row_id for row in few.train.used]
    assert [row.row_id for row in few.planned] == [name for name in order if name in seen], "in the order of the file"


def test_where_things_lie_is_no_part_of_the_id(curated: Path, tmp_path: Path) -> None:
    """The same version elsewhere, another folder to work in, another memory budget: the same run."""
    copy = tmp_path / "copy"
    shutil.copytree(find_version("latest", curated=curated), copy, copy_function=shutil.copyfile)
    one = made(curated, tmp_path / "a")
    other = made(tmp_path, tmp_path / "b", wanted=str(copy), wishes=Wishes(token_budget=100, checkpointing="on"))
    assert one.run_id == other.run_id
    assert one.plan.token_budget != other.plan.token_budget


def test_the_base_in_a_folder_is_the_random_one(curated: Path, tmp_path: Path) -> None:
    """A run on the folder of a random base differs from one on `random` in the base's name and form alone."""
    one = made(curated, tmp_path)
    other = made(curated, tmp_path / "b", f"base={one.base.path}")
    assert one.identity["base"]["sha256"] == other.identity["base"]["sha256"]
    assert (one.identity["base"]["form"], other.identity["base"]["form"]) == ("random", "safetensors")
    rest = [{key: value for key, value in ready.identity.items() if key != "base"} for ready in (one, other)]
    assert rest[0] == rest[1]


def test_the_seed_decides_a_random_base(curated: Path, tmp_path: Path) -> None:
    """Another seed is another base: its weights are drawn from it."""
    one, other = made(curated, tmp_path / "a"), made(curated, tmp_path / "b", "seed=5")
    assert one.base.sha256 != other.base.sha256
    assert one.base.tokenizer.get_vocab() == other.base.tokenizer.get_vocab()


def test_without_evaluations_no_validation_row_is_named(curated: Path, tmp_path: Path) -> None:
    """Rows that are not scored are no part of the run, and their lack is no error."""
    ready = made(curated, tmp_path, "evaluations=0", "patience=0")
    assert ready.identity["rows"]["validation"] == {"root": content_root([]), "rows": 0}
    assert ready.validation.used, "they are there for samples"


def test_no_validation_row_is_told_with_what_helps(curated: Path, tmp_path: Path) -> None:
    """A run that wants to be scored and has nothing for it is refused with the settings that train without."""
    with pytest.raises(UsageError) as caught:
        made(curated, tmp_path, "max_tokens=8", "evaluations=4")
    folder = find_version("latest", curated=curated)
    assert str(caught.value) == (
        f"{folder}: no validation row can be scored, and `evaluations` is 4;"
        " --set evaluations=0 --set patience=0 trains without"
    )
    with pytest.raises(UsageError, match="no train row is left to learn from"):
        made(curated, tmp_path, "max_tokens=8", "evaluations=0", "patience=0")


def test_rows_left_out_are_in_no_order(curated: Path, tmp_path: Path) -> None:
    """Only rows that are used are learnt from; what is too long stands aside with its reason."""
    ready = made(curated, tmp_path, "max_tokens=60", "max_steps=50")
    assert ready.train.left_out
    used = {row.row_id for row in ready.train.used}
    assert {row.row_id for row in ready.planned} == used
    assert not used & {row.row_id for row in ready.train.left_out}
    version = pl.read_parquet(find_version("latest", curated=curated) / "train.parquet")
    assert len(used) + len(ready.train.left_out) == version.height


def test_a_template_that_asks_otherwise_is_told_in_the_plan(
    curated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note on a template stands among the plan's reasons, under the template's name."""
    base = load_base("random", texts=["क"], work=tmp_path, seed=1)
    tokenizer = tokenizer_with(CONTROL["chatml"])
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n<think>{% endif %}"
    )
    vars_of_base = {**vars(base), "tokenizer": tokenizer}
    monkeypatch.setattr(module, "load_base", lambda *_, **__: type(base)(**vars_of_base))
    ready = made(curated, tmp_path, "template=auto")
    assert ready.plan.reasons[-1] == (
        "template auto: the template's generation prompt differs from what stands before an answer in training"
    )
    plain = made(curated, tmp_path, "template=chatml")
    assert not any(reason.startswith("template") for reason in plain.plan.reasons)


@pytest.mark.parametrize(
    "setting",
    ["rank=4", "alpha=3", "learning_rate=1e-4", "weight_decay=0", "warmup=1", "schedule=linear", "batch=4x2", "seed=1",
     "prompt_loss_weight=0.1", "evaluations=2", "patience=1", "targets=q_proj", "dtype=bf16", "max_tokens=511"],
)  # fmt: skip
def test_every_setting_that_decides_what_is_learnt_is_in_the_id(setting: str, curated: Path, tmp_path: Path) -> None:
    """Two runs that differ in one setting never meet in one folder."""
    assert made(curated, tmp_path).run_id != made(curated, tmp_path, setting).run_id
