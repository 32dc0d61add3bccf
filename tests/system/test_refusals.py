"""What the system refuses (a full disk, a place that may not be written, a name that is none) is told, not traced."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from datakit.errors import DatakitError, InputError, OutputError, from_system
from datakit.pipeline.curate import curate
from datakit.recipe import parse
from tests.rows import numbered_rows, write_rows
from tests.small_disk import left, on_small_disk

PLAIN = 'name = "plain"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\ntrain = 60\nvalidation = 20\ntest = 20'


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one version of 300 rows."""
    home = tmp_path_factory.mktemp("refusals")
    write_rows(home / "raw" / "a.jsonl", numbered_rows(300))
    curate(home / "raw", home / "curated", recipe=parse(PLAIN))
    return home / "curated"


def run(module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as its users do."""
    return subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (OSError(errno.ENOSPC, "x", "a/b"), OutputError, "a/b: No space left on device; the disk is full: make room"),
        (OSError(errno.ENOSPC, "x"), OutputError, "No space left on device; the disk is full"),
        (OSError(errno.EROFS, "x", b"a/b"), OutputError, "a/b: Read-only file system; the disk refused: mend it"),
        (OSError(errno.EIO, "x", "a"), OutputError, "a: Input/output error; the disk refused"),
        (FileNotFoundError(errno.ENOENT, "x", "a"), InputError, "a: No such file or directory; expected a file or"),
        (NotADirectoryError(errno.ENOTDIR, "x", "a"), InputError, "a: Not a directory; expected a file or folder"),
        (PermissionError(errno.EACCES, "x", "no/a"), OutputError, "no/a: Permission denied; it may not be written"),
        (PermissionError(errno.EPERM, "x"), OutputError, "Operation not permitted; it may not be written"),
        (OSError(errno.EMFILE, "x"), DatakitError, "Too many open files; the system refused what this command needs"),
        (RuntimeError("write: No space (os error 28)"), OutputError, "No space left on device; the disk is full"),
    ],
)
def test_each_refusal_has_its_kind(error: Exception, kind: type[DatakitError], message: str) -> None:
    """The system's number decides the exit code; the file stands in front where it is known, the next step behind."""
    found = from_system(error)
    assert type(found) is kind
    assert str(found).startswith(message)


@pytest.mark.parametrize("error", [OSError("no number"), ValueError("bad"), RuntimeError("(os error)")])
def test_a_fault_of_our_own_is_not_excused(error: Exception) -> None:
    """Without a number of the system's an error is no refusal, and keeps its traceback."""
    assert from_system(error) is None


def test_what_may_not_be_read_is_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is there and may not be read is missing input; one that may be read was to be written."""
    (tmp_path / "a").write_text("x")
    denied = PermissionError(errno.EACCES, "x", str(tmp_path / "a"))
    assert type(from_system(denied)) is OutputError
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root, who may read everything
    found = from_system(denied)
    assert type(found) is InputError
    assert "it may not be read: change its permissions" in str(found)


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (["datakit", "pack", "latest", "--as", "messages", "--out", "/dev/null/x"], 5, "Not a directory; expected"),
        (["datakit", "report", "latest", "--out", "{long}"], 5, "File name too long; expected a file or folder"),
        (["datakit", "gate", "latest", "--out", "/dev/null/x"], 5, "/dev/null/x: Not a directory"),
        (["trainer", "ls", "--runs", "{long}"], 5, "File name too long"),
        (["export", "{long}"], 5, ""),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_place_that_cannot_be_is_one_message(command: list[str], code: int, message: str, curated: Path) -> None:
    """Every program ends such a command with one message on stderr, the exit code of its kind, and no traceback."""
    module, *words = [word.format(long="x" * 300) for word in command]
    where = ["--curated", str(curated)] if module == "datakit" else []
    done = run(module, *words, *where)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("form", ["messages", "hf", "llamafactory"])
def test_a_pack_on_a_full_disk_leaves_nothing(form: str, curated: Path, tmp_path: Path) -> None:
    """Where the disk is full in the middle, no half folder is left; with more room the same command packs."""
    script = '"$1" -m datakit pack latest --curated "$2" --as "$3" --out "$0/out"; code=$?\n'
    script += 'echo left:; find "$0" -mindepth 1 -printf "%P\\n"; exit $code'
    words = (sys.executable, str(curated), form)
    done = on_small_disk(tmp_path, script, *words, size="48k")
    assert done.returncode == 1, done.stderr
    assert "No space left on device" in done.stderr
    assert "make room, then run the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert left(done) == []
    done = on_small_disk(tmp_path, script, *words, size="4m")
    assert done.returncode == 0, done.stderr
    assert "out/pack.json" in left(done)


def test_a_report_on_a_full_disk_keeps_the_older_page(curated: Path, tmp_path: Path) -> None:
    """The page that lay there stays as it was, and nothing lies beside it."""
    script = 'echo old > "$0/page.html"; "$1" -m datakit report latest --curated "$2" --out "$0/page.html"; code=$?\n'
    script += 'grep -q old "$0/page.html" || exit 98; echo left:; find "$0" -mindepth 1 -printf "%P\\n"; exit $code'
    done = on_small_disk(tmp_path, script, sys.executable, str(curated), size="32k")
    assert (done.returncode, left(done)) == (1, ["page.html"]), done.stderr
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
