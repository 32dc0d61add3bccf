"""Rows of a corpus, {id, text, source}: documents that `datakit synthesize` can ask about, in every tabular format."""

import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from datakit.pipeline.curate import curate
from datakit.readers import discover, inspect
from datakit.readers.columns import resolve
from datakit.readers.prose_column import PROSE_COLUMNS, prose_column
from datakit.recipe import Recipe
from datakit.synthesize import pages_of_raw, pages_of_version
from tests.readers.written import read_bytes

Read = Callable[..., list[dict[str, Any]]]

SHAHU = (
    "छत्रपती शाहू महाराजांनी २६ जुलै १९०२ रोजी कोल्हापूर संस्थानात मागासवर्गीयांसाठी शासकीय सेवेत पन्नास टक्के जागा राखून ठेवल्या. "
    "त्यांनी वसतिगृहे काढली आणि प्राथमिक शिक्षण सक्तीचे व मोफत केले."
)
BLOCK = "प्रश्न: शाहू महाराजांनी जागा कधी राखून ठेवल्या?\nउत्तर: २६ जुलै १९०२ रोजी"


def line(**columns: object) -> str:
    return json.dumps(columns, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", PROSE_COLUMNS)
def test_the_text_is_a_passage(rows: Read, name: str) -> None:
    """A row with a text and no pair is a reject that keeps the whole text as context and the other columns as meta."""
    (row,) = rows("a.jsonl", line(id="q1", **{name: SHAHU}, source="x", n=3))
    assert (row["reject_reason"], row["locator"]) == ("no_question_answer_pairs", "line 1")
    assert (row["context"], row["question"], row["answer"]) == (SHAHU, None, None)
    assert json.loads(row["meta"]) == {"id": "q1", "source": "x", "n": 3}


def test_the_reject_names_both_ways_on(rows: Read) -> None:
    """The detail says what was found, that questions can be made from it, and which mapping would make it a pair."""
    (row,) = rows("a.jsonl", line(text=SHAHU, source="x"))
    assert "found a text in column text with no question and answer" in row["reject_detail"]
    assert "`datakit synthesize`" in row["reject_detail"]
    assert 'columns = { question = "text", answer = "source" }' in row["reject_detail"]
    assert SHAHU[:60] in row["reject_detail"]


def test_a_long_text_is_kept_whole(rows: Read) -> None:
    """Nothing of a text of a million characters is lost, line ends included."""
    text = "\n".join(f"{n}. {SHAHU}" for n in range(4_000))
    assert len(text) > 1_000_000 // 2
    (row,) = rows("a.jsonl", line(text=text))
    assert row["context"] == text


def test_a_text_that_asks_gives_its_pairs(rows: Read) -> None:
    """Marks inside a text are read as in a text file; the prose around them stays a passage, each in its place."""
    prose = "\n".join([SHAHU] * 2)
    pair, passage = rows("a.jsonl", line(id=7, text=f"{BLOCK}\n\n---\n{prose}"))
    assert (pair["question"], pair["answer"]) == ("शाहू महाराजांनी जागा कधी राखून ठेवल्या?", "२६ जुलै १९०२ रोजी")
    assert pair["locator"] == "line 1 text lines 1-2"
    assert (passage["locator"], passage["reject_reason"]) == ("line 1 text lines 5-6", "no_question_answer_pairs")
    assert passage["context"].endswith(prose)
    assert [json.loads(row["meta"]) for row in (pair, passage)] == [{"id": 7}] * 2


@pytest.mark.parametrize(
    "text",
    [
        "प्रश्न १८५७ च्या उठावाचा आहे.\nउत्तर भारतात मराठ्यांनी मोहीम काढली.\n१) महसूल\n२) जात",
        "मंत्र्यांची प्र.कुलपती पदी नियुक्ती केली जाणार आहे.",
        "तणाव वाढला; उत्तर कोरियाने डागली क्षेपणास्त्रे.",
        "प्रश्न: हे कोणी केले?",
        "उत्तर: शाहू महाराजांनी.",
    ],
)
def test_a_text_without_a_whole_pair_is_prose(rows: Read, text: str) -> None:
    """Prose that only mentions questions or answers, or holds half a pair, stays one passage, whole."""
    (row,) = rows("a.jsonl", line(text=text))
    assert row["context"] == text


@pytest.mark.parametrize("empty", ["", " \n\t", None, "\u2003"])
def test_a_row_without_text_is_said(rows: Read, empty: str | None) -> None:
    """An empty text is a reject of its own words, no passage: no row vanishes."""
    (row,) = rows("a.jsonl", line(id=1, text=empty))
    assert (row["reject_reason"], row["context"]) == ("no_question_answer_pairs", None)
    assert "found no text in column text" in row["reject_detail"]


@pytest.mark.parametrize(("value", "kind"), [(["क"], "a list"), ({"क": 1}, "an object"), (True, "a truth value")])
def test_a_text_that_is_none(rows: Read, value: object, kind: str) -> None:
    """Another kind of value where the text belongs is named as such."""
    (row,) = rows("a.jsonl", line(id=1, text=value))
    assert row["reject_reason"] == "not_text"
    assert f"column text: found {kind}" in row["reject_detail"]


@pytest.mark.parametrize(
    "columns",
    [
        {"question": "कोण?", "text": "मजकूर"},
        {"text": "मजकूर", "answer": "शाहू"},
        {"text": "मजकूर", "output": "शाहू"},
        {"title": "शीर्षक", "page": 4},
        {"Text": "एक", "text": "दोन"},
    ],
)
def test_half_a_pair_is_no_document(rows: Read, columns: dict[str, object]) -> None:
    """A row with a question or an answer only, with no text, or with two, wants a mapping."""
    (row,) = rows("a.jsonl", line(**columns))
    assert (row["reject_reason"], row["context"]) == ("unrecognised_columns", None)
    assert f"found columns: {', '.join(columns)};" in row["reject_detail"]


def test_a_pair_beside_a_text_is_a_pair(rows: Read) -> None:
    """Where question and answer are there, a column named text is meta, as before."""
    (row,) = rows("a.jsonl", line(question="कोण?", answer="शाहू", text=SHAHU))
    assert (row["reject_reason"], row["answer"]) == (None, "शाहू")
    assert json.loads(row["meta"]) == {"text": SHAHU}


def test_a_mapping_names_the_text(rows: Read) -> None:
    """`context` of the recipe's mapping names the text of rows without a pair, whatever else their names would say."""
    content = line(user="asha", tweet=SHAHU)
    assert rows("a.jsonl", content)[0]["reject_reason"] == "unrecognised_columns"
    (row,) = rows("b.jsonl", content, columns={"context": "tweet"})
    assert (row["context"], json.loads(row["meta"])) == (SHAHU, {"user": "asha"})


def test_a_mapping_to_a_pair_goes_first(rows: Read) -> None:
    """A mapping that finds question and answer makes a pair of the text."""
    (row,) = rows("a.jsonl", line(text="कोण?", page="शाहू"), columns={"question": "text", "answer": "page"})
    assert (row["question"], row["answer"], row["reject_reason"]) == ("कोण?", "शाहू", None)


@given(st.lists(st.text(max_size=12), max_size=6, unique=True))
def test_any_names(names: list[str]) -> None:
    """Whatever the names, the column chosen is one of them, and none is chosen beside a question or an answer."""
    roles = resolve(names)
    chosen = prose_column(names, None, roles)
    assert chosen is None or chosen in names
    if roles.keys() & {"question", "answer"}:
        assert chosen is None


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=400))
def test_any_text_is_kept(text: str) -> None:
    """Of any text, marks and line ends of every kind included, each row is a passage, a pair, or says what it lacks."""
    found = read_bytes("a.jsonl", line(text=text).encode())
    assert found
    if all(row["reject_reason"] == "no_question_answer_pairs" for row in found) and text.strip():
        assert "".join(row["context"] for row in found).split() == text.split()


def _table(kind: str, cells: list[dict[str, object]]) -> bytes:
    stream = io.BytesIO()
    if kind == "parquet":
        pl.DataFrame(cells).write_parquet(stream)
    elif kind == "arrow":
        pl.DataFrame(cells).write_ipc(stream)
    elif kind == "json":
        stream.write(json.dumps(cells, ensure_ascii=False).encode())
    elif kind == "xlsx":
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in (list(cells[0]), *(list(cell.values()) for cell in cells)):
            book.active.append(row)
        book.save(stream)
    else:
        pl.DataFrame(cells).write_csv(stream, separator="," if kind == "csv" else "\t")
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["parquet", "arrow", "json", "csv", "tsv", "xlsx"])
def test_every_tabular_format(rows: Read, kind: str) -> None:
    """The same corpus in any format gives the same passages with the same digests."""
    cells: list[dict[str, object]] = [{"id": f"d{n}", "text": f"{SHAHU}\nओळ {n}"} for n in range(3)]
    found = rows(f"a.{kind}", _table(kind, cells))
    assert [row["context"] for row in found] == [cell["text"] for cell in cells]
    lines = rows("b.jsonl", "".join(line(**cell) for cell in cells))
    assert [row["raw_sha256"] for row in found] == [row["raw_sha256"] for row in lines]


def test_documents_in_a_json_tree(rows: Read) -> None:
    """Texts below any key are found where they stand; beside its meta a text is still one document."""
    tree = {"site": {"text": SHAHU}, "pages": [{"body": SHAHU, "meta": {"tags": [{"name": "इतिहास"}]}}]}
    found = rows("a.json", json.dumps(tree, ensure_ascii=False))
    assert [(row["locator"], row["context"]) for row in found] == [("$.site", SHAHU), ("$.pages[0]", SHAHU)]


def test_a_text_above_its_questions(rows: Read) -> None:
    """A text whose object holds pairs further down gives way to the pairs, as before."""
    tree = {"text": SHAHU, "part": {"exercise": [{"question": "कोण?", "answer": "शाहू"}]}}
    (row,) = rows("a.json", json.dumps(tree, ensure_ascii=False))
    assert (row["locator"], row["question"], row["reject_reason"]) == ("$.part.exercise[0]", "कोण?", None)


def test_tables_on_pages_are_left(rows: Read) -> None:
    """A table of a page with a column named text is part of the page's own text, not a corpus."""
    table = f"<table><tr><th>id</th><th>text</th></tr><tr><td>1</td><td>{SHAHU}</td></tr></table>"
    found = rows("a.html", f"<html><body><main><p>{SHAHU}</p>{table}</main></body></html>")
    assert [row["reject_reason"] for row in found] == ["no_question_answer_pairs"]
    assert " row " not in found[0]["locator"]


def test_inspect_says_prose(tmp_path: Path) -> None:
    """`datakit inspect` names the shape and the column that is taken for the text."""
    (tmp_path / "a.jsonl").write_text(line(id=1, text=SHAHU) * 3, "utf-8")
    (source,) = discover(tmp_path)
    seen = inspect(source)
    assert (seen.shape, seen.columns, seen.rows) == ("prose", {"context": "text"}, 0)
    assert seen.rejects == {"no_question_answer_pairs": 3}


def test_from_a_corpus_to_pages(tmp_path: Path, plain_recipe: Recipe) -> None:
    """`synthesize` is given the same pages of the raw rows and of the version that `curate` made of them."""
    raw = tmp_path / "raw"
    raw.mkdir()
    texts = [f"{SHAHU} हा उतारा क्रमांक {n} आहे." for n in range(5)]
    pairs = "".join(line(question=f"प्रश्न {n} कोणता?", answer=f"उत्तर {n}") for n in range(20))
    (raw / "a.jsonl").write_text("".join(line(id=n, text=text) for n, text in enumerate(texts)) + pairs, "utf-8")
    result = curate(raw, tmp_path / "curated", recipe=plain_recipe)
    assert result.path is not None
    assert (result.kept, result.rejected) == (20, {"no_question_answer_pairs": 5})
    for pages in (pages_of_raw(raw, tmp_path / "curated"), pages_of_version(result.path)):
        assert [(page.text, page.locator) for page in pages] == [
            (text, f"line {n + 1}") for n, text in enumerate(texts)
        ]


@pytest.mark.parametrize("start", [0, 60_000, 120_000])
def test_a_slice_of_a_real_corpus(shared_data: Path, start: int) -> None:
    """Of 2,000 real documents none is lost or changed, and hardly one is taken for questions."""
    with zstandard.open(shared_data / "marathi_corpus.jsonl.zst", "rt", encoding="utf-8") as stream:
        wanted = [data.rstrip("\n") for data in itertools.islice(stream, start, start + 2_000)]
    texts = {f"line {n}": json.loads(data)["text"] for n, data in enumerate(wanted, 1)}
    found = read_bytes("a.jsonl", "\n".join(wanted).encode())
    kept = {row["locator"]: row["context"] for row in found if row["context"] is not None}
    whole = {place: text for place, text in kept.items() if place in texts}
    assert all(text == texts[place] for place, text in whole.items())
    assert len(whole) >= len(texts) - 1
    assert {row["locator"].split(" text ")[0] for row in found} == texts.keys()
