"""Naming a version, and publishing one."""

import subprocess
import sys
from pathlib import Path

import pytest

from datakit.errors import InputError, IntegrityError, UsageError
from datakit.pipeline.curate import curate
from datakit.recipe import Recipe
from datakit.store import clear, find, latest, lock, sweep, versions
from tests.rows import numbered_rows, write_rows


def test_a_version_is_found_by_every_name_it_has(version: Path) -> None:
    """Path, name, name/latest, latest, and any beginning of the id from four characters on."""
    curated = version.parent.parent
    for name in (
        str(version),
        "plain",
        "plain/latest",
        "latest",
        version.name,
        version.name[:4],
        f"plain/{version.name[:12]}",
    ):
        assert find(curated, name).path.resolve() == version.resolve()


def test_what_fits_nothing_or_several_is_told_with_a_list(version: Path, plain_recipe: Recipe, tmp_path: Path) -> None:
    """The message lists what there is."""
    curated = version.parent.parent
    with pytest.raises(InputError, match=f"'ffff0000': not found.*\n  plain/{version.name}"):
        find(curated, "ffff0000")
    with pytest.raises(InputError, match="not found"):
        find(curated, version.name[:3])
    curate(tmp_path / "raw", curated, recipe=plain_recipe, name="other")
    with pytest.raises(UsageError, match=r"'latest' .* 2 fit"):
        find(curated, "latest")
    assert [found.name for found in versions(curated)] == ["other", "plain"]


def test_latest_follows_the_last_publication(version: Path, plain_recipe: Recipe, tmp_path: Path) -> None:
    """A new version moves the link, and going back to the old input moves it back without a new folder."""
    curated = version.parent.parent
    write_rows(tmp_path / "raw" / "b.jsonl", numbered_rows(5, start=500))
    second = curate(tmp_path / "raw", curated, recipe=plain_recipe)
    newest = latest(curated, "plain")
    assert newest is not None
    assert second.new
    assert newest.id == second.version_id != version.name
    (tmp_path / "raw" / "b.jsonl").unlink()
    third = curate(tmp_path / "raw", curated, recipe=plain_recipe)
    assert (third.new, third.version_id) == (False, version.name)
    assert len(list(versions(curated))) == 2


def test_a_damaged_version_is_not_taken_for_the_same_one(version: Path, plain_recipe: Recipe, tmp_path: Path) -> None:
    """Curating the same input again over a damaged folder raises and names the file."""
    (version / "train.parquet").chmod(0o644)
    (version / "train.parquet").write_bytes(b"x")
    with pytest.raises(IntegrityError, match=r"train\.parquet: 1 bytes, expected"):
        curate(tmp_path / "raw", version.parent.parent, recipe=plain_recipe)


def test_two_runs_of_one_name_do_not_meet(tmp_path: Path) -> None:
    """A second process is refused while the first holds the lock, and let in after."""
    code = f"from datakit.store import lock\nfrom pathlib import Path\nwith lock(Path({str(tmp_path)!r}), 'x'): pass"
    with lock(tmp_path, "x"):
        refused = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "another run is curating 'x' here" in refused.stderr
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_sweep_takes_half_built_folders_of_this_name_only(tmp_path: Path) -> None:
    """What a killed run left goes; another name's folder stays, read-only files are no obstacle."""
    for name in ("build-x-1", "build-x-1-spill", "build-y-1"):
        folder = tmp_path / ".work" / name
        folder.mkdir(parents=True)
        (folder / "f").write_text("x")
        (folder / "f").chmod(0o444)
    assert sweep(tmp_path, "x") == 2
    assert [path.name for path in (tmp_path / ".work").iterdir()] == ["build-y-1"]
    clear(tmp_path / "nothing")
