"""Rows to write, ways to write them, and how they are read back: what the property tests of the readers share."""

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from datakit.readers import discover, inspect, read
from datakit.readers.source import Input

Rows = list[dict[str, Any]]
Pair = tuple[str, str]

WORDS = ["शिवाजी", "क्ष", "र्‍या", "ॲ", "१६७४", "Maratha", "नव्याने", "?", "।", "-", "(अ", "😀", "ज़", "क\u200dष"]
MARKS = [",", ";", "\t", "|", '"', '""', "'", "\\", "\n", "\n\n", " ", "{", "]", "//", "<b>", "&amp;", "#", "=", "null"]

LETTER = st.sampled_from(WORDS)
"""Every text begins and ends with one: readers keep white space at the ends, some formats cannot."""

TEXT = st.builds(
    lambda first, middle, last: first + "".join(middle) + last,
    st.sampled_from(WORDS[:4]),
    st.lists(LETTER | st.sampled_from(MARKS), max_size=6),
    st.sampled_from(WORDS[:4]),
)

PAIRS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6)

HEADERS = st.sampled_from(
    [
        ("प्रश्न", "उत्तर"),
        (" प्रश्न ", "योग्य उत्तर"),
        ("QUESTION", "Answer"),
        ("question_text", "correct-answer"),
        ("Prompt", "Completion"),
        ("instruction", "output"),
        ("Q", "A"),
    ]
)
"""Names a source may use; case, spaces and punctuation do not count."""


def read_bytes(name: str, data: bytes, *, batch_rows: int = 4096, columns: Mapping[str, str] | None = None) -> Rows:
    """Return the rows of a file with this content."""
    return with_file(name, data, lambda source: read_input(source, batch_rows=batch_rows, columns=columns))


def read_input(source: Input, *, batch_rows: int = 4096, columns: Mapping[str, str] | None = None) -> Rows:
    """Return the rows of an input."""
    return [row for batch in read(source, columns=columns, batch_rows=batch_rows) for row in batch.to_dicts()]


def with_file(name: str, data: bytes, use: Callable[[Input], Any]) -> Any:
    """Write a file into a folder of its own and use it as an input."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        (source,) = discover(Path(folder))
        return use(source)


def pairs_of(rows: Rows) -> list[Pair]:
    """Return question and answer of rows, none of which may be rejected."""
    assert [(row["reject_reason"], row["reject_detail"]) for row in rows if row["reject_reason"]] == []
    return [(row["question"], row["answer"]) for row in rows]


def kept(rows: Rows) -> list[Pair]:
    """Return question and answer of the rows that are not rejected."""
    return [(row["question"], row["answer"]) for row in rows if row["reject_reason"] is None]


def agree(source: Input) -> None:
    """Check that `inspect` counts what `read` gives, and shows its first rejects."""
    rows, found = read_input(source), inspect(source)
    rejects = [row for row in rows if row["reject_reason"]]
    assert found.rows == len(rows) - len(rejects)
    assert found.rejects == Counter(row["reject_reason"] for row in rejects)
    shown = [(row["file"], row["locator"], row["reject_reason"], row["reject_detail"]) for row in rejects]
    assert list(found.problems) == shown[:5]
