"""The command line of the benchmark: see the package's docstring."""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.trainer_gpu import ours, prepare, unsloth_run
from benchmarks.trainer_gpu.variants import VARIANTS, Ours

MARK = "RESULT "
RATE = 2e-4


def main() -> None:
    """Run one of the three commands; `one` is what `run` starts for each variant."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("prepare")
    make.add_argument("--size", default="8b", choices=list(prepare.SHAPES))
    make.add_argument("--rows", type=int, default=5000)
    make.add_argument("--texts", type=Path, default=Path("raw"), help="folder of .jsonl that the tokenizer learns from")
    every = commands.add_parser("run")
    every.add_argument("--variants", required=True)
    every.add_argument("--out", type=Path, required=True)
    every.add_argument("--limit-s", type=float, default=300)
    single = commands.add_parser("one")
    single.add_argument("--variant", required=True)
    for command in (every, single):
        command.add_argument("--steps", type=int, default=200)
        command.add_argument("--unsloth-steps", type=int, default=200, help="leave Unsloth's run after so many steps")
    for command in (make, every, single):
        command.add_argument("--root", type=Path, required=True)
    given = parser.parse_args()
    if given.command == "prepare":
        print(json.dumps(prepare.prepare(given.root, size=given.size, rows=given.rows, texts=given.texts)))
    elif given.command == "one":
        print(MARK + json.dumps(_one(given)), flush=True)
        os._exit(0)  # Unsloth's threads may hang on the way out
    else:
        _run(given)


def _one(given: Any) -> dict[str, Any]:
    variant = VARIANTS[given.variant]
    if isinstance(variant, Ours):
        return ours.run(given.root, variant, steps=given.steps, rate=RATE)
    return unsloth_run.run(given.root, variant, steps=given.steps, stop=given.unsloth_steps, rate=RATE)


def _run(given: Any) -> None:
    results = json.loads(given.out.read_text()) if given.out.exists() else {}
    results["device"] = _device()
    for name in given.variants.split(","):
        command = [sys.executable, "-m", "benchmarks.trainer_gpu", "one", "--variant", name, "--root", str(given.root)]
        command += ["--steps", str(given.steps), "--unsloth-steps", str(given.unsloth_steps)]
        started = time.perf_counter()
        log = given.out.with_name(f"{name}.log")
        with log.open("w") as stream:
            try:
                subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, timeout=given.limit_s, check=False)
            except subprocess.TimeoutExpired:
                print(f"{name}: over {given.limit_s} s")
        lines = log.read_text(errors="replace").splitlines()
        found = [line for line in lines if line.startswith(MARK)]
        result = json.loads(found[-1].removeprefix(MARK)) if found else {"error": "\n".join(lines[-25:])}
        result["process_s"] = round(time.perf_counter() - started, 1)
        results[name] = result | summary(result, given.root)
        given.out.write_text(json.dumps(results, indent=1))
        shown = {key: value for key, value in results[name].items() if key not in ("marks", "losses")}
        print(name, json.dumps(shown), (result.get("losses") or [])[:3], flush=True)


def summary(result: dict[str, Any], root: Path) -> dict[str, Any]:
    """Return rates between the fifth step and the last, and the whole of a 200-step run of eight rows a step."""
    if "error" in result:
        return {}
    marks = result["marks"]
    early, last = next(mark for mark in marks if mark[0] == 5), marks[-1]
    share = (last[0] - early[0]) / last[0]
    rate = result["samples"] * share / (last[1] - early[1])
    return {
        "samples_per_s": round(rate, 2),
        "tokens_per_s": round(result["tokens"] * share / (last[1] - early[1])),
        "seconds_of_200_steps": round(last[1] + (200 - last[0]) * (last[1] - early[1]) / (last[0] - early[0]), 1),
        "rows_a_step": round(result["samples"] / last[0], 2),
        "model_flops_per_token": _flops(root),
    }


def _flops(root: Path) -> float:
    """Return the floating-point operations of a token: forward and input gradient of the base, all three of the LoRA.

    The output layer counts for every token, as is usual, although it is applied to answer positions only.
    """
    from trainer.fused.shape import read_shape

    shape = read_shape(json.loads((root / "base" / "config.json").read_text()))
    return 4.0 * (shape.weights() + shape.vocabulary * shape.hidden) + 6.0 * shape.adapter_weights(16)


def _device() -> dict[str, Any]:
    import torch

    if not torch.cuda.is_available():
        return {"name": "cpu", "torch": torch.__version__}
    a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        a @ b
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(10):
        a @ b
    torch.cuda.synchronize()
    peak = 10 * 2 * 8192**3 / (time.perf_counter() - started)
    return {"name": torch.cuda.get_device_name(), "torch": torch.__version__, "matmul_tflops": round(peak / 1e12, 1)}


if __name__ == "__main__":
    main()
