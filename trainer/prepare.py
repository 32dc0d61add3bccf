"""Everything before the first step: version verified, base identified, rows made examples, plan made."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datakit.errors import UsageError
from datakit.lineage import version_id
from trainer.base import RANDOM, Base, load_base
from trainer.batches import DataOrder
from trainer.config import Config
from trainer.examples import Example, Examples, build_examples
from trainer.planner import Plan, Wishes, make_plan
from trainer.run_folder import run_identity
from trainer.template import ChatTemplate, load_template
from trainer.version import Version, open_version


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A run that could begin."""

    config: Config
    version: Version
    base: Base
    template: ChatTemplate
    train: Examples
    validation: Examples
    order: DataOrder
    plan: Plan
    identity: Mapping[str, Any]

    @property
    def run_id(self) -> str:
        return version_id(self.identity)

    @property
    def planned(self) -> list[Example]:
        """Return the train rows that the planned steps learn from, in the order of the file."""
        return [self.train.used[index] for index in sorted(self.order.seen(self.plan.steps))]


def prepare(
    wanted: str,
    config: Config,
    *,
    curated: Path,
    work: Path,
    device: str,
    wishes: Wishes | None = None,
    allow_download: bool = False,
) -> Prepared:
    """Verify the version, then find the base, make the examples and the plan; `work` holds a random base.

    Errors: `IntegrityError` for a version that was tampered with, before anything else; otherwise as its parts.
    """
    version = open_version(wanted, curated=curated)
    rows = version.rows("train")
    texts = [turn["content"] for row in rows for turn in row.messages] if config.base == RANDOM else []
    base = load_base(config.base, texts=texts, work=work, seed=config.seed, allow_download=allow_download)
    template = load_template(config.template, base.tokenizer)
    train = build_examples(rows, template, max_tokens=config.max_tokens)
    validation = build_examples(version.rows("validation"), template, max_tokens=config.max_tokens)
    if config.evaluations and not validation.used:
        raise UsageError(
            f"{version.path}: no validation row can be scored, and `evaluations` is {config.evaluations};"
            " --set evaluations=0 --set patience=0 trains without"
        )
    plan = make_plan(config, base, train.used, device=device, wishes=wishes)
    if template.note:
        plan = replace(plan, reasons=(*plan.reasons, f"template {template.name}: {template.note}"))
    order = DataOrder(
        row_ids=tuple(row.row_id for row in train.used), seed=config.seed, rows_per_step=config.rows_per_step
    )
    planned = [train.used[index] for index in sorted(order.seen(plan.steps))]
    scored = validation.used if config.evaluations else ()
    return Prepared(
        config=config,
        version=version,
        base=base,
        template=template,
        train=train,
        validation=validation,
        order=order,
        plan=plan,
        identity=run_identity(config, version, base, template, plan.engine, planned, scored),
    )
