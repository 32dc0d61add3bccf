"""The whole way: raw documents to pairs to a version and back, killed and resumed, through the real command line."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datakit.lineage import sha256_text
from datakit.pipeline.curate import curate
from datakit.pipeline.withdrawn import DERIVED_FROM as READ_AS
from datakit.recipe import Recipe
from datakit.synthesize import Page, endpoint_of, pages_of_raw, pages_of_version, synthesize
from datakit.synthesize.pages import DERIVED_FROM
from datakit.trace import Folders, Places
from datakit.withdraw import withdraw
from tests.synthesize.fake import Answer, honest, page_in, serve
from tests.synthesize.sample import PHULE, RAIGAD, TABLE

KEY = "sk-secret-0123456789"


def _raw(folder: Path, *texts: str) -> Path:
    raw = folder / "raw"
    raw.mkdir()
    for number, text in enumerate(texts or (RAIGAD, PHULE)):
        (raw / f"d{number}.txt").write_text(text, "utf-8")
    return raw


def _rows(files: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for name in files for line in Path(name).read_text("utf-8").splitlines()]


def _command(raw: Path, url: str, *more: str) -> list[str]:
    named = ["--endpoint", url, "--model", "m", "--curated", str(raw.parent / "curated")]
    return [sys.executable, "-m", "datakit", "synthesize", str(raw), *named, *more]


def test_pairs_name_their_origin(tmp_path: Path) -> None:
    """Each pair has its span in the page, its page's place and source, the model, and the digest of the prompt."""
    raw = _raw(tmp_path, RAIGAD, PHULE, TABLE)
    with serve(honest) as fake:
        summary = synthesize(lambda: pages_of_raw(raw, tmp_path), endpoint_of(fake.url, "m"), raw / "synthetic")
    assert summary.sources.keys() >= {"d0.txt", "d1.txt"}
    texts = {page.sha256: page for page in pages_of_raw(raw, tmp_path)}
    rows = _rows(summary.files)
    assert len(rows) == summary.pairs >= 7
    for row in rows:
        page = texts[row["page_sha256"]]
        assert page.text[row["span_start"] : row["span_end"]] == row["context"]
        assert (row["page_file"], row["page_locator"], row["derived_from"]) == (page.file, page.locator, page.source_id)
        assert (row["synthetic"], row["model"], len(row["prompt_sha256"])) == ("llm", "m", 64)


def test_a_long_text_is_read_by_pages(tmp_path: Path) -> None:
    """A text of many paragraphs gives pages of whole paragraphs whose lines stand where the locator says."""
    lines = [line for n in range(400) for line in (f"{n}. {PHULE}", "")]
    raw = _raw(tmp_path, "\n".join(lines))
    found = list(pages_of_raw(raw, tmp_path))
    assert len(found) > 20
    assert "\n".join(page.text for page in found).split() == "\n".join(lines).split()
    for page in found:
        first, last = map(int, page.locator.removeprefix("lines ").split("-"))
        assert page.text == "\n".join(lines[first - 1 : last])
        assert len(page.text) <= 3_000


def test_made_pairs_are_no_pages(tmp_path: Path) -> None:
    """Pairs below raw/ are asked nothing themselves, and a second run sends nothing and writes the same bytes."""
    raw = _raw(tmp_path)
    with serve(honest) as fake:
        server = endpoint_of(fake.url, "m")
        first = synthesize(lambda: pages_of_raw(raw, tmp_path), server, raw / "synthetic")
        before = {name: Path(name).read_bytes() for name in first.files}
        second = synthesize(lambda: pages_of_raw(raw, tmp_path), server, raw / "synthetic")
        assert (second.pages, second.kept, second.requests) == (2, 2, 0)
        assert {name: Path(name).read_bytes() for name in second.files} == before
        other = synthesize(lambda: pages_of_raw(raw, tmp_path), endpoint_of(fake.url, "m2"), raw / "synthetic")
    assert other.asked == 2
    assert {name: Path(name).read_bytes() for name in first.files} == before


def test_curated_and_withdrawn(tmp_path: Path, plain_recipe: Recipe) -> None:
    """`curate` reads the pairs with no extra step; lineage names their source; its withdrawal takes them along."""
    assert DERIVED_FROM == READ_AS
    raw = _raw(tmp_path)
    with serve(honest) as fake:
        made = synthesize(lambda: pages_of_raw(raw, tmp_path / "c"), endpoint_of(fake.url, "m"), raw / "synthetic")
    result = curate(raw, tmp_path / "curated", recipe=plain_recipe)
    assert result.path is not None
    lineage = pl.read_parquet(result.path / "lineage.parquet").filter(pl.col("role") == "kept")
    assert lineage.height == made.pairs
    assert {name for names in lineage["derived_from"] for name in names} == {"d0.txt", "d1.txt"}
    folders = Folders(curated=tmp_path / "curated", runs=tmp_path / "runs", models=tmp_path / "models")
    withdraw("d0.txt", Places(folders), recipe=plain_recipe)
    with serve(honest) as fake:  # a source that was taken back is not asked about again
        left = [page.source_id for page in pages_of_raw(raw, tmp_path / "curated")]
    assert left == ["d1.txt"]
    again = curate(raw, tmp_path / "curated", recipe=plain_recipe)
    assert again.path is not None
    kept = pl.read_parquet(again.path / "lineage.parquet").filter(pl.col("role") == "kept")
    assert {name for names in kept["derived_from"] for name in names} == {"d1.txt"}


def _one_wrong(request: dict[str, Any], _: int) -> Answer:
    """Answer honestly, with a wrong year in the last pair of each page."""
    made = json.loads(honest(request).text)
    made["pairs"][-1]["answer"] = "१९९९ मध्ये विक्रमसिंह देसाई यांनी"
    return Answer(text=json.dumps(made, ensure_ascii=False))


def test_refused_drafts_arrive_as_rejects(tmp_path: Path, plain_recipe: Recipe) -> None:
    """`curate` counts a draft that was not grounded as a reject of that reason, with its words, model and parent."""
    raw = _raw(tmp_path)
    with serve(_one_wrong) as fake:
        made = synthesize(lambda: pages_of_raw(raw, tmp_path / "c"), endpoint_of(fake.url, "m"), raw / "synthetic")
    assert made.rejected == {"not_grounded": 2}
    result = curate(raw, tmp_path / "curated", recipe=plain_recipe)
    assert result.path is not None
    assert result.kept == made.pairs
    assert result.rejected == {"not_grounded": 2, "no_question_answer_pairs": 2}
    rejected = pl.read_parquet(result.path / "rejected.parquet").filter(pl.col("reject_reason") == "not_grounded")
    assert rejected["answer"].unique().to_list() == ["१९९९ मध्ये विक्रमसिंह देसाई यांनी"]
    assert rejected["question"].null_count() == rejected["context"].null_count() == 0
    assert all("expected a draft that its page supports" in detail for detail in rejected["reject_detail"])
    for meta in map(json.loads, rejected["meta"]):
        assert (meta["synthetic"], meta["model"], len(meta["page_sha256"])) == ("llm", "m", 64)
        assert "reject_reason" not in meta
    lineage = pl.read_parquet(result.path / "lineage.parquet").filter(pl.col("file").str.contains("refused"))
    assert lineage["role"].to_list() == ["rejected"] * 2
    assert sorted(name for names in lineage["derived_from"] for name in names) == ["d0.txt", "d1.txt"]
    assert [page.source_id for page in pages_of_raw(raw, tmp_path / "c")] == ["d0.txt", "d1.txt"]  # asked nothing more
    with serve(honest) as fake:
        other = synthesize(lambda: pages_of_raw(raw, tmp_path / "c"), endpoint_of(fake.url, "m"), raw / "synthetic")
    assert other.refused_files == made.refused_files  # the replies kept are judged again, none is asked for
    assert fake.requests == []


def _of_its_page(request: dict[str, Any], _: int) -> Answer:
    """Ask two questions that no other page is asked."""
    text = page_in(request)
    number = text.split("क्रमांक ")[1].split()[0]
    made = [
        {"question": f"पान क्रमांक {number} कसे आहे?", "answer": "वेगळे आहे", "span": text.split("होते. ")[-1]},
        {"question": f"{number} या पानावरील किल्ल्याचे पूर्वीचे नाव काय?", "answer": "रायरी", "span": text},
    ]
    return Answer(text=json.dumps({"pairs": [{"kind": "factual", **pair} for pair in made]}, ensure_ascii=False))


def test_pairs_of_a_page_share_a_split(tmp_path: Path, plain_recipe: Recipe) -> None:
    """Pairs about one page, of two models too, and the rows whose context it is, are in one split."""
    texts = [f"{RAIGAD} हे पान क्रमांक {n + 100} आहे आणि ते वेगळे आहे." for n in range(12)]
    raw = _raw(tmp_path, *texts)
    lines = [{"question": f"पान {n} कशाचे?", "answer": f"उत्तर {n}", "context": text} for n, text in enumerate(texts)]
    (raw / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    with serve(_of_its_page) as fake:
        for model in ("m", "m2"):
            synthesize(lambda: pages_of_raw(raw, tmp_path / "c"), endpoint_of(fake.url, model), raw / "synthetic")
    result = curate(raw, tmp_path / "curated", recipe=plain_recipe)
    assert result.path is not None
    where: dict[str, set[str]] = {}
    for split in ("train", "validation", "test"):
        for context, meta in pl.read_parquet(result.path / f"{split}.parquet")["context", "meta"].iter_rows():
            digest = json.loads(meta)["page_sha256"] if meta else sha256_text(context)
            where.setdefault(digest, set()).add(split)
    assert len(where) == 12
    assert {len(splits) for splits in where.values()} == {1}
    assert len({split for splits in where.values() for split in splits}) > 1


def test_texts_of_a_version(tmp_path: Path, plain_recipe: Recipe) -> None:
    """Plain text and Markdown, in an archive too, go from a version to the model as from the raw folder."""
    raw = _raw(tmp_path, PHULE, "प्रश्न: रायगड कोठे आहे?\nउत्तर: महाडजवळ\n")
    (raw / "a.md").write_text(f"# रायगड\n\n{RAIGAD}\n", "utf-8")
    with zipfile.ZipFile(raw / "b.zip", "w") as archive:
        archive.writestr("b.txt", TABLE)
    result = curate(raw, tmp_path / "curated", recipe=plain_recipe)
    assert result.path is not None
    found = list(pages_of_version(result.path))
    assert {(page.file, page.locator) for page in found} == {
        ("a.md", "lines 1-3"),
        ("b.zip/b.txt", "lines 1-7"),
        ("d0.txt", "line 1"),
    }
    assert {page.text for page in found} == {PHULE, TABLE, f"रायगड\n\n{RAIGAD}"}
    assert [page.text for page in pages_of_raw(raw, tmp_path)] == [page.text for page in sorted(found, key=_file)]


def _file(page: Page) -> str:
    return page.file


def test_pages_of_a_version(tmp_path: Path, plain_recipe: Recipe) -> None:
    """A version gives its documents and the contexts of training rows, never those it is tested on."""
    raw = _raw(tmp_path, PHULE)
    (raw / "d0.txt").rename(tmp_path / "d0.txt")
    (raw / "d0.html").write_text(f"<html><body><article><p>{PHULE}</p></article></body></html>", "utf-8")
    lines = [
        {"question": f"प्रश्न {n} काय आहे?", "answer": f"उत्तर {n}", "context": f"{RAIGAD} हा उतारा क्रमांक {n} आहे."}
        for n in range(40)
    ]
    (raw / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    result = curate(raw, tmp_path / "curated", recipe=plain_recipe)
    assert result.path is not None
    contexts = {split: set(pl.read_parquet(result.path / f"{split}.parquet")["context"]) for split in ("train", "test")}
    assert contexts["test"]
    texts = {page.text for page in pages_of_version(result.path)}
    assert texts == contexts["train"] | {PHULE}


def test_kill_and_resume(tmp_path: Path) -> None:
    """Killed again and again, the run ends with the bytes of an undisturbed one; a page kept is never asked again."""
    texts = [f"{RAIGAD} हे पान क्रमांक {n + 100} आहे आणि ते वेगळे आहे." for n in range(12)]
    raw = _raw(tmp_path, *texts)
    replies = raw / "synthetic" / "m" / ".synthesize" / "replies.jsonl"
    environment = {**os.environ, "AURORA_API_KEY": KEY}
    out = []
    with serve(lambda request, _: Answer(text=honest(request).text, delay_s=0.1)) as fake:
        for kills in range(3):
            with subprocess.Popen(
                _command(raw, fake.url, "--concurrency", "2"),
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            ) as process:
                until = time.monotonic() + 60
                while process.poll() is None and time.monotonic() < until:
                    kept = replies.read_bytes().count(b"\n") if replies.is_file() else 0
                    if kept >= 3 * (kills + 1):
                        break
                    time.sleep(0.01)
                process.send_signal(signal.SIGKILL)
                out.append(process.communicate()[0].decode())
            assert process.returncode == -signal.SIGKILL
        done = subprocess.run(
            _command(raw, fake.url, "--json"), env=environment, capture_output=True, text=True, check=True
        )
    summary = json.loads(done.stdout)
    assert (summary["pages"], summary["left"], summary["failed"]) == (12, 0, 0)
    asked = Counter(fake.pages)
    assert asked.keys() == set(texts)
    assert sum(asked.values()) - 12 <= 3 * 2  # what was under way at a kill, and no more, is asked again
    keys = [json.loads(line)["key"] for line in replies.read_bytes().splitlines()]
    assert len(keys) == len(set(keys)) == 12
    with serve(honest) as fake:
        whole = synthesize(lambda: pages_of_raw(raw, tmp_path / "c"), endpoint_of(fake.url, "m"), tmp_path / "whole")
    ours = {Path(name).name: Path(name).read_bytes() for name in summary["files"]}
    assert ours == {Path(name).name: Path(name).read_bytes() for name in whole.files}
    assert KEY not in done.stdout + done.stderr + "".join(out)


def test_the_command_line(tmp_path: Path) -> None:
    """The command says what came of the run; a dry run sends nothing; a wrong target names both readings."""
    raw = _raw(tmp_path)
    with serve(honest) as fake:
        dry = subprocess.run(_command(raw, fake.url, "--dry-run"), capture_output=True, text=True, check=True)
        assert "2 pages" in dry.stdout
        assert fake.requests == []
        done = subprocess.run(_command(raw, fake.url), capture_output=True, text=True, check=True)
    assert "2 pages: 2 asked, 0 known, 0 failed, 0 left; 2 requests, 200 tokens" in done.stdout
    assert "7 pairs in 2 files" in done.stdout
    wrong = subprocess.run(_command(tmp_path / "nowhere", fake.url), capture_output=True, text=True, check=False)
    assert wrong.returncode == 5
    assert "found no folder of raw files of this name" in wrong.stderr


@pytest.mark.parametrize("options", [["--endpoint", "x"], ["--model", " "]])
def test_usage_errors(options: list[str], tmp_path: Path) -> None:
    """An address or a model that is none ends with exit 2."""
    command = _command(_raw(tmp_path), "http://127.0.0.1:9/v1", *options)
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2
