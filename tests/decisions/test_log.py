"""The log on disk: nothing is lost, whoever writes at the same time, and damage is named by its line."""

import contextlib
import json
import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from datakit.decisions import DecidedMeanwhile, Decision, DecisionLog, decisions_file
from datakit.errors import InputError, OutputError

ROW = "a" * 64


def number(count: int) -> str:
    return f"{count:064x}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return decisions_file(tmp_path, "history")


def test_a_log_that_is_not_there_says_nothing(path: Path) -> None:
    """Before the first decision there is no file, and nothing stands."""
    log = DecisionLog(path)
    assert log.standing().decisions == ()
    assert log.decision(ROW) is None
    assert not path.exists()


def test_one_log_sees_what_another_wrote(path: Path) -> None:
    """Two readers of one file see each other's decisions at once."""
    one, two = DecisionLog(path), DecisionLog(path)
    written = one.append(Decision(action="reject", row=ROW, note="चूक"))
    assert two.decision(ROW) == written
    assert two.last(ROW) == (written.id,)
    undo = two.append(Decision(action="undo", row=ROW, replaces=(written.id,)))
    assert one.decision(ROW) is None
    assert one.last(ROW) == (undo.id,)
    assert one.standing().decisions == ()


def test_the_second_to_decide_is_told_of_the_first(path: Path) -> None:
    """A decision made on sight of an older state is not written; the error carries what stands and who said it."""
    one, two = DecisionLog(path), DecisionLog(path)
    assert two.last(ROW) == ()
    one.append(Decision(action="accept", row=ROW, by="अर्चना"))
    before = path.read_bytes()
    with pytest.raises(DecidedMeanwhile, match="accept by अर्चना; look again and decide") as caught:
        two.append(Decision(action="reject", row=ROW))
    assert caught.value.now is not None
    assert caught.value.now.by == "अर्चना"
    assert path.read_bytes() == before


def test_what_makes_no_sense_is_not_written(path: Path) -> None:
    """A decision that could not be read back leaves the file as it was."""
    with pytest.raises(ValueError, match="answer is empty"):
        DecisionLog(path).append(Decision(action="edit", row=ROW, question="का?", answer=" "))
    assert not path.exists()


def _many(path: str, writer: int, start: "multiprocessing.synchronize.Barrier") -> None:
    log = DecisionLog(Path(path))
    start.wait()
    for count in range(40):
        log.append(Decision(action="reject", row=number(1000 * writer + count), note="दोन जण " * 50))
        wanted = number(900_000 + count)  # all of them want these rows
        with contextlib.suppress(DecidedMeanwhile):
            log.append(Decision(action="accept", row=wanted, note=str(writer), replaces=log.last(wanted)))


def test_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    """Four processes write 40 rows each and fight about 40 more: every line is whole and there, and the rows that all
    wanted have one chain of decisions without a fork."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(4)
    writers = [context.Process(target=_many, args=(str(path), writer, start)) for writer in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 4
    standing = DecisionLog(path).standing()
    assert standing.contested == ()
    assert {one.row for one in standing.decisions} == {
        *(number(1000 * writer + count) for writer in range(4) for count in range(40)),
        *(number(900_000 + count) for count in range(40)),
    }
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


def test_threads_that_want_one_row_get_it_once(path: Path) -> None:
    """Of eight tabs that decide one row on sight of the same card, one is written and seven are told."""
    told: list[str] = []
    start = threading.Barrier(8)

    def decide(count: int) -> None:
        log = DecisionLog(path)
        start.wait()
        try:
            log.append(Decision(action="reject", row=ROW, note=str(count)))
            told.append("written")
        except DecidedMeanwhile:
            told.append("told")

    threads = [threading.Thread(target=decide, args=(count,)) for count in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["told"] * 7 + ["written"]
    assert len(path.read_bytes().splitlines()) == 1


def test_every_bad_line_is_named(path: Path) -> None:
    """All lines that are no decisions are listed with their numbers, not only the first."""
    good = Decision(action="reject", row=ROW).line()
    path.parent.mkdir(parents=True)
    path.write_bytes(good + b"nonsense\n\n" + good.replace(b"reject", b"accept") + b'{"action": "keep"}\n')
    with pytest.raises(InputError, match="3 problem") as caught:
        DecisionLog(path).standing()
    message = str(caught.value)
    assert str(path) in message
    assert "line 2: not JSON" in message
    assert "line 4: the id is" in message
    assert "line 5: action is 'keep'" in message


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_line_cut_short_is_named(path: Path, cut: int) -> None:
    """What a full disk or a lost machine left of a line is no decision, and the message says what to do."""
    log = DecisionLog(path)
    log.append(Decision(action="reject", row=ROW))
    with path.open("ab") as stream:
        stream.write(Decision(action="reject", row=number(5)).line()[:cut])
    with pytest.raises(InputError, match="line 2: cut short, without its line feed; delete it"):
        DecisionLog(path).standing()
    with pytest.raises(InputError, match="line 2: cut short"):  # nor is anything glued to it
        DecisionLog(path).append(Decision(action="reject", row=number(6)))


def test_a_missing_line_is_an_error_of_the_file(path: Path) -> None:
    """A line taken out of a chain is noticed, and the message names the file."""
    log = DecisionLog(path)
    first = log.append(Decision(action="reject", row=ROW))
    log.append(Decision(action="undo", row=ROW, replaces=(first.id,)))
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[1])
    with pytest.raises(InputError, match=r"decisions\.jsonl: decision .* a line is missing; put it back"):
        DecisionLog(path).standing()


def test_a_file_that_was_put_back_is_read_anew(path: Path) -> None:
    """A shorter file in the log's place, from a backup, is read from its beginning."""
    log = DecisionLog(path)
    log.append(Decision(action="reject", row=ROW))
    backup = path.read_bytes()
    log.append(Decision(action="reject", row=number(7)))
    path.write_bytes(backup)
    assert [one.row for one in log.standing().decisions] == [ROW]


def test_a_disk_that_refuses_is_an_output_error(tmp_path: Path) -> None:
    """Where the folder cannot be made, the error says that the decision was not written."""
    (tmp_path / "history").write_text("a file where the folder belongs")
    with pytest.raises(OutputError, match="the decision was not written"):
        DecisionLog(decisions_file(tmp_path, "history")).append(Decision(action="reject", row=ROW))


def test_the_log_is_readable_to_others(path: Path) -> None:
    """The file is made for sharing in a repository: plain lines, no private mode beyond the user's own mask."""
    DecisionLog(path).append(Decision(action="reject", row=ROW))
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o644 & ~mask
