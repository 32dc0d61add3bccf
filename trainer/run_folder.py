"""The run folder: `runs/<first 16 hex of the run id>/`, open while it trains, sealed by its manifest at the end."""

import dataclasses
import fcntl
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from datakit.errors import InputError, IntegrityError, UsageError
from datakit.lineage import (
    BEGUN,
    MANIFEST,
    Manifest,
    check_files,
    content_root,
    git_commit,
    read_manifest,
    sha256_file,
    sync,
    write_manifest,
)
from datakit.lineage.attestation import ATTESTATION, run_attestation
from trainer.base import Base
from trainer.config import Config
from trainer.examples import Example
from trainer.template import ChatTemplate
from trainer.version import Version

FORMAT: Final = 1
LOCK: Final = ".lock"
PROVENANCE: Final = "provenance.json"
_ID_CHARS: Final = 16
_PACKAGES: Final = (
    "ancient-aurora", "torch", "transformers", "peft", "trl", "bitsandbytes", "safetensors", "tokenizers", "gguf",
    "unsloth", "polars",
)  # fmt: skip


def run_identity(
    config: Config,
    version: Version,
    base: Base,
    template: ChatTemplate,
    engine: str,
    train: Sequence[Example],
    validation: Sequence[Example],
) -> dict[str, Any]:
    """Return the hashed part of a run's manifest: no clock, host or path in it.

    `train` are the rows that the planned steps learn from, `validation` those that are scored.
    """
    used = {"train": train, "validation": validation}
    return {
        "format": FORMAT,
        "dataset": {"name": version.name, "id": version.id, "row_roots": version.row_roots},
        "rows": {
            split: {"root": content_root(row.row_id for row in rows), "rows": len(rows)} for split, rows in used.items()
        },
        "base": base.identity(),
        "template": {"name": template.name, "sha256": template.sha256},
        "engine": engine,
        "config": config.identity(),
        "seed": config.seed,
    }


def run_path(out: Path, run_id: str) -> Path:
    """Return the folder of a run."""
    return out / run_id[:_ID_CHARS]


def begin(run: Path, body: Mapping[str, Any]) -> None:
    """Make the folder and note what the run began with, so that `resume` can hold it against what is there then."""
    run.mkdir(parents=True, exist_ok=True)
    fresh = run / f".{BEGUN}"
    fresh.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    fresh.replace(run / BEGUN)


def read_begun(run: Path) -> dict[str, Any]:
    """Return what an unfinished run began with. Errors: `UsageError` where it is finished, `InputError` for no run."""
    if (run / MANIFEST).is_file():
        raise UsageError(f"{run}: this run is finished; `trainer show {run.name}` shows it")
    try:
        body = json.loads((run / BEGUN).read_text(encoding="utf-8"))
        if not isinstance(body, dict):
            raise ValueError(f"it holds {type(body).__name__}, no object")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{run / BEGUN}: cannot be read ({error}); expected the folder of an unfinished run"
        ) from error
    return body


@contextmanager
def lock(run: Path) -> Iterator[None]:
    """Hold the right to write in a run folder; the kernel gives it back when the process ends, however it ends."""
    with (run / LOCK).open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(f"{run}: another process is training this run; wait for it") from error
        yield


def seal(
    run: Path,
    identity: Mapping[str, Any],
    run_id: str,
    counts: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> Manifest:
    """Write the attestation over every other file and the manifest over all of them, the manifest last."""
    (run / BEGUN).unlink(missing_ok=True)
    (run / LOCK).unlink(missing_ok=True)
    files = {name: _entry(run / name) for name in _files(run)}
    manifest = Manifest(kind="run", id=run_id, identity=identity, counts=counts, files=files, tools=tools())
    statement = run_attestation(manifest, provenance=provenance)
    (run / ATTESTATION).write_text(json.dumps(statement, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    manifest = dataclasses.replace(manifest, files={**files, ATTESTATION: _entry(run / ATTESTATION)})
    for path in run.rglob("*"):
        if path.is_file():
            sync(path)
    write_manifest(run, manifest)
    for name in (MANIFEST, "manifest.sha256"):
        sync(run / name)
    sync(run)
    return manifest


def _files(run: Path) -> list[str]:
    return sorted(path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file())


def _entry(path: Path) -> dict[str, Any]:
    return {"sha256": sha256_file(path), "bytes": path.stat().st_size}


def check_run(run: Path) -> Manifest:
    """Return a finished run's manifest after checking every file. Errors: `IntegrityError` with all differences."""
    if (run / BEGUN).is_file() and not (run / MANIFEST).is_file():
        raise UsageError(f"{run}: this run is not finished; `trainer resume {run}` goes on with it")
    manifest = read_manifest(run)
    if manifest.kind != "run":
        raise UsageError(f"{run}: a {manifest.kind}, expected a run")
    if problems := check_files(run, manifest):
        listed = "\n".join(f"  - {line}" for line in problems)
        raise IntegrityError(f"{run}: {len(problems)} problem(s):\n{listed}")
    return manifest


def tools() -> dict[str, str]:
    """Return the versions of Python and of the packages that take part."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def write_provenance(
    run: Path, *, base: Base, dataset: Version, device: str, started: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Write and return what is recorded beside a run and no part of its id: when, where, on what, from what."""
    body: dict[str, Any] = {
        "started": started,
        "finished": now(),
        "host": platform.node(),
        "platform": platform.platform(),
        "git_commit": git_commit(),
        "device": device_name(device),
        "base_path": str(base.path.resolve()) if base.form != "random" else "base",
        "version_path": str(dataset.path.resolve()),
        "packages": tools(),
        **facts,
    }
    (run / PROVENANCE).write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return body


def now() -> str:
    """Return the time, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def device_name(device: str) -> str:
    """Return what a device is called: `cuda:0 NVIDIA H100`, or `cpu` with its architecture."""
    if device.startswith("cuda"):
        import torch

        return f"{device} {torch.cuda.get_device_name(device)}"
    return f"{device} {platform.machine()}"


def begun_body(identity: Mapping[str, Any], config: Config, **facts: Any) -> dict[str, Any]:
    """Return what `begin` notes."""
    return {"identity": identity, "config": dataclasses.asdict(config), **facts}
