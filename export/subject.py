"""What is exported: a finished run with its base and its dataset, or a model folder by itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from datakit.errors import InputError, IntegrityError, UsageError
from datakit.lineage import (
    MANIFEST,
    Manifest,
    canonical_json,
    check_files,
    content_root,
    find_run,
    read_manifest,
    sha256_file,
    sha256_text,
)

_PROVENANCE: Final = "provenance.json"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Everything an export starts from, checked."""

    name: str
    base: Path
    """A folder of safetensors or a .gguf file."""
    base_identity: Mapping[str, str]
    """`name`, `sha256`, `architecture`, `form`."""
    adapter: Path | None
    tokenizer: Path
    """A folder with tokenizer.json: the run's own, else the base's."""
    run: Manifest | None
    version: Path | None
    """The folder of the dataset version, None where none is known."""
    dataset: Manifest | None

    @property
    def short(self) -> str:
        """Return the first eight letters that tell this export from others: of the run, else of the base."""
        return (self.run.id if self.run else self.base_identity["sha256"])[:8]

    @property
    def dataset_id(self) -> str | None:
        """Return the version id that the run was trained on, or that of the dataset given for a bare model."""
        if self.run is not None:
            return str(self.run.identity["dataset"]["id"])
        return self.dataset.id if self.dataset else None

    def keys(self) -> dict[str, str | int]:
        """Return the GGUF keys that say where the model comes from."""
        keys: dict[str, str | int] = {
            "general.name": self.name,
            "general.base_model.count": 1,
            "general.base_model.0.name": self.base_identity["name"],
            "aurora.format": 1,
            "aurora.base_sha256": self.base_identity["sha256"],
        }
        if self.run is None:
            return keys
        dataset = self.run.identity["dataset"]
        rows = self.run.identity["rows"]["train"]
        keys |= {
            "general.dataset.count": 1,
            "general.dataset.0.name": dataset["name"],
            "general.dataset.0.version": dataset["id"],
            "general.dataset.0.description": f"{rows['rows']} rows of this version's train split were learned from",
            "aurora.version_id": dataset["id"],
            "aurora.dataset_name": dataset["name"],
            "aurora.row_root": rows["root"],
            "aurora.run_id": self.run.id,
        }
        if self.dataset is not None:
            recipe = canonical_json(self.dataset.identity.get("recipe"))
            keys["aurora.recipe"] = sha256_text(recipe.decode("utf-8"))
        return keys


def find_subject(wanted: str, *, runs: Path) -> Path:
    """Return the run or model folder that a user means: a path, `latest`, or the beginning of a run's id.

    Errors: `InputError` where nothing fits, `UsageError` where several runs do.
    """
    path = Path(wanted)
    named = path.exists() or path.suffix == ".gguf" or len(path.parts) > 1 or not runs.is_dir()
    return path if named else find_run(wanted, runs=runs)


def open_subject(
    path: Path, *, base: Path | None = None, dataset: Path | None = None, curated: Path = Path("curated")
) -> Subject:
    """Open a run or a model folder; `base` and `dataset` say where these lie if not where the run found them.

    Errors: `InputError` for what is missing, `IntegrityError` where a run, its base or its dataset was changed,
    `UsageError` for a folder that is neither.
    """
    if (path / MANIFEST).is_file():
        return _open_run(path, base=base, dataset=dataset, curated=curated)
    if path.suffix == ".gguf" and path.is_file():
        raise UsageError(f"{path}: is a GGUF already; expected a run folder, or a model folder with safetensors")
    if not path.is_dir():
        raise InputError(f"{path}: no such folder; expected a finished run (runs/...) or a model with safetensors")
    if (path / "adapter").is_dir() or (path / "begun.json").is_file():
        raise InputError(f"{path}: a run without {MANIFEST}: it is not finished; next: trainer resume {path}")
    if not list(path.glob("*.safetensors")):
        raise InputError(f"{path}: neither a run ({MANIFEST}) nor a model (*.safetensors)")
    if base is not None:
        raise UsageError(f"--base goes with a run; {path} is a model by itself")
    return Subject(
        name=path.resolve().name.lower(),
        base=path,
        base_identity={
            "name": path.resolve().name,
            "sha256": weights_root(path),
            "architecture": str((_json(path / "config.json").get("architectures") or ["unknown"])[0]),
            "form": "safetensors",
        },
        adapter=None,
        tokenizer=path,
        run=None,
        version=dataset,
        dataset=read_manifest(dataset) if dataset else None,
    )


def _open_run(path: Path, *, base: Path | None, dataset: Path | None, curated: Path) -> Subject:
    run = read_manifest(path)
    if run.kind != "run":
        raise UsageError(f"{path}: a manifest of kind {run.kind}; expected a run")
    if problems := check_files(path, run):
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise IntegrityError(f"{path}: the run was changed after it was sealed:\n{listed}")
    provenance = _json(path / _PROVENANCE) if (path / _PROVENANCE).is_file() else {}
    found = base or _recorded(path, provenance.get("base_path"))
    if found is None or not found.exists():
        raise InputError(
            f"{path}: its base {run.identity['base']['name']} is not where the run found it ({found}); "
            "next: name its folder or .gguf file with --base"
        )
    if (root := weights_root(found)) != run.identity["base"]["sha256"]:
        raise IntegrityError(
            f"{found}: its weights hash to {root}, but the run was trained on {run.identity['base']['sha256']}; "
            "an adapter fits no other base: name the right one with --base"
        )
    version = dataset or _find_version(run.identity["dataset"], provenance.get("version_path"), curated)
    manifest = read_manifest(version) if version else None
    if manifest is not None and manifest.id != run.identity["dataset"]["id"]:
        raise InputError(
            f"{version}: version {manifest.id}, but the run learned from {run.identity['dataset']['id']}; "
            "next: name the right folder with --dataset"
        )
    return Subject(
        name=str(run.identity["dataset"]["name"]),
        base=found,
        base_identity=run.identity["base"],
        adapter=path / "adapter",
        tokenizer=path / "tokenizer",
        run=run,
        version=version,
        dataset=manifest,
    )


def _recorded(run: Path, place: Any) -> Path | None:
    """A base that was made for the run lies inside it; any other is recorded with its whole path."""
    return run / str(place) if place else None


def _find_version(dataset: Mapping[str, Any], recorded: Any, curated: Path) -> Path | None:
    places = [Path(str(recorded))] if recorded else []
    places.append(curated / str(dataset["name"]) / str(dataset["id"]))
    return next((place for place in places if (place / MANIFEST).is_file()), None)


def weights_root(base: Path) -> str:
    """Return the identity of a base's weights: the content root over the sha256 of each weight file."""
    files = [base] if base.is_file() else sorted(base.glob("*.safetensors"))
    return content_root([sha256_file(file) for file in files])


def _json(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected JSON") from error
    if not isinstance(body, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(body).__name__}")
    return body
