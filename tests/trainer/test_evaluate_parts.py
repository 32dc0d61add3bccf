"""What an evaluation counts: losses by token, scores of answered rows only, the hardest rows first."""

import json
import math
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datakit.errors import InputError, IntegrityError, UsageError
from datakit.lineage import check_files, find_version
from trainer.answer_scores import chrf, exact_match
from trainer.evaluate import evaluate
from trainer.question_type import question_type


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version of rows from two files, and so of two sources: parts of an evaluation differ."""
    from datakit.pipeline.curate import curate
    from datakit.recipe import parse
    from tests.rows import numbered_rows, write_rows

    home, rows = tmp_path_factory.mktemp("two"), numbered_rows(80)
    for number, row in enumerate(rows):
        row["answer"] = f"{row['answer']} असे एका बखरीत म्हटले आहे." if number % 7 == 0 else row["answer"]
    write_rows(home / "raw" / "a.jsonl", rows[:50])
    write_rows(home / "raw" / "b.jsonl", rows[50:])
    recipe = parse(
        'name = "two"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\ntrain = 60\nvalidation = 20\ntest = 20'
    )
    assert curate(home / "raw", home / "curated", recipe=recipe).path is not None
    return home / "curated"


@pytest.fixture(scope="module")
def done(curated: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    from trainer.preset import load_config
    from trainer.sft import Habits, train

    config = load_config("smoke", sets=["engine=fake", "max_steps=20", "learning_rate=0.05", "evaluations=1"])
    out = tmp_path_factory.mktemp("runs")
    return train("latest", config, out=out, curated=curated, habits=Habits(samples=1, max_new_tokens=2))


@pytest.fixture(scope="module")
def found(done: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return evaluate(done.path, questions=3, max_new_tokens=4, out=tmp_path_factory.mktemp("eval") / "v")


def test_losses_are_by_answer_token_in_every_part(found: Any) -> None:
    """Base and adapter, over all rows and each part: the sum of losses over the sum of tokens, and its exponential."""
    frame = pl.read_parquet(found.folder / "losses.parquet")
    parts = {"all": frame}
    parts |= {str(key[0]): part for key, part in frame.partition_by("source_id", as_dict=True).items()}
    lines = {line["name"]: line for line in (found.summary["all"], *found.summary["by_source"])}
    assert lines.keys() == parts.keys()
    for name, part in parts.items():
        assert lines[name]["rows"] == part.height
        for side, column in (("base", "base_loss"), ("adapter", "loss")):
            mean = float(part[column].sum()) / int(part["answer_tokens"].sum())
            assert lines[name][side]["loss"] == pytest.approx(mean, abs=5e-5)
            assert lines[name][side]["perplexity"] == pytest.approx(math.exp(mean), rel=1e-3)
    for column in ("loss", "base_loss"):
        by_token = frame[column] / frame["answer_tokens"]
        assert frame[f"{column}_per_token"].to_list() == pytest.approx(by_token.to_list())


def test_scores_of_answers_are_those_of_the_answered_rows(found: Any) -> None:
    """Exact match and chrF are counted over the rows that were asked, in each part over its own."""
    given = [json.loads(line) for line in (found.folder / "answers.jsonl").read_text("utf-8").split("\n")[:-1]]
    frame = pl.read_parquet(found.folder / "losses.parquet")
    source = dict(zip(frame["row_id"], frame["source_id"], strict=True))
    parts: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in given:
        parts["all"].append(line)
        parts[source[line["row_id"]]].append(line)
    assert len(given) == found.summary["answered"] == 3
    assert len(found.summary["by_source"]) == 2
    for line in (found.summary["all"], *found.summary["by_source"]):
        mine = parts[line["name"]]
        assert line["answered"] == len(mine)
        for side in ("base", "adapter"):
            if not mine:
                assert (line[side]["chrf"], line[side]["exact_match"]) == (None, None)
                continue
            said, wanted = [one[side] for one in mine], [one["reference"] for one in mine]
            assert line[side]["chrf"] == pytest.approx(chrf(said, wanted), abs=0.006)
            matches = sum(map(exact_match, said, wanted)) / len(mine)
            assert line[side]["exact_match"] == pytest.approx(matches, abs=1e-4)


def test_each_row_has_its_kind_and_its_source(found: Any, curated: Path) -> None:
    """Kind of question and source of losses.parquet are those of the version's row."""
    frame = pl.read_parquet(found.folder / "losses.parquet")
    rows = pl.read_parquet(find_version("latest", curated=curated) / "validation.parquet")
    wanted = {row["id"]: (row["source_id"], question_type(row["question"])) for row in rows.iter_rows(named=True)}
    assert {row["row_id"]: (row["source_id"], row["question_type"]) for row in frame.iter_rows(named=True)} == wanted


def test_parts_are_told_the_largest_first(found: Any) -> None:
    """Most rows first, then by name: the order does not depend on the file's."""
    for by in ("by_source", "by_question_type"):
        lines = [(-line["rows"], line["name"]) for line in found.summary[by]]
        assert lines == sorted(lines)


def test_the_hardest_rows_stand_first_on_the_page(found: Any) -> None:
    """The page lists the rows that the adapter predicts worst by token, the worst first."""
    page = (found.folder / "eval.html").read_text("utf-8")
    frame = pl.read_parquet(found.folder / "losses.parquet").sort("loss_per_token", descending=True)
    places = [page.index(name[:12]) for name in frame["row_id"].head(5)]
    assert places == sorted(places)
    assert f"{frame['loss_per_token'][0]:.2f}" in page
    assert found.summary["run"] in page
    assert found.summary["dataset"] in page


def test_an_evaluation_again_is_the_same(done: Any, found: Any, tmp_path: Path) -> None:
    """The same run on the same rows gives the same files to the byte, but for Parquet's own framing."""
    again = evaluate(done.path, questions=3, max_new_tokens=4, out=tmp_path / "again")
    assert again.summary == found.summary
    for name in ("answers.jsonl", "eval.json", "eval.html"):
        assert (again.folder / name).read_bytes() == (found.folder / name).read_bytes()
    assert pl.read_parquet(again.folder / "losses.parquet").equals(pl.read_parquet(found.folder / "losses.parquet"))


def test_no_question_is_no_score(done: Any, tmp_path: Path) -> None:
    """Losses of all rows without an answer asked: scores of answers are none, and the page says so with a dash."""
    none = evaluate(done.path, questions=0, out=tmp_path / "e")
    assert none.summary["answered"] == 0
    assert none.summary["all"]["adapter"]["chrf"] is None
    assert none.summary["all"]["adapter"]["loss"] > 0
    assert (none.folder / "answers.jsonl").read_bytes() == b""
    assert "–" in (none.folder / "eval.html").read_text("utf-8")


def test_what_happens_is_told(done: Any, tmp_path: Path) -> None:
    """Each half is announced before it begins: base first, then adapter."""
    said: list[str] = []
    summary = evaluate(done.path, questions=1, max_new_tokens=1, out=tmp_path / "e", notify=said.append).summary
    rows = summary["rows"]
    assert said == [
        f"scoring {rows} rows with the base", "answering 1 questions with the base",
        f"scoring {rows} rows with the adapter", "answering 1 questions with the adapter",
    ]  # fmt: skip


def test_a_moved_run_and_a_moved_version_are_measured(done: Any, curated: Path, tmp_path: Path) -> None:
    """Folders may lie elsewhere by now: what counts is what they hash to."""
    run, version = tmp_path / "moved" / "r", tmp_path / "there"
    shutil.copytree(done.path, run)
    shutil.copytree(find_version("latest", curated=curated), version, copy_function=shutil.copyfile)
    moved = evaluate(run, version=str(version), questions=0)
    assert moved.folder == tmp_path / "moved" / "r-eval" / "validation"
    assert moved.summary["dataset"] == done.manifest.identity["dataset"]["id"]
    assert check_files(run, done.manifest) == []


def test_a_version_that_is_gone_is_told(done: Any, tmp_path: Path) -> None:
    """Where the version lay is noted beside the run; where there is none now, the error names what was looked for."""
    with pytest.raises(InputError, match="not found under"):
        evaluate(done.path, version=str(tmp_path / "gone"))


def test_rows_over_the_runs_limit_are_counted_and_not_scored(done: Any, fake_run: Callable[..., Any]) -> None:
    """A run learnt from rows up to its limit: it is measured on such rows, and says how many it left out."""
    rows = pl.read_parquet(done.path / "rows.parquet")
    lengths = sorted(rows.filter(pl.col("split") == "validation")["tokens"])
    limit = lengths[len(lengths) // 2] - 1
    fits = sum(length <= limit for length in lengths)
    assert 0 < fits < len(lengths)
    short = fake_run("max_steps=2", "evaluations=0", "patience=0", f"max_tokens={limit}")
    summary = evaluate(short.path, questions=0).summary
    assert (summary["rows"], summary["left_out"]) == (fits, len(lengths) - fits)


def test_a_split_without_a_row_to_score_is_told(fake_run: Callable[..., Any], done: Any) -> None:
    """Where the run's limit leaves no row of the split, the error says how many there are."""
    rows = pl.read_parquet(done.path / "rows.parquet")
    validation = rows.filter(pl.col("split") == "validation")["tokens"]
    limit = min(validation) - 1
    assert (rows.filter(pl.col("split") == "train")["tokens"] <= limit).any()
    short = fake_run("max_steps=2", "evaluations=0", "patience=0", f"max_tokens={limit}")
    with pytest.raises(UsageError, match=rf": no validation row can be scored; there are {len(validation)}$"):
        evaluate(short.path)


def test_a_run_whose_adapter_was_swapped_is_refused(done: Any, tmp_path: Path) -> None:
    """Another run's adapter in the folder is a change like any other."""
    run = tmp_path / "r"
    shutil.copytree(done.path, run)
    weights = run / "adapter" / "adapter_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-3] ^= 1
    weights.write_bytes(data)
    with pytest.raises(IntegrityError, match=r"adapter_model\.safetensors: sha256"):
        evaluate(run)


@pytest.mark.parametrize("split", ["train", "Test", "", "validation "])
def test_only_two_splits_say_something(done: Any, split: str) -> None:
    """The train split, and any word that is no split, is refused before the run is read."""
    with pytest.raises(UsageError) as caught:
        evaluate(done.path / "nowhere", split=split)
    assert str(caught.value) == f"--split {split}: expected validation or test; the train split says nothing here"
