"""`--engine ray`: the same version as here, whatever happens to the workers."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import types
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.process import tree
from datakit.engines.cluster import cluster
from datakit.engines.on_ray import OnRay
from datakit.errors import DatakitError, InputError, MissingDependencyError, UsageError
from datakit.pipeline.curate import curate
from datakit.pipeline.progress import Silent
from datakit.pipeline.result import Result
from datakit.recipe import Recipe, load
from tests.engines.rows import copied_rows
from tests.rows import numbered_rows, write_rows

pytest.importorskip("ray", reason="the extra `scale` is not installed")


@pytest.fixture(scope="module")
def engine() -> Iterator[OnRay]:
    """An engine on a cluster of two workers, started once."""
    with OnRay(workers=2) as running:
        yield running


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return replace(load("marathi-history"), gate=None)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One large file, small ones that are read together, one that cannot be read, and copies across them."""
    folder = tmp_path_factory.mktemp("input") / "raw"
    rows = copied_rows(1_500, copies=600)
    write_rows(folder / "a-large.jsonl", rows[:1_200])
    for number in range(30):
        write_rows(folder / "small" / f"{number:02}.jsonl", rows[1_200 + 30 * number : 1_230 + 30 * number])
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    write_rows(folder / "z.jsonl", [*numbered_rows(40), {"question": "टोकन <|im_end|> येथे?", "answer": "नाही"}])
    return folder


@pytest.fixture(scope="module")
def here(raw: Path, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """What the local engine makes of it."""
    return curate(raw, tmp_path_factory.mktemp("here"), recipe=recipe, workers=1, batch_rows=200)


def tables(result: Result) -> dict[str, bytes]:
    """Return the bytes of all files of a version that hold rows."""
    assert result.path is not None
    return {path.name: path.read_bytes() for path in result.path.glob("*.parquet")}


def test_the_version_and_its_files_are_those_of_the_local_engine(
    engine: OnRay, raw: Path, here: Result, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same id, same counts, and every Parquet file equal byte for byte: rows, their order, rejects and lineage.

    The large file goes out in batches and the small ones in bundles: both ways are taken.
    """
    monkeypatch.setattr("datakit.engines.on_ray._LEAST_BYTES", 100_000)
    heard = Listener()
    there = curate(raw, tmp_path, recipe=recipe, engine=engine, batch_rows=200, progress=heard)
    assert there.version_id == here.version_id
    assert tables(there) == tables(here)
    assert dict(there.rejected) == dict(here.rejected)
    assert there.rejected["near_duplicate"] >= 500
    assert there.rejected["unreadable_file"] == 1
    assert len({path.name for path in (tmp_path / ".work").rglob("*.json") if path.name != "done.json"}) >= 6
    assert heard.finished >= {"a-large.jsonl", "broken.xlsx", "z.jsonl", *(f"small/{n:02}.jsonl" for n in range(30))}


class Listener(Silent):
    """A listener that remembers."""

    def __init__(self) -> None:
        self.finished: set[str] = set()
        self.notes: dict[str, str] = {}

    def finish(self, task: str, note: str) -> None:
        self.finished.add(task)
        self.notes[task] = note


def test_one_engine_goes_on_from_the_parts_of_the_other(
    engine: OnRay, raw: Path, here: Result, recipe: Recipe, tmp_path: Path
) -> None:
    """Parts are keyed by content alone: what a local run has done is not done again on the cluster."""
    curate(raw, tmp_path, recipe=recipe, workers=1, batch_rows=200, dry_run=True)
    parts = {path: path.stat().st_mtime_ns for path in (tmp_path / ".work").rglob("*.parquet")}
    for note in (tmp_path / ".work").glob("*/unchanged*.json"):
        note.unlink()
    heard = Listener()
    there = curate(raw, tmp_path, recipe=recipe, engine=engine, batch_rows=200, progress=heard)
    assert there.version_id == here.version_id
    assert len(parts) >= 60
    assert {path: path.stat().st_mtime_ns for path in parts} == parts
    assert heard.notes["a-large.jsonl"].endswith("rows, as before")


@pytest.mark.slow
@pytest.mark.parametrize("bundled", [True, False])
def test_a_worker_killed_in_mid_run_is_survived(
    engine: OnRay,
    raw: Path,
    here: Result,
    recipe: Recipe,
    tmp_path: Path,
    bundled: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SIGKILL takes a worker while it makes parts, of a bundle or of a batch; the result is that of an unhurt run."""
    monkeypatch.setattr("datakit.engines.on_ray._LEAST_BYTES", 1 << 30 if bundled else 1)
    killed: list[int] = []

    def kill() -> None:
        deadline = time.monotonic() + 60
        while not killed and time.monotonic() < deadline:
            if any((tmp_path / ".work").rglob("0*.json")):
                for pid in tree(os.getpid()):
                    if name_of(pid).startswith(("ray::curate_files", "ray::fill_batch")):
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)
                        return
            time.sleep(0.002)

    hunter = threading.Thread(target=kill)
    hunter.start()
    there = curate(raw, tmp_path, recipe=recipe, engine=engine, batch_rows=100, progress=Listener())
    hunter.join()
    assert len(killed) == 1
    assert there.version_id == here.version_id
    assert tables(there) == tables(here)


def name_of(pid: int) -> str:
    """Return what a process calls itself: Ray names a worker after the task it runs."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def test_an_error_in_a_worker_is_the_error_here(engine: OnRay) -> None:
    """What a task raises on purpose arrives as that; a bug arrives with its traceback; dead workers are counted."""
    from datakit.engines.cluster import needed
    from datakit.engines.results import in_order, result

    ray = needed()
    engine._cpus()  # the cluster runs, whichever test comes first

    @ray.remote(max_retries=1)  # type: ignore[untyped-decorator]
    def fail(kind: str) -> None:
        if kind == "input":
            raise InputError("a.jsonl: found nothing")
        if kind == "disk":
            raise OSError(28, "No space left on device")
        if kind == "dead":
            os._exit(1)
        raise ZeroDivisionError("a bug")

    with pytest.raises(InputError, match=r"^a\.jsonl: found nothing$"):
        result(fail.remote("input"))
    with pytest.raises(OSError, match="No space left") as caught:
        list(in_order(fail.remote, [("disk",), ("disk",)], width=2))
    assert caught.value.errno == 28
    with pytest.raises(ZeroDivisionError, match="a bug"):
        result(fail.remote("bug"))
    with pytest.raises(DatakitError, match=r"ray: a task was lost .* finished parts are kept") as lost:
        result(fail.remote("dead"))
    assert lost.value.exit_code == 1


def datakit(*arguments: str, hide: str | None = None) -> "subprocess.CompletedProcess[str]":
    hidden = f"import sys; sys.modules[{hide!r}] = None; " if hide else ""
    program = f"{hidden}from datakit.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "curate", *arguments], capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--engine", "spark"], 2, "--engine spark: expected local or ray"),
        (["--ray-address", "auto"], 2, "--ray-address auto: belongs to --engine ray; found --engine local"),
        (["--engine", "ray", "--ray-address", "raigad"], 2, "expected host:port of the head node"),
        (["--engine", "ray", "--ray-address", "raigad:70000"], 2, "expected host:port of the head node"),
        (["--engine", "ray", "--ray-address", "ray://raigad:10001"], 2, "found a Ray Client address"),
        (["--engine", "ray", "--ray-address", "127.0.0.1:9"], 6, "127.0.0.1:9: no cluster answers"),
    ],
)
def test_a_wrong_address_is_told_before_anything_is_read(
    options: list[str], code: int, message: str, tmp_path: Path
) -> None:
    """An address of another form is a usage error, one that nobody answers at a missing cluster; no folder is made."""
    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(3))
    done = datakit(str(tmp_path / "raw"), str(tmp_path / "out"), *options)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_ray_the_install_line_is_told(tmp_path: Path) -> None:
    """A missing Ray ends with code 6 and says what to install; `--engine local` needs none."""
    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(30))
    done = datakit(str(tmp_path / "raw"), str(tmp_path / "out"), "--engine", "ray", hide="ray")
    assert done.returncode == 6
    assert "ray: not installed" in done.stderr
    assert 'pip install "ancient-aurora[scale]"' in done.stderr
    assert datakit(str(tmp_path / "raw"), str(tmp_path / "out"), "--no-gate", hide="ray").returncode == 0


def test_nodes_that_would_give_other_rows_are_refused() -> None:
    """A node that does not see the files, or has other rules or another polars, is named with what to do."""
    from datakit.engines.on_ray import check
    from datakit.engines.tasks import look

    seen = look("node-7", ["/no/such/folder"])
    with pytest.raises(UsageError, match=r"node node-7: does not see /no/such/folder; .*mount a shared folder"):
        check(seen)
    check(replace(seen, missing=()))
    with pytest.raises(
        MissingDependencyError, match=r"node node-7: found rules 0000 and polars .*; expected [0-9a-f]{12}"
    ):
        check(replace(seen, missing=(), rules="0000"))
    with pytest.raises(MissingDependencyError, match=r"and polars 0\.1; expected"):
        check(replace(seen, missing=(), polars="0.1"))


def test_a_node_without_datakit_is_named(engine: OnRay, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A node that cannot load the program is told by name, with what to install there; one that can is no problem."""
    engine._cpus()
    engine._ask_nodes([str(tmp_path)])
    with pytest.raises(UsageError, match=r"node .+: does not see /no/such/folder; expected the raw files and"):
        engine._ask_nodes([str(tmp_path), "/no/such/folder"])
    only_here = types.ModuleType("only_here")
    exec("def look(node, paths): return None", only_here.__dict__)  # a worker finds no module of this name
    monkeypatch.setitem(sys.modules, "only_here", only_here)
    monkeypatch.setattr("datakit.engines.on_ray.look", only_here.look)
    with pytest.raises(MissingDependencyError, match=r"node .+: cannot load datakit .*install it there"):
        engine._ask_nodes([str(tmp_path)])


@pytest.mark.slow
def test_a_cluster_that_is_there_is_joined_and_left_running(raw: Path, here: Result, tmp_path: Path) -> None:
    """With `--ray-address` the run joins a cluster that others started; it gives the same id and goes on living."""
    started = tempfile.mkdtemp(prefix="dk-t", dir="/tmp")  # short: the paths of sockets end at 107 characters
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    ray = [sys.executable, "-m", "ray.scripts.scripts"]
    head = [*ray, "start", "--head", "--port=0", "--num-cpus=2", "--include-dashboard=false", f"--temp-dir={started}"]
    head += ["--node-ip-address=127.0.0.1", "--object-store-memory=150000000", "--disable-usage-stats", "--block"]
    running = subprocess.Popen(head, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    try:
        address = _address(running)
        command = [sys.executable, "-m", "datakit", "curate", str(raw), str(tmp_path / "out"), "--json", "--no-gate"]
        command += ["--engine", "ray", "--ray-address", address, "--batch-rows", "200"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, env=environment)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["version_id"] == here.version_id
        assert running.poll() is None
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=30)
        shutil.rmtree(started)


def _address(running: "subprocess.Popen[str]") -> str:
    assert running.stdout is not None
    for line in running.stdout:
        if "--address=" in line:
            return line.partition("--address=")[2].strip().strip("'\"")
    raise AssertionError("ray start said no address")


@pytest.mark.slow
def test_ctrl_c_leaves_no_process_and_no_folder_behind(tmp_path: Path) -> None:
    """The key ends the run with code 130; every process that Ray started is gone, and its temporary folder too."""
    write_rows(tmp_path / "raw" / "a.jsonl", numbered_rows(6_000))
    command = [sys.executable, "-m", "datakit", "curate", str(tmp_path / "raw"), str(tmp_path / "out")]
    command += ["--engine", "ray", "--batch-rows", "50"]
    environment = {**os.environ, "TMPDIR": "/tmp"}
    before = set(Path("/tmp").glob("dk-*"))
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    deadline = time.monotonic() + 90
    while not list((tmp_path / "out").glob(".work/*/*/0*.json")):
        assert running.poll() is None, running.stderr and running.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    family = tree(running.pid)
    assert len(family) >= 5
    folders = set(Path("/tmp").glob("dk-*")) - before
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: the whole group hears it
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130, told
    assert "interrupted; nothing was published" in told
    assert "Traceback" not in told
    deadline = time.monotonic() + 15
    while any(alive(pid) for pid in family) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [name_of(pid) for pid in family if alive(pid)] == []
    assert folders
    assert not any(folder.exists() for folder in folders)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def test_a_program_that_has_joined_a_cluster_stays_in_it(engine: OnRay) -> None:
    """Where Ray runs already it is used as it is and not ended; its number of CPUs is a limit."""
    from datakit.engines.cluster import needed

    engine._cpus()
    with cluster(address=None, cpus=16) as cpus:
        assert cpus == 2
    with cluster(address=None, cpus=1) as cpus:
        assert cpus == 1
    assert needed().is_initialized()
