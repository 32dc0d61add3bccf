"""Which printed lines are a table, and what stands in its cells."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.readers.page import PageLine, Word
from datakit.readers.page_tables import MAX_CELL_CHARS, Table, cells, split_tables

HEIGHT = 10.0
LETTER = 5.0
Placed = tuple[float, str]


def line(number: int, *placed: Placed) -> PageLine:
    """A line of cells, each at its left edge, the words of a cell 3 points apart."""
    words = []
    for left, text in placed:
        for word in text.split():
            words.append(Word(text=word, left=left, right=left + LETTER * len(word)))
            left = words[-1].right + 3
    return PageLine(number=number, words=tuple(words), top=15.0 * number, bottom=15.0 * number + HEIGHT)


def read(*rows: Sequence[Placed]) -> list[tuple[tuple[str, ...], ...] | str]:
    """The rows of each table, and the text of each line outside one."""
    lines = [line(number, *row) for number, row in enumerate(rows, 1)]
    return [part.rows if isinstance(part, Table) else part.text for part in split_tables(lines)]


def close(*texts: str, shift: float = 0.0) -> list[Placed]:
    """Cells of four letters whose gaps are 8 points: more than between words, less than in a table set wide."""
    return [(72 + 28 * place + (shift if place else 0), text) for place, text in enumerate(texts)]


@pytest.mark.parametrize(("gap", "count"), [(2.9, 1), (11.9, 1), (12.0, 2), (40.0, 2)])
def test_a_gap_of_more_than_a_line_height_parts_cells(gap: float, count: int) -> None:
    """From 1.2 heights of the line on white space stands between cells, below it between words."""
    found = cells(line(1, (72, "राजा"), (72 + 4 * LETTER + gap, "काळ")))
    assert len(found) == count
    assert " ".join(text for _, _, text in found) == "राजा काळ"


def test_words_out_of_order_are_read_from_the_left() -> None:
    """Some files draw the right column first: cells follow their places, not the order of drawing."""
    words = line(1, (200, "काळ"), (72, "राजा राम")).words
    found = cells(PageLine(number=1, words=words, top=0, bottom=HEIGHT))
    assert [text for _, _, text in found] == ["राजा राम", "काळ"]
    assert [(left, right) for left, right, _ in found] == [(72, 72 + 4 * LETTER + 3 + 3 * LETTER), (200, 215)]


def test_a_close_set_table_takes_three_rows_in_the_same_places() -> None:
    """Gaps of half a line height are believed where three rows agree, and not where two do."""
    rows = [close("राजा", "वर्षे"), close("शाहू", "१७०७"), close("रामा", "१७७७")]
    assert read(*rows) == [(("राजा", "वर्षे"), ("शाहू", "१७०७"), ("रामा", "१७७७"))]
    assert read(*rows[:2]) == ["राजा वर्षे", "शाहू १७०७"]


@pytest.mark.parametrize(
    "last",
    [
        close("अर्धा", "ओळीत", shift=3.5),
        close("अर्धा", "ओळीत", shift=-3.5),
        close("तीनच", "येथे", "आहेत"),
        [(72.0, "संपली")],
        close("कोण?", "प्र. १) कोण?"),
    ],
    ids=["to the right", "to the left", "more cells", "fewer cells", "a question"],
)
def test_what_ends_a_close_set_table(last: list[Placed]) -> None:
    """A cell a third of a line height aside, another number of cells, or a question is no row of it."""
    rows = [close("राजा", "वर्षे"), close("शाहू", "१७०७"), close("रामा", "१७७७")]
    table, *after = read(*rows, last)
    assert table == (("राजा", "वर्षे"), ("शाहू", "१७०७"), ("रामा", "१७७७"))
    assert after == [" ".join(text for _, text in last)]


def test_a_cell_may_lie_a_little_aside_in_a_close_set_table() -> None:
    """Up to .3 line heights is the same place: digits and letters do not begin equally far left."""
    rows = [close("राजा", "वर्षे"), close("शाहू", "१७०७", shift=2.9), close("रामा", "१७७७", shift=-2.9)]
    assert len(read(*rows)) == 1


def test_centred_cells_belong_to_the_column_they_overlap() -> None:
    """A short cell in the middle of a wide column begins far from its edge and is still of that column."""
    assert read(
        [(72, "किल्ल्याचे पूर्ण नाव"), (250, "जिल्हा")],
        [(110, "तोरणा"), (255, "पुणे")],
    ) == [(("किल्ल्याचे पूर्ण नाव", "जिल्हा"), ("तोरणा", "पुणे"))]


def test_a_column_grows_with_its_cells() -> None:
    """A cell that overlaps only what a row above added to the column is of that column."""
    assert read(
        [(72, "नाव"), (250, "जिल्हा")],
        [(74, "छत्रपती शिवाजी महाराज"), (250, "पुणे")],
        [(140, "संभाजी"), (250, "पुणे")],
    ) == [(("नाव", "जिल्हा"), ("छत्रपती शिवाजी महाराज", "पुणे"), ("संभाजी", "पुणे"))]


def test_an_empty_cell_stays_empty() -> None:
    """A row without its middle cell keeps the last in its column."""
    assert read(
        [(72, "नाव"), (200, "काळ"), (300, "गड")],
        [(72, "शाहू"), (300, "सातारा")],
    ) == [(("नाव", "काळ", "गड"), ("शाहू", "", "सातारा"))]


def test_a_line_without_a_first_cell_goes_on_with_the_row_above() -> None:
    """Below a row it is that row's second line; right below the header, where no row is yet, it is a row."""
    head, row, more = [(72, "नाव"), (200, "काळ")], [(72, "शाहू"), (200, "१७०७ ते")], [(200, "१७४९")]
    assert read(head, row, more) == [(("नाव", "काळ"), ("शाहू", "१७०७ ते १७४९"))]
    assert read(head, more) == [(("नाव", "काळ"), ("", "१७४९"))]


@pytest.mark.parametrize(
    "last",
    [
        [(72.0, "ही ओळ मजकुराची आहे")],
        [(72.0, "शाहू"), (85.0, "राजे"), (140.0, "१७०७")],
        [(150.0, "मधेच")],
        [(72.0, "उ. शाहू"), (200.0, "१७०७")],
    ],
    ids=["text from the left edge", "two cells of one column", "between the columns", "an answer"],
)
def test_what_ends_a_table(last: list[Placed]) -> None:
    """Text that begins at the edge, a cell of no column or of a taken one, an answer: the table ends before it."""
    table, *after = read([(72, "नाव"), (200, "काळ")], [(72, "तारा"), (200, "१७००")], last)
    assert table == (("नाव", "काळ"), ("तारा", "१७००"))
    assert after == [" ".join(text for _, text in last)]


def test_one_row_is_no_table() -> None:
    """A header with nothing below it is a line of text."""
    assert read([(72, "नाव"), (200, "काळ")], [(72, "पुढे मजकूर येतो")]) == ["नाव काळ", "पुढे मजकूर येतो"]


@pytest.mark.parametrize(("chars", "table"), [(MAX_CELL_CHARS, True), (MAX_CELL_CHARS + 1, False)])
def test_two_columns_of_running_text_are_no_table(chars: int, table: bool) -> None:
    """Where every column has a cell of more than 160 characters, two texts stand beside each other."""
    right = 72 + LETTER * (chars + 20)
    rows: list[list[Placed]] = [[(72, "डावा"), (right, "उजवा")], [(72, "क" * chars), (right, "ख" * chars)]]
    assert (len(read(*rows)) == 1) is table
    assert len(read(rows[0], [(72, "क" * 9), (right, "ख" * 400)])) == 1


def test_a_stroke_in_a_cell_is_escaped() -> None:
    """A `|` in a cell would begin another one in Markdown."""
    (table,) = split_tables([line(1, (72, "नाव|टीप"), (200, "काळ")), line(2, (72, "शाहू"), (200, "१७०७|०८"))])
    assert isinstance(table, Table)
    assert table.markdown() == "| नाव\\|टीप | काळ |\n| --- | --- |\n| शाहू | १७०७\\|०८ |"


WORDS = st.text(st.sampled_from("कखगघचजतदनपमरलवस"), min_size=1, max_size=6)
GRIDS = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(WORDS, min_size=width, max_size=width), min_size=2, max_size=6)
)


@given(GRIDS, st.data())
def test_any_grid_of_words_comes_back(grid: list[list[str]], data: st.DataObject) -> None:
    """Cells set a little unevenly in their columns come back in their rows and columns, all lines taken."""
    rows = [
        [(72 + 60.0 * column + data.draw(st.floats(-4, 4)), word) for column, word in enumerate(row)] for row in grid
    ]
    assert read(*rows) == [tuple(map(tuple, grid))]


@given(st.lists(st.lists(st.tuples(st.floats(0, 500), WORDS), min_size=1, max_size=4), max_size=8))
def test_no_line_is_lost_or_told_twice(rows: list[list[Placed]]) -> None:
    """However words lie on a page, every line comes out once, in order, and no word of a table is missing."""
    lines = [line(number, *row) for number, row in enumerate(rows, 1)]
    parts = list(split_tables(lines))
    assert [one for part in parts for one in (part.lines if isinstance(part, Table) else (part,))] == lines
    for part in parts:
        if isinstance(part, Table):
            told = sorted(word for row in part.rows for cell in row for word in cell.split())
            assert told == sorted(word.text for one in part.lines for word in one.words)
