"""What other programs write in any legal way is read back as it was."""

import csv
import io
import json
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.readers.written import HEADERS, PAIRS, TEXT, Pair, pairs_of, read_bytes

ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
BOMLESS = {"utf-16-le": b"\xff\xfe"}


def table(draw: st.DrawFn, pairs: list[Pair]) -> tuple[list[str], list[list[str]]]:
    """Put the columns in some order, others beside them; return header and rows."""
    question, answer = draw(HEADERS)
    columns = {question: [pair[0] for pair in pairs], answer: [pair[1] for pair in pairs]}
    for extra in draw(st.lists(st.sampled_from(["इयत्ता", "स्रोत", "page no", "टीप, इतर"]), max_size=2, unique=True)):
        columns[extra] = [draw(TEXT) for _ in pairs]
    header = draw(st.permutations(list(columns)))
    return header, [[columns[name][row] for name in header] for row in range(len(pairs))]


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[list[Pair], bytes]:
    """Some pairs, and a file of them as the csv module writes it."""
    pairs = draw(PAIRS)
    header, body = table(draw, pairs)
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=draw(st.sampled_from(",;\t|")),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        lineterminator=end,
    )
    writer.writerow(header)
    for row in body:
        writer.writerow(row)
        text.write(end * draw(st.integers(0, 1)))
    encoding = draw(ENCODINGS)
    whole = text.getvalue() if draw(st.booleans()) else text.getvalue().rstrip("\r\n")
    return pairs, BOMLESS.get(encoding, b"") + whole.encode(encoding)


@settings(max_examples=120, deadline=None)
@given(csv_files(), st.sampled_from(["a.csv", "a.tsv", "माझी यादी.csv"]))
def test_csv(written: tuple[list[Pair], bytes], name: str) -> None:
    """Any delimiter, quoting, line end, encoding, spelling of the header and order of columns gives the same pairs."""
    pairs, data = written
    assert pairs_of(read_bytes(name, data)) == pairs


@settings(max_examples=80, deadline=None)
@given(st.data(), PAIRS)
def test_json_lines(data: st.DataObject, pairs: list[Pair]) -> None:
    """Escapes, order of keys, spaces, blank lines and encodings do not change what a line says."""
    question, answer = data.draw(HEADERS)
    lines = []
    for pair in pairs:
        row: dict[str, Any] = {question: pair[0], answer: pair[1], "n": data.draw(st.integers() | st.none())}
        order = data.draw(st.permutations(list(row)))
        ascii_only, spaces = data.draw(st.booleans()), data.draw(st.sampled_from([(",", ":"), (" , ", " : ")]))
        lines.append(json.dumps({key: row[key] for key in order}, ensure_ascii=ascii_only, separators=spaces))
        lines += data.draw(st.sampled_from([[], [""], ["  "]]))
    encoding = data.draw(ENCODINGS)
    text = data.draw(st.sampled_from(["\n", "\r\n"])).join(lines)
    found = read_bytes("a.jsonl", BOMLESS.get(encoding, b"") + text.encode(encoding))
    assert pairs_of(found) == pairs


@settings(max_examples=80, deadline=None)
@given(st.data(), PAIRS)
def test_json_documents(data: st.DataObject, pairs: list[Pair]) -> None:
    """A list of rows is found at the top or below any keys, with any indent, and its places lead back to the rows."""
    question, answer = data.draw(HEADERS)
    value: Any = [{question: pair[0], answer: pair[1]} for pair in pairs]
    path = "$"
    for key in data.draw(st.lists(st.sampled_from(["data", "rows", "इतिहास", "two words"]), max_size=3)):
        value, path = {key: value}, path
    text = json.dumps(
        value, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from([None, 0, 2, "\t"]))
    )
    encoding = data.draw(ENCODINGS)
    found = read_bytes("a.json", BOMLESS.get(encoding, b"") + text.encode(encoding))
    assert pairs_of(found) == pairs
    assert [row["locator"].endswith(f"[{n}]") for n, row in enumerate(found)] == [True] * len(pairs)


@settings(max_examples=25, deadline=None)
@given(st.data(), PAIRS)
def test_workbooks(data: st.DataObject, pairs: list[Pair]) -> None:
    """Pairs on several sheets, below a title, beside other columns, come back from a workbook as they were typed."""
    book = openpyxl.Workbook()
    expected = []
    for name in data.draw(st.lists(st.sampled_from(["पत्रक1", "Sheet 2", "इ.९"]), min_size=1, max_size=2, unique=True)):
        sheet = book.create_sheet(name)
        header, body = table(data.draw, pairs)
        if data.draw(st.booleans()):
            sheet.append(["इतिहास प्रश्नसंच"])
        sheet.append(header)
        for row in body:
            sheet.append(row)
        expected += pairs
    stream = io.BytesIO()
    book.save(stream)
    assert pairs_of(read_bytes("a.xlsx", stream.getvalue())) == expected


KINDS = st.sampled_from([pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])


@settings(max_examples=50, deadline=None)
@given(st.data(), PAIRS)
def test_columnar(data: st.DataObject, pairs: list[Pair]) -> None:
    """Text of any Arrow type, in row groups and record batches of any size, compressed or not, comes back as it was."""
    question, answer = data.draw(HEADERS)
    columns = {
        question.strip(): pa.array([pair[0] for pair in pairs], data.draw(KINDS)),
        answer: pa.array([pair[1] for pair in pairs], data.draw(KINDS)),
        "n": pa.array([data.draw(st.none() | st.integers(0, 9)) for _ in pairs], pa.int64()),
    }
    order = data.draw(st.permutations(list(columns)))
    whole = pa.table({name: columns[name] for name in order})
    rows, stream = data.draw(st.integers(1, 7)), io.BytesIO()
    match data.draw(st.sampled_from(["a.parquet", "a.feather", "a.arrow"])):
        case "a.parquet" as name:
            codec = data.draw(st.sampled_from(["snappy", "zstd", "gzip", "none"]))
            pq.write_table(whole, stream, row_group_size=rows, compression=codec)
        case "a.feather" as name:
            codec = data.draw(st.sampled_from(["zstd", "lz4", "uncompressed"]))
            feather.write_feather(whole, stream, compression=codec, chunksize=rows)
        case name:
            with pa.ipc.new_stream(stream, whole.schema) as writer:
                writer.write_table(whole, max_chunksize=rows)
    found = read_bytes(name, stream.getvalue())
    assert pairs_of(found) == pairs
    assert [row["locator"] for row in found] == [f"row {n}" for n in range(1, len(pairs) + 1)]
