"""XLSX: every visible sheet is a table. A date is ISO text, a formula its stored result, a merged cell in all rows."""

from collections.abc import Iterator

import fastexcel

from datakit.readers.document import Document, Reading
from datakit.readers.row import Broken, Row, reject
from datakit.readers.table import Cells, table_rows
from datakit.readers.values import MIDNIGHT
from datakit.readers.xlsx_cells import Extras, sheet_extras


def read(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a workbook, sheet by sheet. The locator is `sheet "पत्रक1" row 7`, as the screen counts."""
    with document.local() as path:
        try:
            workbook = fastexcel.read_excel(path)
        except fastexcel.FastExcelError as error:
            step = "expected a workbook without a password, saved as .xlsx; open it in a spreadsheet and save it again"
            raise Broken("unreadable_file", f"found no readable workbook ({_first_line(error)}); {step}") from None
        extras = sheet_extras(path)
        found = 0
        for name in workbook.sheet_names:
            place = f'sheet "{name}"'
            try:
                sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
                if sheet.visible != "visible":
                    detail = (
                        f"found a {sheet.visible} sheet; expected visible ones; unhide it if its rows belong "
                        "to the data, delete it if not"
                    )
                    yield reject(place, "hidden_sheet", detail)
                    found += 1
                    continue
                for row in table_rows(_cells(sheet, name, extras.get(name, Extras())), reading):
                    found += 1
                    yield row
            except fastexcel.FastExcelError as error:
                found += 1
                yield reject(
                    place,
                    "unreadable_file",
                    f"found a sheet that cannot be read ({_first_line(error)}); expected a table; save it again",
                )
        if not found:
            raise Broken(
                "empty_file", "found no rows in any sheet; expected a header and rows; remove the file or fill it"
            )


def _cells(sheet: fastexcel.ExcelSheet, name: str, extras: Extras) -> Iterator[Cells | Row]:
    if not sheet.width:
        return
    for number, cells in enumerate(sheet.to_polars().iter_rows(), start=1):
        row = [MIDNIGHT.sub(r"\1", cell) if isinstance(cell, str) else cell for cell in cells]
        for column in range(len(row)):
            if row[column] is None and (source := extras.merged.get((number, column))) is not None:
                row[column] = source
        place = f'sheet "{name}" row {number}'
        empty = [column for column in extras.unsaved.get(number, ()) if column < len(row) and row[column] is None]
        if empty:
            detail = f"found a formula without a stored result in column {empty[0] + 1}; expected text"
            yield reject(
                place,
                "formula_without_value",
                f"{detail}; open the file in a spreadsheet and save it",
                " | ".join(filter(None, row)),
            )
        else:
            yield place, row


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
