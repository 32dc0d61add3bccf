"""No input ends a run: it ends in rows and rejects, in bounded memory."""

import gzip
import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import polars as pl
import pytest
import zstandard

from datakit.readers import REASONS, discover, read
from datakit.readers.ocr import Ocr
from tests.readers.pdf_writer import Sheet, pdf, text
from tests.readers.test_epub import book as epub

Read = Callable[..., list[dict[str, Any]]]

GOOD = '{"question": "कधी?", "answer": "१६७४"}'


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt", "a.md"])
def test_a_line_of_fifty_megabytes(rows: Read, name: str) -> None:
    """A line beyond the limit is rejected with its byte range, and the lines around it are read."""
    before, after = {
        "a.jsonl": (f"{GOOD}\n", f"\n{GOOD}\n"),
        "a.csv": ("प्रश्न,उत्तर\nक?,ख\n", "\nग?,घ\n"),
    }.get(name, ("प्र. क?\nउ. ख\n---\n", "\nप्र. ग?\nउ. घ\n"))
    start, size = len(before.encode()), 50 << 20
    found = rows(name, before.encode() + b"x" * size + after.encode())
    assert sorted(str(row["reject_reason"]) for row in found) == ["None", "None", "row_too_large"]
    (bad,) = [row for row in found if row["reject_reason"]]
    assert bad["locator"] == f"bytes {start}-{start + size}"
    assert f"found {size:,} bytes in one row, expected at most 8,388,608" in bad["reject_detail"]
    assert len(bad["reject_detail"]) < 600


def test_a_last_line_beyond_the_limit(rows: Read) -> None:
    """A line that never ends is rejected too."""
    (row,) = rows("a.jsonl", b"x" * (20 << 20))
    assert (row["reject_reason"], row["locator"]) == ("row_too_large", f"bytes 0-{20 << 20}")


MEASURE = """
import re, sys
from pathlib import Path
from datakit.readers import discover, read
(source,) = discover(Path(sys.argv[1]))
# Not getrusage: a child's maximum begins with that of the process it was forked from.
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
base = peak()
count = sum(batch.height for batch in read(source))
print(count, (peak() - base) // 1024)
"""


def growth(path: Path) -> tuple[int, int]:
    """Return the rows of a file and the MiB by which reading it grew a fresh process."""
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], check=True, capture_output=True, text=True)
    count, grown = done.stdout.split()
    return int(count), int(grown)


SIZE = 64 << 20


def big(name: str) -> bytes:
    """Return 64 MiB of rows, one row of 64 MiB, or 64 MiB behind one open quote or question."""
    row = json.dumps({"question": "प्रश्न?", "answer": "उत्तर " * 300}, ensure_ascii=False).encode()
    count = SIZE // len(row)
    match name.removesuffix(".gz"):
        case "lines.jsonl":
            return b"\n".join([row] * count)
        case "array.json":
            return b"[" + b",".join([row] * count) + b"]"
        case "object.json":
            return b'{"data": [' + b",".join([row] * count) + b"]}"
        case "line.jsonl":
            return b'{"question": "' + b"x" * SIZE + b'"}'
        case "element.json":
            return b'[{"question": "' + b'\\"x' * (SIZE // 3) + b'"}]'
        case "quote.csv":
            return "प्रश्न,उत्तर\n".encode() + b'a,"b\n' + (b"a," + b"b" * 500 + b"\n") * (SIZE // 503)
    return "प्र. क?\nउ. ख\n".encode() + ("मजकूर " * 40 + "\n").encode() * (SIZE // 641)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "lines.jsonl",
        "array.json",
        "object.json",
        "line.jsonl",
        "element.json",
        "quote.csv",
        "answer.txt",
        "lines.jsonl.gz",
    ],
)
def test_memory_does_not_follow_the_size(raw: Path, name: str) -> None:
    """64 MiB of rows, of one row, of one quote or one answer take the memory of a few batches, packed or not."""
    data = big(name)
    (raw / name).write_bytes(gzip.compress(data, 1) if name.endswith(".gz") else data)
    rows, grown = growth(raw / name)
    assert rows >= 1
    # 16 MiB of text a batch, held as bytes, as Python's two-byte strings and as a frame; the whole file would take 200.
    assert grown < 130, f"{name}: {grown} MiB for {len(data) >> 20} MiB"


def samples() -> dict[str, bytes]:
    """Return a small valid file of every format."""
    frame = pl.DataFrame({"question": ["क?", "ग?"] * 20, "answer": ["ख", "घ"] * 20, "n": [1, 2] * 20})
    parquet, arrow, stream, book, archive = (io.BytesIO() for _ in range(5))
    frame.write_parquet(parquet)
    frame.write_ipc(arrow)
    frame.write_ipc_stream(stream)
    workbook = openpyxl.Workbook()
    for row in (["प्रश्न", "उत्तर"], ["क?", "ख"], ["ग?", 1674]):
        workbook.active.append(row)
    workbook.save(book)
    document = docx.Document()
    for text_line in ("प्र. १) क?", "उ. ख", "मजकूर"):
        document.add_paragraph(text_line)
    document.save(word := io.BytesIO())
    lines = f"{GOOD}\n" * 20
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("a.jsonl", lines)
        zipped.writestr("b.csv", "प्रश्न,उत्तर\nक?,ख\n")
    return {
        "a.jsonl": lines.encode(),
        "a.json": json.dumps({"data": [json.loads(GOOD)] * 9}).encode(),
        "a.csv": 'प्रश्न,उत्तर\nक?,"ख\nग"\nच?,छ\n'.encode(),
        "a.md": "# क?\n\nख\n\n| प्रश्न | उत्तर |\n|---|---|\n| च? | छ |\n".encode(),
        "a.txt": "प्र. १) क?\n(अ) ख (ब) ग\nउ. (ब)\n".encode() * 5,
        "a.html": "<h2>क?</h2><p>ख</p><dl><dt>ग?<dd>घ</dl>".encode(),
        "a.parquet": parquet.getvalue(),
        "a.arrow": arrow.getvalue(),
        "b.arrow": stream.getvalue(),
        "a.xlsx": book.getvalue(),
        "a.pdf": pdf(text("प्रश्न: क?", "उत्तर: ख"), Sheet()),
        "a.docx": word.getvalue(),
        "a.epub": epub(),
        "a.zip": archive.getvalue(),
        "a.jsonl.gz": gzip.compress(lines.encode()),
        "a.jsonl.zst": zstandard.compress(lines.encode()),
    }


@pytest.mark.parametrize(
    "name",
    [
        "a.jsonl",
        "a.json",
        "a.csv",
        "a.md",
        "a.txt",
        "a.html",
        "a.parquet",
        "a.arrow",
        "b.arrow",
        "a.xlsx",
        "a.pdf",
        "a.docx",
        "a.epub",
        "a.zip",
        "a.jsonl.gz",
        "a.jsonl.zst",
    ],
)
def test_no_damage_ends_a_run(raw: Path, name: str) -> None:
    """Flipped, cut, doubled and foreign bytes anywhere in any format give rows and declared rejects, never an error."""
    good = samples()[name]
    noise = random.Random(name)
    for _ in range(120):
        data = bytearray(good)
        for _ in range(noise.choice((1, 1, 3, 20))):
            at = noise.randrange(len(data))
            match noise.randrange(4):
                case 0:
                    data[at] = noise.randrange(256)
                case 1:
                    del data[at : at + noise.randrange(1, 40)]
                case 2:
                    data[at:at] = data[at : at + 30]
                case 3:
                    data[at:at] = noise.choice(
                        (b"\x00" * 9, b"\xff\xfe", '"\n,ख'.encode(), b'{["', b"</div>", b"\xff" * 8)
                    )
            if not data:
                break
        (raw / name).write_bytes(bytes(data))
        for source in discover(raw):
            for batch in read(source, ocr=Ocr(mode="never")):
                assert set(batch["reject_reason"].drop_nulls()) <= set(REASONS)
                assert batch.filter(
                    pl.col("reject_reason").is_not_null() & pl.col("reject_detail").is_null()
                ).is_empty()


def test_a_lone_surrogate_costs_one_row(rows: Read) -> None:
    """Half a character, which JSON can write and no text can hold, is a reject and not an error."""
    found = rows("a.json", '[{"question": "\\udc00", "answer": "a", "s": NaN}, {"question": "क?", "answer": "ख"}]')
    assert [row["reject_reason"] for row in found] == ["invalid_json", None]


def test_rows_with_names_of_their_own(rows: Read) -> None:
    """A source that gives every row other names is read row by row, and no cache grows with it."""
    lines = [json.dumps({"question": "क?", "answer": "ख", f"x{n}": n}) for n in range(3000)]
    assert len(rows("a.jsonl", "\n".join(lines))) == 3000


def test_batches_are_cut_by_text(raw: Path) -> None:
    """Long rows make small batches: no batch holds more than about 16 MiB of text."""
    row = json.dumps({"question": "क?", "answer": "x" * (3 << 20)}, ensure_ascii=False)
    (raw / "a.jsonl").write_text("\n".join([row] * 12), encoding="utf-8")
    (source,) = discover(raw)
    heights = [batch.height for batch in read(source)]
    assert sum(heights) == 12
    assert max(heights) <= 5
