"""llama.cpp's own quantizer, where it is installed: a plain file first, then its program over that file."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Final

from datakit.errors import IntegrityError, OutputError
from export.ggml_types import file_type
from export.gguf_reader import open_gguf
from export.mix import Shape, choose_types
from export.part_file import held, part_path
from export.quantizer import Job, Made
from export.stream import Streaming

PROGRAM: Final = "llama-quantize"
_CHUNK: Final = 1 << 20


def find_program() -> Path | None:
    """Return the program's path, or None where it is not on PATH."""
    found = shutil.which(PROGRAM)
    return None if found is None else Path(found)


class LlamaQuantize:
    """Runs `llama-quantize`; needs disk for a plain file beside the result, which is removed again."""

    def __init__(self, program: Path, *, threads: int = 0) -> None:
        self._program = program
        self._threads = threads or os.cpu_count() or 1
        self.name = PROGRAM

    def scratch_bytes(self, job: Job) -> int:
        """Return the size of the plain file."""
        return self._plain(job).layout.total

    def write(self, job: Job, part: Path, descriptor: int) -> Made:
        """Write the file. Errors: `OutputError` with the program's last lines, `IntegrityError` for tensors lost."""
        plain = part_path(part, suffix=job.lossless)
        with held(plain) as scratch:
            try:
                Streaming(rows=None).write(self._plain(job), plain, scratch)
                self._run(plain, part, job, descriptor)
            finally:
                plain.unlink(missing_ok=True)
        types = {name: placed.type.name for name, placed in open_gguf(part).tensors.items()}
        if types.keys() != job.types.keys():
            raise IntegrityError(f"{part}: {self._program} wrote {len(types)} tensors, expected {len(job.types)}")
        return Made(sha256=_sha256(part), types=types)

    def _plain(self, job: Job) -> Job:
        kind = file_type(job.lossless)
        shape = Shape(architecture="", layers=0, heads=0, heads_kv=0)  # only mixes look at it
        types = choose_types({tensor.name: tensor.shape for tensor in job.tensors}, kind, shape)
        return replace(job, types=types, kind=kind)

    def _run(self, plain: Path, part: Path, job: Job, descriptor: int) -> None:
        # The child keeps the lock: killed with this process or not, nobody else writes the part while it runs.
        done = subprocess.run(
            [self._program, plain, part, job.kind.name.upper(), str(self._threads)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            pass_fds=[descriptor],
        )
        if done.returncode:
            tail = "\n  ".join((done.stdout + done.stderr).strip().splitlines()[-5:])
            raise OutputError(
                f"{self._program} ended with {done.returncode}; nothing was written. Its last lines:\n  {tail}"
            )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
