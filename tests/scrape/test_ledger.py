"""The ledger: appended, never torn, read with care."""

import os
from pathlib import Path

import pytest

from datakit.errors import InputError, OutputError
from datakit.scrape import ledger as module
from datakit.scrape.ledger import Ledger, read_lines


def test_lines_are_appended(tmp_path: Path) -> None:
    """What one process wrote stays when the next one writes."""
    path = tmp_path / "scraped" / "scrape-ledger.jsonl"
    for number in range(3):
        ledger = Ledger(path)
        ledger.append({"kind": "page", "url": f"http://example.org/{number}", "detail": "मराठी"})
        ledger.close()
    assert [line["url"][-1] for line in read_lines(path)] == ["0", "1", "2"]
    assert "मराठी" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [0, 5, 70_000, 200_000])
def test_a_torn_line_is_cut_off(tmp_path: Path, size: int) -> None:
    """A last line without its end, however long, is passed over by readers and gone before the next one is written."""
    path = tmp_path / "ledger"
    whole = b'{"kind":"end","run":1}\n'
    path.write_bytes(whole + b'{"kind":"page"'[:size] + b"x" * max(0, size - 14))
    assert [line["run"] for line in read_lines(path)] == [1]
    ledger = Ledger(path)
    ledger.append({"run": 2})
    ledger.close()
    assert path.read_bytes() == whole + b'{"run":2}\n'


def test_a_ledger_that_is_one_torn_line(tmp_path: Path) -> None:
    """A file that holds nothing but the torn beginning of a line becomes empty."""
    path = tmp_path / "ledger"
    path.write_bytes(b'{"kind":')
    Ledger(path).close()
    assert path.read_bytes() == b""


def test_a_broken_line_in_the_middle_is_told(tmp_path: Path) -> None:
    """A line that is no JSON object is an error with its number and the next step."""
    path = tmp_path / "ledger"
    path.write_bytes(b'{"run":1}\n[1]\n{"run":2}\n')
    with pytest.raises(InputError, match=r"line 2: found no JSON object; expected a ledger .* restore the file"):
        list(read_lines(path))
    assert list(read_lines(tmp_path / "nowhere")) == []


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that the disk takes in part only is an error that says what stays and what to do."""
    ledger = Ledger(tmp_path / "ledger")
    monkeypatch.setattr(module.os, "write", lambda _, data: len(data) - 1)
    with pytest.raises(OutputError, match=r"No space left on device; pages fetched so far are kept\. .* goes on"):
        ledger.append({"run": 1})
    monkeypatch.undo()
    ledger.close()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Where a file stands in the place of the folder, the message names the path."""
    (tmp_path / "scraped").write_text("x")
    with pytest.raises(OutputError, match="scraped"):
        Ledger(tmp_path / "scraped" / "ledger")
    assert os.listdir(tmp_path) == ["scraped"]  # noqa: PTH208 - names are what is compared
