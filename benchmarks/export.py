"""The exporter beside llama.cpp's converter and quantizer: the same bytes, how fast, in how much memory.

    python -m benchmarks.export golden    --peer FOLDER   remake tests/golden/export/tensors.json
    python -m benchmarks.export identity  --peer FOLDER   SmolLM2, every type, against the peer
    python -m benchmarks.export copying   --peer FOLDER   the same checkpoint as for `speed`, beside a copy of it
    python -m benchmarks.export speed     --peer FOLDER   a checkpoint in the shape of Llama 3.2 1B, random numbers
    python -m benchmarks.export blocks    --peer FOLDER   SmolLM2 in Q4_K_M
    python -m benchmarks.export memory    --peer FOLDER   four layers in the shape of Llama 3.1 8B, all zeros

FOLDER keeps the peer and the checkpoints between runs; `speed` needs 15 GB there, `memory` 5 GB.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

from benchmarks.export_peer import PACKAGE, Peer, peer
from benchmarks.export_smollm2 import unpack
from benchmarks.process import Run, watch
from export.ggml_types import FILE_TYPES
from export.gguf_reader import Placed, open_gguf
from tests.export.writing.checkpoints import SHAPES, build

RESULT = Path(__file__).parent / "results" / "export.json"
GOLDEN = Path(__file__).parents[1] / "tests" / "golden" / "export" / "tensors.json"
BY_CONVERTER = ("f32", "f16", "bf16", "q8_0")
QUICK = ("f16", "bf16", "q8_0", "q4_k_m")
LAYERS = 4
_HEX = 16
_CHUNK = 1 << 22


def digest(placed: Placed) -> str:
    """Return format and hash of one tensor, short enough for a table."""
    found = hashlib.sha256()
    rows = prod(placed.shape[:-1])
    step = max(1, _CHUNK // placed.shape[-1])
    for start in range(0, rows, step):
        found.update(placed.read(start, min(start + step, rows)).tobytes())
    return f"{placed.type.name} {found.hexdigest()[:_HEX]}"


def digests(path: Path) -> dict[str, str]:
    """Return the digest of each tensor of a file."""
    return {name: digest(placed) for name, placed in sorted(open_gguf(path).tensors.items())}


def by_peer(made: Peer, base: Path, folder: Path, type: str, *, pre: str) -> Path:
    """Let the peer write a type: its converter alone, or converter (f32) and quantizer."""
    out = folder / f"peer-{type}.gguf"
    if type in BY_CONVERTER:
        made.convert(base, out, type=type, pre=pre)
        return out
    plain = folder / "peer-f32.gguf"
    if not plain.exists():
        made.convert(base, plain, type="f32", pre=pre)
    made.quantize(plain, out, type=type)
    return out


def golden(made: Peer, folder: Path) -> None:
    """Let the peer convert the small checkpoints and keep the hashes of its tensors, and its keys."""
    tensors: dict[str, Any] = {}
    keys: dict[str, Any] = {}
    for name in SHAPES:
        place = folder / "golden" / name
        shutil.rmtree(place, ignore_errors=True)
        base = build(name, place / "base")
        types = [type for type in FILE_TYPES if type not in ("f32",)] if name == "deep" else list(QUICK)
        if name == "odd":
            types = ["q8_0"]  # its quantizer stops at rows that are no multiple of 32
        tensors[name] = {type: digests(by_peer(made, base, place, type, pre="smollm")) for type in types}
        kept = open_gguf(place / f"peer-{types[0]}.gguf").keys
        keys[name] = {
            key: [value.type, value.value]
            for key, value in sorted(kept.items())
            if not key.startswith("general.") and not value.type.startswith("[")
        }
        print(f"{name}: {', '.join(types)}", file=sys.stderr)
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    body = {"made_by": f"python -m benchmarks.export golden ({PACKAGE})", "tensors": tensors, "keys": keys}
    GOLDEN.write_text(json.dumps(body, indent=0, sort_keys=True) + "\n")


def ours(base: Path, out: Path, type: str) -> Run:
    """Write a type in a process of its own."""
    code = (
        "import sys; from pathlib import Path; from export.source import open_source; "
        "from export.write import write_gguf; "
        "write_gguf(open_source(Path(sys.argv[1])), Path(sys.argv[2]), type=sys.argv[3], metadata={})"
    )
    run = watch([sys.executable, "-c", code, str(base), str(out), type])
    if run.returncode:
        raise SystemExit(f"{type}: ended with {run.returncode}")
    return run


def figures(run: Run) -> dict[str, float]:
    """Return what a run took, rounded to what can be trusted."""
    return {"wall_s": round(run.wall_s, 2), "cpu_s": round(run.cpu_s, 2), "peak_rss_mb": round(run.peak_rss_mb)}


def identity(made: Peer, folder: Path) -> dict[str, Any]:
    """Compare every tensor of SmolLM2 in every type."""
    place = folder / "smollm2"
    base = unpack(place / "base")
    found: dict[str, Any] = {}
    for type in FILE_TYPES:
        ours(base, place / "ours.gguf", type)
        mine, theirs = digests(place / "ours.gguf"), digests(by_peer(made, base, place, type, pre="-"))
        same = sum(mine[name] == theirs.get(name) for name in mine)
        found[type] = {"tensors": len(theirs), "identical": same}
        print(f"{type}: {same} of {len(theirs)}", file=sys.stderr)
    return found


def copy(source: Path, out: Path) -> Run:
    """Copy a file and sync it, as the exporter syncs."""
    code = (
        "import os, shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2]); os.fsync(os.open(sys.argv[2], os.O_RDWR))"
    )
    return watch([sys.executable, "-c", code, str(source), str(out)])


class Rounds:
    """Runs that are taken in turn, so that a busy spell of a shared machine hits both sides."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.found: dict[str, Any] = {}

    def once(self, name: str, run: Callable[[], Run]) -> None:
        """Run one side once, on a disk that has nothing left to write."""
        self.out.unlink(missing_ok=True)
        os.sync()
        self.found.setdefault(name, []).append(figures(run()))
        print(name, self.found[name][-1], file=sys.stderr)

    def least(self, name: str, field: str) -> float:
        """Return the least of a side's figures."""
        return float(min(run[field] for run in self.found[name]))


def copying(made: Peer, folder: Path) -> dict[str, Any]:
    """Time BF16 beside a copy of the same file, both to the last sync; ours also hashes what it writes.

    On a machine that others leave alone. Under `chrt` the kernel's writing back would starve beside two busy threads.
    """
    del made
    from benchmarks.export_large import one_billion

    base = one_billion(folder / "one-billion")
    rounds = Rounds(folder / "out.gguf")
    for _ in range(4):
        rounds.once("copy", lambda: copy(base / "model.safetensors", rounds.out))
        rounds.once("ours bf16", lambda: ours(base, rounds.out, "bf16"))
    rounds.out.unlink()
    pairs = zip(rounds.found["ours bf16"], rounds.found["copy"], strict=True)
    rounds.found["times the copy, by round"] = [round(mine["wall_s"] / copied["wall_s"], 2) for mine, copied in pairs]
    return rounds.found


def speed(made: Peer, folder: Path) -> dict[str, Any]:
    """Time both on 1.24 billion random numbers."""
    from benchmarks.export_large import one_billion

    base = one_billion(folder / "one-billion")
    rounds = Rounds(folder / "out.gguf")
    types = ("f16", "bf16", "q8_0")
    for type in (*types, *types[:1]):
        rounds.once(f"ours {type}", lambda type=type: ours(base, rounds.out, type))  # type: ignore[misc]
        rounds.once(f"peer {type}", lambda type=type: made.convert(base, rounds.out, type=type, pre="smollm"))  # type: ignore[misc]
    rounds.out.unlink()
    for type in types:
        for field in ("wall_s", "cpu_s"):
            ratio = rounds.least(f"peer {type}", field) / rounds.least(f"ours {type}", field)
            rounds.found[f"{type}: {field} of the peer by ours"] = round(ratio, 1)
    return rounds.found


def blocks(made: Peer, folder: Path) -> dict[str, Any]:
    """Time Q4_K_M of SmolLM2, ours from the folder and the peer's quantizer from a file in 16 bits."""
    base = unpack(folder / "smollm2" / "base")
    plain = folder / "plain.gguf"
    ours(base, plain, "bf16")
    rounds = Rounds(folder / "out.gguf")
    for _ in range(2):
        rounds.once("ours q4_k_m", lambda: ours(base, rounds.out, "q4_k_m"))
        rounds.once("peer q4_k_m", lambda: made.quantize(plain, rounds.out, type="q4_k_m"))
    plain.unlink()
    rounds.out.unlink()
    return rounds.found


def memory(made: Peer, folder: Path) -> dict[str, Any]:
    """Measure peak memory of every kind of type in the shape of 8 billion numbers.

    Four of its 32 layers, with its whole vocabulary, since the peak is that of the largest tensor.
    """
    from benchmarks.export_large import eight_billion

    del made  # the peer's peaks on 1.2 billion numbers, in `speed`, are above ours on 8 billion already
    base = eight_billion(folder / f"eight-billion-{LAYERS}", layers=LAYERS)
    out = folder / "out.gguf"
    found: dict[str, Any] = {}
    for type in ("bf16", "f16", "q8_0", "q4_k_m", "q6_k"):
        found[f"ours {type}"] = figures(ours(base, out, type))
        print(type, found[f"ours {type}"], file=sys.stderr)
        out.unlink()
    return found


def main() -> None:
    """Run one part and keep its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("golden", "identity", "copying", "speed", "blocks", "memory"))
    parser.add_argument("--peer", type=Path, required=True, help="folder for the peer and for large checkpoints")
    parser.add_argument("--llama-quantize", type=Path, help="use this program instead of compiling the peer's")
    arguments = parser.parse_args()
    made = peer(arguments.peer, quantizer=arguments.llama_quantize)
    if arguments.part == "golden":
        golden(made, arguments.peer)
        return
    parts = {"identity": identity, "copying": copying, "speed": speed, "blocks": blocks, "memory": memory}
    began = time.time()
    found = parts[arguments.part](made, arguments.peer)
    kept = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    kept[arguments.part] = {
        "command": f"python -m benchmarks.export {arguments.part}",
        "versions": {"peer": PACKAGE, **{name: version(name) for name in ("numpy", "libgguf", "gguf", "torch")}},
        "cores": os.cpu_count(),
        "figures": found,
    }
    RESULT.write_text(json.dumps(kept, indent=2) + "\n")
    print(f"{RESULT.name}: {arguments.part} in {time.time() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
