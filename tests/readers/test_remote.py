"""Raw files from an S3 server and by file:// addresses; the server is a real one, of moto, on this machine."""

import errno
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import InputError, OutputError, UsageError
from datakit.readers.remote import LEDGER, copy_name, fetch, is_remote, local_path

pytest.importorskip("s3fs", reason="the extra `scale` is not installed")
pytest.importorskip("moto.server", reason="the test server of the extra `dev` is not installed")

BUCKET = "itihas"
ROW = '{"question": "रायगड कोठे आहे?", "answer": "महाडजवळ"}\n'.encode()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an S3 server."""
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def put(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, bytes], None]]:
    """Put an object into the bucket, which is empty at first; the environment names the server."""
    import s3fs

    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "ap-south-1",
    }.items():
        monkeypatch.setenv(name, value)
    system = s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)
    system.mkdir(BUCKET, region_name="ap-south-1")
    yield lambda key, body: system.pipe_file(f"{BUCKET}/{key}", body)
    system.rm(BUCKET, recursive=True)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


Put = Callable[[str, bytes], None]


def test_a_prefix_becomes_a_folder_with_the_same_names_and_bytes(put: Put, tmp_path: Path) -> None:
    """What lies below a prefix is copied under its names; folder marks and neighbours of a similar name are not."""
    long = ROW * 300_000  # 24 MB: more than one request of the store's own
    for key, body in {"raw/a.jsonl": ROW, "raw/शिवकाल/ब.jsonl": long, "raw/x/": b"", "raw2/c.jsonl": ROW}.items():
        put(key, body)
    found = fetch(f"s3://{BUCKET}/raw", tmp_path)
    assert files_of(found.raw) == {"a.jsonl": ROW, "शिवकाल/ब.jsonl": long}
    assert (found.files, found.fetched, found.bytes) == (2, 2, len(ROW) + len(long))


def test_only_what_changed_is_fetched_again(put: Put, tmp_path: Path) -> None:
    """A second fetch brings changed and new files, drops what is gone, and leaves the rest untouched."""
    for key in ("a", "b", "c/d"):
        put(f"raw/{key}.jsonl", ROW)
    first = fetch(f"s3://{BUCKET}/raw", tmp_path)
    untouched = (first.raw / "a.jsonl").stat().st_mtime_ns
    again = fetch(f"s3://{BUCKET}/raw/", tmp_path)
    assert (again.raw, again.fetched, again.bytes) == (first.raw, 0, 0)
    put("raw/b.jsonl", ROW * 2)
    put("raw/e.jsonl", ROW)
    import s3fs

    s3fs.S3FileSystem(skip_instance_cache=True).rm_file(f"{BUCKET}/raw/c/d.jsonl")
    third = fetch(f"s3://{BUCKET}/raw", tmp_path)
    assert files_of(third.raw) == {"a.jsonl": ROW, "b.jsonl": ROW * 2, "e.jsonl": ROW}
    assert (third.files, third.fetched) == (3, 2)
    assert (third.raw / "a.jsonl").stat().st_mtime_ns == untouched
    assert not (third.raw / "c").exists()


def test_a_copy_that_was_cut_or_lost_is_fetched_again(put: Put, tmp_path: Path) -> None:
    """The ledger is not believed where the copy is missing or of another length, nor is a torn ledger."""
    put("raw/a.jsonl", ROW)
    put("raw/b.jsonl", ROW)
    raw = fetch(f"s3://{BUCKET}/raw", tmp_path).raw
    (raw / "a.jsonl").write_bytes(ROW[:9])
    (raw / "b.jsonl").unlink()
    assert fetch(f"s3://{BUCKET}/raw", tmp_path).fetched == 2
    (tmp_path / LEDGER).write_text('{"a.jsonl": [')
    assert fetch(f"s3://{BUCKET}/raw", tmp_path).fetched == 2
    assert files_of(raw) == {"a.jsonl": ROW, "b.jsonl": ROW}


def test_one_object_is_an_input_of_its_own(put: Put, tmp_path: Path) -> None:
    """An address of one object gives that file, as a path to one file does."""
    put("raw/a.jsonl", ROW)
    assert fetch(f"s3://{BUCKET}/raw/a.jsonl", tmp_path).raw == tmp_path / "files" / "a.jsonl"


def test_the_command_gives_the_version_of_a_local_folder(put: Put, project: Path, tmp_path: Path) -> None:
    """`datakit curate s3://…` over the sample publishes the id that the folder itself gives, and tells what it fetched.

    Hidden files and READMEs are no data in either case; the second run fetches nothing.
    """
    sample = project / "raw"
    for path in sorted(sample.rglob("*")):
        if path.is_file():
            put(f"v1/raw/{path.relative_to(sample).as_posix()}", path.read_bytes())
    # a copy, since what is ignored there by git need not be so here
    shutil.copytree(sample, tmp_path / "local")
    here = _curate(str(tmp_path / "local"), tmp_path / "one")
    there = _curate(f"s3://{BUCKET}/v1/raw", tmp_path / "two")
    assert json.loads(there.stdout)["version_id"] == json.loads(here.stdout)["version_id"]
    count = sum(path.is_file() for path in sample.rglob("*"))
    assert f"s3://{BUCKET}/v1/raw: {count} files, {count} fetched" in there.stderr
    again = _curate(f"s3://{BUCKET}/v1/raw", tmp_path / "two")
    assert f"{count} files, 0 fetched (0.0 MB)" in again.stderr
    assert json.loads(again.stdout)["new"] is False
    by_address = _curate((tmp_path / "local").as_uri(), tmp_path / "three")
    assert json.loads(by_address.stdout)["version_id"] == json.loads(here.stdout)["version_id"]


def _curate(raw: str, curated: Path, *, code: int = 0) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "datakit", "curate", raw, str(curated), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["raw/a", "raw/a/b"], "found a and a/b; expected no file that is a folder too"),
        (["raw/../../etc/a"], "found the key '../../etc/a'; expected names that can be files below a folder"),
        (["raw//a"], "found the key '/a'"),
        (["raw/" + "शि" * 60], "expected names that can be files below a folder"),
    ],
)
def test_keys_that_are_no_file_names_are_refused(
    keys: list[str], message: str, put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that would leave the folder, or cannot lie in one, ends the fetch before a byte is written.

    The listing is made up, since a server may refuse such keys itself.
    """
    import s3fs

    put("raw/a", ROW)
    listing = {f"{BUCKET}/{key}": {"type": "file", "size": 1} for key in keys}
    monkeypatch.setattr(s3fs.S3FileSystem, "find", lambda *_, **__: listing)
    with pytest.raises(InputError) as caught:
        fetch(f"s3://{BUCKET}/raw", tmp_path)
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("s3://no-such-bucket/raw", "s3://no-such-bucket/raw: cannot be listed (FileNotFoundError"),
        (f"s3://{BUCKET}/nothing", "found no file there; expected a bucket and prefix with files below it"),
    ],
)
@pytest.mark.usefixtures("put")
def test_what_is_not_there_is_said(address: str, message: str, tmp_path: Path) -> None:
    """A missing bucket and an empty prefix are input errors that name the address and what to check."""
    with pytest.raises(InputError) as caught:
        fetch(address, tmp_path)
    assert message in str(caught.value)
    assert "AWS_ENDPOINT_URL" in str(caught.value)


def test_a_file_of_another_length_than_listed_is_refused(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that changes between the listing and the fetch is not taken, and a run after it is sound."""
    import s3fs

    put("raw/a.jsonl", ROW)
    find = s3fs.S3FileSystem.find

    def stale(self: Any, *args: Any, **options: Any) -> Any:
        found = find(self, *args, **options)
        return {path: {**info, "size": info["size"] + 1} for path, info in found.items()}

    with monkeypatch.context() as patch:
        patch.setattr(s3fs.S3FileSystem, "find", stale)
        with pytest.raises(InputError, match=r"a\.jsonl: found \d+ bytes, expected \d+; it changed meanwhile"):
            fetch(f"s3://{BUCKET}/raw", tmp_path)
    assert files_of(fetch(f"s3://{BUCKET}/raw", tmp_path).raw) == {"a.jsonl": ROW}


def test_a_full_disk_is_told_as_that(put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room here is an error of the disk, not of the store."""
    import s3fs

    put("raw/a.jsonl", ROW)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(s3fs.S3FileSystem, "get", full)
    with pytest.raises(OutputError, match=r"No space left on device.*make room there"):
        fetch(f"s3://{BUCKET}/raw", tmp_path)


def test_an_unknown_scheme_is_a_usage_error(tmp_path: Path) -> None:
    """A scheme that nobody knows is told beside those that are meant."""
    with pytest.raises(UsageError, match=r"found scheme 'gopher'; expected a path, file:// or s3://"):
        fetch("gopher://raigad/raw", tmp_path)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("fsspec", "fsspec: not installed"),
        ("s3fs", "s3://itihas/raw: the package that reads s3:// is not installed"),
    ],
)
def test_a_missing_package_is_named_with_its_install_line(missing: str, message: str, tmp_path: Path) -> None:
    """Without fsspec or s3fs the command ends with code 6 and says what to install."""
    program = f"import sys; sys.modules[{missing!r}] = None; from datakit.cli import main; main()"
    command = [sys.executable, "-c", program, "curate", "s3://itihas/raw", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 6, done.stderr
    assert message in done.stderr
    assert 'pip install "ancient-aurora[scale]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_paths_and_file_addresses_are_local() -> None:
    """A path stays what it is, a file:// address is the path it names, with spaces and Marathi; a host is refused."""
    assert not is_remote("raw/a:b")
    assert not is_remote("file:///tmp/raw")
    assert is_remote("s3://itihas/raw")
    assert local_path("raw/शिवकाल") == Path("raw/शिवकाल")
    assert local_path(Path("/tmp/जुने कागद").as_uri()) == Path("/tmp/जुने कागद")
    with pytest.raises(UsageError, match="found host 'raigad'; expected file:///path, with three slashes"):
        local_path("file://raigad/raw")


def test_one_address_has_one_copy() -> None:
    """A slash at the end makes no second copy; another prefix does."""
    assert copy_name("s3://itihas/raw/") == copy_name("s3://itihas/raw") != copy_name("s3://itihas/raw2")
