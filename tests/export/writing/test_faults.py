"""Killed, full, cut off, watched by another: nothing ever lies under the final name that is not whole."""

import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from datakit.errors import InputError, OutputError, UsageError
from export.disk import check_room
from export.part_file import held, part_path
from export.source import Source, open_source
from export.write import bytes_needed, write_gguf
from tests.export.writing.checkpoints import Tiny, build_shape

CODE = (
    "import sys; from pathlib import Path; from export.source import open_source; from export.write import write_gguf\n"
    "source = open_source(Path(sys.argv[1])); print('opened', flush=True)\n"
    "print(write_gguf(source, Path(sys.argv[2]), type=sys.argv[3], metadata={}).sha256)"
)


def command(base: Path, out: Path, type: str) -> list[str]:
    """Return the command that writes a file in a process of its own."""
    return [sys.executable, "-c", CODE, str(base), str(out), type]


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that takes a moment to pack: 45 million numbers."""
    shape = Tiny(architecture="LlamaForCausalLM", layers=4, hidden=1024, inner=2816, heads=16, heads_kv=4, vocab=512)
    return build_shape(shape, tmp_path_factory.mktemp("larger") / "base")


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_nothing_under_the_name(larger: Path, tmp_path: Path) -> None:
    """Killed at eight moments, an export leaves no file under the final name, and the same command succeeds after."""
    out = tmp_path / "model.gguf"
    clean = write_gguf(open_source(larger), tmp_path / "clean.gguf", type="q4_k_m", metadata={}).sha256
    chance, hits, longest_s = random.Random(1818), 0, 1.0
    for _ in range(40):
        with subprocess.Popen(command(larger, out, "q4_k_m"), stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            began = time.monotonic()
            time.sleep(chance.uniform(0, longest_s))
            process.send_signal(signal.SIGKILL)
        if out.exists():  # it was quicker than the kill: then it must be whole
            assert hashlib.sha256(out.read_bytes()).hexdigest() == clean
            out.unlink()
            longest_s = max(0.05, (time.monotonic() - began) * 0.8)
            continue
        hits += part_path(out).exists()
        if hits == 8:
            break
    assert hits == 8, "eight kills must hit a process that writes"
    done = subprocess.run(command(larger, out, "q4_k_m"), capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == clean
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean.gguf", "model.gguf"]


@pytest.mark.parametrize("room", [1, 4096, 1_000_000, 1_500_000])
def test_a_disk_that_refuses_leaves_nothing(room: int, tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """Where a file may not grow beyond some bytes, the export fails with their number and leaves no file at all."""

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    out = tmp_path / "out" / "model.gguf"
    base = tiny("llama31")
    failed = subprocess.run(
        command(base, out, "q4_k_m"), capture_output=True, text=True, check=False, preexec_fn=limited
    )
    assert failed.returncode != 0
    assert f"refused after {room} bytes" in failed.stderr
    assert "run the same command again" in failed.stderr
    assert list(out.parent.iterdir()) == []
    assert write_gguf(open_source(base), out, type="q4_k_m", metadata={}).path == out


def test_a_full_disk_is_refused_before_the_start(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """On a file system with too little room nothing is written at all, and the message says how much is missing."""
    script = f'mount -t tmpfs -o size=2m tmpfs {tmp_path} && exec "$@"'
    wrapped = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        script,
        "sh",
        *command(tiny("llama31"), tmp_path / "x" / "out.gguf", "f16"),
    ]
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("needs a mount namespace of its own (unshare -rm), which this system does not allow")
    failed = subprocess.run(wrapped, capture_output=True, text=True, check=False)
    assert failed.returncode != 0
    assert "OutputError" in failed.stderr
    assert "2.0 MiB free; nothing was written" in failed.stderr


def test_two_exports_of_one_file_do_not_meet(llama: Source, tmp_path: Path) -> None:
    """While one process writes a file, another is refused, and the first one's part stays."""
    out = tmp_path / "out.gguf"
    with held(part_path(out)) as descriptor:
        os.write(descriptor, b"half")
        with pytest.raises(UsageError, match="another export writes this file"):
            write_gguf(llama, out, type="f16", metadata={})
        assert part_path(out).read_bytes() == b"half"


def test_a_file_that_was_there_stays_until_the_new_one_is_whole(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """An export that fails half way leaves the older file of that name as it was."""
    out, base = tmp_path / "out.gguf", tmp_path / "base"
    shutil.copytree(tiny("llama31"), base)
    before = write_gguf(open_source(base), out, type="f16", metadata={}).sha256
    source = open_source(base)
    weights = base / "model.safetensors"
    os.truncate(weights, weights.stat().st_size - 1000)  # after it was opened: the read itself must notice
    with pytest.raises(InputError, match="the file was cut off or changed"):
        write_gguf(source, out, type="q8_0", metadata={})
    assert hashlib.sha256(out.read_bytes()).hexdigest() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "out.gguf"]


def test_what_a_killed_run_left_is_overwritten(llama: Source, tmp_path: Path) -> None:
    """A part of a run that died is no obstacle and leaves no trace, even where it was longer than the new file."""
    out = tmp_path / "out.gguf"
    part_path(out).write_bytes(b"\0" * 10_000_000)
    written = write_gguf(llama, out, type="q8_0", metadata={})
    assert out.stat().st_size == written.bytes
    assert written.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("type", ["f32", "bf16", "q8_0", "q4_k_m"])
def test_the_need_is_known_to_the_byte(type: str, llama: Source, tmp_path: Path) -> None:
    """What is computed before the start is the size of the file."""
    need = bytes_needed(llama, types=(type,))
    assert need == write_gguf(llama, tmp_path / "out.gguf", type=type, metadata={}, engine="libgguf").bytes


def test_room_is_asked_for_in_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """The question goes to the nearest folder that exists, and names what an intermediate file would take."""
    with pytest.raises(OutputError, match=r"needs 1024\.00 GiB and 512\.00 GiB for an intermediate file"):
        check_room(tmp_path / "a" / "b" / "out.gguf", result=1 << 40, scratch=1 << 39)
    assert list(tmp_path.iterdir()) == []
