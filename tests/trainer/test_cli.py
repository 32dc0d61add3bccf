"""The command line, end to end on the smoke preset: a run that names its rows, and every command on it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from datakit.errors import DatakitError, IntegrityError
from datakit.lineage import check_files, content_root, find_version, read_manifest
from datakit.lineage.attestation import attestation_problems
from trainer.cli import app

RUNNER = CliRunner()
FAST = ["--set", "max_steps=4", "--set", "evaluations=2", "--samples", "2", "--max-new-tokens", "4"]


def call(*arguments: str) -> Any:
    """Run a command of the real application; an error on purpose comes back as the exit that `main` makes of it."""
    result = RUNNER.invoke(app, list(arguments))
    if isinstance(result.exception, DatakitError):
        return type(
            "Failed",
            (),
            {"exit_code": result.exception.exit_code, "stdout": result.stdout, "error": str(result.exception)},
        )
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def smoke(curated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one finished smoke run of the real engine."""
    out = tmp_path_factory.mktemp("cli")
    done = call("run", "latest", "--preset", "smoke", *FAST, "--curated", str(curated), "--out", str(out), "--json")
    assert done.exit_code == 0, done
    body = json.loads(done.stdout)
    assert body["new"] is True
    return Path(body["path"])


def test_help_names_every_command() -> None:
    """`trainer --help` lists the commands, and `--version` names the distribution."""
    text = call("--help").stdout
    assert all(f"\n  {name} " in text for name in ("run", "plan", "resume", "ls", "show", "eval", "doctor"))
    assert call("--version").stdout.split()[0] == "ancient-aurora"


def test_the_manifest_names_version_rows_base_and_settings(smoke: Path, curated: Path) -> None:
    """A run's manifest holds the version id, the root of the rows used, the base's hash, the settings and the seed."""
    manifest = read_manifest(smoke)
    version = read_manifest(find_version("latest", curated=curated))
    identity = manifest.identity
    assert (manifest.kind, smoke.name) == ("run", manifest.id[:16])
    assert identity["dataset"]["id"] == version.id
    assert identity["dataset"]["row_roots"] == version.identity["row_roots"]
    assert (identity["base"]["form"], identity["base"]["architecture"]) == ("random", "LlamaForCausalLM")
    assert (identity["engine"], identity["seed"], identity["template"]["name"]) == ("hf", 3407, "chatml")
    assert identity["config"]["learning_rate"] == "0.005"
    rows = pl.read_parquet(smoke / "rows.parquet")
    assert rows.columns == ["row_id", "split", "source_id", "used", "reason", "tokens", "answer_tokens"]
    for split, said in identity["rows"].items():
        used = rows.filter((pl.col("split") == split) & pl.col("used"))["row_id"]
        assert (said["rows"], said["root"]) == (len(used), content_root(used))
        assert set(used) <= set(pl.read_parquet(find_version("latest", curated=curated) / f"{split}.parquet")["id"])
    # 4 steps of 8 rows
    assert identity["rows"]["train"]["rows"] == 32
    assert rows.filter(~pl.col("used"))["reason"].to_list() == ["not_reached"] * (rows.height - 32 - len(used))


def test_the_folder_is_whole_and_holds_what_was_promised(smoke: Path) -> None:
    """Every promised file is there, nothing else is, and the digests fit."""
    manifest = read_manifest(smoke)
    assert check_files(smoke, manifest) == []
    names = {name.split("/")[0] for name in manifest.files}
    assert names == {
        "adapter", "attestation.json", "base", "config.toml", "loss.svg", "metrics.jsonl", "provenance.json",
        "report.html", "rows.parquet", "samples.jsonl", "tokenizer",
    }  # fmt: skip
    assert {"tokenizer/tokenizer.json", "tokenizer/tokenizer_config.json", "tokenizer/chat_template.jinja"} <= set(
        manifest.files
    )
    assert not [name for name in manifest.files if Path(name).suffix in (".bin", ".pt", ".pkl")]


def test_the_attestation_agrees_with_the_manifest(smoke: Path) -> None:
    """The in-toto statement speaks of exactly these files, this version and this base."""
    statement = json.loads((smoke / "attestation.json").read_text())
    assert attestation_problems(statement, read_manifest(smoke)) == []
    assert {"startedOn", "finishedOn"} <= set(statement["predicate"]["runDetails"]["metadata"])


def test_no_path_of_this_machine_is_in_what_is_hashed(smoke: Path, curated: Path) -> None:
    """Where things lay is recorded in provenance.json alone."""
    manifest = read_manifest(smoke)
    assert str(curated) not in json.dumps(manifest.identity)
    assert str(curated) not in (smoke / "adapter/adapter_config.json").read_text()
    assert str(curated) in (smoke / "provenance.json").read_text()


def test_the_saved_tokenizer_stops_where_the_adapter_learnt_to(smoke: Path) -> None:
    """The tokenizer in the run carries the template that was used, and its end token as the end of text."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(smoke / "tokenizer")
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.chat_template == (smoke / "tokenizer/chat_template.jinja").read_text(encoding="utf-8")


def test_the_same_run_again_is_found_not_repeated(smoke: Path, curated: Path) -> None:
    """The second call trains nothing and names the folder; a damaged run is not passed off as there."""
    again = ["run", "latest", "--preset", "smoke", *FAST, "--curated", str(curated), "--out", str(smoke.parent)]
    assert f"nothing new: {smoke} is this run" in call(*again).stdout
    assert json.loads(call(*again, "--json").stdout)["new"] is False


def test_a_tampered_version_exits_4_before_any_training(curated: Path, tmp_path: Path) -> None:
    """One flipped byte in the version: exit code 4, and not even a run folder is made."""
    copy = tmp_path / "v"
    shutil.copytree(find_version("latest", curated=curated), copy, copy_function=shutil.copyfile)
    path = copy / "validation.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    for command in (["run"], ["plan"]):
        out = ["--out", str(tmp_path / "runs")] if command == ["run"] else []
        done = call(*command, str(copy), "--preset", "smoke", *out)
        assert done.exit_code == IntegrityError.exit_code == 4
        assert "validation.parquet: sha256" in done.error
    assert not (tmp_path / "runs").exists()


def test_plan_prints_one_json_object_and_trains_nothing(curated: Path, tmp_path: Path) -> None:
    """The plan's numbers fit each other, `--dry-run` is the same plan, and nothing is written."""
    options = ["latest", "--preset", "smoke", *FAST[:4], "--curated", str(curated), "--json"]
    body = json.loads(call("plan", *options).stdout)
    assert json.loads(call("run", *options, "--dry-run", "--out", str(tmp_path)).stdout)["run"] == body["run"]
    assert (body["steps"], body["rows_per_step"], body["engine"], body["device"]) == (4, 8, "hf", "cpu")
    assert 0 < body["answer_tokens"] < body["tokens"]
    assert body["tokens"] <= body["steps"] * body["largest_step_tokens"]
    assert 0 < body["peak_bytes"] < body["free_bytes"]
    assert body["reasons"]
    assert list(tmp_path.iterdir()) == []


def test_plan_names_rows_that_are_left_out(curated: Path) -> None:
    """Over-long rows are counted with an example in text, and all of them in JSON."""
    options = ["plan", "latest", "--preset", "smoke", "--set", "max_tokens=60", "--curated", str(curated)]
    body = json.loads(call(*options, "--json").stdout)
    left = body["left_out"]["train"]
    assert left
    assert {row["reason"] for row in left} == {"over_long"}
    assert (
        f"left out       {len(left)} train rows: over_long, such as {left[0]['row_id'][:12]}" in call(*options).stdout
    )


def test_show_examples_prints_tokens_and_labels(curated: Path) -> None:
    """`--show-examples` shows what would be learnt, and stops there."""
    text = call("run", "latest", "--preset", "smoke", "--curated", str(curated), "--show-examples", "2").stdout
    assert text.count(" learnt\n") == 2
    assert "<|im_end|>⟧" in text
    assert ":learn" in text


def test_ls_and_show_tell_of_the_run(smoke: Path) -> None:
    """`ls` lists it, `show` checks every file first and prints what it was trained on."""
    (line,) = json.loads(call("ls", "--runs", str(smoke.parent), "--json").stdout)["runs"]
    assert (line["run"], line["finished"], line["step"]) == (smoke.name, True, 4)
    assert smoke.name in call("ls", "--runs", str(smoke.parent)).stdout
    text = call("show", smoke.name[:6], "--runs", str(smoke.parent)).stdout
    identity = json.loads(call("show", str(smoke), "--json").stdout)["identity"]
    assert identity["dataset"]["id"] in text
    assert identity["rows"]["train"]["root"] in text
    assert "no runs under" in call("ls", "--runs", str(smoke / "adapter")).stdout


def test_show_refuses_a_changed_run(smoke: Path, tmp_path: Path) -> None:
    """A changed adapter is named, exit code 4."""
    copy = tmp_path / smoke.name
    shutil.copytree(smoke, copy)
    path = copy / "adapter/adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    done = call("show", str(copy))
    assert (done.exit_code, "adapter_model.safetensors: sha256" in done.error) == (4, True)


def test_an_unknown_run_lists_what_there_is(smoke: Path) -> None:
    """A miss is an input error with the runs that are there."""
    done = call("show", "ffff", "--runs", str(smoke.parent))
    assert done.exit_code == 5
    assert smoke.name in done.error


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--preset", "smok"], 2, "did you mean 'smoke'"),
        (["--preset", "smoke", "--set", "rnk=1"], 2, "did you mean 'rank'"),
        (["--preset", "smoke", "--checkpointing", "yes"], 2, "--checkpointing yes: expected auto, on or off"),
        (["--preset", "smoke", "--token-budget", "-1"], 2, "expected 0 or more tokens"),
        (["--preset", "smoke", "--base", "nowhere"], 5, "no such folder"),
        (["--preset", "smoke", "--base", "some/name"], 5, "nothing is fetched unless asked for"),
        (["--preset", "smoke", "--set", "max_tokens=8"], 2, "no validation row can be scored"),
        (["--preset", "smoke", "--track", "mlfow"], 2, "did you mean 'mlflow'"),
        (["--preset", "smoke", "--set", "engine=unsloth"], 6, "no CUDA device here"),
    ],
    ids=lambda value: " ".join(value[2:] or value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_told_with_its_exit_code(
    curated: Path, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    """Each kind of mistake has its exit code and says what was expected."""
    done = call("run", "latest", *arguments, "--curated", str(curated), "--out", str(tmp_path / "runs"))
    assert done.exit_code == code
    assert message in done.error


def test_an_unfinished_run_is_resumed_by_its_command(fake_run: Callable[..., Any], tmp_path: Path) -> None:
    """`trainer resume RUN` finishes what Ctrl-C left, and `ls` says which runs those are."""
    import os
    import signal

    def interrupt(event: str, facts: Any) -> None:
        if event == "step" and facts["step"] == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(DatakitError, match="trainer resume"):
        fake_run(notify=interrupt)
    runs = tmp_path / "runs"
    (line,) = json.loads(call("ls", "--runs", str(runs), "--json").stdout)["runs"]
    assert (line["finished"], line["step"]) == (False, 2)
    shown = call("show", "latest", "--runs", str(runs))
    assert (shown.exit_code, "this run is not finished; `trainer resume" in shown.error) == (2, True)
    done = json.loads(call("resume", "latest", "--runs", str(runs), "--json").stdout)
    assert done["counts"]["steps"] == 6
    assert "finished" in call("ls", "--runs", str(runs)).stdout


def test_no_library_draws_a_bar() -> None:
    """What keeps tqdm from drawing is set before anything imports it: it reads that only once."""
    program = """
import builtins, os, sys
real = builtins.__import__
def watched(name, *rest, **named):
    if name.partition(".")[0] == "tqdm" and "tqdm" not in sys.modules:
        print("bars off:", os.environ.get("TQDM_DISABLE"))
    return real(name, *rest, **named)
builtins.__import__ = watched
sys.argv = ["trainer", "doctor"]
from trainer.cli import main
main()
"""
    clean = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}
    done = subprocess.run([sys.executable, "-c", program], env=clean, capture_output=True, text=True, check=False)
    assert "bars off: 1" in done.stdout.splitlines(), done.stderr
    assert "bars off: None" not in done.stdout
