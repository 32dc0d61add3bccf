"""Graphs of what lies in the folders: one version with its sources, and the runs and models that came of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from datakit.lineage import Manifest, read_manifest
from datakit.store import Version, read_withdrawal
from datakit.trace.nodes import Edge, Graph, Node
from datakit.trace.places import Folders, Model, Places, Run

_ROLES = ("kept", "duplicate_of", "rejected", "derived_from")


class Sketch:
    """A graph in the making: a node is put in once, whoever names it."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, str], Edge] = {}

    def node(self, kind: str, name: str, label: str, /, **detail: Any) -> str:
        """Put in a node and return its id; facts of a node that is there already are added to."""
        key = f"{kind}:{name}"
        known = self._nodes.get(key)
        told = {**(known.detail if known else {}), **{k: v for k, v in detail.items() if v is not None}}
        self._nodes[key] = Node(id=key, kind=kind, label=known.label if known else label, detail=told)
        return key

    def edge(self, start: str, end: str, kind: str, rows: int | None = None) -> None:
        """Put in an edge between two nodes that are there."""
        self._edges[start, end, kind] = Edge(start=start, end=end, kind=kind, rows=rows)

    def graph(self) -> Graph:
        """Return what was put in, in that order."""
        return Graph(nodes=tuple(self._nodes.values()), edges=tuple(self._edges.values()))

    def version(self, folder: Path, manifest: Manifest) -> str:
        """Put in a version, its sources with their rows, and the version that stands in its place."""
        said = read_withdrawal(folder)
        key = self.node(
            "version", manifest.id, f"{manifest.identity['name']} {manifest.id[:8]}",
            name=manifest.identity["name"], path=str(folder), rows=manifest.counts.get("kept"),
            withdrawn=list(said.sources) if said else None,
        )  # fmt: skip
        licences = {source["id"]: source["licence"] for source in manifest.identity["sources"]}
        for source, role, rows in source_roles(folder).iter_rows():
            self.edge(key, self.node("source", source, source, licence=licences.get(source)), role, rows)
        if said and said.child:
            child = self.node("version", said.child, said.child[:8])
            self.edge(child, key, "child_of")
        return key

    def missing(self, kind: str, name: str) -> str:
        """Put in a node for something that is named and not there."""
        return self.node(kind, name, name[:8], missing=True)

    def run(self, run: Run, versions: dict[str, Version]) -> str:
        """Put in a run, its base, and an edge to its version."""
        key = self.node("run", run.id, f"run {run.id[:8]}", path=str(run.path))
        if run.base.get("sha256"):
            name = str(run.base.get("name", "base"))
            self.edge(key, self.node("base", str(run.base["sha256"]), name, sha256=run.base["sha256"]), "based_on")
        if run.version_id:
            version = versions.get(run.version_id)
            end = self._version_or_missing(version, run.version_id)
            told = run.manifest.identity.get("rows", {}).get("train", {})
            self.edge(key, end, "trained_on", told.get("rows"))
        return key

    def model(self, model: Model, runs: dict[str, Run], versions: dict[str, Version]) -> str:
        """Put in a model and its run, or its version where the run is not there."""
        key = self.node("gguf", str(model.path), model.path.name, path=str(model.path), sha256=model.sha256)
        run = runs.get(model.run_id or "")
        if run is not None:
            self.edge(key, self.run(run, versions), "exported_from")
        elif model.run_id:
            self.edge(key, self.missing("run", model.run_id), "exported_from")
        if run is None and model.version_id:
            self.edge(key, self._version_or_missing(versions.get(model.version_id), model.version_id), "trained_on")
        return key

    def _version_or_missing(self, version: Version | None, name: str) -> str:
        if version is None:
            return self.missing("version", name)
        return self.node("version", version.id, f"{version.name} {version.id[:8]}", name=version.name)


def source_roles(folder: Path) -> pl.DataFrame:
    """Return `source_id, role, rows` of a version's lineage; what a row was made from counts under its own role."""
    lineage = pl.scan_parquet(folder / "lineage.parquet")
    counts = lineage.group_by("source_id", "role").agg(pl.len().alias("rows"))
    frames = [counts]
    if "derived_from" in lineage.collect_schema().names():
        made = lineage.select("derived_from").drop_nulls().explode("derived_from", empty_as_null=True)
        named = made.filter(pl.col("derived_from").str.len_chars() != 64)  # ids of rows are no sources
        counted = named.group_by(pl.col("derived_from").alias("source_id")).agg(pl.len().alias("rows"))
        frames.append(counted.select("source_id", pl.lit("derived_from").alias("role"), "rows"))
    order = {role: number for number, role in enumerate(_ROLES)}
    found = pl.concat(frames).drop_nulls("source_id").collect()
    return found.sort("source_id", pl.col("role").replace_strict(order, default=9))


def version_graph(folder: Path, manifest: Manifest, *, places: Places | None = None) -> Graph:
    """Return the graph of one version; its manifest need not lie in the folder yet.

    With `places` the runs that used it, and the models exported from them, stand above it.
    """
    sketch = Sketch()
    sketch.version(folder, manifest)
    if places is not None:
        _above(sketch, [manifest.id], places)
    return sketch.graph()


def graph(folders: Folders) -> Graph:
    """Return the graph of everything that lies in three folders. What cannot be read is left out."""
    places = Places(folders)
    sketch = Sketch()
    for version in places.versions.values():
        sketch.version(version.path, read_manifest(version.path))
    for run in places.runs.values():
        sketch.run(run, places.versions)
    for model in places.models:
        sketch.model(model, places.runs, places.versions)
    return sketch.graph()


def _above(sketch: Sketch, versions: Iterable[str], places: Places) -> None:
    wanted = set(versions)
    used = {run.id for run in places.runs.values() if run.version_id in wanted}
    for name in used:
        sketch.run(places.runs[name], places.versions)
    for model in places.models:
        if model.run_id in used or model.version_id in wanted:
            sketch.model(model, places.runs, places.versions)
