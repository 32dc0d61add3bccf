"""From a version to a version: `datakit synthesize VERSION` through the real command line, then curated again."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datakit.pipeline.curate import curate
from datakit.recipe import Recipe
from tests.synthesize.fake import Answer, honest, serve
from tests.synthesize.sample import PHULE, RAIGAD, TABLE

MARKDOWN = f"# किल्ले\n\n{RAIGAD}\n"


def _datakit(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "datakit", *words]
    return subprocess.run(
        command, cwd=home, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"}
    )


def _json(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def _curate(home: Path, recipe: Recipe) -> Path:
    result = curate(home / "raw", home / "curated", recipe=recipe)
    assert result.path is not None
    return result.path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project with a text, a Markdown page, a table row without a pair, and a row of questions and answers."""
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "phule.txt").write_text(PHULE, "utf-8")
    (raw / "kille.md").write_text(MARKDOWN, "utf-8")
    (raw / "corpus.jsonl").write_text(json.dumps({"id": 1, "text": TABLE}) + "\n", "utf-8")
    (raw / "pairs.csv").write_text("प्रश्न,उत्तर\nरायगड कोठे आहे?,महाडजवळ\n", "utf-8")
    return tmp_path


def _synthesize(home: Path, url: str, *more: str, version: str = "latest") -> subprocess.CompletedProcess[str]:
    return _datakit(home, "synthesize", version, "--endpoint", url, "--model", "m", *more)


def test_prose_of_a_version_becomes_rows_of_the_next(home: Path, plain_recipe: Recipe) -> None:
    """Text, Markdown and bare text rows go from a version to the model, and their pairs into the next version."""
    first = _curate(home, plain_recipe)
    assert pl.read_parquet(first / "train.parquet").height <= 1
    with serve(honest) as fake:
        summary = _json(_synthesize(home, fake.url, "--json"))
    assert sorted(fake.pages) == sorted([PHULE, f"किल्ले\n\n{RAIGAD}", TABLE])
    assert summary["pages"] == summary["asked"] == 3
    assert set(summary["sources"]) == {"phule.txt", "kille.md", "corpus.jsonl"}
    second = _curate(home, plain_recipe)
    assert second.name != first.name
    kept = pl.concat(pl.read_parquet(second / f"{split}.parquet") for split in ("train", "validation", "test"))
    made = kept.filter(pl.col("meta").str.contains('"synthetic"'))
    assert made.height == summary["pairs"] >= 7
    for context, meta in made["context", "meta"].iter_rows():
        assert any(context in page for page in fake.pages)
        assert json.loads(meta)["page_file"] in ("phule.txt", "kille.md", "corpus.jsonl")
    lineage = pl.read_parquet(second / "lineage.parquet").filter(pl.col("file").str.starts_with("synthetic/"))
    parents = {name for names in lineage["derived_from"] for name in names}
    assert parents == {"phule.txt", "kille.md", "corpus.jsonl"}


def test_the_next_version_asks_nothing_twice(home: Path, plain_recipe: Recipe) -> None:
    """The version with the pairs gives the same pages, and no request is sent for what has a reply."""
    _curate(home, plain_recipe)
    with serve(honest) as fake:
        before = _json(_synthesize(home, fake.url, "--json"))
    _curate(home, plain_recipe)
    with serve(honest) as fake:
        after = _json(_synthesize(home, fake.url, "--json"))
    assert fake.requests == []
    assert (after["pages"], after["kept"], after["asked"]) == (before["pages"], before["pages"], 0)
    assert after["files"] == before["files"]


def _made_up(request: dict[str, Any], number: int) -> Answer:
    """Give an answer of another year, a span of another page, and a question about another king."""
    drafts = json.loads(honest(request, number).text)["pairs"]
    if len(drafts) >= 3:
        drafts[0]["answer"] = "१९९९ मध्ये विक्रमसिंह देसाई यांनी"
        drafts[1]["span"] = "हे वाक्य या पानावर कोठेही लिहिलेले नाही."
        drafts[2]["question"] = "१७६१ मध्ये सदाशिवराव भाऊ यांनी काय केले?"
    return Answer(text=json.dumps({"pairs": drafts}, ensure_ascii=False))


def test_what_the_model_made_up_is_in_the_rejects(home: Path, plain_recipe: Recipe) -> None:
    """Each refused draft is a row of rejected.parquet with its own reason, and none is in a split."""
    _curate(home, plain_recipe)
    with serve(_made_up) as fake:
        summary = _json(_synthesize(home, fake.url, "--json"))
    refused = summary["rejected"]
    assert refused["not_grounded"] >= 1
    assert refused["span_not_in_page"] >= 1
    assert refused["question_not_grounded"] >= 1
    version = _curate(home, plain_recipe)
    rejected = pl.read_parquet(version / "rejected.parquet")
    drafts = rejected.filter(pl.col("meta").str.contains('"synthetic"'))
    assert dict(drafts["reject_reason"].value_counts().iter_rows()) == refused
    assert drafts["reject_stage"].unique().to_list() == ["read"]
    assert drafts["reject_detail"].str.contains("found .*; expected ").all()
    wrong = drafts.filter(pl.col("reject_reason") == "not_grounded")
    assert wrong["answer"].unique().to_list() == ["१९९९ मध्ये विक्रमसिंह देसाई यांनी"]
    for split in ("train", "validation", "test"):
        answers = pl.read_parquet(version / f"{split}.parquet")["answer"].to_list()
        assert "१९९९ मध्ये विक्रमसिंह देसाई यांनी" not in answers


def test_a_version_is_found_by_any_of_its_names(home: Path, plain_recipe: Recipe) -> None:
    """A path, a prefix of the id and `latest` name one version: the same pages are counted, nothing is sent."""
    path = _curate(home, plain_recipe)
    with serve(honest) as fake:
        counted = [
            _json(_synthesize(home, fake.url, "--dry-run", "--json", version=name))
            for name in ("latest", path.name[:8], str(path))
        ]
    assert fake.requests == []
    assert counted[0]["pages"] == 3
    assert counted[0]["chars"] == len(PHULE) + len(f"किल्ले\n\n{RAIGAD}") + len(TABLE)
    assert counted[1:] == counted[:1] * 2


def test_a_version_without_documents(home: Path, plain_recipe: Recipe) -> None:
    """Where a version holds pairs only there is nothing to ask: exit 5 says what was looked for, nothing is sent."""
    for name in ("phule.txt", "kille.md", "corpus.jsonl"):
        (home / "raw" / name).unlink()
    _curate(home, plain_recipe)
    with serve(honest) as fake:
        done = _synthesize(home, fake.url)
    assert done.returncode == 5
    assert fake.requests == []
    assert "found no page: no document without questions and no context of a row; expected some;" in done.stderr


def test_no_such_version(home: Path) -> None:
    """A name that is neither a folder nor a version ends with exit 5 and says both."""
    done = _synthesize(home, "http://127.0.0.1:9/v1", version="ffffffff")
    assert done.returncode == 5
    assert "found no folder of raw files of this name, and as a version:" in done.stderr
