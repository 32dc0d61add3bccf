"""A recipe that has been checked: stages with their options, ready to run and to be hashed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from datakit.errors import UsageError
from datakit.lineage import sha256_file
from datakit.recipe.gate import GateOptions
from datakit.stage import CorpusStage, RowStage, Stage, options
from datakit.stages.chat import Chat

OcrMode = Literal["auto", "always", "never"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What `datakit curate` does, in order: every row stage, then every corpus stage."""

    name: str
    row_stages: tuple[RowStage, ...]
    corpus_stages: tuple[CorpusStage, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    """An explicit mapping `question = "column of the input"`, for input that cannot be recognised."""
    ocr: OcrMode = "auto"
    """When pictures of pages are read by OCR: `auto`, `always` or `never`."""
    gate: GateOptions | None = None
    """What the release gate asks beside what follows from the stages; None: no gate unless the user asks for one. It
    changes no row, so `resolved` leaves it out."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        return (*self.row_stages, *self.corpus_stages)

    @property
    def chat(self) -> Chat:
        """The stage that says how a row becomes messages; a checked recipe has exactly one."""
        return next(stage for stage in self.row_stages if isinstance(stage, Chat))

    def resolved(self) -> dict[str, Any]:
        """Return the recipe with every default filled in, as canonical JSON can hold it.

        Decimal options become text, and a file becomes the sha256 of its content, so that neither the writer of the
        number nor the place of the file is part of a version's identity.
        """
        stages = [
            {"use": stage.name, **{key: _plain(value) for key, value in options(stage).items()}}
            for stage in self.stages
        ]
        how = {} if self.ocr == "auto" else {"ocr": self.ocr}  # left out by default, so that older ids stand
        return {"columns": dict(self.columns), "stages": stages, **how}


def with_ocr(recipe: Recipe, mode: OcrMode | None) -> Recipe:
    """Return the recipe with the mode of OCR that the command line asks for; None leaves it to the recipe."""
    return recipe if mode is None else replace(recipe, ocr=mode)


def with_gate(recipe: Recipe, *, wanted: bool | None = None, suite: Path | None = None) -> Recipe:
    """Return the recipe with its gate as the command line wants it: `wanted` None leaves it to the recipe.

    A `suite` asks for the gate and takes the place of the recipe's own. Errors: `UsageError` where a suite is given
    together with the wish for no gate.
    """
    if suite is not None and wanted is False:
        raise UsageError(f"--suite {suite} with --no-gate: a suite is checked by the gate; leave one of the two out")
    if wanted is False:
        return replace(recipe, gate=None)
    asked = recipe.gate or (GateOptions() if wanted or suite else None)
    return replace(recipe, gate=replace(asked, suite=suite) if asked and suite else asked)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Path):
        return f"sha256:{sha256_file(value)}"
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
