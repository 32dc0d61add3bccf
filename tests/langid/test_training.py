"""Training: the readers of packages, and a model that learns from a handful of lines."""

import json
import struct
from pathlib import Path
from random import Random

import numpy as np
import zstandard

from datakit.langid.corpus import clean, collect, shuffled
from datakit.langid.model import LABELS
from datakit.langid.texts import read_texts
from datakit.langid.train import Sparse, code_mix, read, train, vocabulary, windows
from datakit.langid.words import find_words

MARATHI = ["हा किल्ला शिवाजी महाराजांनी बांधला होता", "त्यांच्या मुलाने राज्याचा कारभार केला", "मी शाळेत जातो आणि अभ्यास करतो"]
HINDI = ["यह किला शिवाजी महाराज ने बनवाया था", "उनके बेटे ने राज्य का काम किया", "मैं स्कूल जाता हूँ और पढ़ाई करता हूँ"]
ENGLISH = ["this fort was built by the king", "his son ruled the kingdom after him", "we go to school and study"]


def compiled_catalogue(messages: dict[str, str]) -> bytes:
    """Return a gettext .mo file, written out by its specification (little-endian, no hash table)."""
    pairs = [
        (key.encode(), value.encode())
        for key, value in sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **messages}.items())
    ]
    place = 28 + 16 * len(pairs)
    tables, strings = [], b""
    for side in (0, 1):
        for pair in pairs:
            tables.append(struct.pack("<II", len(pair[side]), place + len(strings)))
            strings += pair[side] + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0) + b"".join(tables) + strings


def write(path: Path, content: bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def chromium_pack(messages: list[str]) -> bytes:
    """Return a .pak file of version 5: a table of numbers and places, one more than messages, and the text."""
    places = [12 + 6 * (len(messages) + 1)]
    for message in messages:
        places.append(places[-1] + len(message.encode()))
    table = b"".join(struct.pack("<HI", number, place) for number, place in enumerate(places))
    return struct.pack("<IB3xHH", 5, 1, len(messages), 0) + table + "".join(messages).encode()


def tesseract_model() -> bytes:
    """Return a .traineddata file whose graph holds गड, गडा and राज, over letters numbered from 1."""
    letters = "5\nNULL 0\nग 1\nड 1\nा 1\nर 1\nज 1\n".encode()
    bits, end, last = 3, 4, 1  # five letters and the null need three bits

    def edge(letter: int, flags: int, following: int) -> int:
        return letter | flags << bits | following << bits + 3

    edges = [
        edge(1, 0, 2), edge(4, last, 4),  # the root: ग, र
        edge(2, end | last, 3), edge(3, end | last, 0),  # ड, then ा
        edge(3, last, 5), edge(5, end | last, 0),  # ा, then ज
    ]  # fmt: skip
    graph = struct.pack("<hii", 42, 6, len(edges)) + struct.pack(f"<{len(edges)}Q", *edges)
    head = 4 + 8 * 24
    starts = [-1] * 24
    starts[19], starts[21] = head, head + len(graph)
    return struct.pack("<i24q", 24, *starts) + graph + letters


def test_each_kind_of_package_is_read(tmp_path: Path) -> None:
    """Catalogues, JSON files, lists, Chromium's packs, Tesseract's words and questions each give their rows."""
    write(
        tmp_path / "a/mr/LC_MESSAGES/x.mo",
        compiled_catalogue({"Open the _file": "<b>फाइल</b> _उघडा %s", "Quit": "Quit"}),
    )
    write(tmp_path / "b/kok/LC_MESSAGES/x.mo", b"\xde\x12\x04\x95 broken")
    write(
        tmp_path / "c/i18n/gom-deva.json",
        json.dumps({"@metadata": {"authors": ["कोण"]}, "k": "मुखेल पान {{PLURAL:x}}", "p": "एक|दोन"}).encode(),
    )
    write(tmp_path / "d/main/ne/units.json", json.dumps({"a": [{"b": "किलोमिटर"}, 3]}).encode())
    write(tmp_path / "d/package.json", json.dumps({"name": "कोणतीच भाषा नाही"}).encode())
    write(tmp_path / "e/hindi/talk.yml", "categories:\n- - आप कैसे हैं\n  - मैं ठीक हूँ\n".encode())
    write(tmp_path / "gk_hi/questions.py", '{"question": "राजधानी क्या है?", "A": "दिल्ली"}'.encode())
    write(tmp_path / "f/locales/mr.pak", chromium_pack(["टॅब बंद करा", "Chrome"]))
    write(tmp_path / "f/locales/hi.pak", struct.pack("<IB3xHH", 4, 1, 0, 0))
    write(tmp_path / "g/mar.traineddata", tesseract_model())
    write(tmp_path / "g/hin.traineddata", struct.pack("<i3q", 3, -1, -1, -1))
    rows = [
        {"licence": "MIT", "question": "प्रश्न कोणता", "answer": "उत्तर | दुसरे"},
        {"licence": "CC BY-NC-SA", "question": "नको हे", "answer": "नको"},
    ]
    write(
        tmp_path / "q.jsonl.zst",
        zstandard.ZstdCompressor().compress(b"\n".join(json.dumps(row).encode() for row in rows)),
    )
    found = list(collect(tmp_path))
    words = " ".join(text for label, source, text in found if source == "words")
    assert sorted(words.split()) == ["गड", "गडा", "राज"]
    assert {row for row in found if row[1] != "words"} == {
        ("mar", "gettext", "फाइल उघडा"),
        ("eng", "gettext", "Open the file"),
        ("eng", "gettext", "Quit"),
        ("gom", "json", "मुखेल पान"),
        ("npi", "json", "किलोमिटर"),
        ("hin", "list", "आप कैसे हैं"),
        ("hin", "list", "मैं ठीक हूँ"),
        ("hin", "list", "राजधानी क्या है?"),
        ("hin", "list", "दिल्ली"),
        ("mar", "pak", "टॅब बंद करा"),
        ("mar", "legislature", "प्रश्न कोणता"),
        ("mar", "legislature", "उत्तर | दुसरे"),
    }
    assert len(found) == len(set(found))


def test_word_lists_become_lines() -> None:
    """Words are cut to lines of 1 to 8, each word once, alike every time, and no more lines than asked for."""
    words = [f"गड{number}" for number in range(200)]
    lines = list(shuffled(list(words)))
    assert lines == list(shuffled(list(words)))
    assert sorted(" ".join(lines).split()) == sorted(words)
    assert {len(line.split()) for line in lines} == set(range(1, 9))
    assert len(list(shuffled(list(words), lines=3))) == 3


def test_markup_is_stripped() -> None:
    """Tags, entities, placeholders, accelerators and addresses are no language."""
    assert clean("<a href='x'>_मदत</a> %1$s &amp; $1 https://x.y/z  {{SITENAME}}") == "मदत"


def test_windows_are_pieces_of_their_lines() -> None:
    """Every window is 1 to 20 words of a line of its label; romanised ones are extra and in Latin letters."""
    lines = [("mar", text) for text in MARATHI] + [("eng", text) for text in ENGLISH]
    cut = windows(list(lines), Random(1))
    for label, piece in cut:
        if label == "mar-Latn":
            assert piece.isascii()
        else:
            assert any(label == of and piece in text for of, text in lines)
    assert {label for label, _ in cut} == {"mar", "eng", "mar-Latn"}


def test_code_mix_keeps_the_length() -> None:
    """English words replace words of the line, so that its length stays."""
    mixed = {code_mix("ha killa maharajanni bandhla hota", ENGLISH, Random(seed)) for seed in range(20)}
    assert {len(line.split()) for line in mixed} == {5}
    assert len(mixed) > 1


def test_vocabulary_holds_what_comes_back() -> None:
    """A word counts as vocabulary of a label when it occurs there three times."""
    assert vocabulary([("mar", "गड गड गड किल्ला"), ("hin", "गड")]) == [("mar", "गड")]


def test_sparse_products_are_those_of_dense_matrices() -> None:
    """Both directions of a sparse matrix equal the matrix product, scale included."""
    sparse = Sparse.build(np.array([2, 0, 2, 1]), np.array([0, 2]), np.array([0.5, 2.0], np.float32))
    dense = np.array([[0.5, 0, 0.5], [0, 2, 2]], np.float32)
    right = np.arange(6, dtype=np.float32).reshape(3, 2)
    left = np.arange(4, dtype=np.float32).reshape(2, 2)
    assert np.allclose(sparse.times(right), dense @ right)
    assert np.allclose(sparse.transposed_times(left, 3), dense.T @ left)


def test_training_learns_and_repeats() -> None:
    """From nine lines and the grammar table a model labels them all, and the same seed gives the same weights."""
    lines = (
        [("mar", text) for text in MARATHI] + [("hin", text) for text in HINDI] + [("eng", text) for text in ENGLISH]
    )
    lines += [(label, "साम्राज्य विस्तार") for label in ("npi", "gom", "mai")]
    model = train(list(lines), steps=6, made=60)
    assert (model.weights == train(list(lines), steps=6, made=60).weights).all()
    texts = [text for _, text in lines[:6]]
    seen = read_texts(texts)
    logits = model.logits(find_words(seen.letters_of(seen.main_script()), seen.text), len(texts))
    columns = [LABELS.index("mar"), LABELS.index("hin")]
    assert logits[:, columns].argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1]


def test_lines_of_unknown_labels_are_left_out(tmp_path: Path) -> None:
    """A corpus may hold labels that the model has no column for."""
    write(tmp_path / "c.tsv", "mar\tx\tगड\nxxx\tx\tगड\n".encode())
    assert read(tmp_path / "c.tsv") == [("mar", "गड")]
