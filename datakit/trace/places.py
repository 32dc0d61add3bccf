"""What lies in the folders of versions, runs and models, read once; what cannot be read becomes a problem to tell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from datakit.errors import DatakitError
from datakit.lineage import MANIFEST, Manifest, content_root, read_gguf_keys, read_manifest
from datakit.store import Version, versions

RUN_ROWS: Final = "rows.parquet"


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Where to look."""

    curated: Path = Path("curated")
    runs: Path = Path("runs")
    models: Path = Path("models")


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run."""

    path: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def version_id(self) -> str | None:
        return _text(self.manifest.identity.get("dataset"), "id")

    @property
    def base(self) -> Mapping[str, Any]:
        base = self.manifest.identity.get("base")
        return base if isinstance(base, Mapping) else {}


@dataclass(frozen=True, kw_only=True)
class Model:
    """One GGUF file; what its own keys say stands before what the manifest beside it says."""

    path: Path
    manifest: Manifest | None = None
    """Of the export folder it lies in; None for a bare file."""
    keys: Mapping[str, Any] = field(default_factory=dict)
    """The `aurora.*` and `general.*` keys; empty where the manifest tells enough and the file was not opened."""

    @property
    def run_id(self) -> str | None:
        return _text(self.keys, "aurora.run_id") or (_text(self.manifest.identity, "run") if self.manifest else None)

    @property
    def version_id(self) -> str | None:
        own = _text(self.keys, "aurora.version_id")
        return own or (_text(self.manifest.identity, "dataset") if self.manifest else None)

    @property
    def sha256(self) -> str | None:
        """The digest that the manifest claims for the file."""
        entry = self.manifest.files.get(self.path.name) if self.manifest else None
        return _text(entry, "sha256")


def _text(body: object, key: str) -> str | None:
    value = body.get(key) if isinstance(body, Mapping) else None
    return value if isinstance(value, str) and value else None


def open_model(path: Path) -> Model:
    """Return a GGUF file with its keys and, where it lies in an export folder, that folder's manifest.

    Errors: as `read_gguf_keys`; as `read_manifest` where the manifest beside it is damaged.
    """
    keys = {
        name: value for name, value in read_gguf_keys(path).items() if name.partition(".")[0] in ("aurora", "general")
    }
    manifest = read_manifest(path.parent) if (path.parent / MANIFEST).exists() else None
    return Model(path=path, keys=keys, manifest=manifest if manifest and manifest.kind == "gguf" else None)


class Places:
    """The versions, runs and models below three folders."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.problems: list[str] = []
        """What could not be read; a run without a manifest is still in training and none."""

    @cached_property
    def versions(self) -> dict[str, Version]:
        """Versions by id; where two names have one id, which cannot be, the last one by name."""
        return {version.id: version for version in versions(self.folders.curated)}

    @cached_property
    def runs(self) -> dict[str, Run]:
        """Finished runs by id."""
        found = (Run(path=path, manifest=manifest) for path, manifest in self._manifests(self.folders.runs, "run"))
        return {run.id: run for run in found}

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """GGUF files of export folders by their manifests, then bare ones by their keys."""
        found = []
        listed = set()
        for path, manifest in self._manifests(self.folders.models, "gguf"):
            for name in sorted(manifest.files):
                if name.endswith(".gguf"):
                    listed.add(path / name)
                    found.append(Model(path=path / name, manifest=manifest))
        for path in sorted(self.folders.models.rglob("*.gguf")):
            if path not in listed:
                try:
                    found.append(open_model(path))
                except DatakitError as error:
                    self.problems.append(str(error))
        return tuple(found)

    @cached_property
    def models_by_weights(self) -> dict[str, Model]:
        """Models by the root over their one weight file, which is what a run records of its base."""
        return {content_root([model.sha256]): model for model in self.models if model.sha256}

    def _manifests(self, home: Path, kind: str) -> Iterator[tuple[Path, Manifest]]:
        for file in sorted(home.glob(f"*/{MANIFEST}")):
            if file.parent.is_symlink():
                continue
            try:
                manifest = read_manifest(file.parent)
            except DatakitError as error:
                self.problems.append(str(error))
                continue
            if manifest.kind == kind:
                yield file.parent, manifest
