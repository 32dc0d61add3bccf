"""PDF: each page is right text, text that OCR read with its confidence, or a named damage."""

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from datakit.errors import MissingDependencyError
from datakit.readers import discover, read
from datakit.readers.ocr import Ocr, tesseract_version
from tests.readers.fake_tesseract import install, table
from tests.readers.pdf_writer import Sheet, latin, pdf, text
from tests.readers.test_hostile import growth

Rows = list[dict[str, Any]]
Read = Callable[..., Rows]

RIGHT = text("प्रश्न: रायगड कोठे आहे?", "उत्तर: महाडजवळ, रायगड जिल्ह्यात आहे.")
WRONG = text("विषय: इतिहास", "हा विषय महत्त्वाचा आहे.", says={"वि": "वव"})
KRUTI = latin(
    "egkjk\"V jkT;kr f'kokth egkjktkapk tUe f'kousjhoj >kyk", "R;kauh jk;xM gh jkt/kkuh dsyh", font="KrutiDev010"
)
SHREE = latin("dmgm{Q>m ZmJ{ Zmhr Pmbm Pmbr hm{Vm _ohZ{ CbQb{", "Zmhr Pmbm Pmbr hm{Vm Amh{V", font="Shree-Dev-0714")
BLACK = Sheet(picture=(60, 80, b"\xff" * 1600 + b"\x00" * 1600 + b"\xff" * 1600))


@pytest.fixture(autouse=True)
def fresh_version() -> Iterator[None]:
    """What is on PATH differs from test to test."""
    tesseract_version.cache_clear()
    yield
    tesseract_version.cache_clear()


@pytest.fixture
def pages(raw: Path) -> Read:
    """Write a PDF as the only input and return its rows."""

    def run(data: bytes, mode: str = "never", cache: Path | None = None, name: str = "a.pdf") -> Rows:
        (raw / name).write_bytes(data)
        (source,) = [found for found in discover(raw) if found.name == name]
        ocr = Ocr(mode=mode, cache=cache)  # type: ignore[arg-type]
        return [row for batch in read(source, ocr=ocr) for row in batch.to_dicts()]

    return run


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a program named tesseract on PATH."""

    def run(answer: str, **more: Any) -> Path:
        calls = install(tmp_path / "bin", answer, **more)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
        tesseract_version.cache_clear()
        return calls

    return run


def test_right_text_is_read_as_it_is(pages: Read) -> None:
    """A page whose text layer is right gives its pairs, with the page and the lines, and no word about OCR."""
    (row,) = pages(pdf(RIGHT))
    assert (row["question"], row["answer"]) == ("रायगड कोठे आहे?", "महाडजवळ, रायगड जिल्ह्यात आहे.")
    assert (row["locator"], row["meta"], row["reject_reason"]) == ("page 1 lines 1-2", None, None)


def test_wrong_letters_never_pass(pages: Read) -> None:
    """ववषय for विषय is named and not read, whatever else the page holds."""
    row, good = pages(pdf(WRONG, RIGHT))
    assert (row["reject_reason"], row["locator"], row["context"]) == ("needs_ocr", "page 1", None)
    assert "wrong letters (ववषय for विषय)" in row["reject_detail"]
    assert good["reject_reason"] is None


def test_kruti_dev_becomes_unicode(pages: Read) -> None:
    """A legacy font whose code is known is turned into Unicode, and the row says by what."""
    (row,) = pages(pdf(KRUTI))
    assert row["reject_reason"] == "no_question_answer_pairs"
    assert "राज्यात शिवाजी महाराजांचा जन्म शिवनेरीवर झाला" in row["context"]
    assert orjson.loads(row["meta"]) == {"read_by": "hinlegacy krutidev_010", "text_from": "legacy font"}


def test_another_legacy_font_is_named(pages: Read) -> None:
    """A legacy font that nothing turns into Unicode is named in the reject."""
    (row,) = pages(pdf(SHREE))
    assert row["reject_reason"] == "needs_ocr"
    assert "legacy font" in row["reject_detail"]
    assert "in the font Shree-Dev-0714" in row["reject_detail"]


def test_without_tesseract_auto_names_the_install_line(
    pages: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """--ocr auto goes on without Tesseract: pages it would read are rejected with the line that installs it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    first, second = pages(pdf(WRONG, RIGHT), "auto")
    assert first["reject_reason"] == "needs_ocr"
    assert "install Tesseract: apt install tesseract-ocr tesseract-ocr-mar" in first["reject_detail"]
    assert second["reject_reason"] is None


@pytest.mark.parametrize("languages", [None, ("eng",)])
def test_without_tesseract_always_is_an_error(
    pages: Read, fake: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, languages: Any
) -> None:
    """--ocr always ends with exit 6 where Tesseract, or its Marathi, is not installed."""
    if languages:
        fake(table(["क"]), languages=languages)
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="tesseract-ocr-mar") as caught:
        pages(pdf(RIGHT), "always")
    assert caught.value.exit_code == 6


def test_ocr_reads_what_the_layer_lacks(pages: Read, fake: Callable[..., Path]) -> None:
    """A page of a picture, and one of wrong letters, are read by OCR; each row carries confidence and engine."""
    calls = fake(table(["प्रश्न: रायगड कोठे आहे?", "उत्तर: महाडजवळ आहे."], confidence=91))
    found = pages(pdf(BLACK, replace(WRONG, picture=BLACK.picture), RIGHT), "auto")
    assert [row["locator"] for row in found] == ["page 1 lines 1-2", "page 2 lines 1-2", "page 3 lines 1-2"]
    assert calls.read_text().count("call") == 2
    assert orjson.loads(found[0]["meta"]) == {
        "ocr_confidence": "0.910", "read_by": "Tesseract 9.9.9 mar+eng", "text_from": "ocr"
    }  # fmt: skip
    assert found[2]["meta"] is None


def test_always_reads_every_page(pages: Read, fake: Callable[..., Path]) -> None:
    """--ocr always reads pages from their picture even where their layer is right."""
    calls = fake(table(["प्रश्न: दुसरे कोण?", "उत्तर: संभाजी महाराज"]))
    (row,) = pages(pdf(replace(RIGHT, picture=BLACK.picture)), "always")
    assert row["question"] == "दुसरे कोण?"
    assert calls.exists()


def test_a_doubtful_number_rejects_the_pair(pages: Read, fake: Callable[..., Path]) -> None:
    """A pair with a number that OCR is not sure of is no training row: a wrong year is the worst fault."""
    fake(table(["प्रश्न: राज्याभिषेक कधी?", "उत्तर: १६७४ मध्ये"], doubtful={"१६७४": 60}))
    (row,) = pages(pdf(BLACK), "auto")
    assert row["reject_reason"] == "ocr_unsure"
    assert "the number १६७४ (0.60)" in row["reject_detail"]


def test_doubtful_words_reject_the_pair_they_are_in(pages: Read, fake: Callable[..., Path]) -> None:
    """Many doubtful words in one pair reject that pair and no other."""
    lines = ["प्रश्न: पहिले कोण?", "उत्तर: शिवाजी महाराज", "प्रश्न: दुसरे कोण?", "उत्तर: संभाजी महाराज"]
    fake(table(lines, doubtful={"संभाजी": 30}))
    first, second = pages(pdf(BLACK), "auto")
    assert (first["reject_reason"], second["reject_reason"]) == (None, "ocr_unsure")
    assert "% of its letters" in second["reject_detail"]


def test_a_page_that_ocr_cannot_read(pages: Read, fake: Callable[..., Path]) -> None:
    """A page of low confidence, without a word, or on which the program fails is rejected as unsure."""
    fake(table(["गगग घघघ"], confidence=40))
    assert "confidence 0.40" in pages(pdf(BLACK), "auto")[0]["reject_detail"]
    fake(table([]))
    assert "no word" in pages(pdf(BLACK), "auto")[0]["reject_detail"]
    fake("", code=3)
    (row,) = pages(pdf(BLACK), "auto")
    assert row["reject_reason"] == "ocr_unsure"
    assert "Tesseract ended with 3 (bad picture)" in row["reject_detail"]


def test_nothing_is_read_twice(pages: Read, fake: Callable[..., Path], tmp_path: Path) -> None:
    """What OCR read is kept by the picture and the program's version: only a new program is asked again."""
    answer = table(["प्रश्न: कोण?", "उत्तर: शिवाजी महाराज"])
    calls = fake(answer)
    first = pages(pdf(BLACK, BLACK), "auto", tmp_path / "cache")
    once = calls.read_text().count("call")
    assert pages(pdf(BLACK, BLACK), "auto", tmp_path / "cache") == first
    assert calls.read_text().count("call") == once
    fake(answer, version="10.0")
    pages(pdf(BLACK), "auto", tmp_path / "cache")
    assert calls.read_text().count("call") == once + 1


def test_blank_pages_and_locked_files(pages: Read) -> None:
    """A page without a letter is told as one; a file that asks for a password is refused by that name."""
    (row,) = pages(pdf(Sheet()))
    assert (row["reject_reason"], row["locator"]) == ("blank_page", "page 1")
    (row,) = pages(pdf(RIGHT, lock=True))
    assert (row["reject_reason"], row["locator"]) == ("encrypted_file", "file")


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"%PDF-1.7\n" + b"x" * 5000, pdf(RIGHT)[:300]])
def test_damaged_files(pages: Read, data: bytes) -> None:
    """A file that is no whole PDF is one reject."""
    (row,) = pages(data)
    assert row["reject_reason"] == "unreadable_file"
    assert "found no readable PDF" in row["reject_detail"]


def test_questions_across_pages(pages: Read) -> None:
    """An answer runs on to the next page, and the place names both."""
    found = pages(
        pdf(text("प्रश्न: मराठ्यांची राजधानी कोणती होती ते सांगा?", "उत्तर: आधी राजगड होती."), text("नंतर रायगड होती."))
    )
    assert [row["answer"] for row in found] == ["आधी राजगड होती.\nनंतर रायगड होती."]
    assert found[0]["locator"] == "page 1 line 1 to page 2 line 1"


def test_a_page_of_prose_is_a_document(pages: Read) -> None:
    """A page that asks nothing is told with its whole text as context, pages with pairs are not told twice."""
    prose = "छत्रपती शिवाजी महाराजांचा जन्म शिवनेरी किल्ल्यावर झाला."
    found = pages(pdf(text(prose), RIGHT, text("शेवटचे पान येथे आहे.")))
    assert [(row["locator"], row["reject_reason"], row["context"]) for row in found] == [
        ("page 1", "no_question_answer_pairs", prose),
        ("page 2 line 1 to page 3 line 1", None, None),
    ]


@pytest.mark.slow
def test_ten_thousand_pages(pages: Read, raw: Path) -> None:
    """A long file is read to its last page, in memory that does not follow their number."""
    found = pages(pdf(*[RIGHT] * 10_000))
    assert len(found) == 10_000
    assert found[-1]["locator"] == "page 10000 lines 1-2"
    rows, grown = growth(raw / "a.pdf")
    assert rows == 10_000
    assert grown < 100, f"{grown} MiB; without closing the file now and then it is 156"


def test_more_pages_than_a_book(pages: Read) -> None:
    """A file that claims more pages than any book is refused by that name."""
    from datakit.readers import pdf as reader

    assert reader.MAX_PAGES == 20_000
    (row,) = pages(pdf(Sheet(), count=20_001))
    assert row["reject_reason"] == "too_many_pages"
    assert "found 20,001 pages" in row["reject_detail"]


def test_real_pdfs(shared_data: Path) -> None:
    """Of the real PDFs no page of wrong letters passes as text, and every page is told."""
    import pypdfium2

    for path in sorted((shared_data / "pdf").glob("*.pdf")):
        (source,) = discover(path)
        rows = [row for batch in read(source, ocr=Ocr(mode="never")) for row in batch.to_dicts()]
        pages = {int(row["locator"].split()[1]) for row in rows}
        file = pypdfium2.PdfDocument(path)
        assert pages == set(range(1, len(file) + 1))
        file.close()
        for row in rows:
            shown = f"{row['question']} {row['answer']} {row['context']}"
            assert "ववषय" not in shown
            assert row["reject_reason"] in ("needs_ocr", "no_question_answer_pairs", "blank_page")


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="no tesseract on this machine")
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium on this machine")
def test_the_real_tesseract_reads_marathi(pages: Read, tmp_path: Path) -> None:
    """A page of print comes back from the real program nearly as it was, with its confidence."""
    if tesseract_version() is None:
        pytest.skip("this tesseract has no Marathi")
    (path,) = browser_pdfs(tmp_path, "प्रश्न: शिवाजी महाराजांचा राज्याभिषेक कोठे झाला?<br>उत्तर: रायगड येथे झाला.")
    (row,) = pages(path.read_bytes(), "always")
    assert row["question"] == "शिवाजी महाराजांचा राज्याभिषेक कोठे झाला?"
    assert row["answer"] == "रायगड येथे झाला."
    assert float(orjson.loads(row["meta"])["ocr_confidence"]) > 0.85


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium on this machine")
def test_a_browsers_pdf_is_read_letter_by_letter(pages: Read, tmp_path: Path) -> None:
    """Where the writer gave the spelling beside its glyphs, no word is split, doubled or reordered."""
    sentence = "दुर्गांची निर्मिती आणि सैन्याची शिस्त यांमुळे राष्ट्रीय कार्यात स्वराज्याची शक्ती वाढली."
    for path in browser_pdfs(tmp_path, f"<p>{sentence}</p>", "Noto Sans Devanagari", "Lohit Devanagari"):
        (row,) = pages(path.read_bytes())
        assert row["context"] == sentence


def browser_pdfs(folder: Path, body: str, *fonts: str) -> list[Path]:
    """Return PDFs that Chromium made of a page, one for each font."""
    import subprocess

    made = []
    for number, font in enumerate(fonts or ("Noto Serif Devanagari",)):
        page, target = folder / f"{number}.html", folder / f"{number}.pdf"
        style = f"<style>body{{font:22px '{font}'}}</style>"
        page.write_text(f'<!DOCTYPE html><meta charset="utf-8">{style}<body>{body}', encoding="utf-8")
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        subprocess.run([*command, f"--print-to-pdf={target}", str(page)], check=True, capture_output=True, timeout=100)
        made.append(target)
    return made


def test_a_pdf_in_an_archive(pages: Read) -> None:
    """A PDF inside a zip is read as one outside."""
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("b.pdf", pdf(RIGHT))
    (row,) = pages(stream.getvalue(), name="a.zip")
    assert (row["file"], row["question"]) == ("a.zip/b.pdf", "रायगड कोठे आहे?")
