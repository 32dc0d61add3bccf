"""A Ray cluster to run on: one of this machine, started for this run and private to it, or one that is there."""

import contextlib
import logging
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from datakit.errors import MissingDependencyError, UsageError

INSTALL: Final = 'pip install "ancient-aurora[scale]"'
_STORE_BYTES: Final = 400 << 20
"""Shared memory of a local cluster, beyond which Ray spills to disk: 16 MB a batch, two batches a core, and a shuffle
of 360 bytes a row."""
_LONGEST_TEMP: Final = 32  # characters: Ray adds up to 70 for its sockets, and a socket's path ends at 107
_CONNECT_S: Final = 5.0
_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "POLARS_MAX_THREADS": "1",  # a task is one core; polars reads it when a worker imports it
    "OMP_NUM_THREADS": "1",
}


@contextlib.contextmanager
def cluster(*, address: str | None, cpus: int | None) -> Iterator[int]:
    """Connect to a Ray cluster, yield how many CPUs it has, and leave it; a local one is ended with all its processes.

    `address` None starts one on this machine with `cpus` workers, by default one a core, that listens on loopback only;
    `host:port` and `auto` join one that is there, from one of its own nodes. A program that has joined one already
    stays in it. Errors: `MissingDependencyError` where Ray is not installed or no cluster answers, `UsageError` for an
    address of another form.
    """
    ray = needed()
    if ray.is_initialized():
        yield _cpus(ray, cpus)
        return
    with _environment(_QUIET), contextlib.ExitStack() as stack:
        if address is None:
            _start(ray, cpus, stack)
        else:
            _join(ray, address)
            stack.callback(ray.shutdown)
        yield _cpus(ray, cpus)


def needed() -> Any:
    """Import Ray. Errors: `MissingDependencyError` with the install line."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read while Ray is imported, too
    try:
        import ray
    except ImportError as error:
        raise MissingDependencyError(
            f"ray: not installed ({error}); needed for --engine ray; install it with: {INSTALL}"
        ) from error
    return ray


def _start(ray: Any, cpus: int | None, stack: contextlib.ExitStack) -> None:
    count = cpus or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    folder = _temporary_folder()
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    # A token of our own: Ray's processes answer nobody else, and Ray writes none to the home folder.
    stack.enter_context(_environment({"RAY_AUTH_TOKEN": _token()}))
    stack.enter_context(_speaking_only_of_errors())
    stack.callback(ray.shutdown)
    ray.init(
        address="local",
        num_cpus=count,
        object_store_memory=_STORE_BYTES,
        include_dashboard=False,
        configure_logging=False,
        log_to_driver=False,
        _temp_dir=str(folder),
        _node_ip_address="127.0.0.1",
    )


def _join(ray: Any, address: str) -> None:
    expected = "expected host:port of the head node, such as 10.0.0.1:6379, or auto"
    if address.startswith("ray://"):
        raise UsageError(
            f"--ray-address {address}: found a Ray Client address; {expected}; run on a node of the cluster"
        )
    if address != "auto":
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise UsageError(f"--ray-address {address}: {expected}")
        try:  # Ray itself would ask again and again for a minute
            socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()
        except OSError as error:
            raise MissingDependencyError(
                f"--ray-address {address}: no cluster answers ({error.strerror or error}); expected the head node of a"
                " running one; start it there with: ray start --head"
            ) from error
    try:
        ray.init(address=address, configure_logging=False, log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise MissingDependencyError(
            f"--ray-address {address}: found no cluster to join ({_first_line(error)}); expected one with this version"
            f" of Ray ({ray.__version__}) and of Python, a node of which is this machine; see: ray status"
        ) from error


@cache
def _token() -> str:
    """One for the life of this process: Ray reads it once."""
    return secrets.token_hex(32)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]


def _cpus(ray: Any, wanted: int | None) -> int:
    there = max(1, int(ray.cluster_resources().get("CPU", 1)))
    return min(there, wanted or there)


def _temporary_folder() -> Path:
    """Return a new folder whose path is short enough for Ray's sockets."""
    wanted = Path(tempfile.gettempdir())
    within = wanted if len(str(wanted)) < _LONGEST_TEMP - len("/dk-12345678") else Path("/tmp")
    return Path(tempfile.mkdtemp(prefix="dk-", dir=within))


@contextlib.contextmanager
def _speaking_only_of_errors() -> Iterator[None]:
    """Keep Ray's remarks on its own start to itself."""
    log = logging.getLogger("ray")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables for the processes that start meanwhile; what a user has set himself stays."""
    new = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)
