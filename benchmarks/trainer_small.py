"""What the seed's settings and ours learn from the same real Marathi questions, on two small models, three seeds each.

    python -m benchmarks.trainer_small --base smollm2=FILE.gguf --base gemma=FOLDER [--seeds 1 2 3] [--max-tokens 192]

The seed's settings are its notebook's: 60 steps of 2 × 4 rows, 2e-4, linear, the last adapter. Ours are those of the
base's own preset: steps from epochs, cosine, evaluation during the run, the best adapter. Both train on the same
version, through `trainer.sft.train`, on the same base. The losses are on answers alone: on the validation rows, by
which ours chooses its adapter, and on the test rows, which nobody has seen. A run that is in the results already is
not repeated, so the command may be given again until all are there; `--steps` cuts runs short to try it out.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from datakit.lineage import find_version, read_manifest
from trainer.evaluate import evaluate
from trainer.preset import load_config
from trainer.sft import Habits, Trained, train

RESULTS = Path(__file__).parent / "results" / "trainer_small.json"
DATA = Path(os.environ.get("AURORA_DATA", Path(__file__).parents[2] / "shared" / "data"))
FILES = ("marathi_qa_factual.jsonl", "marathi_history_qa.jsonl")
SEED_SETTINGS = (
    "learning_rate=2e-4", "schedule=linear", "warmup=5", "weight_decay=0.01", "max_steps=60", "batch=2x4",
    "evaluations=0", "patience=0",
)  # fmt: skip
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "seed": SEED_SETTINGS,
    "ours": (),
}


def curated(folder: Path, files: list[Path]) -> Path:
    """Return a folder with one version of these files: the default recipe, closed book, no system prompt.

    With passages and prompt the rows would be longer than what small models are trained on here.
    """
    from datakit.pipeline.curate import curate
    from datakit.recipe import parse
    from datakit.recipe.load import BUILTIN

    recipe = (BUILTIN / "marathi-history.toml").read_text(encoding="utf-8")
    recipe = recipe.replace('use = "chat"', 'use = "chat"\ncontext = "omit"')
    recipe = re.sub(r"(?m)^system = .*$", 'system = ""', recipe)

    raw = folder / "raw"
    raw.mkdir()
    for path in files:
        shutil.copy(path, raw)  # a link would lead out of raw/, which is refused
    if curate(raw, folder / "curated", recipe=parse(recipe)).path is None:
        raise SystemExit("the version's gate failed")
    return folder / "curated"


def one(base: str, path: Path, variant: str, seed: int, home: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Train once and score the adapter on validation and test."""
    preset = "gemma" if base.startswith("gemma") else "cpu-smollm2"
    sets = [f"engine={args.engine}", "dtype=auto", f"seed={seed}", *VARIANTS[variant]]
    if args.epochs and variant == "ours":
        sets.append(f"epochs={args.epochs}")
    if args.steps:
        sets += [f"max_steps={args.steps}", "warmup=0"]
    if args.max_tokens:
        sets.append(f"max_tokens={args.max_tokens}")
    config = load_config(preset, sets=sets, base=str(path))
    began = time.perf_counter()
    from trainer.planner import Wishes

    done: Trained = train(
        "latest",
        config,
        out=home / "runs",
        curated=home / "curated" if args.version is None else Path(args.version).parents[1],
        wishes=Wishes(device=args.device),
        habits=Habits(samples=0),
    )
    seconds = time.perf_counter() - began
    losses: dict[str, Any] = {}
    for split in ("validation", "test"):
        found = evaluate(
            done.path, split=split, device=args.device, questions=0, out=home / "eval" / done.path.name / split
        )
        losses[split] = {side: found.summary["all"][side]["loss"] for side in ("base", "adapter")}
        losses[split]["rows"] = found.summary["rows"]
    counts = done.manifest.counts
    return {
        "base": base, "variant": variant, "seed": seed, "steps": counts["steps"], "best_step": counts["best_step"],
        "tokens": counts["tokens"], "train_rows": counts["used"]["train"], "seconds": round(seconds, 1), **losses,
    }  # fmt: skip


def table(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a line for each base and variant: mean and spread over the seeds."""
    lines = []
    for base, variant in dict.fromkeys((run["base"], run["variant"]) for run in runs):
        mine = [run for run in runs if (run["base"], run["variant"]) == (base, variant)]
        line: dict[str, Any] = {"base": base, "variant": variant, "seeds": len(mine), "steps": mine[0]["steps"]}
        for split in ("validation", "test"):
            found = [run[split]["adapter"] for run in mine]
            line[f"{split}_before"] = mine[0][split]["base"]
            line[split] = round(statistics.mean(found), 4)
            line[f"{split}_spread"] = round(statistics.stdev(found), 4) if len(found) > 1 else None
        lines.append(line)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--base",
        action="append",
        required=True,
        metavar="NAME=PATH",
        help="gemma… is trained by the preset of that name",
    )
    parser.add_argument("--version", help="folder of a version; default: one curated from the real data")
    parser.add_argument("--data", type=Path, nargs="*", default=[DATA / name for name in FILES])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--engine", default="auto", help="the same for every run")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--steps", type=int, default=0, help="cut every run to so many steps: to try it out")
    parser.add_argument("--epochs", type=float, default=0, help="of ours, in place of the preset's")
    parser.add_argument("--max-tokens", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    bases = {name: Path(path) for name, path in (text.split("=", 1) for text in args.base)}
    before = json.loads(args.out.read_text())["runs"] if args.out.is_file() else []
    runs = {(run["base"], run["variant"], run["seed"]): run for run in before}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        if args.version is None:
            curated(home, args.data)
            found = find_version("latest", curated=home / "curated")
        else:
            found = Path(args.version)
        rows = read_manifest(found).counts["splits"]
        for seed in args.seeds:
            for base, path in bases.items():
                for variant in args.variants:
                    if (base, variant, seed) in runs:
                        continue
                    runs[base, variant, seed] = one(base, path, variant, seed, home, args)
                    print(json.dumps(runs[base, variant, seed], ensure_ascii=False), flush=True)
                    write(args.out, list(runs.values()), rows, args)
    for line in table(list(runs.values())):
        print(json.dumps(line, ensure_ascii=False))


def write(out: Path, runs: list[dict[str, Any]], rows: Mapping[str, int], args: argparse.Namespace) -> None:
    import torch

    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() and args.device != "cpu" else "cpu"
    body = {
        "command": "python -m benchmarks.trainer_small --base smollm2=FILE.gguf --base gemma=FOLDER"
        + f" --engine {args.engine}"
        + (f" --steps {args.steps}" if args.steps else "")
        + (f" --epochs {args.epochs:g}" if args.epochs else "")
        + (f" --max-tokens {args.max_tokens}" if args.max_tokens else ""),
        "data": f"{', '.join(path.name for path in args.data)}, curated by marathi-history, closed book,"
        f" no system prompt: {dict(rows)}",
        "device": device,
        "versions": {name: version(name) for name in ("torch", "transformers", "peft")},
        "loss": "nats by answer token",
        "table": table(runs),
        "runs": runs,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
