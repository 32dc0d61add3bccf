"""`trainer eval`: what a run's adapter knows that its base does not, row by row, on validation or test."""

import json
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from datakit.errors import IntegrityError, UsageError
from datakit.lineage import Manifest
from trainer.adapter import initialise, read_adapter, restore
from trainer.answer_scores import chrf, exact_match
from trainer.base import load_base
from trainer.distributed import open_group
from trainer.engine import Engine, Lora
from trainer.engines import engine_module
from trainer.examples import Example, build_examples
from trainer.page import render_page
from trainer.planner import Wishes, make_plan
from trainer.preset import load_config
from trainer.question_type import question_type
from trainer.run_folder import PROVENANCE, check_run
from trainer.samples import answers, fixed_questions
from trainer.scoring import score
from trainer.template import ChatTemplate, load_template
from trainer.version import Row, open_version

LOSSES: Final = "losses.parquet"
SPLITS: Final = ("validation", "test")


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What was measured, and where it was written."""

    folder: Path
    summary: Mapping[str, Any]


def evaluate(
    run: Path,
    *,
    split: str = "validation",
    version: str | None = None,
    base: str | None = None,
    out: Path | None = None,
    device: str = "auto",
    questions: int = 64,
    max_new_tokens: int = 96,
    allow_download: bool = False,
    notify: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Score base and adapter on a split; write losses.parquet, answers.jsonl, eval.json and eval.html beside the run.

    Losses are of every row, greedy answers of at most `questions` rows, the same ones each time. The run's folder is
    immutable: the default place is `<run>-eval/<split>`. `version` and `base` say where they lie now.
    Errors: `IntegrityError` where the run was changed, or version or base are not those it was trained with.
    """
    if split not in SPLITS:
        raise UsageError(f"--split {split}: expected {' or '.join(SPLITS)}; the train split says nothing here")
    manifest = check_run(run)
    notes = json.loads((run / PROVENANCE).read_text(encoding="utf-8"))
    dataset = open_version(version or notes["version_path"])
    _same(run, "dataset version", manifest.identity["dataset"]["id"], dataset.id)
    base_path = base or (str(run / "base") if manifest.identity["base"]["form"] == "random" else notes["base_path"])
    config = load_config(str(run / "config.toml"), base=base_path)
    with tempfile.TemporaryDirectory(prefix="trainer-") as work:
        found = load_base(base_path, work=Path(work), allow_download=allow_download)
    _same(run, "base model", manifest.identity["base"]["sha256"], found.sha256)
    template = load_template(config.template, found.tokenizer)
    rows = dataset.rows(split)
    examples = build_examples(rows, template, max_tokens=config.max_tokens)
    if not examples.used:
        raise UsageError(f"{dataset.path}: no {split} row can be scored; there are {len(rows)}")
    group = open_group(device)
    plan = make_plan(config, found, examples.used, device=group.device, wishes=Wishes(checkpointing="off"))
    lora = Lora(rank=config.rank, alpha=config.alpha, targets=config.targets)
    engine: Engine = engine_module(plan.engine).open_engine(
        found, lora, device=group.device, seed=config.seed, options=plan.options
    )
    asked = fixed_questions(examples.used, questions)
    measured = {}
    for name in ("base", "adapter"):
        if name == "base":
            initialise(engine.parameters(), seed=config.seed)  # B is 0: the base as it is
        else:
            restore(engine.parameters(), read_adapter(run / "adapter"), where=str(run))
        engine.after_update()
        notify(f"scoring {len(examples.used)} rows with the {name}")
        losses = score(engine, examples.used, token_budget=plan.token_budget)
        notify(f"answering {len(asked)} questions with the {name}")
        measured[name] = (losses, answers(engine, asked, template, max_new_tokens=max_new_tokens))
    folder = out or run.with_name(f"{run.name}-eval") / split
    return _write(folder, manifest, split, rows, examples.used, len(examples.left_out), asked, measured, template)


def _same(run: Path, what: str, expected: str, found: str) -> None:
    if expected != found:
        raise IntegrityError(f"{run}: trained with the {what} {expected}, found {found}; give the right one")


def _write(
    folder: Path,
    manifest: Manifest,
    split: str,
    rows: Sequence[Row],
    used: Sequence[Example],
    left_out: int,
    asked: Sequence[Example],
    measured: Mapping[str, Any],
    template: ChatTemplate,
) -> Evaluation:
    import polars as pl

    by_id = {row.id: row for row in rows}
    frame = pl.DataFrame(
        {
            "row_id": [row.row_id for row in used],
            "source_id": [row.source_id for row in used],
            "question_type": [question_type(by_id[row.row_id].question) for row in used],
            "answer_tokens": [row.answer_tokens for row in used],
            "base_loss": measured["base"][0].losses,
            "loss": measured["adapter"][0].losses,
        }
    ).with_columns(
        (pl.col("base_loss") / pl.col("answer_tokens")).alias("base_loss_per_token"),
        (pl.col("loss") / pl.col("answer_tokens")).alias("loss_per_token"),
    )
    given = [
        {
            "row_id": row.row_id,
            "question": by_id[row.row_id].question,
            "reference": by_id[row.row_id].answer,
            "base": one,
            "adapter": other,
        }
        for row, one, other in zip(asked, measured["base"][1], measured["adapter"][1], strict=True)
    ]
    summary = {
        "run": manifest.id,
        "dataset": manifest.identity["dataset"]["id"],
        "base_model": manifest.identity["base"]["name"],
        "split": split,
        "template": template.name,
        "rows": len(used),
        "left_out": left_out,
        "answered": len(given),
        "all": _line("all", frame, given),
        "by_question_type": _lines(frame, given, "question_type"),
        "by_source": _lines(frame, given, "source_id"),
    }
    hardest = frame.sort("loss_per_token", descending=True).head(20)
    folder.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(folder / LOSSES)
    with (folder / "answers.jsonl").open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in given)
    (folder / "eval.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    page = render_page(
        "eval",
        {
            "summary": summary,
            "answers": given,
            "hardest": [
                {**line, "question": by_id[line["row_id"]].question, "reference": by_id[line["row_id"]].answer}
                for line in hardest.iter_rows(named=True)
            ],
        },
    )
    (folder / "eval.html").write_text(page, encoding="utf-8")
    return Evaluation(folder=folder, summary=summary)


def _lines(frame: Any, given: Sequence[Mapping[str, str]], by: str) -> list[dict[str, Any]]:
    """Return a line for each value of a column, the most rows first."""
    parts = frame.partition_by(by, as_dict=True)
    lines = [_line(str(key[0]), part, given) for key, part in parts.items()]
    return sorted(lines, key=lambda line: (-line["rows"], line["name"]))


def _line(name: str, frame: Any, given: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    tokens = int(frame["answer_tokens"].sum())
    ids = set(frame["row_id"])
    mine = [line for line in given if line["row_id"] in ids]
    references = [line["reference"] for line in mine]
    found: dict[str, Any] = {"name": name, "rows": frame.height, "answered": len(mine)}
    for side, column in (("base", "base_loss"), ("adapter", "loss")):
        loss = float(frame[column].sum()) / tokens
        said = [line[side] for line in mine]
        matches = sum(exact_match(one, other) for one, other in zip(said, references, strict=True))
        found[side] = {
            "loss": round(loss, 4),
            "perplexity": round(math.exp(min(loss, 50.0)), 2),
            "exact_match": round(matches / len(mine), 4) if mine else None,
            "chrf": round(chrf(said, references), 2) if mine else None,
        }
    return found
