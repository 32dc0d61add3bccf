"""A recipe that has been checked: stages with their options, ready to run and to be hashed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datakit.lineage import sha256_file
from datakit.stage import CorpusStage, RowStage, Stage, options
from datakit.stages.chat import Chat


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What `datakit curate` does, in order: every row stage, then every corpus stage."""

    name: str
    row_stages: tuple[RowStage, ...]
    corpus_stages: tuple[CorpusStage, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    """An explicit mapping `question = "column of the input"`, for input that cannot be recognised."""

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
        return {"columns": dict(self.columns), "stages": stages}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Path):
        return f"sha256:{sha256_file(value)}"
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
