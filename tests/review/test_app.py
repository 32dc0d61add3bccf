"""The page as a browser asks for it."""

import errno
import os
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from datakit.decisions import Decision, DecisionLog
from datakit.review import Session
from tests.review.test_session import place

if TYPE_CHECKING:
    from starlette.testclient import TestClient

HTMX = {"HX-Request": "true"}


def post(client: "TestClient", **fields: str) -> str:
    """Send a form as the page does and return what is swapped in."""
    headers = {**HTMX, "content-type": "application/x-www-form-urlencoded"}
    answer = client.post("/decide", content=urlencode(fields).encode(), headers=headers)
    return answer.text


def card(text: str) -> dict[str, str]:
    """The hidden fields of a card."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))


def test_the_overview_names_every_kind(client: "TestClient", session: Session) -> None:
    """The first page lists all sections with their counts and says how to begin."""
    page = client.get("/").text
    for section in session.queue.sections:
        assert section.title in page
    assert f"{len(session.queue.items)} of {len(session.queue.items)} rows are left" in page
    assert "Begin" in page


def test_a_key_writes_a_line_and_brings_the_next_card(client: "TestClient", session: Session) -> None:
    """Accepting answers with the next open row, the new count and a word to the reader, and the line is on disk."""
    first = client.get("/?at=0", headers=HTMX).text
    assert not first.startswith("<!doctype")
    after = post(client, action="accept", note="पत्रात तसेच आहे", **card(first))
    assert card(after)["at"] == str(len(session.queue.disputes[0]))
    assert re.search(r'id="said"[^>]*>Accepted<', after)
    assert "1 accepted, 0 rejected, 0 edited" in after
    (line,) = DecisionLog(session.log.path).standing().decisions
    assert (line.row, line.action, line.note) == (session.queue.items[0].row, "accept", "पत्रात तसेच आहे")


def test_undo_stays_on_the_row(client: "TestClient", session: Session) -> None:
    """Undo takes the decision back and shows the row again, without a word of a decision."""
    post(client, action="reject", **card(client.get("/?at=2").text))
    again = client.get("/?at=2").text
    assert "Rejected by <bdi>अर्चना</bdi>" in again
    after = post(client, action="undo", **card(again))
    assert card(after)["at"] == "2"
    assert "takes it back" not in after
    assert session.standing() == {}


def test_undo_on_the_next_row_takes_back_the_last_key(client: "TestClient", session: Session) -> None:
    """A key pressed too soon is taken back from the card that came next: the row before is shown again, step by
    step, and after the last one there is nothing to undo."""
    for at in (2, 9):
        after = post(client, action="reject", **card(client.get(f"/?at={at}").text))
    for at in (9, 2):
        after = post(client, action="undo", **card(after))
        assert card(after)["at"] == str(at)
    assert session.standing() == {}
    assert "nothing is decided about this row" in post(client, action="undo", **card(after))


def test_an_edit_is_shown_in_a_form_and_saved(client: "TestClient", session: Session) -> None:
    """The form holds the text letter by letter; what comes back with a browser's line ends is saved with ours."""
    at = place(session, "empty_answer")
    form = client.get(f"/?at={at}&edit=1", headers=HTMX).text
    question = session.queue.items[at].question
    assert f">\n{question}</textarea>" in form
    post(client, action="edit", question=question, answer="पहिली ओळ\r\nदुसरी ओळ", **card(form))
    made = session.log.decision(session.queue.items[at].row)
    assert made is not None
    assert made.answer == "पहिली ओळ\nदुसरी ओळ"
    assert "पहिली ओळ\nदुसरी ओळ" in client.get(f"/?at={at}").text


def test_an_empty_edit_comes_back_with_the_reason(client: "TestClient", session: Session) -> None:
    """A text that may not be saved is told in the form, and nothing is written."""
    at = place(session, "empty_answer")
    after = post(client, action="edit", question="प्रश्न?", answer="  ", **card(client.get(f"/?at={at}").text))
    assert "answer is empty" in after
    assert "<textarea" in after
    assert not session.log.path.exists()


def test_two_tabs_lose_nothing(client: "TestClient", session: Session) -> None:
    """The second of two tabs on one row is shown what the first decided, and decides again on sight of it."""
    one, two = (card(client.get("/?at=3").text) for _ in range(2))
    post(client, action="reject", note="पहिली", **one)
    after = post(client, action="accept", note="दुसरी", **two)
    assert "row decided meanwhile: reject by अर्चना" in after
    assert "Rejected by <bdi>अर्चना</bdi>: <bdi>पहिली</bdi>" in after
    post(client, action="accept", note="दुसरी", **card(after))
    lines = session.log.path.read_bytes().splitlines()
    assert len(lines) == 2
    now = session.log.decision(session.queue.items[3].row)
    assert now is not None
    assert now.note == "दुसरी"


def test_another_reviewer_is_seen_at_once(client: "TestClient", session: Session) -> None:
    """What another process writes stands on the card that is asked for next."""
    row = session.queue.items[5].row
    DecisionLog(session.log.path).append(Decision(action="reject", row=row, by="विनायक"))
    assert "Rejected by <bdi>विनायक</bdi>" in client.get("/?at=5").text


def test_contested_rows_show_both_sides_and_are_settled(client: "TestClient", session: Session) -> None:
    """A row about which two said different things shows what each said; a third decision replaces both."""
    row = session.queue.items[6].row
    lines = [Decision(action="accept", row=row, by="अ"), Decision(action="reject", row=row, by="ब")]
    session.log.path.write_bytes(b"".join(one.line() for one in lines))
    page = client.get("/?at=6").text
    assert "One reviewer said accept (<bdi>अ</bdi>)" in page
    assert "One reviewer said reject (<bdi>ब</bdi>)" in page
    post(client, action="reject", **card(page))
    assert session.log.standing().contested == ()
    assert session.log.standing().decisions[0].action == "reject"


def test_skip_goes_to_the_next_open_row(client: "TestClient", session: Session) -> None:
    """Skipping writes nothing and passes over what is decided."""
    post(client, action="reject", **card(client.get("/?at=9").text))
    assert card(client.get("/skip?at=8", headers=HTMX).text)["at"] == "10"
    assert len(session.log.path.read_bytes().splitlines()) == 1


def test_the_end_is_told(client: "TestClient", session: Session) -> None:
    """When every row is decided, the page says so and what to do next."""
    for at, one in enumerate(session.queue.items):
        session.decide(at, "reject" if "reject" in one.actions else one.actions[0], seen=())
    assert "Every row is decided" in client.get("/").text
    assert "Nothing is left to decide" in client.get("/skip?at=0", headers=HTMX).text


@pytest.mark.parametrize("at", ["", "-1", "99999", "x", "१", "1e3", "0 OR 1"])
def test_a_place_that_is_none_shows_the_overview(client: "TestClient", session: Session, at: str) -> None:
    """An address made by hand never ends in an error, and a decision about no row writes nothing."""
    assert "What there is to decide" in client.get("/", params={"at": at}).text
    assert "this row is not in the queue" in post(client, action="reject", at=at, seen="")
    assert client.get("/original", params={"at": at}).status_code == 404
    assert client.get("/points", params={"at": at}).status_code == 404
    assert not session.log.path.exists()


@pytest.mark.parametrize(("action", "seen"), [("delete", ""), ("", ""), ("accept", "x"), ("undo", "")])
def test_a_form_made_by_hand_is_refused(client: "TestClient", session: Session, action: str, seen: str) -> None:
    """An action that there is not, or a state that there was not, is told on the card."""
    after = post(client, action=action, at="1", seen=seen)
    assert 'class="fault" role="alert"' in after
    assert not session.log.path.exists()


def test_a_request_too_large_is_no_decision(client: "TestClient", session: Session) -> None:
    """Megabytes in a form are not held, and not written."""
    after = post(client, action="reject", at="1", seen="", note="न" * 800_000)
    assert "this row is not in the queue" in after
    assert not session.log.path.exists()


def full(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_refuses_is_told_on_the_card(
    client: "TestClient", session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the line cannot be written, the row stays on the page with the reason, nothing of it stays in the file,
    and the same key works once there is room."""
    monkeypatch.setattr(os, "fsync", full)
    after = post(client, action="reject", at="1", seen="")
    assert "the decision was not written ([Errno 28] No space left on device)" in after
    assert card(after)["at"] == "1"
    monkeypatch.undo()
    assert session.log.path.read_bytes() == b""
    assert "Rejected" in post(client, action="reject", **card(after))


def test_a_damaged_log_is_told_in_words(client: "TestClient", session: Session) -> None:
    """Where the file was damaged meanwhile, the answer names the line; no traceback, no empty page."""
    session.log.path.write_text("nonsense\n")
    answer = client.get("/?at=1", headers=HTMX)
    assert answer.status_code == 500
    assert "line 1: not JSON" in answer.text


def test_the_source_stands_beside_the_row(client: "TestClient", session: Session) -> None:
    """The lines of a text file are shown with their numbers, the row's own marked."""
    at = next(at for at, one in enumerate(session.queue.items) if one.file.endswith("charcha-manch.jsonl"))
    text = client.get(f"/original?at={at}", headers=HTMX).text
    (own,) = re.findall(r'<li class="own"><span class="n">(\d+)</span>', text)
    assert f"line {own}" == session.queue.items[at].locator


def test_code_points_are_named_word_by_word(client: "TestClient", session: Session) -> None:
    """Every letter of the row is named by its code point."""
    at = place(session, "private_use_characters")
    text = client.get(f"/points?at={at}", headers=HTMX).text
    assert "U+E0A2" in text
    assert "U+0936 sha" in text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("htmx.min.js", "text/javascript"),
        ("keys.js", "text/javascript"),
        ("style.css", "text/css"),
        ("devanagari.woff2", "font/woff2"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_static_files_come_with_their_kind(client: "TestClient", name: str, kind: str) -> None:
    """What the page asks for is there."""
    answer = client.get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fapp.py", "%2Fetc%2Fpasswd", "templates"])
def test_no_other_file_is_served(client: "TestClient", name: str) -> None:
    """Only the files of the page are served, by their names."""
    assert client.get(f"/static/{name}").status_code == 404


def test_htmx_is_the_file_that_its_note_names() -> None:
    """The vendored script is the one whose digest and licence stand beside it."""
    from importlib.resources import files

    from datakit.lineage import sha256_file

    folder = files("datakit.review") / "static"
    note = (folder / "htmx.LICENSE.txt").read_text(encoding="utf-8")
    assert f"sha256 {sha256_file(folder / 'htmx.min.js')}\n" in note  # type: ignore[arg-type]
    assert "Zero-Clause BSD" in note
