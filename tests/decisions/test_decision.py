"""One decision: what its id hashes, what its line holds, and what makes no decision."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.decisions import Decision, offered
from datakit.decisions.decision import parse
from datakit.lineage import sha256_text
from datakit.readers.reasons import FILE_REASONS

ROW, OTHER = "a" * 64, "b" * 64
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
texts = st.one_of(st.none(), st.tuples(words, words))


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    """Any decision that makes sense."""
    action = draw(st.sampled_from(["accept", "reject", "edit", "undo"]))
    text = draw(st.tuples(words, words) if action == "edit" else texts if action == "accept" else st.none())
    question, answer = text or (None, None)
    faults = st.lists(st.sampled_from(["length.question_too_short", "quality.asks_nothing"]), unique=True)
    return Decision(
        action=action,
        row=draw(digests),
        also=tuple(sorted(draw(st.lists(digests, max_size=3, unique=True)))),
        overrules=tuple(sorted(draw(faults))) if action in ("accept", "edit") else (),
        question=question,
        answer=answer,
        note=draw(st.text(st.characters(exclude_categories=["Cs"]))),
        replaces=tuple(sorted(draw(st.lists(digests, min_size=action == "undo", max_size=2, unique=True)))),
        file="सभा.jsonl",
        at="2026-11-23T06:00:00+00:00",
    )


@given(decisions())
def test_a_line_reads_back_as_what_was_written(decision: Decision) -> None:
    """Whatever the texts hold, a line is one line, and reading it gives the decision."""
    line = decision.line()
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert parse(line) == decision


@given(decisions())
def test_the_id_hashes_what_is_said_and_nothing_else(decision: Decision) -> None:
    """Who decided when, where the row stood and in which version do not change the id; a word of the note does."""
    same = replace(decision, file="x", locator="line 9", version="c" * 64, by="अर्चना", at="2030-01-01")
    assert same.id == decision.id
    assert replace(decision, note=decision.note + "ही").id != decision.id
    assert replace(decision, row=ROW if decision.row != ROW else OTHER).id != decision.id


def test_lists_say_the_same_in_any_order() -> None:
    """The order of the merged rows and of the overruled faults is no part of what is said."""
    one = Decision(action="accept", row=ROW, also=(ROW, OTHER), overrules=("a.b", "c.d"))
    two = Decision(action="accept", row=ROW, also=(OTHER, ROW, OTHER), overrules=("c.d", "a.b"))
    assert one.id == two.id


def test_the_identity_holds_no_clock_and_no_place() -> None:
    """What enters a version's identity is the row, the action, the digests of its texts and the note: nothing that two
    people's machines would write differently."""
    decision = Decision(action="edit", row=ROW, question="कधी?", answer="१६७४", note="साल", file="a", at="now", by="x")
    texts = {"question_sha256": sha256_text("कधी?"), "answer_sha256": sha256_text("१६७४")}
    assert decision.identity() == {"action": "edit", "row": ROW, **texts, "note": "साल"}


def test_the_identity_holds_no_text_and_still_tells_texts_apart() -> None:
    """A manifest stays when a source is withdrawn: no word of an edit is in it, yet another word is another version."""
    one = Decision(action="edit", row=ROW, question="राज्याभिषेक कधी झाला?", answer="१६७४ मध्ये")
    assert "राज्याभिषेक" not in str(one.identity())
    assert replace(one, answer="१६७५ मध्ये").identity() != one.identity()
    assert replace(one, question="राज्याभिषेक कोठे झाला?").identity() != one.identity()


BAD = [
    ("{", "not JSON"),
    ("[]", "found list, expected an object"),
    ({"action": "keep", "row": ROW}, "action is 'keep', expected one of accept, reject, edit, undo"),
    ({"row": ROW}, "action is ''"),
    ({"action": "accept"}, "row holds ''"),
    ({"action": "accept", "row": "A" * 64}, "expected a sha256, 64 hex digits"),
    ({"action": "accept", "row": ROW, "also": [5]}, r"also is \[5\], expected a list of texts"),
    ({"action": "accept", "row": ROW, "also": ["x"]}, "also holds 'x'"),
    ({"action": "accept", "row": ROW, "why": "x"}, "unknown field why; expected action, row"),
    ({"action": "accept", "row": ROW, "note": 5}, "note is 5, expected text"),
    ({"action": "accept", "row": ROW, "overrules": ["short"]}, "expected stage.reason such as"),
    ({"action": "edit", "row": ROW}, "an edit without question and answer"),
    ({"action": "edit", "row": ROW, "question": "का?"}, "one of question and answer is missing"),
    ({"action": "edit", "row": ROW, "question": "का?", "answer": " \n"}, "answer is empty"),
    ({"action": "reject", "row": ROW, "question": "का?", "answer": "हो"}, "reject with a text"),
    ({"action": "reject", "row": ROW, "overrules": ["a.b"]}, "reject with a text or with overrules"),
    ({"action": "undo", "row": ROW}, "an undo without replaces"),
]


@pytest.mark.parametrize(("body", "says"), BAD)
def test_what_makes_no_decision_is_refused_in_words(body: object, says: str) -> None:
    """Each fault of a line is named with what was found and what was expected."""
    line = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    with pytest.raises(ValueError, match=says):
        parse(line.encode())


@pytest.mark.parametrize(
    "fault",
    [
        *("exact_dedup.exact_duplicate", "holdout.in_evaluation_set", "read.withdrawn_source", "read.invalid_json"),
        *("chat.special_token_in_text", "validate.empty_answer", "language.stage_failed"),
    ],
)
def test_some_faults_no_person_may_overrule(fault: str) -> None:
    """A template injection, an evaluation row, a withdrawn source: no line lets them in, not even one by hand."""
    line = json.dumps({"action": "accept", "row": ROW, "overrules": [fault]}).encode()
    with pytest.raises(ValueError, match=re.escape(f"overrules holds {fault}, which no person may overrule")):
        parse(line)


def test_a_changed_line_is_noticed() -> None:
    """A line whose text was changed after it was written does not carry its id any more."""
    line = (
        Decision(action="edit", row=ROW, question="कधी?", answer="१६७४")
        .line()
        .replace("१६७४".encode(), "१६८०".encode())
    )
    with pytest.raises(ValueError, match="it was changed or damaged"):
        parse(line)


def test_a_line_without_id_is_taken() -> None:
    """A line written by hand needs no id; it is computed."""
    decision = parse(json.dumps({"action": "reject", "row": ROW}).encode())
    assert decision.id == Decision(action="reject", row=ROW).id


@pytest.mark.parametrize(
    ("stage", "reason", "locator", "actions"),
    [
        (None, None, "line 1", ("accept", "reject", "edit")),
        ("length", "question_too_short", "line 1", ("accept", "reject", "edit")),
        ("review", "rejected_by_person", "line 1", ("accept", "reject", "edit")),
        ("validate", "empty_answer", "line 1", ("reject", "edit")),
        ("read", "no_answer_given", "line 1", ("reject", "edit")),
        ("chat", "special_token_in_text", "line 1", ("reject", "edit")),
        ("exact_dedup", "exact_duplicate", "line 1", ()),
        ("read", "withdrawn_source", "line 1", ()),
        *(("read", reason, "file", ()) for reason in FILE_REASONS),
    ],
)
def test_what_is_offered(stage: str | None, reason: str | None, locator: str, actions: tuple[str, ...]) -> None:
    """A row is offered what may be done with it: acceptance only where its text can stand as it is."""
    assert offered(stage, reason, locator) == actions
