"""The commands as a user types them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rows import numbered_rows, write_rows


def datakit(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "datakit", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_rows(tmp_path / "raw" / "a.jsonl", [*numbered_rows(60), {"question": "प्रश्न?", "answer": ""}])
    return tmp_path


def test_json_is_one_object_that_adds_up(home: Path) -> None:
    """`curate --json` prints one object with the promised keys, in = kept + rejected, and nothing else on stdout."""
    done = datakit("curate", "raw/", "curated/", "--json", cwd=home)
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert {"version_id", "path", "counts", "splits", "seconds"} <= body.keys()
    assert body["counts"]["in"] == 61 == body["counts"]["kept"] + sum(body["counts"]["rejected"].values())
    assert sum(body["splits"].values()) == body["counts"]["kept"]
    assert (home / body["path"]).name == body["version_id"]


def test_a_day_of_work_with_the_commands(home: Path) -> None:
    """curate, again, ls, show, verify, pack, edit, curate, diff: each says what a user needs to go on."""
    first = datakit("curate", "raw/", "curated/", cwd=home)
    version_id = first.stdout.splitlines()[-1]
    assert f"published curated/marathi-history/{version_id}" in first.stdout
    assert "empty_answer 1" in first.stdout
    again = datakit("curate", "raw/", "curated/", cwd=home)
    assert "nothing new" in again.stdout
    assert "unchanged: the same inputs" in again.stdout
    assert again.stdout.splitlines()[-1] == version_id
    assert datakit("ls", cwd=home).stdout.rstrip().endswith("  latest")
    assert version_id in datakit("ls", cwd=home).stdout
    shown = datakit("show", "latest", cwd=home).stdout
    assert "61 in, 60 kept" in shown
    assert "licence not stated" in shown
    assert datakit("verify", version_id[:8], cwd=home).stdout.startswith("ok: ")
    packed = datakit("pack", "latest", "--as", "text", "--template", "llama-3", "--out", "packed", cwd=home)
    assert "packed/train.jsonl" in packed.stdout
    write_rows(home / "raw" / "b.jsonl", numbered_rows(3, start=700))
    datakit("curate", "raw/", "curated/", cwd=home)
    assert "added           3" in datakit("diff", version_id, "latest", cwd=home).stdout
    inspected = json.loads(datakit("inspect", "raw/", "--json", cwd=home).stdout)
    assert [(file["file"], file["rows"]) for file in inspected["files"]] == [("a.jsonl", 61), ("b.jsonl", 3)]
    told = datakit("inspect", "raw/", cwd=home).stdout
    assert "a.jsonl\n  jsonl, utf-8, question/answer\n  61 rows, 0 rejected\n" in told


def test_dry_run_and_sample_write_no_version_of_the_name(home: Path) -> None:
    """A dry run publishes nothing; a sample goes under a name of its own."""
    dry = datakit("curate", "raw/", "curated/", "--dry-run", cwd=home)
    assert "dry run: nothing was published" in dry.stdout
    assert not list((home / "curated").glob("[!.]*"))
    body = json.loads(datakit("curate", "raw/", "curated/", "--sample", "20", "--json", cwd=home).stdout)
    assert body["counts"]["in"] == 20
    assert body["path"].startswith("curated/marathi-history-sample/")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["curate", "nothing/", "curated/"], 5, "nothing"),
        (["curate", "empty/", "curated/"], 5, "empty: no input found; expected files such as .jsonl"),
        (["curate", "raw/", "raw/out"], 2, "raw/out: lies inside raw"),
        (["curate", ".", "curated"], 2, "its versions would be read as sources"),
        (["curate", "raw/", "curated/", "--recipe", "marathi"], 2, "recipe 'marathi': not built in"),
        (["curate", "raw/", "curated/", "--recipe", "bad.toml"], 2, "bad.toml: 3 problems"),
        (["curate", "raw/", "curated/", "--engine", "spark"], 2, "--engine spark: expected local or ray"),
        (["curate", "bad/", "curated/"], 3, "none of 1 rows is left (empty_answer 1); nothing was published"),
        (["verify", "deadbeef"], 5, "version 'deadbeef': not found under curated"),
        (["show", "latest", "--curated", "elsewhere"], 5, "version 'latest': not found"),
        (["pack", "latest", "--as", "text"], 2, "--as text: needs --template"),
        (["curate"], 2, "Missing argument"),
        (["curat"], 2, "No such command"),
    ],
)
def test_exit_codes_and_messages(home: Path, arguments: list[str], code: int, message: str) -> None:
    """Each kind of failure has its code and a message on stderr without a traceback; stdout stays empty."""
    (home / "empty").mkdir()
    (home / "bad.toml").write_text("name = 3\n")
    write_rows(home / "bad" / "a.jsonl", [{"question": "काय?", "answer": ""}])
    if arguments[0] == "pack":
        datakit("curate", "raw/", "curated/", cwd=home)
    done = datakit(*arguments, cwd=home)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_tampered_version_exits_4_and_names_the_file(home: Path) -> None:
    """One flipped bit in train.parquet is enough."""
    body = json.loads(datakit("curate", "raw/", "curated/", "--json", cwd=home).stdout)
    train = home / body["path"] / "train.parquet"
    payload = bytearray(train.read_bytes())
    payload[len(payload) // 2] ^= 1
    train.chmod(0o644)
    train.write_bytes(payload)
    done = datakit("verify", "latest", cwd=home)
    assert done.returncode == 4
    assert "train.parquet: sha256" in done.stderr


def test_a_file_full_of_junk_ends_no_run(home: Path) -> None:
    """Binary noise, broken JSON and an empty file become rejects with their place; the good rows are published."""
    (home / "raw" / "noise.jsonl").write_bytes(bytes(range(256)) * 50 + b"\n{\n[1,\n" + "शेवट".encode()[:-1])
    (home / "raw" / "empty.csv").write_bytes(b"")
    (home / "raw" / "broken.parquet").write_bytes(b"PAR1 not really")
    body = json.loads(datakit("curate", "raw/", "curated/", "--json", cwd=home).stdout)
    assert body["counts"]["kept"] == 60
    assert body["counts"]["in"] == 60 + sum(body["counts"]["rejected"].values())
    assert sum(body["counts"]["rejected"].values()) > 4


@pytest.mark.parametrize("given", [None, "2"])
def test_a_command_starts_no_threads_that_only_wait(given: str | None) -> None:
    """Numpy gets one thread unless a user says otherwise, and the collector looks at many objects at a time."""
    code = (
        "import gc, os, sys; from datakit.cli import main; sys.argv = ['datakit', '--version']\n"
        "try: main()\n"
        "except SystemExit: print(os.environ['OPENBLAS_NUM_THREADS'], gc.get_threshold()[0])"
    )
    settings = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    if given:
        settings["OPENBLAS_NUM_THREADS"] = given
    told = subprocess.run([sys.executable, "-c", code], env=settings, check=True, capture_output=True, text=True)
    assert told.stdout.splitlines()[-1] == f"{given or 1} 50000"
