"""A version with the odd things that sources have: turns, passages, several licences, none."""

import json
from pathlib import Path

import polars as pl
import pytest

from datakit.pipeline.curate import curate
from datakit.recipe import parse
from tests.rows import write_rows

SOURCES = """
[[source]]
id = "shala"
title = "शाळा"
files = ["a.jsonl"]
licence = "CC-BY-4.0"

[[source]]
id = "grantha"
title = "ग्रंथ"
files = ["b.jsonl"]
licence = "LicenseRef-Private"
"""
RECIPE = """
name = "itihas"
[[stage]]
use = "chat"
system = "शिक्षक व्हा | <b>."
[[stage]]
use = "split"
train = 60
validation = 20
test = 20
"""


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that version: 60 rows, among them passages and a conversation of three questions."""
    folder = tmp_path_factory.mktemp("odd")
    raw = folder / "raw"
    plain = [{"question": f"किल्ला क्रमांक {n} कोणी बांधला?", "answer": f"राजा क्रमांक {n}\nदुसरी ओळ"} for n in range(40)]
    passages = [
        {"question": f"उतारा {n}: कोणी लिहिले?", "answer": f"लेखक {n}", "context": f"हे पत्र लेखक {n} यांनी लिहिले."}
        for n in range(18)
    ]
    write_rows(raw / "a.jsonl", plain)
    write_rows(raw / "b.jsonl", passages)
    turns = []
    for n in range(3):
        turns += [
            {"from": "human", "value": f"प्रश्न {n}: शिवनेरी कोठे आहे?"},
            {"from": "gpt", "value": f"उत्तर {n}: जुन्नरजवळ"},
        ]
    (raw / "c.json").write_text(json.dumps([{"conversations": turns}], ensure_ascii=False), encoding="utf-8")
    (raw / "sources.toml").write_text(SOURCES, encoding="utf-8")
    result = curate(raw, folder / "curated", recipe=parse(RECIPE), workers=1)
    assert result.path is not None
    return result.path


@pytest.fixture(scope="session")
def rows(odd: Path) -> dict[str, pl.DataFrame]:
    """Its rows by split."""
    return {split: pl.read_parquet(odd / f"{split}.parquet") for split in ("train", "validation", "test")}
