"""Keys of inputs: hashed side by side, told in the order of the inputs, each file read once."""

import threading
from pathlib import Path
from typing import Any

import pytest

from datakit.pipeline import feed as module
from datakit.pipeline.feed import Feed
from datakit.pipeline.parts import part_key
from datakit.readers import discover
from datakit.readers.sources import load_sources
from datakit.recipe import load

FILES = 23


def made(folder: Path) -> Feed:
    """Return the feed of a folder of files of several lengths, two of them equal."""
    folder.mkdir()
    for number in range(FILES):
        text = "रायगड\n" * (1 + 4_000 * (number % 5)) + ("" if number in (3, 8) else f"{number}\n")
        (folder / f"{number:02d}.md").write_text(text, encoding="utf-8")
    return Feed(load("marathi-history"), load_sources(folder), folder.with_name("work"), 8192)


def test_keys_are_those_of_each_input_in_their_order(tmp_path: Path) -> None:
    """Whatever thread is done first, a key stands where its input does; equal bytes in two files are two keys."""
    feed = made(tmp_path / "raw")
    inputs = discover(tmp_path / "raw")
    assert len(inputs) == FILES
    resolved = feed.recipe.resolved()
    alone = [part_key(source.path, feed._decided_by(source, resolved)) for source in inputs]
    assert feed.keys(inputs) == alone
    assert feed.keys(inputs[::-1]) == alone[::-1]
    assert len(set(alone)) == FILES


def test_an_input_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of inputs asked for again nothing is read, and of a new one among them that one alone."""
    asked: list[str] = []
    lock = threading.Lock()

    def counted(path: Path, decided_by: dict[str, Any]) -> str:
        with lock:
            asked.append(path.name)
        return part_key(path, decided_by)

    monkeypatch.setattr(module, "part_key", counted)
    feed = made(tmp_path / "raw")
    inputs = discover(tmp_path / "raw")
    feed.keys(inputs[1:])
    assert sorted(asked) == [source.path.name for source in inputs[1:]]
    feed.keys(inputs)
    assert asked[FILES - 1 :] == [inputs[0].path.name]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the disk says of one file comes out as it is, from whatever thread."""

    def torn(path: Path, decided_by: dict[str, Any]) -> str:
        if path.name == "09.md":
            raise OSError(5, "Input/output error", str(path))
        return part_key(path, decided_by)

    monkeypatch.setattr(module, "part_key", torn)
    feed = made(tmp_path / "raw")
    with pytest.raises(OSError, match=r"Input/output error: .*09\.md"):
        feed.keys(discover(tmp_path / "raw"))
