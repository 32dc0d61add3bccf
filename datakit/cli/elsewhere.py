"""Where a run reads from and where it runs, when that is not a folder and processes of this machine."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from datakit.errors import UsageError

if TYPE_CHECKING:
    from datakit.pipeline.engine import Engine

ENGINES = ("local", "ray")


@contextlib.contextmanager
def chosen_engine(name: str, *, address: str | None, workers: int | None) -> "Iterator[Engine | None]":
    """Yield the engine that the options ask for; None stands for this machine's processes."""
    if name not in ENGINES:
        raise UsageError(f"--engine {name}: expected {' or '.join(ENGINES)}")
    if name == "local":
        if address is not None:
            raise UsageError(f"--ray-address {address}: belongs to --engine ray; found --engine local")
        yield None
        return
    from datakit.engines.on_ray import OnRay

    with OnRay(address=address, workers=workers) as engine:
        yield engine


@contextlib.contextmanager
def raw_folder(raw: str, curated: Path) -> Iterator[Path]:
    """Yield the folder to read; files that lie elsewhere are copied to the work folder first, under a lock."""
    from datakit.readers.remote import copy_name, fetch, is_remote, local_path

    if not is_remote(raw):
        yield local_path(raw)
        return
    from datakit.store import lock, work_folder

    name = copy_name(raw)
    with lock(curated, name):
        found = fetch(raw, work_folder(curated, name))
        typer.echo(f"{raw}: {found.files:,} files, {found.fetched:,} fetched ({found.bytes / 1e6:,.1f} MB)", err=True)
        yield found.raw
