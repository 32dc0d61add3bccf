"""How a file is cut into chunks and batches changes nothing of what is read from it."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.readers import delimited, discover, encoding, json_scan, lines
from datakit.record import SCHEMA
from tests.readers.written import PAIRS, Pair, Rows, agree, pairs_of, read_bytes, read_input, with_file

GIVEN: list[Pair] = [(f'प्रश्न {n}, कोणता "{"क्ष" * n}"?', f"उत्तर {n}\n{'ज्ञ' * n}") for n in range(1, 23)]


def files() -> dict[str, bytes]:
    """Return one file of each format, all with the same pairs, some with rows that are rejected."""
    frame = pl.DataFrame(GIVEN, schema=["question", "answer"], orient="row")
    parquet, arrow, stream, book, archive = (io.BytesIO() for _ in range(5))
    frame.write_parquet(parquet, row_group_size=5)
    frame.write_ipc(arrow, record_batch_size=4)
    frame.write_ipc_stream(stream)
    workbook = openpyxl.Workbook()
    workbook.active.append(["प्रश्न", "उत्तर"])
    for pair in GIVEN:
        workbook.active.append(pair)
    workbook.save(book)
    rows = [{"question": question, "answer": answer} for question, answer in GIVEN]
    jsonl = "\n".join(["{]", *(json.dumps(row, ensure_ascii=False) for row in rows), "[1]"]).encode()
    table = ("प्रश्न;उत्तर\nएक;दोन;तीन\n" + frame.write_csv(separator=";", include_header=False)).encode()
    text = "".join(f"प्र. {q}\nउ. {a}\n\n" for q, a in GIVEN) + "प्र. शेवट?\n"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.jsonl", jsonl)
        packed.writestr("b.csv", table)
        packed.writestr("c.rtf", b"{\\rtf1")
    page = "".join(f"<details><summary>{q}</summary>{a}</details>" for q, a in GIVEN)
    return {
        "a.jsonl": jsonl,
        "a.json": json.dumps({"data": [*rows, 3]}, ensure_ascii=False).encode(),
        "a.csv": table,
        "b.csv": table.decode().encode("utf-16"),
        "a.txt": text.encode(),
        "a.md": text.encode(),
        "a.html": page.encode(),
        "a.parquet": parquet.getvalue(),
        "a.arrow": arrow.getvalue(),
        "b.arrow": stream.getvalue(),
        "a.xlsx": book.getvalue(),
        "a.zip": archive.getvalue(),
        "a.jsonl.gz": gzip.compress(jsonl),
        "a.csv.zst": zstandard.compress(table),
    }


FILES = files()


@pytest.mark.parametrize("name", FILES)
def test_batches_of_any_size_hold_the_same_rows(name: str) -> None:
    """Rows, places, hashes and rejects are equal whether they come one, seven or all at a time, and in that order."""

    def check(path: Path) -> None:
        (source,) = discover(path)
        whole = read_input(source, batch_rows=4096)
        assert len(whole) >= len(GIVEN)
        assert set(whole[0]) == set(SCHEMA)
        for size in (1, 7):
            assert read_input(source, batch_rows=size) == whole

    with_file(name, FILES[name], lambda source: check(source.path))


@pytest.mark.parametrize("name", FILES)
def test_inspect_agrees_with_read(name: str) -> None:
    """`inspect` counts the rows and rejects that `read` gives, and shows the first of them."""
    with_file(name, FILES[name], agree)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt", "a.json"])
def test_inspect_agrees_with_read_of_cut_files(name: str) -> None:
    """The same holds for files that stop somewhere."""
    for size in range(0, len(FILES[name]), 173):
        with_file(name, FILES[name][:size], agree)


def small_chunks(patch: pytest.MonkeyPatch, size: int) -> None:
    """Make every reader ask for so few bytes that characters, quotes and escapes fall apart between two chunks."""
    patch.setattr(lines, "CHUNK_BYTES", size)
    patch.setattr(json_scan, "CHUNK_BYTES", size)
    patch.setattr(encoding, "HEAD_BYTES", 64 + size)
    patch.setattr(delimited, "HEAD_BYTES", 64 + size)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "b.csv", "a.txt", "a.md", "a.jsonl.gz", "a.csv.zst"])
def test_chunks_that_cut_characters(monkeypatch: pytest.MonkeyPatch, name: str, size: int) -> None:
    """A chunk may end inside a character, a quoted field, an escape or a line end: the rows are the same."""
    whole = read_bytes(name, FILES[name])
    small_chunks(monkeypatch, size)
    assert read_bytes(name, FILES[name]) == whole


@settings(max_examples=60, deadline=None)
@given(PAIRS, st.integers(1, 40), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["utf-8", "utf-16"]))
def test_chunks_of_any_text(pairs: list[Pair], size: int, end: str, name: str) -> None:
    """Whatever the text, the line end and the encoding: small chunks of a file of JSON Lines give all of its rows."""
    text = end.join(json.dumps({"question": q, "answer": a}, ensure_ascii=False) for q, a in pairs)
    with pytest.MonkeyPatch.context() as patch:
        small_chunks(patch, size)
        assert pairs_of(read_bytes("a.jsonl", text.encode(name))) == pairs


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_many_small_frames(suffix: str) -> None:
    """A file packed piece by piece, each piece a frame, gives the rows of the whole, though frames cut characters."""
    pack = gzip.compress if suffix == "gz" else zstandard.compress
    data = FILES["a.jsonl"]
    frames = b"".join(pack(data[at : at + 50]) for at in range(0, len(data), 50))

    def texts(rows: Rows) -> list[tuple[object, ...]]:
        return [(row["locator"], row["question"], row["answer"], row["reject_reason"]) for row in rows]

    assert texts(read_bytes(f"a.jsonl.{suffix}", frames)) == texts(read_bytes("a.jsonl", data))
