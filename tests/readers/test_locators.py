"""A locator leads back to its row: what stands there, read alone, is that row."""

import csv
import io
import json
import re
from typing import Any

import openpyxl
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from tests.readers.written import PAIRS, Pair, read_bytes

PLACE = re.compile(r"lines? (\d+)(?:-(\d+))?")


def lines_at(data: str, locator: str) -> str:
    """Return the lines a locator names."""
    match = PLACE.fullmatch(locator)
    assert match, locator
    first = int(match[1])
    return "\n".join(data.split("\n")[first - 1 : int(match[2] or first)])


def value_at(document: Any, path: str) -> Any:
    """Follow a path such as `$.data[0]["two words"]`."""
    for name, quoted, index in re.findall(r"\.([^.\[]+)|\[(\"(?:[^\"\\]|\\.)*\")\]|\[(\d+)\]", path):
        document = document[int(index)] if index else document[json.loads(quoted) if quoted else name]
    return document


@settings(deadline=None)
@given(PAIRS, st.data())
def test_json_lines(pairs: list[Pair], data: st.DataObject) -> None:
    """The line a locator names, alone in a file, gives the same text and hash; so do the lines of rejects."""
    lines: list[str] = []
    for question, answer in pairs:
        lines += data.draw(st.sampled_from([[], [""], ["{]"], ["[1]"], ['{"question": []}']]))
        lines.append(json.dumps({"question": question, "answer": answer}, ensure_ascii=False))
    content = "\n".join(lines)
    found = read_bytes("a.jsonl", content.encode())
    assert len(found) == sum(bool(line) for line in lines)
    for row in found:
        (alone,) = read_bytes("a.jsonl", lines_at(content, row["locator"]).encode())
        for column in ("question", "answer", "raw_sha256", "reject_reason"):
            assert alone[column] == row[column]


@settings(deadline=None)
@given(PAIRS)
def test_csv(pairs: list[Pair]) -> None:
    """A record begins on the line its locator names, however many lines the records above it take."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["question", "answer"])
    writer.writerows(pairs)
    content = text.getvalue()
    for row, pair in zip(read_bytes("a.csv", content.encode()), pairs, strict=True):
        start = int(row["locator"].removeprefix("line "))
        rest = "\n".join(content.split("\n")[start - 1 :])
        assert tuple(next(csv.reader(io.StringIO(rest)))) == pair


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["प्र.", "प्रश्न:", "Q."]), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=6
    )
)
def test_text(blocks: list[tuple[str, int, int]]) -> None:
    """The lines a locator names, alone in a file, give the same pair: none above is needed and none below."""
    content = "प्रस्तावना\n\n"
    for number, (mark, more, blank) in enumerate(blocks):
        content += f"{mark} प्रश्न {'अआइई'[number % 4]}{number}?\nउत्तर: पहिली ओळ\n" + "आणखी एक ओळ\n" * more + "\n" * blank
    found = read_bytes("a.txt", content.encode())
    assert len(found) == len(blocks)
    for row in found:
        (alone,) = read_bytes("b.txt", lines_at(content, row["locator"]).encode())
        assert (alone["question"], alone["answer"]) == (row["question"], row["answer"])


@settings(deadline=None)
@given(PAIRS, st.lists(st.sampled_from(["data", "two words", "इतिहास", "a.b", 'q"k']), max_size=3), st.integers(0, 2))
def test_json_paths(pairs: list[Pair], keys: list[str], junk: int) -> None:
    """The value at a path is the row, for rows and for what was rejected between them."""
    rows: list[Any] = [{"question": question, "answer": answer} for question, answer in pairs]
    document: Any = [*rows[:1], *([{"x": 1}] * junk), *rows[1:]]
    for key in keys:
        document = {"note": "टीप", key: document}
    found = read_bytes("a.json", json.dumps(document, ensure_ascii=False).encode())
    assert len(found) == len(pairs) + junk
    for row in found:
        value = value_at(document, row["locator"])
        if row["reject_reason"] is None:
            assert value == {"question": row["question"], "answer": row["answer"]}
        else:
            assert value == {"x": 1}


@settings(max_examples=15, deadline=None)
@given(PAIRS, st.integers(0, 3), st.integers(0, 2))
def test_workbooks(pairs: list[Pair], above: int, gap: int) -> None:
    """The sheet and the row that a locator names hold the pair, with titles above and empty rows between."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet("पत्रक 2")
    for number in range(above):
        sheet.cell(number + 1, 1, f"शीर्षक {number}")
    sheet.cell(above + 1, 1, "प्रश्न")
    sheet.cell(above + 1, 2, "उत्तर")
    for number, pair in enumerate(pairs):
        for column, text in enumerate(pair, start=1):
            sheet.cell(above + 2 + number * (gap + 1), column, text)
    stream = io.BytesIO()
    book.save(stream)
    found = read_bytes("a.xlsx", stream.getvalue())
    assert len(found) == len(pairs)
    for row in found:
        match = re.fullmatch(r'sheet "(.*)" row (\d+)', row["locator"])
        assert match
        cells = [cell.value for cell in book[match[1]][int(match[2])]]
        assert cells == [row["question"], row["answer"]]


@settings(deadline=None)
@given(PAIRS, st.integers(1, 3))
def test_parquet(pairs: list[Pair], group: int) -> None:
    """The number of a row counts through all row groups, from one."""
    stream = io.BytesIO()
    frame = pl.DataFrame(pairs, schema=["question", "answer"], orient="row")
    frame.write_parquet(stream, row_group_size=group)
    for row in read_bytes("a.parquet", stream.getvalue()):
        number = int(row["locator"].removeprefix("row "))
        assert frame.row(number - 1) == (row["question"], row["answer"])


def test_pages() -> None:
    """The CSS path of a pair selects one element of the page, the one that asks; its range holds the whole pair."""
    body = """<main><section><h2>पहिला कोण?</h2><p>शिवाजी</p></section>
    <dl><dt>दुसरा कोण?</dt><dd>संभाजी</dd><dt>तिसरा कोण?</dt><dd>राजाराम</dd></dl>
    <div><p>प्र. चौथा कोण?</p><p>उ. शाहू</p></div></main>"""
    page = html.document_fromstring(f"<html><body>{body}</body></html>")
    found = read_bytes("a.html", f"<html><body>{body}</body></html>".encode())
    assert len(found) == 4
    for row in found:
        path, _, span = row["locator"].partition(" chars ")
        steps = [re.sub(r":nth-of-type\((\d+)\)", r"[\1]", step) for step in path.split(" > ")]
        elements = page.xpath("/html/" + "/".join(steps))
        assert len(elements) == 1
        assert row["question"] in elements[0].text_content()
        start, end = map(int, span.split("-"))
        told = page.find("body").text_content()[start:end]
        assert told.strip().endswith(row["answer"])
        assert told.strip().removeprefix("प्र. ").startswith(row["question"])
