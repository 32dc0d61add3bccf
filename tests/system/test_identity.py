"""One input, one recipe, one id: whatever the order, the batches, the workers, the place and the day."""

import random
from pathlib import Path

import polars as pl
import pytest

from datakit.lineage import read_manifest
from datakit.pipeline.curate import curate
from datakit.recipe import DEFAULT, Recipe, load
from tests.rows import numbered_rows, write_rows

DUPLICATES = [
    {"question": "शिवाजी महाराजांचा राज्याभिषेक कोठे झाला?", "answer": "रायगडावर १६७४ मध्ये राज्याभिषेक झाला."},
    {"question": "शिवाजी महाराजांचा राज्याभिषेक कोठे झाला ?", "answer": "रायगडावर 1674 मध्ये राज्याभिषेक झाला"},
    {"question": "अफजलखानाची भेट कोठे झाली?", "answer": "प्रतापगडाच्या पायथ्याशी ही भेट झाली."},
    {"question": "अफजलखानाची भेट कोठे झाली?", "answer": "प्रतापगडाच्या  पायथ्याशी ही भेट झाली"},
]


@pytest.fixture(scope="module")
def default() -> Recipe:
    return load(DEFAULT)


def rows() -> list[dict[str, object]]:
    return [
        *numbered_rows(120),
        *DUPLICATES,
        {"question": "", "answer": "उत्तर"},
        {"question": "संपर्क?", "answer": "९८२२०१२३४५ वर फोन करा"},
    ]


def version_id(folder: Path, recipe: Recipe, **options: int) -> str:
    result = curate(folder / "raw", folder / "curated", recipe=recipe, **options)  # type: ignore[arg-type]
    assert result.new
    assert result.rows_in == result.kept + sum(result.rejected.values())
    return result.version_id


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, default: Recipe) -> str:
    folder = tmp_path_factory.mktemp("reference")
    write_rows(folder / "raw" / "a.jsonl", rows())
    return version_id(folder, default)


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_rows_give_the_same_version(tmp_path: Path, default: Recipe, reference: str, seed: int) -> None:
    """The order of rows in a file is not part of the identity, duplicates' choice included."""
    shuffled = rows()
    random.Random(seed).shuffle(shuffled)
    write_rows(tmp_path / "raw" / "a.jsonl", shuffled)
    assert version_id(tmp_path, default) == reference


@pytest.mark.parametrize(
    "options", [{"batch_rows": 1}, {"batch_rows": 7}, {"workers": 4, "batch_rows": 16}, {"workers": 2}]
)
def test_batches_and_workers_give_the_same_version(
    tmp_path: Path, default: Recipe, reference: str, options: dict[str, int]
) -> None:
    """Cuts and processes change nothing, though duplicates lie in different batches."""
    write_rows(tmp_path / "elsewhere" / "raw" / "a.jsonl", rows())
    assert version_id(tmp_path / "elsewhere", default, **options) == reference


def test_the_day_is_recorded_and_not_hashed(
    tmp_path: Path, default: Recipe, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another time zone and host give the same version; the clock stands in provenance.json only."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    monkeypatch.setattr("platform.node", lambda: "another")
    write_rows(tmp_path / "raw" / "a.jsonl", rows())
    assert version_id(tmp_path, default) == reference
    folder = next((tmp_path / "curated" / default.name).glob(reference))
    assert '"host": "another"' in (folder / "provenance.json").read_text()
    assert "another" not in (folder / "manifest.json").read_text()


def test_one_changed_letter_is_another_version(tmp_path: Path, default: Recipe, reference: str) -> None:
    """The id sees the text."""
    changed = rows()
    changed[5] = {**changed[5], "answer": "इ. स. ९९९९"}
    write_rows(tmp_path / "raw" / "a.jsonl", changed)
    assert version_id(tmp_path, default) != reference


def test_the_same_run_again_publishes_nothing(tmp_path: Path, default: Recipe) -> None:
    """A second run finds the version, leaves every file alone and says so."""
    write_rows(tmp_path / "raw" / "a.jsonl", rows())
    first = curate(tmp_path / "raw", tmp_path / "curated", recipe=default)
    assert first.path is not None
    before = {path: path.stat().st_mtime_ns for path in first.path.iterdir()}
    second = curate(tmp_path / "raw", tmp_path / "curated", recipe=default)
    assert (second.new, second.version_id, second.path) == (False, first.version_id, first.path)
    assert {path: path.stat().st_mtime_ns for path in first.path.iterdir()} == before
    assert [path.name for path in (tmp_path / "curated" / ".work").iterdir() if path.name.startswith("build-")] == []


def test_parquet_settings_are_not_part_of_the_identity(tmp_path: Path, default: Recipe) -> None:
    """The row roots come from the rows: rewriting a split with another compression leaves them true."""
    from datakit.lineage import content_root, row_id

    write_rows(tmp_path / "raw" / "a.jsonl", rows())
    result = curate(tmp_path / "raw", tmp_path / "curated", recipe=default)
    assert result.path is not None
    for split, root in read_manifest(result.path).identity["row_roots"].items():
        frame = pl.read_parquet(result.path / f"{split}.parquet")
        frame.write_parquet(tmp_path / "x.parquet", compression="uncompressed", row_group_size=3)
        assert (
            content_root(row_id(turns) for turns in pl.read_parquet(tmp_path / "x.parquet")["messages"].to_list())
            == root
        )
