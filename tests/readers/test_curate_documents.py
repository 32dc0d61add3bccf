"""PDFs, documents, books, pages and scans below raw/ are curated with no extra step; what read them is on record."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import polars as pl
import pytest

from datakit.errors import MissingDependencyError, RecipeError
from datakit.pipeline.curate import curate
from datakit.readers import discover, read
from datakit.readers.ocr import tesseract_version
from datakit.recipe import Recipe, parse, with_ocr
from tests.readers.fake_tesseract import install, table
from tests.readers.pdf_writer import Sheet, pdf, text
from tests.readers.test_epub import book, chapter

PICTURE = Sheet(picture=(60, 80, b"\xff" * 1600 + b"\x00" * 1600 + b"\xff" * 1600))


@pytest.fixture(autouse=True)
def fresh_version() -> Iterator[None]:
    """What is on PATH differs from test to test."""
    tesseract_version.cache_clear()
    yield
    tesseract_version.cache_clear()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A raw folder with one file of each kind, and a Tesseract that reads one page."""
    install(tmp_path / "bin", table(["प्रश्न: पाचवा छत्रपती कोण?", "उत्तर: दुसरे शिवाजी"]))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.pdf").write_bytes(pdf(text("प्रश्न: पहिला छत्रपती कोण?", "उत्तर: शिवाजी महाराज"), PICTURE))
    document = docx.Document()
    document.add_paragraph("प्र. दुसरा छत्रपती कोण?")
    document.add_paragraph("उ. संभाजी महाराज")
    document.save(str(raw / "b.docx"))
    (raw / "c.epub").write_bytes(book(first=chapter("<h2>तिसरा छत्रपती कोण?</h2><p>राजाराम महाराज</p>")))
    (raw / "d.html").write_text("<dl><dt>चौथा छत्रपती कोण?<dd>शाहू महाराज</dl>", encoding="utf-8")
    return raw


def version_of(raw: Path, recipe: Recipe, out: str = "curated") -> tuple[str, pl.DataFrame, pl.DataFrame]:
    """Return the id of the version, its rows and its rejects."""
    result = curate(raw, raw.parent / out, recipe=recipe)
    assert result.path is not None
    rows = pl.concat([pl.read_parquet(result.path / f"{split}.parquet") for split in ("train", "validation", "test")])
    return result.version_id, rows, pl.read_parquet(result.path / "rejected.parquet")


def test_one_run_over_everything(library: Path, plain_recipe: Recipe) -> None:
    """Each kind of file gives its row, the page of prose its document, and the manifest names what read them."""
    identity, rows, rejected = version_of(library, plain_recipe)
    assert sorted(rows["answer"].to_list()) == [
        "दुसरे शिवाजी", "राजाराम महाराज", "शाहू महाराज", "शिवाजी महाराज", "संभाजी महाराज"
    ]  # fmt: skip
    assert rejected["context"].to_list() == ["यादवांची राजधानी देवगिरी होती."]
    manifest = json.loads((library.parent / "curated" / "plain" / identity / "manifest.json").read_text())
    assert manifest["tools"]["tesseract"] == "9.9.9"
    assert {"pypdfium2", "hinlegacy", "trafilatura", "python-docx"} <= manifest["tools"].keys()


def test_the_same_files_give_the_same_version(library: Path, plain_recipe: Recipe) -> None:
    """A second run, and one elsewhere, come to the same id; OCR is asked once for each picture of a folder."""
    first = version_of(library, plain_recipe)[0]
    calls = library.parent / "bin" / "calls"
    once = calls.read_text().count("call")
    assert version_of(library, plain_recipe)[0] == first
    assert calls.read_text().count("call") == once
    assert version_of(library, plain_recipe, "elsewhere")[0] == first


def test_another_tesseract_reads_anew(library: Path, plain_recipe: Recipe) -> None:
    """A page that was read by another version of Tesseract is read again, not taken from finished parts."""
    version_of(library, plain_recipe)
    install(library.parent / "bin", table(["प्रश्न: पाचवा छत्रपती कोण?", "उत्तर: रामराजे"]), version="10.0")
    tesseract_version.cache_clear()
    assert "रामराजे" in version_of(library, plain_recipe)[1]["answer"].to_list()


def test_the_mode_is_part_of_the_recipe(library: Path, plain_recipe: Recipe) -> None:
    """--ocr never leaves pictures unread, is told by the version's recipe, and auto changes no older id."""
    assert "ocr" not in plain_recipe.resolved()
    never = with_ocr(plain_recipe, "never")
    assert never.resolved()["ocr"] == "never"
    _, rows, rejected = version_of(library, never)
    assert "दुसरे शिवाजी" not in rows["answer"].to_list()
    assert "needs_ocr" in rejected["reject_reason"].to_list()
    body = '[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\n'
    assert parse(f'name = "a"\nocr = "always"\n{body}').ocr == "always"
    with pytest.raises(RecipeError, match="`ocr`: found 'often', expected one of auto, always, never"):
        parse(f'name = "a"\nocr = "often"\n{body}')


def command(*arguments: Any, path: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": path}
    program = [sys.executable, "-m", "datakit", *map(str, arguments)]
    return subprocess.run(program, capture_output=True, text=True, env=environment, check=False)


def test_the_command_line(library: Path) -> None:
    """`curate --ocr always` without Tesseract ends with exit 6 and the install line; `inspect` takes the option too."""
    empty = library.parent / "nothing"
    done = command("curate", library, library.parent / "out", "--ocr", "always", path=str(empty))
    assert done.returncode == 6
    assert "apt install tesseract-ocr tesseract-ocr-mar" in done.stderr
    assert "Traceback" not in done.stderr
    done = command("inspect", library, "--ocr", "never", "--json", path=str(empty))
    assert done.returncode == 0
    files = {found["file"]: found for found in json.loads(done.stdout)["files"]}
    assert files["a.pdf"]["rejects"] == {"needs_ocr": 1}
    assert files["a.pdf"]["shapes"] == {"page (text layer)": 1, "page (needs_ocr)": 1}
    assert command("inspect", library, "--ocr", "often", path=str(empty)).returncode == 2


def test_files_without_their_package_are_named_before_anything_is_read(
    tmp_path: Path, plain_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PDF and a document whose packages are missing end the run at once, with their names and the install line."""
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.jsonl").write_text('{"question": "क?", "answer": "ख"}\n', "utf-8")
    (raw / "b.pdf").write_bytes(pdf(text("क")))
    docx.Document().save(str(raw / "c.docx"))
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(MissingDependencyError) as caught:
        curate(raw, tmp_path / "curated", recipe=plain_recipe)
    assert "b.pdf (pypdfium2), c.docx (python-docx): found 2 files" in str(caught.value)
    assert 'pip install "ancient-aurora[sources]"' in str(caught.value)
    assert caught.value.exit_code == 6
    assert not (tmp_path / "curated").exists()


def test_a_packed_file_without_its_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is named where it lies in an archive, whose members are only known while it is read."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("buk/b.pdf", pdf(text("क")))
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    (source,) = discover(tmp_path)
    with pytest.raises(MissingDependencyError, match=r"^a\.zip/buk/b\.pdf: pypdfium2: not installed"):
        list(read(source))


def test_what_was_read_without_a_package_is_read_again(
    tmp_path: Path, plain_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of prose costs its text only while trafilatura is missing, and the run goes on."""
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.jsonl").write_text('{"question": "क?", "answer": "ख"}\n', "utf-8")
    (raw / "b.html").write_text("<p>शिवाजी महाराजांचा जन्म शिवनेरीवर झाला.</p>", "utf-8")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "trafilatura", None)
        assert curate(raw, tmp_path / "curated", recipe=plain_recipe).rejected == {"needs_extra": 1}
    result = curate(raw, tmp_path / "curated", recipe=plain_recipe)
    assert result.rejected == {"no_question_answer_pairs": 1}
    assert result.kept == 1
