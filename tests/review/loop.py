"""A dataset small enough to reason about, curated again and again with decisions in between."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from datakit.decisions import Decision, DecisionLog, decisions_file
from datakit.lineage import Manifest, read_manifest
from datakit.pipeline.curate import curate
from datakit.pipeline.result import Result
from datakit.recipe import parse
from tests.rows import write_rows

RECIPE = """
name = "loop"
[[stage]]
use = "normalize"
[[stage]]
use = "validate"
[[stage]]
use = "length"
[[stage]]
use = "quality"
[[stage]]
use = "chat"
system = "SYSTEM"
[[stage]]
use = "exact_dedup"
[[stage]]
use = "near_dedup"
[[stage]]
use = "conflicts"
[[stage]]
use = "split"
"""
Row = Mapping[str, Any]


class Loop:
    """One folder of raw files and one of versions."""

    def __init__(self, home: Path, *, system: str = "") -> None:
        self.raw, self.curated = home / "raw", home / "curated"
        self.system = system
        self.last: Result | None = None

    @property
    def log(self) -> DecisionLog:
        return DecisionLog(decisions_file(self.curated, "loop"))

    def write(self, name: str, rows: Sequence[Row]) -> None:
        write_rows(self.raw / name, rows)

    def run(self, **more: Any) -> Result:
        recipe = parse(RECIPE.replace("SYSTEM", self.system))
        self.last = curate(self.raw, self.curated, recipe=recipe, **more)
        return self.last

    @property
    def folder(self) -> Path:
        assert self.last is not None
        assert self.last.path is not None
        return self.last.path

    @property
    def manifest(self) -> Manifest:
        return read_manifest(self.folder)

    def lines(self) -> list[dict[str, Any]]:
        """The lineage, with the texts of the kept rows."""
        splits = [pl.read_parquet(self.folder / f"{name}.parquet") for name in ("train", "validation", "test")]
        texts = pl.concat([one.select("id", "question", "answer") for one in splits])
        lineage = pl.read_parquet(self.folder / "lineage.parquet")
        return lineage.join(texts, left_on="row_id", right_on="id", how="left").to_dicts()

    def at(self, file: str, line: int) -> dict[str, Any]:
        """The lineage of the row read at a place."""
        (found,) = [one for one in self.lines() if (one["file"], one["locator"]) == (file, f"line {line}")]
        return found

    def decide(self, action: str, file: str, line: int, **more: Any) -> Decision:
        """Write a decision about the row at a place."""
        row = self.at(file, line)
        decision = Decision(
            action=action,
            row=row["raw_sha256"],
            file=file,
            locator=f"line {line}",
            replaces=self.log.last(row["raw_sha256"]),
            **more,
        )
        return self.log.append(decision)

    def kept(self) -> dict[str, str]:
        """Questions and answers of the rows that were kept."""
        return {one["question"]: one["answer"] for one in self.lines() if one["role"] == "kept"}

    def messages(self) -> list[str]:
        """What the trainer will see, sorted."""
        splits = [pl.read_parquet(self.folder / f"{name}.parquet") for name in ("train", "validation", "test")]
        return sorted(json.dumps(told, ensure_ascii=False) for one in splits for told in one["messages"].to_list())
