"""CSV and TSV, well formed and not."""

from collections.abc import Callable
from typing import Any

import pytest

from datakit.readers import delimited
from datakit.readers.delimited import sniff
from datakit.readers.document import Reading

Read = Callable[..., list[dict[str, Any]]]
Pairs = Callable[..., list[tuple[str, str, str]]]


@pytest.mark.parametrize(
    ("name", "delimiter"),
    [("a.csv", ","), ("a.csv", ";"), ("a.csv", "|"), ("a.csv", "\t"), ("a.tsv", "\t"), ("a.tsv", ",")],
)
def test_the_delimiter_is_told_from_the_text(pairs: Pairs, name: str, delimiter: str) -> None:
    """Comma, semicolon, bar or tab: the delimiter that names question and answer wins, whatever the file is called."""
    content = (
        f"क्र.{delimiter}प्रश्न{delimiter}उत्तर\n१{delimiter}कोण, कधी; का?{delimiter}कोणी नाही\n".replace(", ", " ")
        if delimiter == ","
        else f"क्र.{delimiter}प्रश्न{delimiter}उत्तर\n१{delimiter}कोण, कधी?{delimiter}कोणी नाही\n"
    )
    ((place, question, answer),) = pairs(name, content)
    assert (place, answer) == ("line 2", "कोणी नाही")
    assert question.startswith("कोण")


def test_excels_sep_line(pairs: Pairs) -> None:
    """Excel's first line `sep=;` names the delimiter and is no header."""
    assert pairs("a.csv", "sep=;\r\nप्रश्न;उत्तर\r\nक?;ख\r\n") == [("line 3", "क?", "ख")]


@pytest.mark.parametrize("first", ["sep=~", "SEP=~", "sep=~ "])
def test_a_sep_line_names_a_sign_that_nobody_would_guess(pairs: Pairs, first: str) -> None:
    """The sign that the line names counts, also one that is no delimiter elsewhere."""
    assert pairs("a.csv", f"{first}\nप्रश्न~उत्तर\nकोण, कधी; का?~ख, ग\n") == [("line 3", "कोण, कधी; का?", "ख, ग")]


@pytest.mark.parametrize(
    ("opening", "told"),
    [
        ("sep=\n", (",", 0)),  # names nothing
        ("sep=;;\nक;ख\n", (";", 0)),  # two signs are none: told from the lines
        ("x;y\nsep=,\nu;v\n", (";", 0)),  # not the first line
        ("\n\nsep=|\nक,ख\n", ("|", 1)),
        ("", (",", 0)),
        ("एक ओळ\n", (",", 0)),
        ("a|b\nc|d\ne,f\n", ("|", 0)),  # two lines against one
        ("a,b;c,d\ne,f;g,h\n", (",", 0)),  # equally many lines: the more fields
        ("a;b\nc;d\ne;f,g,h,i\n", (";", 0)),  # lines go before fields
        ("x;प्रश्न;उत्तर\na,b,c\nd,e,f\n", (";", 0)),  # names of columns go before both
        ("a,b\n" * 20 + "c;d\n" * 30, (",", 0)),  # the first twenty lines are looked at
    ],
)
def test_how_the_delimiter_is_told(opening: str, told: tuple[str, int]) -> None:
    """By the names of columns, else by the sign that cuts most lines into the same number of fields."""
    assert sniff(opening.encode(), "utf-8", Reading()) == told


def test_a_title_above_the_header(pairs: Pairs) -> None:
    """A title and a blank line above the header are no rows."""
    assert pairs("a.csv", "शाळेची प्रश्नपेढी,,\n\nक्र.,प्रश्न,उत्तर\n१,क?,ख\n") == [("line 4", "क?", "ख")]


def test_quotes_lines_and_commas_inside_a_field(pairs: Pairs) -> None:
    """A quoted field may hold delimiters, doubled quotes and line ends; its place is the line where the row begins."""
    content = 'प्रश्न,उत्तर\n"कोण, कधी?","तो म्हणाला ""हर हर महादेव""\nआणि निघाला"\nग?,घ\n'
    assert pairs("a.csv", content) == [
        ("line 2", "कोण, कधी?", 'तो म्हणाला "हर हर महादेव"\nआणि निघाला'),
        ("line 4", "ग?", "घ"),
    ]


def test_a_quote_inside_a_bare_field_is_text(pairs: Pairs) -> None:
    """A quote that does not open a field is a character of it."""
    assert pairs("a.csv", 'प्रश्न,उत्तर\nउंची किती?,5" फूट\nग?,घ\n')[0][2] == '5" फूट'


def test_a_quote_never_closed_costs_one_line(rows: Read) -> None:
    """A quote that nothing closes is rejected with its line; every line after it is read."""
    content = 'प्रश्न,उत्तर\nक?,"ख\nग?,घ\n' + "च?,छ\n" * 1500
    found = rows("a.csv", content)
    assert (found[0]["reject_reason"], found[0]["locator"]) == ("unclosed_quote", "line 2")
    assert "opened on line 2" in found[0]["reject_detail"]
    assert [row["locator"] for row in found[1:]] == [f"line {n}" for n in range(3, 1504)]
    assert not any(row["reject_reason"] for row in found[1:])


def test_a_quote_open_at_the_end(rows: Read) -> None:
    """The last row of a truncated file is rejected, not swallowed."""
    found = rows("a.csv", 'प्रश्न,उत्तर\nक?,ख\nग?,"घ')
    assert [(row["locator"], row["reject_reason"]) for row in found] == [("line 2", None), ("line 3", "unclosed_quote")]


def closed_after(count: int, line: str = "पुढे") -> str:
    """A table of one row whose quoted answer ends in the line `count` lines below its first."""
    return 'प्रश्न,उत्तर\nक?,"ख\n' + f"{line}\n" * (count - 1) + 'शेवट"\n'


@pytest.mark.parametrize(("count", "reason"), [(5, None), (6, "unclosed_quote")])
def test_an_answer_has_so_many_lines_at_most(
    rows: Read, monkeypatch: pytest.MonkeyPatch, count: int, reason: str | None
) -> None:
    """An answer of as many lines as are allowed is read whole; of one with more, the quote counts as never closed."""
    monkeypatch.setattr(delimited, "MAX_QUOTED_LINES", 6)
    first, *_ = rows("a.csv", closed_after(count))
    assert first["reject_reason"] == reason
    if reason is None:
        assert first["answer"] == "\n".join(["ख", *["पुढे"] * (count - 1), "शेवट"])
    else:
        assert "not closed in the 6 lines from there" in first["reject_detail"]


def test_long_lines_in_a_quote_are_not_gathered_without_end(rows: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the largest row, in characters, is where the search for the end of a quote stops too."""
    monkeypatch.setattr(delimited, "ROW_BYTES", 400)
    assert rows("a.csv", closed_after(4, "क" * 24))[0]["reject_reason"] is None
    first = rows("b.csv", closed_after(9, "क" * 24))[0]
    assert first["reject_reason"] == "unclosed_quote"
    assert "not closed in the 5 lines from there" in first["reject_detail"]


def test_a_damaged_line_inside_a_quote_is_told_too(rows: Read) -> None:
    """Bytes that are no text end an open quote: its line, the damaged one and all that follow are told in order."""
    content = 'प्रश्न,उत्तर\nक?,"ख\nग?,घ\n'.encode() + b"\xe0\xa4,x\n" + 'च?,"छ"\n'.encode()
    found = rows("a.csv", content)
    assert [(row["question"], row["reject_reason"]) for row in found] == [
        (None, "unclosed_quote"),
        ("ग?", None),
        (None, "invalid_utf8"),
        ("च?", None),
    ]


@pytest.mark.parametrize(("line", "fields"), [("क?", 1), ("क?,ख,ग,घ", 4)])
def test_ragged_rows(rows: Read, line: str, fields: int) -> None:
    """A row with more or fewer fields than the header is rejected with both counts."""
    found = rows("a.csv", f"प्रश्न,उत्तर,टीप\n{line}\nच?,छ,\n")
    assert [row["reject_reason"] for row in found] == ["ragged_row", None]
    assert f"found {fields} fields, expected 3" in found[0]["reject_detail"]
    assert line.replace(",", " | ") in found[0]["reject_detail"]


def test_empty_fields_at_the_end_are_not_ragged(pairs: Pairs) -> None:
    """A delimiter at the end of lines, and lines of delimiters alone, are what spreadsheets write."""
    assert pairs("a.csv", "प्रश्न,उत्तर,\nक?,ख,\n,,\nग?,घ,,,\n") == [("line 2", "क?", "ख"), ("line 4", "ग?", "घ")]


def test_double_headers_are_not_guessed(rows: Read) -> None:
    """Two columns of one name are taken for no role; the mapping that settles it is offered and works."""
    content = "प्रश्न,उत्तर,उत्तर\nक?,ख,ग\n"
    (row,) = rows("a.csv", content)
    assert row["reject_reason"] == "unrecognised_columns"
    assert "found columns: प्रश्न, उत्तर (1), उत्तर (2);" in row["reject_detail"]
    (row,) = rows("a.csv", content, columns={"question": "प्रश्न", "answer": "उत्तर (2)"})
    assert (row["answer"], row["meta"]) == ("ग", '{"उत्तर (1)":"ख"}')


def test_unknown_columns_reject_every_row(rows: Read) -> None:
    """Where the header tells nothing, each row is rejected with the columns found."""
    found = rows("a.csv", "शीर्षक,तपशील\nक,ख\nग,घ\n")
    assert [(row["locator"], row["reject_reason"]) for row in found] == [
        ("line 2", "unrecognised_columns"),
        ("line 3", "unrecognised_columns"),
    ]
    assert 'question = "शीर्षक", answer = "तपशील"' in found[0]["reject_detail"]


def test_invalid_utf8_and_nul_lines(rows: Read) -> None:
    """A line that is no text is rejected with its place; the others are read."""
    content = "प्रश्न,उत्तर\nक?,ख\n".encode() + b"\xe0\xa4,x\n" + b"a\x00b,c\n" + "ग?,घ\n".encode()
    found = rows("a.csv", content)
    assert [row["reject_reason"] for row in found] == [None, "invalid_utf8", "nul_bytes", None]
    assert found[1]["locator"].startswith("bytes ")
    assert found[2]["locator"] == "line 4"


def test_a_long_field(pairs: Pairs) -> None:
    """An answer longer than the csv module's own limit of 128 KiB is read."""
    answer = "इतिहास " * 30_000
    assert pairs("a.csv", f'प्रश्न,उत्तर\nक?,"{answer}"\n')[0][2] == answer


def test_meta_keeps_the_other_columns(rows: Read) -> None:
    """Other columns stay as text, as they stood."""
    (row,) = rows("a.csv", "क्र.,प्रश्न,उत्तर,इयत्ता\n०७,क?,ख,चौथी\n")
    assert row["meta"] == '{"इयत्ता":"चौथी","क्र.":"०७"}'


def test_a_header_without_rows(rows: Read) -> None:
    """A header alone gives no rows and no faults."""
    assert rows("a.csv", "प्रश्न,उत्तर\n") == []
