"""The walk itself: from one thing as far as the links lead, both ways. A broken link is told, and the rest is shown."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import polars as pl

from datakit.errors import DatakitError
from datakit.lineage import Manifest, content_root, read_manifest, sha256_file
from datakit.store import Version, read_withdrawal
from datakit.trace.draw import Sketch
from datakit.trace.lines import lines, places_of
from datakit.trace.places import RUN_ROWS, Model, Places, Run, open_model
from datakit.trace.result import DIFFERS, MISSING, ROWS, Problem, Trace, by_source
from datakit.trace.target import Target, resolve


def trace(wanted: str, places: Places) -> Trace:
    """Walk through the lineage from what a user names. Errors: as `resolve`, and as `read_gguf_keys` for a model."""
    walk = _Walk(places)
    target = resolve(wanted, places)
    found: Trace = getattr(walk, target.kind)(target)
    return found


class _Walk:
    """One walk: the problems it met, and the graph that it drew on its way."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._sketch = Sketch()
        self._problems: list[Problem] = []

    def gguf(self, target: Target) -> Trace:
        assert target.path is not None
        model = open_model(target.path)
        self._sketch.model(model, self._places.runs, self._places.versions)
        self._check_file(model)
        facts: dict[str, Any] = {"path": str(model.path), "run": model.run_id, "version": model.version_id}
        facts |= {"dataset": model.keys.get("aurora.dataset_name"), "base_sha256": model.keys.get("aurora.base_sha256")}
        run = self._places.runs.get(model.run_id or "")
        if model.run_id is None and model.version_id is None:
            self._missing(f"{model.path}: it names no run and no dataset (no aurora.* keys): not exported from here")
        elif run is None and model.run_id is not None:
            self._missing(f"run {model.run_id}: named by {model.path}, not under {self._places.folders.runs}")
        version = model.version_id
        ids = None
        if run is not None:
            ids = self._used(run)
            facts["run_path"] = str(run.path)
            self._same("dataset version", model.path, model.version_id, run.path, run.version_id)
            version = version or run.version_id
            root = model.keys.get("aurora.row_root")
            self._same("root of the rows", model.path, root, run.path, _told_root(run, "train"))
            self._same("base", model.path, facts["base_sha256"], run.path, run.base.get("sha256"))
        return self._down("gguf", str(model.path), facts, version, ids, str(model.path))

    def run(self, target: Target) -> Trace:
        run = self._places.runs.get(target.id)
        if run is None:  # named by a path outside the folder of runs
            assert target.path is not None
            run = Run(path=target.path, manifest=read_manifest(target.path))
        self._sketch.run(run, self._places.versions)
        identity = run.manifest.identity
        facts: dict[str, Any] = {"path": str(run.path), "version": run.version_id, "base": dict(run.base)}
        facts |= {"engine": identity.get("engine"), "seed": identity.get("seed")}
        facts["models"] = self._models({run.id}, set())
        return self._down("run", run.id, facts, run.version_id, self._used(run), str(run.path))

    def version(self, target: Target) -> Trace:
        assert target.path is not None
        manifest = self._manifest(target.path)
        facts: dict[str, Any] = {"path": str(target.path)}
        if manifest is not None:
            facts["name"] = manifest.identity["name"]
        self._withdrawal(target.path, facts)
        runs = self._above({target.id}, facts)
        self._sketch_version(target.path)
        rows = self._places_of(target.path, target.id, None)
        return self._done("version", target.id, {**facts, "runs": runs}, rows)

    def row(self, target: Target) -> Trace:
        found = []
        for version in self._places.versions.values():
            every = lines(version.path, version.id)
            mine = every.filter((pl.col("row_id") == target.id) | (pl.col("own_id") == target.id)).drop("own_id")
            found.append(mine.collect())
        rows = pl.concat(found) if found else pl.DataFrame(schema=ROWS)
        return self._up("row", target.id, rows, {target.id})

    def source(self, target: Target) -> Trace:
        found = []
        for version in self._places.versions.values():
            every = lines(version.path, version.id)
            made = pl.col("derived_from").list.contains(target.id).fill_null(False)
            found.append(every.filter((pl.col("source_id") == target.id) | made).drop("own_id").collect())
        return self._up("source", target.id, pl.concat(found), None)

    def _down(
        self, kind: str, name: str, facts: dict[str, Any], version: str | None, ids: Collection[str] | None, by: str
    ) -> Trace:
        """Go on from a run or model to its version and to the places of the rows that were used."""
        rows = pl.DataFrame(schema=ROWS)
        there = self._places.versions.get(version or "")
        if there is not None:
            facts["version_path"] = str(there.path)
            self._withdrawal(there.path, facts)
            self._sketch_version(there.path)
            rows = self._places_of(there.path, there.id, ids)
            absent = set(ids or ()) - set(rows["row_id"])
            if absent:
                some = ", ".join(sorted(absent)[:3])
                self._differs(f"{len(absent):,} rows that {by} used are not in {there.path}: {some} …")
        elif version is not None:
            self._missing(f"version {version}: named by {by}, not under {self._places.folders.curated}")
        if ids is not None:
            facts["rows_used"] = len(set(ids))
        return self._done(kind, name, facts, rows)

    def _up(self, kind: str, name: str, rows: pl.DataFrame, ids: set[str] | None) -> Trace:
        """Go on from rows to the versions that hold them, the runs that used them and the models of those."""
        facts: dict[str, Any] = {}
        versions = rows["version"].unique(maintain_order=True).to_list()
        facts["versions"] = [self._holds(self._places.versions[one], rows.filter(version=one)) for one in versions]
        kept = rows.filter(pl.col("role").is_in(["kept", "duplicate_of"]))
        runs = []
        for run in self._places.runs.values():
            if run.version_id not in versions:
                continue
            mine = ids if ids is not None else set(kept.filter(version=run.version_id)["row_id"].drop_nulls())
            used = self._rows_file(run)
            if used is None:
                continue
            hit = used.filter(
                pl.col("row_id").is_in(pl.Series(sorted(mine), dtype=pl.String).implode()) & pl.col("used")
            )
            by_split = dict(hit.group_by("split").len().sort("split").iter_rows())
            runs.append({"id": run.id, "path": str(run.path), "version": run.version_id, "rows_used": by_split})
            self._sketch.run(run, self._places.versions)
        facts["runs"] = runs
        facts["models"] = self._models({str(run["id"]) for run in runs}, set(versions))
        for one in versions:
            self._sketch_version(self._places.versions[one].path)
        return self._done(kind, name, facts, rows)

    def _above(self, versions: set[str], facts: dict[str, Any]) -> list[dict[str, Any]]:
        runs = [run for run in self._places.runs.values() if run.version_id in versions]
        for run in runs:
            self._sketch.run(run, self._places.versions)
        facts["models"] = self._models({run.id for run in runs}, versions)
        return [{"id": run.id, "path": str(run.path), "version": run.version_id} for run in runs]

    def _models(self, runs: set[str], versions: set[str]) -> list[str]:
        """Draw and return the models of these runs, and of runs of these versions that are not there."""
        found = []
        for model in self._places.models:
            lone = model.run_id not in self._places.runs and model.version_id in versions
            if model.run_id in runs or lone:
                self._sketch.model(model, self._places.runs, self._places.versions)
                found.append(str(model.path))
        return found

    def _holds(self, version: Version, rows: pl.DataFrame) -> dict[str, Any]:
        roles = dict(rows.group_by("role").len().sort("role").iter_rows())
        facts: dict[str, Any] = {"id": version.id, "name": version.name, "path": str(version.path), "roles": roles}
        self._withdrawal(version.path, facts)
        return facts

    def _withdrawal(self, folder: Path, facts: dict[str, Any]) -> None:
        try:
            said = read_withdrawal(folder)
        except DatakitError as error:
            self._differs(str(error))
            return
        if said is not None:
            facts["withdrawn"] = {"sources": list(said.sources), "successor": said.child}

    def _places_of(self, folder: Path, name: str, ids: Collection[str] | None) -> pl.DataFrame:
        """Return the places of rows, once the lineage was seen to give the roots that the manifest has."""
        try:
            rows = places_of(folder, name, ids)
            manifest = self._manifest(folder)
            kept = pl.scan_parquet(folder / "lineage.parquet").filter(pl.col("role") == "kept")
            by_split = kept.select("row_id", "split").collect()
        except (OSError, pl.exceptions.PolarsError) as error:
            self._missing(f"{folder / 'lineage.parquet'}: cannot be read ({error}); nothing leads on from here")
            return pl.DataFrame(schema=ROWS)
        for split, root in manifest.identity["row_roots"].items() if manifest else ():
            found = content_root(by_split.filter(split=split)["row_id"].to_list())
            if found != root:
                self._differs(
                    f"{folder / 'lineage.parquet'}: its rows of {split} have the root {found}, expected {root}"
                )
        return rows

    def _used(self, run: Run) -> set[str] | None:
        rows = self._rows_file(run)
        if rows is None:
            return None
        used = rows.filter("used")
        for split in used["split"].unique(maintain_order=True):
            found = content_root(used.filter(split=split)["row_id"].to_list())
            self._same(
                f"root of the used rows of {split}", run.path / RUN_ROWS, found, run.path, _told_root(run, split)
            )
        return set(used.filter(pl.col("split") == "train")["row_id"])

    def _rows_file(self, run: Run) -> pl.DataFrame | None:
        try:
            return pl.read_parquet(run.path / RUN_ROWS, columns=["row_id", "split", "used"])
        except (OSError, pl.exceptions.PolarsError) as error:
            self._missing(f"{run.path / RUN_ROWS}: cannot be read ({error}); which rows it used is not known")
            return None

    def _check_file(self, model: Model) -> None:
        if model.sha256 is not None and (found := sha256_file(model.path)) != model.sha256:
            self._differs(f"{model.path}: sha256 {found}, its manifest says {model.sha256}; the file was changed")
        if model.manifest is not None:
            told = model.manifest.identity
            self._same("run", model.path, model.keys.get("aurora.run_id"), model.path.parent, told.get("run"))
            self._same(
                "dataset", model.path, model.keys.get("aurora.version_id"), model.path.parent, told.get("dataset")
            )

    def _manifest(self, folder: Path) -> Manifest | None:
        try:
            return read_manifest(folder)
        except DatakitError as error:
            if (problem := Problem(kind=DIFFERS, message=str(error))) not in self._problems:
                self._problems.append(problem)
            return None

    def _sketch_version(self, folder: Path) -> None:
        manifest = self._manifest(folder)
        if manifest is not None and (folder / "lineage.parquet").is_file():
            self._sketch.version(folder, manifest)

    def _same(self, what: str, here: Path, mine: object, there: Path, theirs: object) -> None:
        if mine is not None and theirs is not None and mine != theirs:
            self._differs(f"{what}: {here} says {mine}, {there} says {theirs}")

    def _differs(self, message: str) -> None:
        self._problems.append(Problem(kind=DIFFERS, message=message))

    def _missing(self, message: str) -> None:
        self._problems.append(Problem(kind=MISSING, message=message))

    def _done(self, kind: str, name: str, facts: dict[str, Any], rows: pl.DataFrame) -> Trace:
        beside = [Problem(kind=DIFFERS, message=message) for message in self._places.problems]
        return Trace(
            kind=kind,
            id=name,
            facts={key: value for key, value in facts.items() if value is not None},
            graph=self._sketch.graph(),
            rows=rows,
            sources=by_source(rows),
            problems=(*self._problems, *beside),
        )


def _told_root(run: Run, split: str) -> str | None:
    told = run.manifest.identity.get("rows", {}).get(split)
    return told.get("root") if told else None
