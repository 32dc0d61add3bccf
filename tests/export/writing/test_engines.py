"""The seam of quantizing: which engine is chosen, what is refused, and that both give the same bytes."""

import ctypes
import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from datakit.errors import IntegrityError, MissingDependencyError, OutputError, UsageError
from export.ggml_types import TYPES, file_type
from export.gguf_rows import GgufRows
from export.libgguf_rows import Libgguf, check_library, library
from export.llama_quantize import LlamaQuantize
from export.quantizer import choose_engine, choose_rows
from export.source import Source
from export.write import plan, write_gguf
from tests.export.writing.reading import digests

BLOCKS = [kind for kind in TYPES.values() if kind.block > 1]


def hard_rows() -> NDArray[Any]:
    """Rows that are awkward to pack: normal ones, tiny, huge, all zero, all equal, one outlier, alternating signs."""
    random = np.random.RandomState(7)
    rows = random.standard_normal((64, 512)).astype(np.float32)
    rows[1] *= 1e-30
    rows[2] *= 1e6
    rows[3] = 0
    rows[4] = -0.25
    rows[5, 100] = 1e4
    rows[6] = np.where(np.arange(512) % 2, 1, -1)
    rows[7, 256:] = 0
    return rows


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH where a test puts its `llama-quantize`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "llama-quantize"


@pytest.mark.parametrize("kind", BLOCKS, ids=lambda kind: kind.name)
def test_libgguf_packs_as_llama_cpp_itself(kind: Any) -> None:
    """Rows of every difficulty come out as llama.cpp's own function packs them, taken from the library in xllamacpp."""
    import xllamacpp

    del xllamacpp
    path = next(
        file
        for module in sys.modules.values()
        if (file := getattr(module, "__file__", None)) and "xllamacpp.abi3" in file
    )
    pack = ctypes.CDLL(path).ggml_quantize_chunk
    pack.restype = ctypes.c_size_t
    pack.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p]
    rows = hard_rows()
    wanted = np.zeros(kind.size(rows.shape), np.uint8)
    assert pack(kind.id, rows.ctypes.data, wanted.ctypes.data, 0, *rows.shape, None) == wanted.size
    assert np.array_equal(Libgguf().pack(rows, kind).reshape(-1), wanted)


def test_gguf_alone_packs_q8_0_the_same() -> None:
    """Without libgguf, Q8_0 comes from the package gguf, with the same bytes."""
    assert np.array_equal(GgufRows().pack(hard_rows(), TYPES["Q8_0"]), Libgguf().pack(hard_rows(), TYPES["Q8_0"]))


def test_a_changed_library_is_not_loaded(tmp_path: Path) -> None:
    """A shared library with one other byte is refused with its hash and the two ways out, without being loaded."""
    changed = tmp_path / library().name
    raw = bytearray(library().read_bytes())
    raw[-1] ^= 1
    changed.write_bytes(raw)
    check_library(library())
    with pytest.raises(IntegrityError) as caught:
        check_library(changed)
    assert hashlib.sha256(raw).hexdigest() in str(caught.value)
    assert "was not loaded. Next: install: pip install 'libgguf==0.2.2', or put llama.cpp's" in str(caught.value)


def test_a_library_that_is_not_there_names_the_install_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without libgguf, K-quants are refused with the line that installs it, and Q8_0 is packed by gguf."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "libgguf", raising=False)
    with pytest.raises(MissingDependencyError, match=r"pip install 'libgguf==0\.2\.2'"):
        choose_rows(file_type("q4_k_m"))
    assert choose_rows(file_type("q8_0")).name == "gguf"


def test_the_choice_of_engine(program: Path) -> None:
    """Plain types and Q8_0 are streamed; the rest goes to llama.cpp's program where it is on PATH, unless told."""
    assert choose_engine(file_type("bf16")).name == "numpy"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    assert choose_engine(file_type("q8_0")).name == "libgguf 0.2.2"
    assert choose_engine(file_type("q4_k_m")).name == "llama-quantize"
    assert choose_engine(file_type("q4_k_m"), "libgguf").name == "libgguf 0.2.2"
    with pytest.raises(UsageError, match="engine 'llama' is unknown; known: auto, libgguf, llama-quantize"):
        choose_engine(file_type("q4_k_m"), "llama")


def test_the_program_asked_for_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Asked for llama-quantize on a machine without it, the writer says so instead of taking another engine."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="llama-quantize is not on PATH"):
        choose_engine(file_type("q4_k_m"), "llama-quantize")


def test_a_program_that_fails_leaves_nothing(program: Path, llama: Source, tmp_path: Path) -> None:
    """The program's last words are in the message, and neither the part nor the plain file is left."""
    program.write_text('#!/bin/sh\necho "main: failed to quantize model from $1" >&2\nexit 3\n')
    program.chmod(0o755)
    with pytest.raises(OutputError, match=r"llama-quantize ended with 3; .*\n  main: failed to quantize model"):
        write_gguf(llama, tmp_path / "out" / "x.gguf", type="q4_k_m", metadata={})
    assert list((tmp_path / "out").iterdir()) == []


def test_the_program_gets_a_plain_file_that_lost_nothing(program: Path, llama: Source, tmp_path: Path) -> None:
    """llama-quantize is given the model in its own 16 bits, a name that is not the final one, and the type's name."""
    copy = f'cp "$1" {tmp_path}/seen.gguf; printf "%s " "$@" > {tmp_path}/arguments; cp "$1" "$2"'
    program.write_text(f"#!/bin/sh\n{copy}\n")
    program.chmod(0o755)
    written = write_gguf(llama, tmp_path / "out" / "x.gguf", type="q4_k_m", metadata={})
    arguments = (tmp_path / "arguments").read_text().split()
    assert [Path(arguments[0]).name, Path(arguments[1]).name] == ["..x.gguf.part.bf16", ".x.gguf.part"]
    assert arguments[2] == "Q4_K_M"
    write_gguf(llama, tmp_path / "bf16.gguf", type="bf16", metadata={})
    assert digests(tmp_path / "seen.gguf") == digests(tmp_path / "bf16.gguf")
    assert written.types == {"BF16": 30, "F32": 10}, "what is reported is what lies in the file, not what was asked for"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["x.gguf"]


def test_the_need_of_the_program_is_counted(program: Path, llama: Source) -> None:
    """With llama-quantize the plain file counts as disk that is needed beside the result."""
    job = plan(llama, type="q4_k_m", metadata={})
    assert choose_engine(job.kind).scratch_bytes(job) == 0
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert choose_engine(job.kind).scratch_bytes(job) > sum(2 * tensor.numbers for tensor in llama.tensors[1:]) * 0.9


@pytest.mark.parametrize("type", ["q4_k_m", "q3_k_l", "q8_0"])
def test_llama_cpp_s_program_gives_the_same_tensors(type: str, llama: Source, tmp_path: Path) -> None:
    """Where llama-quantize is installed, both engines give every tensor the same bytes."""
    found = shutil.which("llama-quantize")
    if found is None:
        pytest.skip("llama.cpp's llama-quantize is not on PATH; benchmarks/export.py compiles it")
    ours = write_gguf(llama, tmp_path / "ours.gguf", type=type, metadata={}, engine="libgguf")
    theirs = write_gguf(llama, tmp_path / "theirs.gguf", type=type, metadata={}, engine="llama-quantize")
    assert digests(ours.path) == digests(theirs.path)
    assert LlamaQuantize(Path(found)).name == theirs.engine
