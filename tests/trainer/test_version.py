"""The version is verified to the last row before anything else happens, and found as people name it."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from datakit.errors import InputError, IntegrityError, UsageError
from datakit.lineage import Manifest, find_version, read_manifest, sha256_file, write_manifest
from datakit.store import Version, tag, untag
from trainer.version import open_version


def rewrite(folder: Path, frame: pl.DataFrame, split: str = "train") -> None:
    """Replace a split and make the manifest's file digest fit, as somebody who hides a change would."""
    path = folder / f"{split}.parquet"
    frame.write_parquet(path)
    manifest = read_manifest(folder)
    files = {**manifest.files, path.name: {"sha256": sha256_file(path), "bytes": path.stat().st_size}}
    write_manifest(
        folder,
        Manifest(kind="dataset", id=manifest.id, identity=manifest.identity, counts=manifest.counts, files=files),
    )


@pytest.fixture
def copy(curated: Path, tmp_path: Path) -> Path:
    """A version that may be damaged."""
    source = find_version("latest", curated=curated)
    target = tmp_path / "v"
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    return target


def test_a_whole_version_opens(curated: Path) -> None:
    """A version as it was published is accepted, with its rows, roots and name."""
    version = open_version("latest", curated=curated)
    rows = version.rows("train")
    assert version.name == "plain"
    assert set(version.row_roots) == {"train", "validation", "test"}
    assert rows
    assert rows[0].messages[-1]["role"] == "assistant"
    assert rows[0].question in rows[0].messages[0]["content"]


def test_a_flipped_byte_is_found(copy: Path) -> None:
    """One changed byte of a file and the version is refused with exit code 4, naming the file."""
    path = copy / "train.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match=r"nothing was trained:\n.*train\.parquet: sha256") as caught:
        open_version(str(copy))
    assert caught.value.exit_code == 4


def test_a_changed_answer_is_found_though_the_file_digest_was_mended(copy: Path) -> None:
    """An answer changed in Parquet no longer hashes to its row id, whatever the manifest says of the file."""
    frame = pl.read_parquet(copy / "train.parquet")
    first = frame["messages"][0].to_list()
    first[-1]["content"] = "खोटे उत्तर"
    messages = pl.Series("messages", [first, *frame["messages"].to_list()[1:]], dtype=frame.schema["messages"])
    rewrite(copy, frame.with_columns(messages))
    with pytest.raises(IntegrityError, match=r"train\.parquet: row \w+: the id is not the hash of its messages"):
        open_version(str(copy))


@pytest.mark.parametrize("change", ["removed", "added"])
def test_a_removed_or_added_row_is_found(copy: Path, change: str) -> None:
    """The row root tells a row more or less, and the count stands beside it."""
    frame = pl.read_parquet(copy / "train.parquet")
    rewrite(copy, frame[1:] if change == "removed" else pl.concat([frame, frame[:1]]))
    with pytest.raises(IntegrityError, match="rows were added, removed or changed") as caught:
        open_version(str(copy))
    assert f"expected {frame.height}" in str(caught.value)


def test_a_changed_manifest_is_found(copy: Path) -> None:
    """The manifest's own digest guards it."""
    path = copy / "manifest.json"
    path.write_text(path.read_text().replace('"plain"', '"other"'))
    with pytest.raises(IntegrityError, match=r"do not match manifest\.sha256"):
        open_version(str(copy))


def test_a_file_put_beside_is_found(copy: Path) -> None:
    """A version is immutable: an extra file is a difference too."""
    (copy / "extra.parquet").write_bytes(b"x")
    with pytest.raises(IntegrityError, match=r"extra\.parquet: not in the manifest"):
        open_version(str(copy))


def test_a_version_is_found_by_path_prefix_name_tag_and_latest(curated: Path) -> None:
    """What `datakit` accepts as VERSION, the trainer accepts."""
    path = find_version("latest", curated=curated)
    version = Version("plain", path.name, path)
    tag(version, "v1.0")
    try:
        names = (str(path), path.name[:8], "plain", "plain/latest", f"plain/{path.name[:6]}", "v1.0", "plain/v1.0")
        assert {find_version(name, curated=curated) for name in names} == {path}
    finally:
        untag(curated, "plain", "v1.0")


def test_what_is_not_there_is_told_with_what_there_is(curated: Path, tmp_path: Path) -> None:
    """A miss lists the versions; too short a prefix is a miss; a folder of another kind is refused."""
    with pytest.raises(InputError, match=r"not found under .*There are:\n  plain/"):
        find_version("nothing", curated=curated)
    with pytest.raises(InputError, match="first 4 or more"):
        find_version(find_version("latest", curated=curated).name[:3], curated=curated)
    with pytest.raises(InputError, match=r"\(none\)"):
        find_version("latest", curated=tmp_path)
    write_manifest(tmp_path, Manifest(kind="run", id="0" * 64, identity={}))
    with pytest.raises((UsageError, IntegrityError)):
        open_version(str(tmp_path))


def test_two_names_make_latest_ambiguous(curated: Path, tmp_path: Path) -> None:
    """`latest` with two datasets is refused and lists both."""
    for name in ("one", "two"):
        shutil.copytree(curated / "plain", tmp_path / name, symlinks=True)
    with pytest.raises(UsageError, match="2 fit; name more of the id"):
        find_version("latest", curated=tmp_path)


def test_an_unknown_split_is_named(curated: Path) -> None:
    """A split that is not there is refused with those that are."""
    with pytest.raises(UsageError, match="no split 'dev'; there are"):
        open_version("latest", curated=curated).rows("dev")
