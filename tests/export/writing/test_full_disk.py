"""A disk that is full, in the middle of a file or before the next name: a real tmpfs, filled while an export stands."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from export.source import open_source
from export.write import write_gguf
from tests.export.writing.checkpoints import Tiny, build_shape
from tests.small_disk import on_small_disk

FILLED = """
import contextlib, hashlib, json, os, signal, subprocess, sys, time
from pathlib import Path
disk, base, type = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
moments = [int(text) for text in sys.argv[4].split(",")]
code = (
    "import sys; from pathlib import Path; from export.source import open_source; from export.write import write_gguf;"
    "source = open_source(Path(sys.argv[1]));"
    "print(write_gguf(source, Path(sys.argv[2]), type=sys.argv[3], metadata={}).sha256)"
)
out, part, ballast = disk / "m.gguf", disk / ".m.gguf.part", disk / "ballast"
def begin():
    command = [sys.executable, "-c", code, base, str(out), type]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
told = []
for moment in moments:
    process = begin()
    while process.poll() is None and not (part.exists() and part.stat().st_size >= moment):
        time.sleep(0.0002)
    process.send_signal(signal.SIGSTOP)
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    process.send_signal(signal.SIGCONT)
    _, error = process.communicate()
    told.append({"code": process.returncode, "error": error, "left": sorted(path.name for path in disk.iterdir())})
    ballast.unlink()
    out.unlink(missing_ok=True)
process = begin()
again, error = process.communicate()
file = hashlib.sha256(out.read_bytes()).hexdigest()
print(json.dumps({"told": told, "again": again.strip(), "error": error, "file": file}))
"""
"""Stops an export when its file has so many bytes, fills the disk, lets it go on; in the end exports once more."""

NAMES = """
import io, json, os, subprocess, sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from export import cli
import export.export, export.libgguf_rows, numpy, tokenizers  # once, for all the processes below
disk, base, told = Path(sys.argv[1]), sys.argv[2], []
for names in range(2, 40):
    mount = ["mount", "-t", "tmpfs", "-o", f"size=64m,nr_inodes={names}", "tmpfs", str(disk)]
    subprocess.run(mount, check=True)
    said = Path(sys.argv[3], "said")
    pid = os.fork()
    if pid == 0:
        sys.argv[1:] = [base, "--no-verify", "--quant", "f16,q4_k_m", "--out", str(disk / "models")]
        code = 70
        with said.open("w") as stream, redirect_stderr(stream), redirect_stdout(io.StringIO()):
            try:
                cli.main()
                code = 0
            except SystemExit as stop:
                code = int(stop.code or 0)
            except BaseException as error:
                print("Traceback", repr(error))
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    left = sorted(str(path.relative_to(disk)) for path in disk.rglob("*"))
    told.append({"names": names, "code": code, "said": said.read_text(), "left": left})
    subprocess.run(["umount", str(disk)], check=True)
    if code == 0:
        break
print(json.dumps(told))
"""
"""Exports onto disks that take two names, three, four, ... until one takes them all."""


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that takes a moment to pack: 22 million numbers."""
    shape = Tiny(architecture="LlamaForCausalLM", layers=2, hidden=1024, inner=2816, heads=16, heads_kv=4, vocab=512)
    return build_shape(shape, tmp_path_factory.mktemp("larger") / "base")


@pytest.mark.parametrize(
    ("type", "moments"), [("q4_k_m", (0, 2_000_000, 9_000_000)), ("bf16", (0, 20_000_000))], ids=str
)
def test_a_disk_that_fills_up_leaves_nothing(type: str, moments: tuple[int, ...], larger: Path, tmp_path: Path) -> None:
    """Another program takes the last byte while a file is written: one message, no file, and later the same bytes."""
    clean = write_gguf(open_source(larger), tmp_path / "clean.gguf", type=type, metadata={})
    disk = tmp_path / "disk"
    disk.mkdir()
    words = (sys.executable, FILLED, str(larger), type, ",".join(map(str, moments)))
    done = on_small_disk(disk, '"$1" -c "$2" "$0" "$3" "$4" "$5"', *words, size=f"{clean.bytes + (17 << 20)}")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    refused = [one for one in found["told"] if one["code"] != 0]
    for one in refused:
        assert "m.gguf.part: the disk refused after " in one["error"]
        assert "(No space left on device)" in one["error"]
        assert one["left"] == ["ballast"]
    assert len(refused) >= len(moments) // 2, "the disk must fill while the export writes, not after"
    assert found["again"] == found["file"] == clean.sha256, found["error"]


@pytest.mark.slow
def test_a_disk_that_takes_no_more_names_leaves_nothing(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """At whichever name the disk is full (folder, lock, file, Modelfile, card, manifest), nothing is published."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = (sys.executable, NAMES, str(tiny("llama31")), str(tmp_path))
    done = on_small_disk(disk, '"$1" -c "$2" "$0" "$3" "$4"', *words)
    assert done.returncode == 0, done.stderr
    *refused, whole = json.loads(done.stdout)
    assert len(refused) >= 6, "each of the export's names must have been the one too many"
    for one in refused:
        assert (one["code"], one["left"]) in [(1, []), (1, ["models"])], one
        assert "No space left on device" in one["said"], one
        assert "Traceback" not in one["said"], one
    assert whole["code"] == 0
    files = {Path(name).name.rpartition("-")[2] for name in whole["left"]}
    assert {"f16.gguf", "q4_k_m.gguf", "Modelfile", "README.md", "manifest.json"} <= files
