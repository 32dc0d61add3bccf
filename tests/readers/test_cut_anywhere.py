"""A file cut at any byte is no crash, and loses no row that was complete before the cut."""

import gzip
import io
import json
import zipfile

import polars as pl
import pyarrow as pa
import pytest
import zstandard

from datakit.readers import REASONS
from tests.readers.written import Rows, kept, read_bytes

PAIRS = [("कधी?", "१६७४"), ("कोठे, कोण?", 'रायगड "गड"'), ("का\nकसे?", "असे\nतसे"), ("शेवट?", "हो")]

LINES = [json.dumps({"question": q, "answer": a}, ensure_ascii=False) for q, a in PAIRS]
JSONL = ("\n".join(LINES) + "\n").encode()
RECORDS = ["question,answer\n", "कधी?,१६७४\n", '"कोठे, कोण?","रायगड ""गड"""\n', '"का\nकसे?","असे\nतसे"\n', "शेवट?,हो\n"]
FRAME = pl.DataFrame(PAIRS, schema=["question", "answer"], orient="row")


def cuts(name: str, data: bytes) -> list[tuple[int, Rows]]:
    """Return the rows of every beginning of a file, the whole file last."""
    return [(size, read_bytes(name, data[:size])) for size in range(len(data) + 1)]


def complete(parts: list[bytes], size: int) -> int:
    """Return how many parts lie wholly before a cut."""
    ends = [sum(map(len, parts[: n + 1])) for n in range(len(parts))]
    return sum(end <= size for end in ends)


def expect_declared(rows: Rows) -> None:
    """Check that a cut file says something, and only what is declared, with a place and a detail."""
    assert rows
    for row in rows:
        assert row["reject_reason"] is None or (row["reject_reason"] in REASONS and row["reject_detail"])
        assert row["locator"]


def test_json_lines() -> None:
    """Every line that ended before the cut is read, and the half line is a reject of its own."""
    lines = [f"{line}\n".encode() for line in LINES]
    for size, rows in cuts("a.jsonl", JSONL):
        expect_declared(rows)
        whole = complete(lines, size + 1)  # the line end itself is not needed
        assert kept(rows) == PAIRS[:whole]
        ended = size == sum(map(len, lines[:whole])) or (whole and size == sum(map(len, lines[:whole])) - 1)
        assert len(rows) == whole + (not ended or size == 0)


def test_csv() -> None:
    """Every record that ended before the cut is read; what stands after it is a reject or a shorter last field."""
    records = [record.encode() for record in RECORDS]
    for size, rows in cuts("a.csv", "".join(RECORDS).encode()):
        whole = max(0, complete(records, size) - 1)
        assert kept(rows)[:whole] == PAIRS[:whole], size
        assert len(rows) <= len(PAIRS) + 2
        if size > len(records[0]) and size != sum(map(len, records[: whole + 1])):
            assert len(rows) > whole, f"the half record before byte {size} is lost without a word"
        for row in rows:
            assert row["reject_reason"] is None or row["reject_reason"] in REASONS


@pytest.mark.parametrize("indent", [None, 1])
def test_json(indent: int | None) -> None:
    """Every element that closed before the cut is read, and the cut is told unless the document was over."""
    values = [json.loads(line) for line in LINES]
    data = json.dumps(values, ensure_ascii=False, indent=indent).encode()
    ends = [at + 1 for at in range(len(data)) if data[at : at + 1] == b"}"]
    for size, rows in cuts("a.json", data):
        expect_declared(rows)
        # A comma or bracket must follow: before it, the element is told as cut off.
        done = sum(end < size and data[end:size].strip() != b"" for end in ends)
        assert kept(rows) == PAIRS[:done], size
        assert any(row["reject_reason"] for row in rows) == (size < len(data)), size


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_text(name: str) -> None:
    """Every pair whose next question had begun is read as it stands."""
    blocks = [f"प्र. प्रश्न {n}?\nउ. उत्तर {n}\n\n".encode() for n in "कखगघ"]
    expected = [(f"प्रश्न {n}?", f"उत्तर {n}") for n in "कखगघ"]
    for size, rows in cuts(name, b"".join(blocks)):
        expect_declared(rows)
        whole = complete(blocks, size)
        found = kept(rows)
        assert found[: whole - 1] == expected[: max(0, whole - 1)]
        if whole:  # half a mark cannot be told from the text above it
            question, answer = found[whole - 1]
            assert (question, answer.partition("\n")[0]) == expected[whole - 1]
        assert len(rows) <= whole + 2


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize(("inner", "data"), [("a.jsonl", JSONL), ("a.csv", "".join(RECORDS).encode())])
def test_packed(pack: object, inner: str, data: bytes) -> None:
    """A packed file cut anywhere says that it was cut; what was unpacked before is a beginning of the rows."""
    packed = pack(data)  # type: ignore[operator]
    suffix = "gz" if pack is gzip.compress else "zst"
    for size, rows in cuts(f"{inner}.{suffix}", packed):
        expect_declared(rows)
        found = kept(rows)
        if size == len(packed):
            assert found == PAIRS
        else:
            assert found[:-1] == PAIRS[: max(0, len(found) - 1)]
            assert any(row["reject_reason"] for row in rows), size


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.jsonl", JSONL)
    return stream.getvalue()


def columnar(name: str) -> bytes:
    stream = io.BytesIO()
    {"a.parquet": FRAME.write_parquet, "a.feather": FRAME.write_ipc, "a.arrow": FRAME.write_ipc_stream}[name](stream)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["a.zip", "a.parquet", "a.feather"])
def test_formats_with_their_index_at_the_end(name: str) -> None:
    """Where the index stands at the end, a cut file is one or more rejects, never rows that are not those written."""
    data = archive() if name == "a.zip" else columnar(name)
    for size in [*range(0, len(data), 7), *range(len(data) - 60, len(data))]:
        rows = read_bytes(name, data[:size])
        expect_declared(rows)
        assert any(row["reject_reason"] for row in rows), size
        assert set(kept(rows)) <= set(PAIRS)
    assert kept(read_bytes(name, data)) == PAIRS


def test_an_arrow_stream() -> None:
    """A stream gives the record batches that came whole, and says that it was cut."""
    stream = io.BytesIO()
    table = FRAME.to_arrow()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
    data = stream.getvalue()
    best = 0
    for size in range(0, len(data), 5):
        rows = read_bytes("a.arrow", data[:size])
        expect_declared(rows)
        found = kept(rows)
        assert found == PAIRS[: len(found)]
        assert len(found) >= best, f"fewer rows at byte {size} than before"
        best = len(found)
    assert kept(read_bytes("a.arrow", data)) == PAIRS
