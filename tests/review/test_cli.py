"""`datakit review` as it is typed."""

import builtins
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from datakit.cli import app
from datakit.decisions import Decision, DecisionLog, decisions_file
from datakit.errors import InputError
from tests.rows import numbered_rows, write_rows

if TYPE_CHECKING:
    from datakit.recipe import Recipe


@pytest.fixture
def curated(sample: Path, tmp_path: Path) -> Path:
    """A folder of versions of the test's own."""
    shutil.copytree(sample.parent, tmp_path / "curated" / sample.parent.name, symlinks=True)
    return tmp_path / "curated"


def start(curated: Path, project: Path, *more: str) -> subprocess.Popen[str]:
    """Start a review without a browser."""
    command = [sys.executable, "-m", "datakit", "review", "latest", "--curated", str(curated), "--no-open", *more]
    return subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")


@pytest.fixture
def running(curated: Path, project: Path) -> Iterator[subprocess.Popen[str]]:
    """A review that runs."""
    process = start(curated, project)
    yield process
    process.kill()
    process.communicate()


def test_ctrl_c_ends_with_what_was_decided_and_the_next_command(running: subprocess.Popen[str], curated: Path) -> None:
    """The address is the only line on stdout; Ctrl-C ends with exit 0, the decisions and the command that applies
    them; without the cookie the page stays shut."""
    assert running.stdout is not None
    address = running.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:")
    with pytest.raises(urllib.error.HTTPError, match="403") as caught:
        urllib.request.urlopen(address.partition("?")[0], timeout=20)
    caught.value.close()
    DecisionLog(decisions_file(curated, "marathi-history")).append(Decision(action="reject", row="f" * 64))
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 0, err
    assert out == ""
    assert "Traceback" not in err
    assert "rows left" in err
    assert "1 decisions are about rows that this version does not have" in err
    assert f"  datakit curate raw {curated} --name marathi-history" in err


def test_a_taken_port_is_told(curated: Path, project: Path) -> None:
    """Where the port is in use the command says so and what to do, with exit 2."""
    from datakit.review.serve import listen

    with listen(0) as listening:
        port = listening.getsockname()[1]
        process = start(curated, project, "--port", str(port))
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"--port {port}: cannot be used" in err


def test_a_version_that_is_not_there_is_told(curated: Path) -> None:
    """A name that fits no version is answered with those that there are."""
    result = CliRunner().invoke(app, ["review", "nowhere", "--curated", str(curated)])
    assert isinstance(result.exception, InputError)
    assert "not found under" in str(result.exception)


def test_nothing_to_review_is_told(tmp_path: Path, plain_recipe: "Recipe") -> None:
    """A version without a doubtful row says so instead of opening an empty page."""
    from datakit.pipeline.curate import curate

    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(5))
    curate(tmp_path / "raw", tmp_path / "curated", recipe=plain_recipe)
    result = CliRunner().invoke(app, ["review", "--curated", str(tmp_path / "curated")])
    assert isinstance(result.exception, InputError)
    assert "nothing to review: no row was rejected, disputed or flagged" in str(result.exception)


@pytest.mark.parametrize("absent", ["starlette", "uvicorn"])
def test_a_missing_package_is_told_with_its_install_line(
    curated: Path, monkeypatch: pytest.MonkeyPatch, absent: str
) -> None:
    """Without the extra the command names what to install, with the exit code of a missing dependency."""
    from datakit.errors import MissingDependencyError

    real = builtins.__import__

    def gone(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == absent:
            raise ImportError(f"No module named {absent!r}", name=absent)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", gone)
    result = CliRunner().invoke(app, ["review", "--curated", str(curated), "--no-open"])
    assert isinstance(result.exception, MissingDependencyError)
    assert str(result.exception) == (
        f"datakit review needs {absent}, which is not installed; run: pip install 'ancient-aurora[review]'"
    )


def test_the_whole_loop_on_the_sample(curated: Path, project: Path) -> None:
    """Curate, decide, curate: the id differs, the decisions are applied and told, nothing else changes; a second run
    finds the version there."""
    import json

    import polars as pl

    log = DecisionLog(decisions_file(curated, "marathi-history"))
    before = (curated / "marathi-history" / "latest").resolve()
    rejected = pl.read_parquet(before / "rejected.parquet")
    lineage = pl.read_parquet(before / "lineage.parquet").filter(pl.col("role") == "kept")
    dispute = rejected.filter(pl.col("reject_reason") == "conflicting_answer").row(0, named=True)
    empty = rejected.filter(pl.col("reject_reason") == "empty_answer").row(0, named=True)
    log.append(Decision(action="accept", row=dispute["raw_sha256"], overrules=("conflicts.conflicting_answer",)))
    log.append(Decision(action="edit", row=empty["raw_sha256"], question=empty["question"], answer="शिव मंदिर"))
    log.append(Decision(action="reject", row=lineage["raw_sha256"][9], note="तपासून पाहा"))
    command = ["curate", str(project / "raw"), str(curated)]
    plain = CliRunner().invoke(app, command)
    assert plain.exit_code == 0, plain.output
    assert "by people: 1 accepted, 1 rejected, 1 edited" in plain.output
    found = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert found["new"] is False
    assert found["version_id"] != before.name
    assert found["decisions"]["stale"] == []
    after = pl.read_parquet(curated / "marathi-history" / found["version_id"] / "lineage.parquet")
    moved = pl.concat(
        [
            pl.read_parquet(before / "lineage.parquet").select("raw_sha256", "role", "reason", was=pl.lit(1)),
            after.select("raw_sha256", "role", "reason", was=pl.lit(2)),
        ]
    )
    changed = moved.group_by("raw_sha256", "role", "reason").len().filter(pl.col("len") == 1)["raw_sha256"]
    expected = {dispute["raw_sha256"], empty["raw_sha256"], lineage["raw_sha256"][9]}
    assert expected <= set(changed)
    assert len(set(changed)) == len(expected) + 1  # and the answer that the accepted one disputes
    verify = CliRunner().invoke(app, ["verify", "latest", "--curated", str(curated)])
    assert verify.exit_code == 0, verify.output
