"""The end of a run: everything that the folder holds is written, then sealed by the manifest."""

import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from datakit.lineage import Manifest
from trainer.adapter import save_adapter, snapshot
from trainer.checkpoint import Progress, clear_checkpoints
from trainer.engine import Engine, Lora
from trainer.examples import Example, Examples
from trainer.metrics import read_metrics
from trainer.prepare import Prepared
from trainer.preset import as_toml
from trainer.report import write_report
from trainer.run_folder import read_begun, seal, write_provenance
from trainer.samples import answers, write_samples
from trainer.template import ChatTemplate

ROWS: Final = "rows.parquet"
NOT_REACHED: Final = "not_reached"
NOT_SCORED: Final = "not_scored"
SCHEMA: Final = ("row_id", "split", "source_id", "used", "reason", "tokens", "answer_tokens")


def finish(
    run: Path,
    ready: Prepared,
    engine: Engine,
    progress: Progress,
    lora: Lora,
    asked: Sequence[Example],
    before: Sequence[str],
    *,
    max_new_tokens: int,
) -> Manifest:
    """Write adapter, tokenizer, rows, samples, report and provenance, and seal the folder. Returns its manifest."""
    started = str(read_begun(run)["started"])
    save_adapter(run / "adapter", snapshot(engine.parameters()), lora=lora, base_name=ready.base.name)
    save_tokenizer(run / "tokenizer", ready.template)
    if ready.base.form == "random":  # it lies nowhere else, and an export wants it
        shutil.copytree(ready.base.path, run / "base", dirs_exist_ok=True)
    rows = _rows(ready)
    _write_rows(run / ROWS, rows)
    (run / "config.toml").write_text(as_toml(ready.config), encoding="utf-8")
    after = answers(engine, asked, ready.template, max_new_tokens=max_new_tokens)
    samples = write_samples(run, asked, ready.version.rows("validation"), before, after)
    counts = _counts(run, ready, progress, rows)
    write_report(
        run,
        run_id=ready.run_id,
        identity=ready.identity,
        counts=counts,
        reasons=ready.plan.reasons,
        left_out=_left_out(rows),
        totals=counts["rows"],
        samples=samples,
    )
    provenance = write_provenance(
        run,
        base=ready.base,
        dataset=ready.version,
        device=ready.plan.device,
        started=started,
        facts={"plan": _plain(ready), "peak_bytes": engine.peak_bytes()},
    )
    clear_checkpoints(run)
    return seal(run, ready.identity, ready.run_id, counts, provenance)


def save_tokenizer(folder: Path, template: ChatTemplate) -> None:
    """Write the tokenizer with the template the run used, and with the template's end token as its end of text.

    A base model ends with another token than a chat does; a server that reads these files must stop where the adapter
    learnt to. The tokenizer in use is left as it was.
    """
    template.tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings.pop("chat_template", None)
    settings["eos_token"] = template.end_token
    path.write_text(json.dumps(settings, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (folder / "chat_template.jinja").write_text(template.source, encoding="utf-8")


def _rows(ready: Prepared) -> list[tuple[Any, ...]]:
    planned = {row.row_id for row in ready.planned}
    rows = [*_split("train", ready.train, planned, NOT_REACHED)]
    scored = {row.row_id for row in ready.validation.used} if ready.config.evaluations else set()
    return [*rows, *_split("validation", ready.validation, scored, NOT_SCORED)]


def _split(split: str, examples: Examples, used: set[str], otherwise: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = [
        (
            row.row_id,
            split,
            row.source_id,
            row.row_id in used,
            None if row.row_id in used else otherwise,
            len(row.input_ids),
            row.answer_tokens,
        )
        for row in examples.used
    ]
    return found + [
        (row.row_id, split, row.source_id, False, row.reason, row.tokens, row.answer_tokens)
        for row in examples.left_out
    ]


def _write_rows(path: Path, rows: Sequence[tuple[Any, ...]]) -> None:
    import polars as pl

    types = (pl.String, pl.String, pl.String, pl.Boolean, pl.String, pl.Int64, pl.Int64)
    pl.DataFrame(rows, schema=dict(zip(SCHEMA, types, strict=True)), orient="row").write_parquet(path)


def _left_out(rows: Sequence[tuple[Any, ...]]) -> list[tuple[str, int, str]]:
    counted = Counter(row[4] for row in rows if row[4])
    return [
        (reason, count, next(row[0] for row in rows if row[4] == reason)) for reason, count in counted.most_common()
    ]


def _counts(run: Path, ready: Prepared, progress: Progress, rows: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    evaluations = [line for line in read_metrics(run) if line.get("event") == "evaluation"]
    before = next((line["validation_loss"] for line in evaluations if line["step"] == 0), None)
    return {
        "rows": {split: sum(row[1] == split for row in rows) for split in ("train", "validation")},
        "used": {split: sum(row[1] == split and row[3] for row in rows) for split in ("train", "validation")},
        "left_out": dict(Counter(row[4] for row in rows if row[4])),
        "seen": len(ready.order.seen(progress.step)),
        "steps": progress.step,
        "planned_steps": ready.plan.steps,
        "stopped_early": progress.stopped_early,
        "tokens": progress.tokens,
        "best_step": progress.best_step or progress.step,
        "validation_loss": progress.best_loss,
        "validation_loss_before": before,
    }


def _plain(ready: Prepared) -> Mapping[str, Any]:
    plan = ready.plan
    return {
        "engine": plan.engine,
        "quantization": plan.options.quantization,
        "dtype": plan.options.dtype,
        "token_budget": plan.token_budget,
        "checkpointing": plan.options.checkpointing,
        "hold_16bit": plan.options.hold_16bit,
        "estimated_peak_bytes": plan.peak_bytes,
        "estimated_seconds": plan.seconds,
        "reasons": list(plan.reasons),
    }
