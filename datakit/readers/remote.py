"""Raw files that lie elsewhere: `s3://bucket/prefix` and what else fsspec knows, copied once and then read as local.

The copy keeps names and bytes, so rows, sources and the version's id are those of a local folder. A ledger keeps what
the store said of each file (size, entity tag, time), so that only files that changed are fetched again.
"""

import errno
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from datakit.errors import InputError, MissingDependencyError, OutputError, UsageError
from datakit.lineage import sha256_text

INSTALL: Final = 'pip install "ancient-aurora[scale]"'
LEDGER: Final = "fetched.json"
_FILES: Final = "files"
_AT_A_TIME: Final = 64  # files asked for together; fsspec's own default is 128 open files a batch
_OUR_DISK: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_SAID: Final = ("ETag", "etag", "md5Hash", "LastModified", "last_modified", "mtime", "updated", "created")


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What a fetch came to."""

    raw: Path
    """The local folder, or the local file where the address named one."""
    files: int
    fetched: int
    """How many of the files were not there yet."""
    bytes: int
    """Bytes fetched."""


def is_remote(raw: str) -> bool:
    """Tell whether `raw` is an address with a scheme other than `file`."""
    return "://" in raw and not raw.startswith("file://")


def local_path(raw: str) -> Path:
    """Return the path that a plain path or a `file://` address names. Errors: `UsageError` for one of another host."""
    if not raw.startswith("file://"):
        return Path(raw)
    parts = urlsplit(raw)
    if parts.netloc not in ("", "localhost"):
        raise UsageError(f"{raw}: found host {parts.netloc!r}; expected file:///path, with three slashes")
    return Path(unquote(parts.path))


def copy_name(raw: str) -> str:
    """Return a name for the copy of an address, for a folder or a lock."""
    return f".raw-{sha256_text(raw.rstrip('/'))[:16]}"


def fetch(raw: str, into: Path) -> Fetched:
    """Copy what lies at an address into a folder, or bring the copy up to date; files that are gone there go here.

    Credentials and endpoint come from the environment, as the store's own programs take them (`AWS_ENDPOINT_URL`,
    `AWS_ACCESS_KEY_ID`, …). Errors: `MissingDependencyError` without fsspec or the package of the scheme,
    `UsageError` for an unknown scheme, `InputError` where nothing lies there, access is refused, a name cannot be a
    file's, or a file is not as long as the store says; `OutputError` where the disk here is full.
    """
    system, root = _system(raw)
    listed = _listed(system, root, raw)
    one_file = set(listed) == {root}
    names = {path: PurePosixPath(root).name if one_file else _name(path, root, raw) for path in listed}
    _refuse_collisions(names, raw)
    folder = into / _FILES
    folder.mkdir(parents=True, exist_ok=True)
    known = _ledger(into / LEDGER)
    said = {names[path]: _said(info) for path, info in listed.items()}
    new = [
        path for path, name in names.items() if known.get(name) != said[name] or not _as_said(folder / name, said[name])
    ]
    kept = {name: value for name, value in known.items() if value == said.get(name)}
    _drop(folder, set(said))
    for start in range(0, len(new), _AT_A_TIME):
        batch = new[start : start + _AT_A_TIME]
        _get(system, {path: folder / names[path] for path in batch}, listed, raw)
        kept |= {names[path]: said[names[path]] for path in batch}
        _note(into / LEDGER, kept)  # a killed run goes on after the last batch
    _note(into / LEDGER, kept)
    size = sum(int(listed[path]["size"] or 0) for path in new)
    target = folder / next(iter(names.values())) if one_file else folder
    return Fetched(raw=target, files=len(listed), fetched=len(new), bytes=size)


def _system(raw: str) -> tuple[Any, str]:
    scheme = raw.partition("://")[0]
    try:
        import fsspec  # type: ignore[import-untyped]  # it has no stubs
    except ImportError as error:
        raise MissingDependencyError(
            f"fsspec: not installed ({error}); needed to read {scheme}://; install it with: {INSTALL}"
        ) from error
    if scheme not in fsspec.available_protocols():
        raise UsageError(f"{raw}: found scheme {scheme!r}; expected a path, file:// or s3://")
    try:
        system, root = fsspec.core.url_to_fs(raw, use_listings_cache=False, skip_instance_cache=True)
    except ImportError as error:
        need = f"s3fs: install it with: {INSTALL}" if scheme in ("s3", "s3a") else f"see the message of fsspec: {error}"
        raise MissingDependencyError(
            f"{raw}: the package that reads {scheme}:// is not installed ({type(error).__name__}); {need}"
        ) from error
    return system, root.rstrip("/")


def _listed(system: Any, root: str, raw: str) -> Mapping[str, Mapping[str, Any]]:
    try:
        found = system.find(root, detail=True)
    except Exception as error:  # each store raises errors of its own: of the network, of access, of the bucket
        raise InputError(f"{raw}: cannot be listed ({_short(error)}); {_NEXT}") from error
    files = {path: info for path, info in found.items() if info.get("type") == "file" and not path.endswith("/")}
    if not files:
        raise InputError(f"{raw}: found no file there; expected a bucket and prefix with files below it; {_NEXT}")
    return files


_NEXT: Final = "check the name, the endpoint (AWS_ENDPOINT_URL) and the credentials in the environment"


def _name(path: str, root: str, raw: str) -> str:
    """Return a file's path below the root; a store's keys are any text, a folder's names are not."""
    name = path[len(root) :].removeprefix("/") if path.startswith(root) else path
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\0" in part or len(os.fsencode(part)) > 255 for part in parts):
        raise InputError(f"{raw}: found the key {name!r}; expected names that can be files below a folder; rename it")
    return name


def _refuse_collisions(names: Mapping[str, str], raw: str) -> None:
    """A store may hold both `a` and `a/b`; a folder cannot."""
    files = set(names.values())
    for name in sorted(files):
        for above in PurePosixPath(name).parents:
            if above.as_posix() in files:
                raise InputError(f"{raw}: found {above} and {name}; expected no file that is a folder too; rename one")


def _said(info: Mapping[str, Any]) -> list[str]:
    return [str(info.get("size")), *(f"{key}={info[key]}" for key in _SAID if info.get(key) is not None)]


def _as_said(file: Path, said: list[str]) -> bool:
    """Tell whether the copy is there and as long as the store said."""
    return file.is_file() and said[0] in (str(file.stat().st_size), "None")


def _get(system: Any, wanted: Mapping[str, Path], listed: Mapping[str, Mapping[str, Any]], raw: str) -> None:
    fresh = {path: target.with_name(f"{target.name}.{os.getpid()}.tmp") for path, target in wanted.items()}
    for target in wanted.values():
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        system.get(list(fresh), [str(path) for path in fresh.values()])
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OUR_DISK:
            raise OutputError(f"{fresh[next(iter(fresh))].parent}: {error}; make room there and run again") from error
        raise InputError(f"{raw}: cannot be fetched ({_short(error)}); {_NEXT}") from error
    for path, part in fresh.items():
        size, expected = part.stat().st_size, listed[path]["size"]
        if expected is not None and size != expected:
            raise InputError(f"{path}: found {size:,} bytes, expected {expected:,}; it changed meanwhile; run again")
        part.replace(wanted[path])


def _drop(folder: Path, wanted: set[str]) -> None:
    """Delete files that are not there any more, and then empty folders."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in wanted:
            path.unlink()


def _ledger(path: Path) -> dict[str, list[str]]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _note(path: Path, known: Mapping[str, list[str]]) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    fresh.write_text(json.dumps(known, ensure_ascii=False, sort_keys=True), encoding="utf-8")
    fresh.replace(path)


def _short(error: BaseException) -> str:
    text = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {text}"[:300]
