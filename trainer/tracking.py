"""A finished run in MLflow or trackio, where the user asks for it: our ids as tags, our metrics as they are.

Our own version id is given, since a tracker's own dataset digest reads only the first rows of a file (mlflow#22275).
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from datakit.errors import MissingDependencyError, UsageError
from datakit.lineage import Manifest, read_manifest
from trainer.metrics import read_metrics
from trainer.nearest import nearest

TRACKERS: Final = ("mlflow", "trackio")
_NUMBERS: Final = ("loss", "learning_rate", "gradient_norm", "tokens_per_s", "peak_bytes", "validation_loss")


def check_tracker(name: str | None) -> None:
    """Refuse an unknown tracker or one that is not installed, before hours of training. None is fine."""
    if name is None:
        return
    if name not in TRACKERS:
        raise UsageError(f"--track {name}: expected {' or '.join(TRACKERS)}{nearest(name, TRACKERS)}")
    if find_spec(name) is None:
        raise MissingDependencyError(f"--track {name}: not installed; pip install {name}")


def track_run(run: Path, name: str) -> None:
    """Log a finished run's settings, ids and metrics; where to is the tracker's own configuration."""
    check_tracker(name)
    manifest = read_manifest(run)
    points = [
        (line["step"], {key: line[key] for key in _NUMBERS if line.get(key) is not None}) for line in read_metrics(run)
    ]
    points = [(step, numbers) for step, numbers in points if numbers]
    (_mlflow if name == "mlflow" else _trackio)(run, manifest, points)


def _tags(manifest: Manifest) -> dict[str, str]:
    identity = manifest.identity
    return {
        "aurora.run_id": manifest.id,
        "aurora.version_id": identity["dataset"]["id"],
        "aurora.dataset_name": identity["dataset"]["name"],
        "aurora.row_root": identity["rows"]["train"]["root"],
        "aurora.base": identity["base"]["name"],
        "aurora.base_sha256": identity["base"]["sha256"],
    }


def _settings(manifest: Manifest) -> dict[str, Any]:
    """Return the configuration with the engine that computed, where the configuration may say `auto`."""
    return {**manifest.identity["config"], "engine": manifest.identity["engine"]}


def _mlflow(run: Path, manifest: Manifest, points: list[tuple[int, dict[str, float]]]) -> None:
    import mlflow  # type: ignore[import-not-found,unused-ignore]

    mlflow.set_experiment(manifest.identity["dataset"]["name"])
    with mlflow.start_run(run_name=run.name, tags=_tags(manifest)):
        mlflow.log_params(_settings(manifest))
        for step, numbers in points:
            mlflow.log_metrics(numbers, step=step)


def _trackio(run: Path, manifest: Manifest, points: list[tuple[int, dict[str, float]]]) -> None:
    import trackio  # type: ignore[import-not-found,unused-ignore]

    config = _settings(manifest) | _tags(manifest)
    trackio.init(project=manifest.identity["dataset"]["name"], name=run.name, config=config)
    for step, numbers in points:
        trackio.log(numbers, step=step)
    trackio.finish()
