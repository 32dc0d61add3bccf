"""Each declared reason is given by a real file, in the stage's own name, with what to do next."""

import gzip
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from datakit.readers import REASONS
from datakit.readers.ocr import tesseract_version
from datakit.readers.reasons import DRAFT_REASONS
from tests.readers.fake_tesseract import install
from tests.readers.pdf_writer import Sheet, pdf, text

Read = Callable[..., list[dict[str, Any]]]

LINE = '{"question": "क?", "answer": "ख"}\n'


def book(hidden: bool) -> bytes:
    workbook, buffer = openpyxl.Workbook(), io.BytesIO()
    workbook.active.append(["प्रश्न", "उत्तर"])
    workbook.active.append(["क?", "ख" if hidden else "=1+1"])
    workbook.create_sheet("दुसरे")
    if hidden:
        workbook.active.sheet_state = "hidden"
    workbook.save(buffer)
    return buffer.getvalue()


def zipped(name: str, data: bytes, *, locked: bool = False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    packed = bytearray(buffer.getvalue())
    if locked:
        packed[6] |= 1
        packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def draft(reason: str) -> str:
    detail = "found a number that is not there; expected one of the page; leave it out"
    row = {"question": "क?", "answer": "ख", "derived_from": "kille", "reject_reason": reason, "reject_detail": detail}
    return json.dumps(row) + "\n"


INNER = zipped("a.jsonl", LINE.encode())

CASES: dict[str, tuple[str, bytes | str]] = {
    "empty_file": ("a.jsonl", b""),
    "unsupported_format": ("a.rtf", b"{\\rtf1"),
    "unreadable_file": ("a.xlsx", b"no workbook"),
    "truncated_file": ("a.jsonl.gz", gzip.compress(LINE.encode() * 99)[:-9]),
    "unsafe_path": ("a.zip", zipped("../a.jsonl", b"x")),
    "archive_too_large": ("a.jsonl.gz", gzip.compress(LINE.encode() + b" " * (70 << 20))),
    "nested_archive": ("a.zip", zipped("b.zip", zipped("c.zip", INNER))),
    "encrypted_archive": ("a.zip", zipped("a.jsonl", b"x", locked=True)),
    "no_question_answer_pairs": ("a.txt", "शिवाजी महाराजांचा जन्म शिवनेरीवर झाला.\n"),
    "encrypted_file": ("a.pdf", pdf(text("क"), lock=True)),
    "too_many_pages": ("a.pdf", pdf(Sheet(), count=20_001)),
    "unreadable_page": ("a.pdf", pdf(Sheet(), count=2)),
    "blank_page": ("a.pdf", pdf(Sheet())),
    "needs_ocr": ("a.pdf", pdf(text("विषय: इतिहास", says={"वि": "वव"}))),
    "needs_extra": ("a.html", "<p>शिवाजी महाराजांचा जन्म शिवनेरीवर झाला.</p>"),
    "ocr_unsure": ("a.tif", b"II*\x00no picture"),
    "hidden_sheet": ("a.xlsx", book(True)),
    "row_too_large": ("a.jsonl", b"x" * (9 << 20)),
    "invalid_utf8": ("a.jsonl", LINE.encode() + b"\xff\n"),
    "legacy_encoding": ("a.csv", "question,answer\ncafé,résumé\n".encode("cp1252")),
    "nul_bytes": ("a.jsonl", '{"question": "क\x00"}\n' + LINE),
    "invalid_json": ("a.jsonl", "{]\n"),
    "too_deep": ("a.jsonl", "[" * 99 + "]" * 99),
    "not_an_object": ("a.jsonl", "42\n"),
    "not_text": ("a.jsonl", '{"question": "क?", "answer": {}}'),
    "unrecognised_columns": ("a.csv", "x,y\n1,2\n"),
    "ragged_row": ("a.csv", "प्रश्न,उत्तर\nक?,ख,ग\n"),
    "unclosed_quote": ("a.csv", 'प्रश्न,उत्तर\nक?,"ख\n'),
    "unknown_role": ("a.jsonl", '{"messages": [{"role": "tool", "content": "x"}]}'),
    "turns_out_of_order": ("a.jsonl", '{"messages": [{"role": "system", "content": "x"}]}'),
    "no_answer_given": ("a.txt", "प्रश्न: क?\n"),
    "answer_without_question": ("a.txt", "उत्तर: ख\n"),
    "answer_not_among_options": ("a.jsonl", '{"question": "क?", "options": ["ख", "ग"], "answer": "ड"}'),
    "answer_key_unclear": ("a.txt", "१) क? (अ) ख (ब) ग\nउत्तरसूची\nब, क\n"),
    "ambiguous_option": ("a.jsonl", '{"question": "क?", "options": ["ख", "ग", "घ"], "answer": 1}'),
    "formula_without_value": ("a.xlsx", book(False)),
    **{reason: ("a.jsonl", draft(reason)) for reason in DRAFT_REASONS},
}


@pytest.fixture
def without_ocr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Take Tesseract away for `needs_ocr`, put one that fails in its place for `ocr_unsure`, and take trafilatura."""

    def prepare(reason: str) -> None:
        if reason in ("needs_ocr", "ocr_unsure"):
            install(tmp_path / "bin", "", code=3, languages=("mar", "eng") if reason == "ocr_unsure" else ())
            monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
            tesseract_version.cache_clear()
        if reason == "needs_extra":
            monkeypatch.setitem(sys.modules, "trafilatura", None)

    yield prepare
    tesseract_version.cache_clear()


def test_every_reason_has_a_case() -> None:
    """A reason that no file gives is not declared; `outside_raw` needs a link and stands below."""
    assert set(CASES) | {"outside_raw"} == set(REASONS)
    assert all(re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", reason) for reason in REASONS)


@pytest.mark.parametrize("reason", CASES)
def test_reasons(rows: Read, without_ocr: Callable[[str], None], reason: str) -> None:
    """The file gives the reason, its place, what was found, what was expected, and the next step."""
    without_ocr(reason)
    name, content = CASES[reason]
    found = [row for row in rows(name, content) if row["reject_reason"] == reason]
    assert found, reason
    for row in found:
        assert row["reject_stage"] == "read"
        assert re.search(r"\bfound\b", row["reject_detail"])
        assert "; " in row["reject_detail"]
        assert "expected" in row["reject_detail"]
        assert len(row["reject_detail"]) < 1000


def test_outside_raw(rows: Read, raw: Path, tmp_path: Path) -> None:
    """A link that leads out gives its reason."""
    (tmp_path / "a.jsonl").write_text(LINE)
    (raw / "a.jsonl").symlink_to(tmp_path / "a.jsonl")
    assert [row["reject_reason"] for row in rows("a.jsonl")] == ["outside_raw"]
