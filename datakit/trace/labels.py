"""What a withdrawal means for each model: train it again, name another source, or nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from datakit.trace.fates import Fates, fates, read_lines
from datakit.trace.places import RUN_ROWS, Model, Places, Run

MUST_RETRAIN: Final = "must_retrain"
INHERITS: Final = "inherits"
METRICS_ONLY: Final = "metrics_only"
RE_ATTRIBUTE: Final = "re_attribute"
CLEAN: Final = "clean"
UNKNOWN: Final = "unknown"

LABELS: Final = {
    MUST_RETRAIN: "it was trained on rows that no permitted source has",
    INHERITS: "its base or parent was",
    UNKNOWN: "what it was trained on cannot be read any more",
    METRICS_ONLY: "such rows were only measured on: its weights are clean, its figures are not",
    RE_ATTRIBUTE: "a permitted source has the same rows: name that one instead",
    CLEAN: "nothing of the source is in it",
}
"""Worst first: a model has the first label that holds."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """What becomes of one run or model."""

    path: Path
    kind: str
    """`run` or `gguf`."""
    id: str | None
    """The run's id; of a model the id of its run."""
    label: str
    """One of LABELS."""
    why: str
    trained: int = 0
    """Rows that it was trained on and that are lost."""
    measured: int = 0
    """Lost rows of validation and test."""
    shared: int = 0
    """Rows that it was trained or measured on and that a permitted source has too."""


class Labeller:
    """Labels runs and models for one set of withdrawn sources."""

    def __init__(self, places: Places, gone: Collection[str], made: Collection[tuple[str, str]] = ()) -> None:
        self._places = places
        self._gone = frozenset(gone)
        self._made = frozenset(made)
        self._fates: dict[str, Fates | None] = {}
        self._held_out: dict[str, frozenset[str]] = {}
        self._runs: dict[str, Label] = {}

    def all(self) -> list[Label]:
        """Return the labels of every run and every model, runs first."""
        return [self.run(run) for run in self._places.runs.values()] + [self.model(one) for one in self._places.models]

    def run(self, run: Run) -> Label:
        """Return the label of a run."""
        if run.id not in self._runs:
            self._runs[run.id] = self._label_run(run)
        return self._runs[run.id]

    def model(self, model: Model) -> Label:
        """Return the label of a model: that of its run, or, where the run is gone, of all its version trained."""
        run = self._places.runs.get(model.run_id or "")
        if run is not None:
            said = self.run(run)
            return Label(
                path=model.path, kind="gguf", id=run.id, label=said.label, why=said.why,
                trained=said.trained, measured=said.measured, shared=said.shared,
            )  # fmt: skip
        if model.version_id is None:
            if model.run_id is None:
                return Label(path=model.path, kind="gguf", id=None, label=CLEAN, why="it names no dataset and no run")
            return self._unknown(model.path, "gguf", model.run_id, f"its run {model.run_id[:16]} is not there")
        found = self._of_version(model.version_id)
        if found is None:
            return self._unknown(model.path, "gguf", model.run_id, f"its version {model.version_id[:16]} is not there")
        kept = read_lines(self._places.versions[model.version_id].path).filter(pl.col("role") == "kept")
        train = set(kept.filter(pl.col("split") == "train")["row_id"].drop_nulls())
        return self._decide(model.path, "gguf", model.run_id, model.version_id, train, set(), None)

    def _label_run(self, run: Run) -> Label:
        self._runs[run.id] = self._unknown(run.path, "run", run.id, "its base is itself")  # ends a circle of bases
        try:
            rows = pl.read_parquet(run.path / RUN_ROWS, columns=["row_id", "split", "source_id", "used"])
        except (OSError, pl.exceptions.PolarsError) as error:
            return self._unknown(run.path, "run", run.id, f"{RUN_ROWS} cannot be read ({error})")
        used = rows.filter("used")
        trained = set(used.filter(pl.col("split") == "train")["row_id"])
        measured = set(used.filter(pl.col("split") != "train")["row_id"])
        parent = self._parent(run)
        if run.version_id is None or self._of_version(run.version_id) is None:
            named = used.filter(pl.col("source_id").is_in(sorted(self._gone)) & (pl.col("split") == "train")).height
            if named:
                why = f"{named:,} of its rows name the source, and its version is not there to tell of another"
                return Label(path=run.path, kind="run", id=run.id, label=MUST_RETRAIN, why=why, trained=named)
            return self._unknown(run.path, "run", run.id, f"its version {str(run.version_id)[:16]} is not there")
        return self._decide(run.path, "run", run.id, run.version_id, trained, measured, parent)

    def _decide(
        self,
        path: Path,
        kind: str,
        name: str | None,
        version: str,
        train: set[str],
        held: set[str],
        parent: Label | None,
    ) -> Label:
        found = self._of_version(version)
        assert found is not None
        trained = len(train & found.lost)
        measured = len(found.lost & (held | self._held_out[version]))
        shared = len(found.shared & (train | held))
        counts = {"trained": trained, "measured": measured, "shared": shared}
        if trained:
            label, why = MUST_RETRAIN, f"{trained:,} of the {len(train):,} rows it was trained on are lost"
        elif parent is not None and parent.label in (MUST_RETRAIN, INHERITS):
            label, why = INHERITS, f"its base {parent.path.name}: {parent.why}"
        elif parent is not None and parent.label == UNKNOWN:
            label, why = UNKNOWN, f"its base {parent.path.name}: {parent.why}"
        elif measured:
            label, why = METRICS_ONLY, f"{measured:,} rows of validation and test are lost, none of training"
        elif shared:
            label, why = RE_ATTRIBUTE, f"{shared:,} of its rows stand in a permitted source too"
        else:
            label, why = CLEAN, LABELS[CLEAN]
        return Label(path=path, kind=kind, id=name, label=label, why=why, **counts)

    def _parent(self, run: Run) -> Label | None:
        """Return the label of the model or run that this run went on from, where it is one of ours."""
        root = run.base.get("sha256")
        model = self._places.models_by_weights.get(root) if isinstance(root, str) else None
        return self.model(model) if model is not None else None

    def _of_version(self, name: str) -> Fates | None:
        if name not in self._fates:
            version = self._places.versions.get(name)
            try:
                lines = read_lines(version.path) if version else None
            except (OSError, pl.exceptions.PolarsError) as error:
                self._places.problems.append(f"{name}: its lineage cannot be read ({error})")
                lines = None
            self._fates[name] = None if lines is None else fates(lines, self._gone, self._made)
            if lines is not None:
                kept = lines.filter((pl.col("role") == "kept") & pl.col("split").is_in(["validation", "test"]))
                self._held_out[name] = frozenset(kept["row_id"].drop_nulls())
        return self._fates[name]

    def _unknown(self, path: Path, kind: str, name: str | None, why: str) -> Label:
        return Label(path=path, kind=kind, id=name, label=UNKNOWN, why=why)
