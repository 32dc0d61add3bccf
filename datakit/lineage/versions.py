"""Version folders: which there are, and how a user may name one. The folder tree is the registry."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from datakit.errors import InputError, UsageError
from datakit.lineage.manifest import MANIFEST

LATEST: Final = "latest"
"""The link beside the versions of a name to the one that was published last."""
TAGS: Final = "tags"
"""The folder beside them with a small file for each tag: its name is the tag, its text an id."""
_ID_CHARS: Final = 64
_LEAST_PREFIX: Final = 4
_LISTED: Final = 20


def list_versions(curated: Path) -> Iterator[Path]:
    """Yield the folder of every version, `<curated>/<name>/<id>`, by name and then by id."""
    for file in sorted(curated.glob(f"*/*/{MANIFEST}")):
        folder = file.parent
        if len(folder.name) == _ID_CHARS and not folder.is_symlink() and not folder.parent.name.startswith("."):
            yield folder


def latest_version(curated: Path, name: str) -> Path | None:
    """Return the folder of the version of this name that was published last, or None."""
    link = curated / name / LATEST
    return link.resolve() if (link / MANIFEST).is_file() else None


def find_version(wanted: str, *, curated: Path) -> Path:
    """Return the folder of the one version that a user means: a path, `latest`, a name, a tag, or the start of an id.

    `<name>/` may stand before `latest`, before a tag and before an id.

    Errors: `InputError` where nothing fits, `UsageError` where several do; both list what there is.
    """
    if _is_file(Path(wanted, MANIFEST)):
        return Path(wanted).resolve()
    known = list(list_versions(curated))
    fitting = _fitting(wanted, curated, known)
    if len(fitting) == 1:
        return fitting[0]
    shown = fitting or known
    listed = "\n".join(f"  {path.parent.name}/{path.name}" for path in shown[:_LISTED]) or "  (none)"
    if len(shown) > _LISTED:
        listed += f"\n  and {len(shown) - _LISTED} more; `datakit ls` lists them all"
    if fitting:
        raise UsageError(f"version {wanted!r} under {curated}: {len(fitting)} fit; name more of the id:\n{listed}")
    hint = "" if known else f"\n`datakit curate raw/ {curated}` makes one"
    raise InputError(
        f"version {wanted!r}: not found under {curated};"
        f" expected a path, a name, a tag, latest, or the first {_LEAST_PREFIX} or more characters of an id."
        f" There are:\n{listed}{hint}"
    )


def _fitting(wanted: str, curated: Path, known: list[Path]) -> list[Path]:
    names = sorted({path.parent.name for path in known})
    head, _, tail = wanted.rpartition("/")
    if wanted in names:
        head, tail = wanted, LATEST
    if tail == LATEST:
        newest = [latest_version(curated, name) for name in names if head in ("", name)]
        return [path for path in newest if path is not None]
    return [
        path
        for path in known
        if head in ("", path.parent.name)
        and ((path.name.startswith(tail) and len(tail) >= _LEAST_PREFIX) or _tagged(path.parent, tail) == path.name)
    ]


def _tagged(home: Path, name: str) -> str | None:
    """Return the id that a tag of this name has; the tag need not be checked, since it must equal an id that exists."""
    file = home / TAGS / name
    return file.read_text(encoding="utf-8", errors="replace").strip() if name and _is_file(file) else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than a file system takes
        return False
