"""Run and export folders by the contract between the packages, for rows of a real version."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from gguf import GGUFWriter

from datakit.lineage import Manifest, content_root, read_manifest, sha256_file, sha256_text, version_id, write_manifest

Base = dict[str, Any]
BASE: Base = {"name": "smollm2", "sha256": sha256_text("base"), "architecture": "llama", "form": "gguf"}


def kept_rows(version: Path) -> pl.DataFrame:
    """Return `row_id, split, source_id` of the kept rows of train and validation, in the order of the files."""
    return pl.concat(
        pl.read_parquet(version / f"{split}.parquet", columns=["id", "source_id"]).select(
            pl.col("id").alias("row_id"), pl.lit(split).alias("split"), "source_id"
        )
        for split in ("train", "validation")
    )


def make_run(
    runs: Path,
    version: Path,
    *,
    uses: Callable[[dict[str, Any]], bool] = lambda _: True,
    base: Base = BASE,
    seed: int = 1,
) -> Path:
    """Write a finished run that used the rows for which `uses` holds."""
    dataset = read_manifest(version)
    rows = kept_rows(version)
    used = pl.Series("used", [uses(row) for row in rows.to_dicts()], dtype=pl.Boolean)
    rows = rows.with_columns(
        used, pl.when(used).then(None).otherwise(pl.lit("over_long")).alias("reason"),
        pl.lit(60, pl.Int32).alias("tokens"), pl.lit(20, pl.Int32).alias("answer_tokens"),
    )  # fmt: skip
    of_split = {split: rows.filter("used", split=split)["row_id"] for split in ("train", "validation")}
    identity = {
        "format": 1,
        "dataset": {
            "name": dataset.identity["name"], "id": dataset.id, "row_roots": dict(dataset.identity["row_roots"]),
        },
        "rows": {split: {"root": content_root(ids), "rows": len(ids)} for split, ids in of_split.items()},
        "base": base,
        "template": {"name": "chatml", "sha256": sha256_text("template")},
        "engine": "fake",
        "config": {"learning_rate": "0.0002", "rank": 16},
        "seed": seed,
    }  # fmt: skip
    name = version_id(identity)
    folder = runs / name[:16]
    (folder / "adapter").mkdir(parents=True)
    (folder / "adapter" / "adapter_model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}" + name.encode())
    (folder / "adapter" / "adapter_config.json").write_text(json.dumps({"r": 16}), encoding="utf-8")
    (folder / "metrics.jsonl").write_text('{"step": 1, "loss": 2.5}\n', encoding="utf-8")
    (folder / "samples.jsonl").write_text("", encoding="utf-8")
    rows.write_parquet(folder / "rows.parquet")
    finish(folder, Manifest(kind="run", id=name, identity=identity, counts={"train": len(of_split["train"])}))
    return folder


def make_model(models: Path, run: Path) -> Path:
    """Write the export of a run: one tiny GGUF with the keys of the contract, and its manifest."""
    manifest = read_manifest(run)
    dataset = manifest.identity["dataset"]
    folder = models / f"{dataset['name']}-{manifest.id[:8]}"
    folder.mkdir(parents=True)
    file = write_gguf(folder / f"{dataset['name']}-f16.gguf", manifest)
    (folder / "Modelfile").write_text("FROM ./model.gguf\n", encoding="utf-8")
    identity = {
        "format": 1, "run": manifest.id, "dataset": dataset["id"], "base": manifest.identity["base"],
        "quants": {"f16": sha256_file(file)},
    }  # fmt: skip
    finish(folder, Manifest(kind="gguf", id=version_id(identity), identity=identity))
    return file


def write_gguf(path: Path, run: Manifest, **other: str) -> Path:
    """Write a GGUF with the keys of the contract for a run; `other` replaces `aurora.*` keys."""
    dataset = run.identity["dataset"]
    keys = {
        "version_id": dataset["id"], "dataset_name": dataset["name"], "run_id": run.id,
        "row_root": run.identity["rows"]["train"]["root"], "recipe": sha256_text("recipe"),
        "base_sha256": run.identity["base"]["sha256"], **other,
    }  # fmt: skip
    writer = GGUFWriter(path, "llama")
    writer.add_uint32("general.dataset.count", 1)
    writer.add_string("general.dataset.0.name", dataset["name"])
    writer.add_string("general.dataset.0.version", dataset["id"])
    writer.add_uint32("aurora.format", 1)
    for name, value in keys.items():
        writer.add_string(f"aurora.{name}", value)
    writer.add_tensor("token_embd.weight", np.full((4, 8), len(run.id), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def finish(folder: Path, manifest: Manifest) -> None:
    """Write provenance and, last, a manifest that lists every file of the folder."""
    (folder / "provenance.json").write_text('{"host": "elsewhere"}\n', encoding="utf-8")
    files = {
        path.relative_to(folder).as_posix(): {"sha256": sha256_file(path), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    write_manifest(
        folder,
        Manifest(kind=manifest.kind, id=manifest.id, identity=manifest.identity, counts=manifest.counts, files=files),
    )


def base_of(model: Path) -> Base:
    """Return what a run records of a base that is this GGUF file."""
    return {**BASE, "name": model.stem, "sha256": content_root([sha256_file(model)])}
