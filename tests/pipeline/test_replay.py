"""A version decided again from its own files is itself: every kind of row survives the way there and back."""

import json
from pathlib import Path

import polars as pl
import pytest

from datakit.errors import IntegrityError
from datakit.lineage import read_manifest
from datakit.pipeline.curate import curate
from datakit.pipeline.replay import records, replay
from datakit.recipe import DEFAULT, load, parse
from datakit.recipe.restore import restore
from datakit.record import SCHEMA
from datakit.store import find, lock
from datakit.trace import Folders, Places
from datakit.withdraw import withdraw
from tests.rows import numbered_rows, write_rows

CHAT = [
    {"role": "system", "content": "थोडक्यात सांगा."},
    {"role": "user", "content": "रायगड कोठे आहे?"},
    {"role": "assistant", "content": "रायगड महाराष्ट्रात महाड तालुक्यात आहे."},
    {"role": "user", "content": "तेथे कोणाचा राज्याभिषेक झाला?"},
    {"role": "assistant", "content": "तेथे शिवाजी महाराजांचा राज्याभिषेक झाला."},
]
OMIT = """
name = "omit"
[[stage]]
use = "chat"
context = "omit"
[[stage]]
use = "near_dedup"
[[stage]]
use = "split"
"""
PASSAGE = "शिवाजी महाराजांनी १६५६ मध्ये रायगड जिंकला आणि पुढे तेथे राजधानी केली."


def varied(raw: Path) -> None:
    """Write turns, passages, duplicates, conflicts, groups, and rows that stages of both kinds reject."""
    pair = {"question": "अफजलखानाची भेट कोठे झाली?", "answer": "प्रतापगडाच्या पायथ्याशी ही भेट झाली."}
    write_rows(raw / "a.jsonl", [*numbered_rows(30), pair, {**pair, "answer": "प्रतापगडाच्या  पायथ्याशी ही भेट झाली"}])
    write_rows(raw / "chat.jsonl", [{"messages": CHAT}, {"messages": CHAT[1:]}])
    write_rows(
        raw / "context.jsonl",
        [
            {"question": "रायगड केव्हा जिंकला?", "answer": "१६५६ मध्ये रायगड जिंकला.", "context": PASSAGE},
            {"question": "राजधानी कोठे केली?", "answer": "रायगड येथे राजधानी केली.", "context": PASSAGE},
            {"question": "", "answer": "उत्तर"},
        ],
    )
    write_rows(raw / "b.jsonl", [pair, {"question": "संपर्क?", "answer": "९८२२०१२३४५ वर फोन करा"}])


@pytest.mark.parametrize("recipe", [DEFAULT, "omit"])
def test_a_version_decided_again_has_the_same_id(tmp_path: Path, recipe: str) -> None:
    """Turns, passages, groups, priorities and verdicts are all rebuilt: nothing but the same version comes out."""
    varied(tmp_path / "raw")
    chosen = load(DEFAULT) if recipe == DEFAULT else parse(OMIT)
    first = curate(tmp_path / "raw", tmp_path / "curated", recipe=chosen)
    version = find(tmp_path / "curated", chosen.name)
    stored = restore(read_manifest(version.path).identity["recipe"], name=chosen.name)
    with lock(tmp_path / "curated", version.name):
        again = replay(version, tmp_path / "curated", recipe=stored, tombstones=())
    assert (again.version_id, again.new) == (first.version_id, False)
    assert (again.rows_in, again.kept, dict(again.rejected)) == (first.rows_in, first.kept, dict(first.rejected))


def test_records_come_back_in_the_order_of_the_input(tmp_path: Path) -> None:
    """Every line that was read is there once, in its order, with its history as it was."""
    varied(tmp_path / "raw")
    recipe = load(DEFAULT)
    result = curate(tmp_path / "raw", tmp_path / "curated", recipe=recipe)
    assert result.path is not None
    back = pl.concat(records(result.path, recipe))
    assert back.columns == list(SCHEMA)
    lineage = pl.read_parquet(result.path / "lineage.parquet")
    assert back.select("file", "locator", "raw_sha256").equals(lineage.select("file", "locator", "raw_sha256"))
    told = back.filter(pl.col("history").is_not_null() & pl.col("system").is_not_null())["history"]
    assert json.loads(told[0]) == CHAT[1:3]


def test_rows_that_left_their_order_are_not_decided_about(version: Path) -> None:
    """A split whose rows were shuffled cannot be told apart by line, and is refused by name."""
    path = version / "train.parquet"
    path.chmod(0o644)
    pl.read_parquet(path).reverse().write_parquet(path)
    recipe = restore(read_manifest(version).identity["recipe"], name="plain")
    with pytest.raises(IntegrityError, match=r"train\.parquet: its rows do not stand in the order of lineage\.parquet"):
        list(records(version, recipe))


@pytest.mark.slow
def test_a_source_of_the_sample_leaves_what_curation_without_it_leaves(tmp_path: Path, project: Path) -> None:
    """With every stage of the default recipe, the child made without raw/ is the version that raw/ gives."""
    curate(project / "raw", tmp_path / "curated", recipe=load(DEFAULT), workers=1)
    withdraw("peshwai", Places(Folders(curated=tmp_path / "curated")))
    child = find(tmp_path / "curated", DEFAULT)
    again = curate(project / "raw", tmp_path / "curated", recipe=load(DEFAULT), workers=1)
    assert (again.version_id, again.new) == (child.id, False)
    assert again.rejected["withdrawn_source"] > 50


def test_a_version_without_priorities_keeps_the_rows_that_stood(tmp_path: Path) -> None:
    """An older lineage does not say who wins a duplicate: the rows that were kept win again."""
    varied(tmp_path / "raw")
    result = curate(tmp_path / "raw", tmp_path / "curated", recipe=load(DEFAULT))
    assert result.path is not None
    path = result.path / "lineage.parquet"
    lineage = pl.read_parquet(path)
    path.chmod(0o644)
    lineage.drop("priority", "group", "derived_from").write_parquet(path)
    back = pl.concat(records(result.path, load(DEFAULT)))
    assert back["priority"].to_list() == [1 if role == "kept" else 0 for role in lineage["role"]]
    assert back["group"].null_count() == back.height
