"""The dataset version a run learns from: found, verified to the last row, then read. Nothing is trained before that."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from datakit.errors import IntegrityError, UsageError
from datakit.lineage import Manifest, check_files, content_root, find_version, read_manifest, row_id

_NAMED: Final = 5  # how many damaged rows are named; the rest are counted


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a split, as far as training and evaluation need it."""

    id: str
    split: str
    source_id: str
    messages: tuple[Mapping[str, str], ...]
    question: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Version:
    """A dataset version whose files, row ids and roots were all recomputed."""

    path: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def name(self) -> str:
        return str(self.manifest.identity["name"])

    @property
    def row_roots(self) -> dict[str, str]:
        """Return the row root of each split."""
        return dict(self.manifest.identity["row_roots"])

    def rows(self, split: str) -> list[Row]:
        """Return the rows of a split in the order of the file."""
        if split not in self.row_roots:
            raise UsageError(f"{self.path}: no split {split!r}; there are {', '.join(self.row_roots)}")
        return _rows(self.path / f"{split}.parquet", split)


def open_version(wanted: str, *, curated: Path = Path("curated")) -> Version:
    """Find a version and verify it: manifest, files, row ids, roots and counts.

    Errors: `InputError` where there is none, `UsageError` where a prefix fits several, `IntegrityError` with every
    difference found.
    """
    folder = find_version(wanted, curated=curated)
    manifest = read_manifest(folder)
    if manifest.kind != "dataset":
        raise UsageError(f"{folder}: a {manifest.kind}, expected a dataset version; `datakit ls` lists them")
    version = Version(path=folder, manifest=manifest)
    if problems := check_files(folder, manifest) or _check_rows(version):
        listed = "\n".join(f"  - {line}" for line in problems)
        raise IntegrityError(f"{folder}: {len(problems)} problem(s), nothing was trained:\n{listed}")
    return version


def _check_rows(version: Version) -> list[str]:
    problems: list[str] = []
    for split, root in version.row_roots.items():
        path = version.path / f"{split}.parquet"
        rows = version.rows(split)
        wrong = [row.id for row in rows if row_id(row.messages) != row.id]
        problems += [f"{path}: row {name}: the id is not the hash of its messages" for name in wrong[:_NAMED]]
        if len(wrong) > _NAMED:
            problems.append(f"{path}: and {len(wrong) - _NAMED} rows more")
        if (found := content_root(row.id for row in rows)) != root:
            problems.append(f"{path}: the row root is {found}, expected {root}; rows were added, removed or changed")
        expected = version.manifest.counts.get("splits", {}).get(split)
        if expected is not None and len(rows) != expected:
            problems.append(f"{path}: {len(rows)} rows, expected {expected}")
    return problems


def _rows(path: Path, split: str) -> list[Row]:
    import polars as pl

    try:
        frame = pl.read_parquet(path, columns=["id", "source_id", "messages", "question", "answer"])
    except (OSError, pl.exceptions.PolarsError) as error:
        raise IntegrityError(f"{path}: cannot be read as a split ({error})") from error
    return [_row(found, split) for found in frame.iter_rows(named=True)]


def _row(found: Mapping[str, Any], split: str) -> Row:
    return Row(
        id=found["id"],
        split=split,
        source_id=found["source_id"] or "",
        messages=tuple(found["messages"]),
        question=found["question"] or "",
        answer=found["answer"] or "",
    )
