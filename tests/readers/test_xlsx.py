"""Workbooks as people keep them."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

Read = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def workbook() -> openpyxl.Workbook:
    """A workbook of one sheet, पत्रक1, with a header."""
    book = openpyxl.Workbook()
    book.active.title = "पत्रक1"
    book.active.append(["प्रश्न", "उत्तर", "टीप"])
    return book


def test_rows_of_every_sheet(rows: Read, raw: Path, workbook: openpyxl.Workbook) -> None:
    """Each visible sheet is a table of its own; the place names the sheet and the row as the screen shows it."""
    workbook["पत्रक1"].append(["जन्म कोठे?", "शिवनेरी", None])
    workbook["पत्रक1"].append([])
    workbook["पत्रक1"].append(["राज्याभिषेक कधी?", 1674, True])
    second = workbook.create_sheet("दुसरे पत्रक")
    second.append([None, "शीर्षक"])
    second.append([None, "Question", "Answer"])
    second.append([None, "किती?", 12.5])
    workbook.save(raw / "a.xlsx")
    found = rows("a.xlsx")
    assert [(row["locator"], row["question"], row["answer"]) for row in found] == [
        ('sheet "पत्रक1" row 2', "जन्म कोठे?", "शिवनेरी"),
        ('sheet "पत्रक1" row 4', "राज्याभिषेक कधी?", "1674"),
        ('sheet "दुसरे पत्रक" row 3', "किती?", "12.5"),
    ]


def test_rows_above_the_table_are_counted(rows: Read, raw: Path) -> None:
    """Blank rows above the header do not shift the numbers of the rows."""
    book = openpyxl.Workbook()
    book.active.title = "a"
    for column, text in enumerate(["प्रश्न", "उत्तर"], start=2):
        book.active.cell(5, column, text)
        book.active.cell(6, column, text[0])
    book.save(raw / "a.xlsx")
    assert [row["locator"] for row in rows("a.xlsx")] == ['sheet "a" row 6']


def test_dates_are_dates(rows: Read, raw: Path, workbook: openpyxl.Workbook) -> None:
    """A date cell comes as ISO text, without a midnight that nobody wrote."""
    workbook["पत्रक1"].append(
        ["महाराष्ट्र राज्य कधी झाले?", datetime.date(1960, 5, 1), datetime.datetime(1960, 5, 1, 9, 30)]
    )
    workbook.save(raw / "a.xlsx")
    (row,) = rows("a.xlsx")
    assert (row["answer"], row["meta"]) == ("1960-05-01", '{"टीप":"1960-05-01 09:30:00"}')


def test_a_formula_without_result(rows: Read, raw: Path, workbook: openpyxl.Workbook) -> None:
    """A formula that was never calculated has no text: the row is rejected, not read as empty."""
    workbook["पत्रक1"].append(["बेरीज?", "=1+1", None])
    workbook["पत्रक1"].append(["क?", "ख", None])
    workbook.save(raw / "a.xlsx")
    found = rows("a.xlsx")
    assert [row["reject_reason"] for row in found] == ["formula_without_value", None]
    assert "formula without a stored result in column 2" in found[0]["reject_detail"]


def test_a_merged_cell_counts_in_all_its_rows(rows: Read, raw: Path) -> None:
    """A passage merged down beside its questions is the context of each of them."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["उतारा", "प्रश्न", "उत्तर"],
        ["प्रतिष्ठान ही राजधानी.", "राजधानी?", "प्रतिष्ठान"],
        [None, "कोणाची?", "सातवाहनांची"],
        [None, "ग?", "घ"],
    ):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    book.save(raw / "a.xlsx")
    assert [row["context"] for row in rows("a.xlsx")] == ["प्रतिष्ठान ही राजधानी.", "प्रतिष्ठान ही राजधानी.", None]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_not_read_in_silence(rows: Read, raw: Path, workbook: openpyxl.Workbook, state: str) -> None:
    """A hidden sheet is one reject that says so; the visible ones are read."""
    workbook["पत्रक1"].append(["क?", "ख", None])
    hidden = workbook.create_sheet("मसुदा")
    hidden.append(["प्रश्न", "उत्तर"])
    hidden.append(["नको?", "नको"])
    hidden.sheet_state = state
    workbook.save(raw / "a.xlsx")
    found = rows("a.xlsx")
    assert [(row["locator"], row["reject_reason"]) for row in found] == [
        ('sheet "पत्रक1" row 2', None),
        ('sheet "मसुदा"', "hidden_sheet"),
    ]
    assert "unhide it" in found[1]["reject_detail"]


def test_an_empty_workbook(rows: Read, raw: Path) -> None:
    """A workbook without rows says so."""
    openpyxl.Workbook().save(raw / "a.xlsx")
    assert [row["reject_reason"] for row in rows("a.xlsx")] == ["empty_file"]


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 not a workbook", b"plain text", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)]
)
def test_what_is_no_workbook(rows: Read, content: bytes) -> None:
    """Bytes that are no workbook, one with a password among them, are one reject with the next step."""
    (row,) = rows("a.xlsx", content)
    assert (row["reject_reason"], row["locator"]) == ("unreadable_file", "file")
    assert "saved as .xlsx" in row["reject_detail"]


def test_a_workbook_named_csv(rows: Read, raw: Path, workbook: openpyxl.Workbook) -> None:
    """A workbook is known by its bytes, not by its name."""
    workbook["पत्रक1"].append(["क?", "ख", None])
    workbook.save(raw / "a.xlsx")
    (raw / "a.xlsx").rename(raw / "a.csv")
    assert rows("a.csv")[0]["answer"] == "ख"


def test_the_zip_route(rows: Read, raw: Path, workbook: openpyxl.Workbook, tmp_path: Path) -> None:
    """A workbook inside an archive is read like one outside."""
    import zipfile

    workbook["पत्रक1"].append(["क?", "ख", None])
    workbook.save(tmp_path / "b.xlsx")
    with zipfile.ZipFile(raw / "a.zip", "w") as archive:
        archive.write(tmp_path / "b.xlsx", "आत/b.xlsx")
    (row,) = rows("a.zip")
    assert (row["file"], row["locator"], row["answer"]) == ("a.zip/आत/b.xlsx", 'sheet "पत्रक1" row 2', "ख")
