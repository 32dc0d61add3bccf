"""What the comparison runs on: the same text for everybody, the same bytes every time."""

import json
import statistics
import unicodedata
from pathlib import Path

import pytest
import zstandard

from benchmarks.peers.generated import Chain, documents, line, questions, sample_texts
from benchmarks.peers.inputs import COPY_EVERY, CORPUS, QA, halved, planted, prepare, read_packed, slice_of
from benchmarks.peers.runners.texts import texts
from datakit.langid import detect


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder as of the real data, small."""
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [{"id": f"d{n}", "text": f"शिवाजी महाराजांनी {n} किल्ले जिंकले व बांधले", "source": "x"} for n in range(100)]
    asked = [{"id": f"q{n}", "question": f"किल्ला {n} कोठे आहे?", "answer": "पुण्याजवळ", "year": "1674"} for n in range(50)]
    for name, found in ((CORPUS, rows), (QA, asked)):
        (folder / name).write_bytes(zstandard.compress(b"".join(map(line, found))))
    return folder


def test_everybody_gets_the_same_text(data: Path, project: Path, tmp_path: Path) -> None:
    """Question and answer of our rows, joined, are the texts of the peers' rows: none more, none less."""
    for given in prepare(data, project / "raw", tmp_path / "work").values():
        assert sorted(texts(given.ours)) == sorted(texts(given.theirs))
        assert len(texts(given.ours)) == given.rows
        assert len(list(given.theirs.iterdir())) == 4


def test_the_same_data_give_the_same_bytes(data: Path, project: Path, tmp_path: Path) -> None:
    """Digests do not depend on the run or on the folder, so that floors can be pinned to them."""
    first = prepare(data, project / "raw", tmp_path / "one")
    again = prepare(data, project / "raw", tmp_path / "two")
    assert [one.sha256 for one in first.values()] == [one.sha256 for one in again.values()]
    assert first["documents"].sha256 != first["qa"].sha256


def test_megabytes_are_those_of_the_text_or_of_the_file(data: Path, project: Path, tmp_path: Path) -> None:
    """Documents count their text, questions the whole file with its other columns."""
    given = prepare(data, project / "raw", tmp_path / "work")
    text = sum(len(one.encode()) for one in texts(given["documents"].theirs))
    assert given["documents"].mb == pytest.approx(text / 1e6)
    assert given["qa"].mb == pytest.approx((given["qa"].ours / "rows.jsonl").stat().st_size / 1e6)


def test_one_row_in_22_gets_a_copy_that_differs() -> None:
    """Planted copies follow their row, differ from it in a few characters, and are the same every time."""
    rows = [{"id": f"d{n}", "text": f"१६७४ साली रायगडावर राज्याभिषेक झाला, पाहुणे {n}"} for n in range(220)]
    found = planted(rows)
    copies = [n for n, row in enumerate(found) if row["id"].endswith("-copy")]
    assert len(copies) == 220 // COPY_EVERY
    for n in copies:
        assert found[n]["id"] == found[n - 1]["id"] + "-copy"
        assert found[n]["text"] != found[n - 1]["text"]
        assert abs(len(found[n]["text"]) - len(found[n - 1]["text"])) <= 8
    assert found == planted(rows)


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("एक दोन तीन चार", "एक दोन?", "तीन चार"),
        ("कोण? मी", "कोण?", "मी"),
        ("एकच", "एकच?", ""),
        ("", "?", ""),
        ("एक\n दोन  तीन", "एक?", "दोन तीन"),
    ],
)
def test_a_document_is_cut_in_the_middle(text: str, question: str, answer: str) -> None:
    """The first half asks, the second answers; a question mark stands at the cut once."""
    assert halved({"id": "x", "text": text}) == {"id": "x", "question": question, "answer": answer}


def test_a_slice_is_the_beginning(data: Path, project: Path, tmp_path: Path) -> None:
    """A slice holds the first rows of its input and its own digest."""
    whole = prepare(data, project / "raw", tmp_path / "work")["documents"]
    part = slice_of(whole, tmp_path / "work", 0.005)
    assert 0 < part.rows < whole.rows
    assert texts(part.ours) == texts(whole.ours)[: part.rows]
    assert part.sha256 != whole.sha256


def test_a_missing_corpus_says_what_to_do(tmp_path: Path) -> None:
    """A folder without the file names the file and the way without it."""
    with pytest.raises(FileNotFoundError, match="no AURORA_DATA for a generated corpus"):
        list(read_packed(tmp_path / CORPUS))


def test_generated_text_is_of_the_shape_it_states(project: Path) -> None:
    """Seeded, of the stated lengths, made of the sample's words and nothing else, in NFC as they are."""
    rows = list(documents(project / "raw", 400))
    assert rows == list(documents(project / "raw", 400))
    assert rows != list(documents(project / "raw", 400, seed=9))
    lengths = [len(row["text"].split()) for row in rows]
    assert min(lengths) >= 3
    assert max(lengths) <= 60
    assert 18 <= statistics.mean(lengths) <= 28
    known = {word for words in sample_texts(project / "raw") for word in words}
    assert {word for row in rows for word in row["text"].split()} <= known
    assert len({row["text"] for row in rows}) > 390
    assert all(unicodedata.is_normalized("NFC", row["text"]) for row in rows[:50])


def test_generated_text_is_taken_for_marathi(project: Path) -> None:
    """Marathi-like enough that nine of ten pass the language stage: otherwise later stages had nothing to do."""
    labels = detect([row["text"] for row in documents(project / "raw", 300)])
    assert sum(label == "mar" for label in labels) >= 270


def test_generated_questions_are_long_and_asked(project: Path) -> None:
    """Questions and answers have 20 to 400 words, a question mark, and the other columns of the real file."""
    for row in questions(project / "raw", 30):
        assert row["question"].endswith("?")
        assert 20 <= len(row["question"].split()) <= 400
        assert 20 <= len(row["answer"].split()) <= 400
        assert set(row) == {"id", "question", "answer", "source", "title", "year"}


def test_a_chain_that_ends_begins_again() -> None:
    """A text longer than the sample is still made, of its words only."""
    import random

    text = Chain([["अ", "आ", "इ"]]).text(7, random.Random(1))
    assert text == "अ आ इ अ आ इ अ"


def test_a_folder_without_marathi_is_refused(tmp_path: Path) -> None:
    """A sample that holds no Marathi line is an error, not an endless search for a first word."""
    (tmp_path / "a.jsonl").write_text(json.dumps({"question": "only English here"}))
    with pytest.raises(ValueError, match="found no line with three Marathi words"):
        list(sample_texts(tmp_path))
