"""Verification finds any damage and names it."""

import random
from pathlib import Path

import polars as pl
import pytest

from datakit.errors import IntegrityError
from datakit.lineage import MANIFEST, Manifest, read_manifest, sha256_file, write_manifest
from datakit.store import verify


def writable(folder: Path) -> None:
    for path in folder.iterdir():
        path.chmod(0o644)


def rewrite(folder: Path, name: str, frame: pl.DataFrame) -> None:
    """Replace a file and let the manifest agree with its bytes, as a careful forger would."""
    writable(folder)
    frame.write_parquet(folder / name)
    manifest = read_manifest(folder)
    files = {**manifest.files, name: {"sha256": sha256_file(folder / name), "bytes": (folder / name).stat().st_size}}
    write_manifest(
        folder,
        Manifest(kind=manifest.kind, id=manifest.id, identity=manifest.identity, counts=manifest.counts, files=files),
    )


def test_a_fresh_version_is_whole(version: Path) -> None:
    """Verification returns the manifest of an untouched version."""
    assert verify(version).counts["in"] == 300


def test_any_flipped_byte_in_any_file_is_noticed_and_named(version: Path) -> None:
    """For every file of the version, a flipped byte at the start, the end and at random places raises with its name."""
    writable(version)
    chance = random.Random(7)
    names = sorted(path.name for path in version.iterdir())
    assert {"train.parquet", "rejected.parquet", "lineage.parquet", "README.md", "report.html", "manifest.json"} <= set(
        names
    )
    for name in names:
        payload = (version / name).read_bytes()
        for place in {0, len(payload) - 1, *(chance.randrange(len(payload)) for _ in range(5))}:
            damaged = bytearray(payload)
            damaged[place] ^= 1 << chance.randrange(8)
            (version / name).write_bytes(damaged)
            with pytest.raises(
                IntegrityError, match=name.replace(".", r"\.") if name != "manifest.sha256" else "manifest"
            ):
                verify(version)
        (version / name).write_bytes(payload)
    verify(version)


def test_a_poisoned_row_is_named_even_where_every_file_hash_agrees(version: Path) -> None:
    """The id of each row is recomputed from its messages, so an edited answer shows."""
    train = pl.read_parquet(version / "train.parquet")
    messages = train["messages"].to_list()
    messages[41][-1]["content"] = "खोटे उत्तर"
    rewrite(
        version, "train.parquet", train.with_columns(pl.Series("messages", messages, dtype=train.schema["messages"]))
    )
    with pytest.raises(IntegrityError, match=r"train\.parquet: row 42: the id is \w+, but its messages hash to"):
        verify(version)


def test_a_row_taken_away_or_doubled_changes_the_root(version: Path) -> None:
    """The row root covers the multiset of ids."""
    train = pl.read_parquet(version / "train.parquet")
    for forged in (train[1:], pl.concat([train, train[:1]])):
        rewrite(version, "train.parquet", forged)
        with pytest.raises(IntegrityError, match=r"train\.parquet: the row root is \w+, expected"):
            verify(version)


def test_rejected_rows_cannot_vanish(version: Path) -> None:
    """Rows in = kept + rejected = lines of lineage, whatever the manifest's hashes say."""
    rewrite(version, "rejected.parquet", pl.read_parquet(version / "rejected.parquet")[:0])
    with pytest.raises(IntegrityError, match=r"kept 299 \+ rejected 0, lineage 300, rows in 300"):
        verify(version)


def test_files_of_a_version_are_read_only(version: Path) -> None:
    """Nothing in a published version can be written by accident."""
    assert {path.stat().st_mode & 0o222 for path in version.iterdir()} == {0}
    assert (version / MANIFEST).is_file()
