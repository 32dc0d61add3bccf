"""The form of the Hugging Face hub: Parquet splits and a card that `datasets.load_dataset` reads its splits from."""

import shutil
from pathlib import Path
from typing import Final

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from datakit.lineage import Manifest
from datakit.pack.licences import hub_licences, licence_url
from datakit.pack.rows import split_rows

CARD: Final = "README.md"
_TEMPLATES: Final = Path(__file__).parent / "cards"
_SIZES: Final = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def write_hub(version: Path, manifest: Manifest, folder: Path) -> dict[str, int]:
    """Write a copy of each split and the card; return the rows of each split."""
    for split in split_rows(manifest):
        shutil.copyfile(version / f"{split}.parquet", folder / f"{split}.parquet")
    (folder / CARD).write_text(_card(version, manifest), encoding="utf-8")
    return split_rows(manifest)


def _card(version: Path, manifest: Manifest) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Markdown; what sources wrote goes through `cell`
    )
    environment.filters |= {"cell": _cell, "licence_url": licence_url}
    kept = manifest.counts["kept"]
    counted = pl.scan_parquet(version / "lineage.parquet").filter(pl.col("role") == "kept").group_by("source_id").len()
    return environment.get_template("hub.md.jinja").render(
        name=manifest.identity["name"],
        version=manifest.id,
        counts=manifest.counts,
        row_roots=manifest.identity["row_roots"],
        sources=manifest.identity["sources"],
        stages=[stage["use"] for stage in manifest.identity["recipe"]["stages"]],
        decisions=len(manifest.identity["decisions"]),
        tombstones=len(manifest.identity["tombstones"]),
        kept_of=dict(counted.collect().iter_rows()),
        splits=[{"name": name, "rows": rows, "file": f"{name}.parquet"} for name, rows in split_rows(manifest).items()],
        licences=hub_licences(source["licence"] for source in manifest.identity["sources"]),
        size=next((label for bound, label in _SIZES if kept < bound), "n>1M"),
    )


def _cell(text: object) -> str:
    """Return text that cannot break out of a Markdown table cell."""
    return str(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
