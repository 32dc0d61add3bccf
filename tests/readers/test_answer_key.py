"""The key at the end of an exam paper answers the questions above it, or says why it cannot."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.readers import unanswered
from datakit.readers.answer_key import lettered, opened, worded
from datakit.readers.blocks import Blocks, Line

Read = Callable[..., list[dict[str, Any]]]
Pairs = Callable[..., list[tuple[str, str, str]]]

PAPER = """१) पानिपतची तिसरी लढाई कधी झाली?
(अ) १५२६ (ब) १५५६ (क) १७६१ (ड) १८१८
२) पेशव्यांची राजधानी कोणती?
अ) सातारा
ब) पुणे
३) शिवाजी महाराजांचा जन्म कोठे झाला?
(अ) शिवनेरी (ब) रायगड
"""


def verdicts(found: list[dict[str, Any]]) -> list[tuple[str, str | None, str | None]]:
    return [(row["locator"], row["answer"], row["reject_reason"]) for row in found]


@pytest.mark.parametrize(
    "key",
    [
        "उत्तरे: १-क, २-ब, ३-अ",
        "उत्तरे : १) क  २) ब  ३) अ",
        "उत्तरसूची: (१) क, (२) ब, (३) अ",
        "उत्तर सूची - १. (क) २. (ब) ३. (अ)",
        "उत्तरतालिका\n१ – क; २ – ब; ३ – अ",
        "उत्तरसूची\n\n१ क\n२ ब\n३ अ",
        "Answer Key: 1-C 2-B 3-A",
        "Answers:\n1. c\n2. b\n3. a",
        "उत्तरे:\n३-अ १-क\n२-ब",
        "उत्तरसूची\n१-३, २-२, ३-१",
        "उत्तरे\n१) १७६१\n२) पुणे\n३) शिवनेरी",
        "उत्तरे:\n१) क\n२) पुणे\n३) अ\n\nसमाप्त.",
        "उत्तरसूची: १) १७६१ २) पुणे ३) शिवनेरी",
        "---\nउत्तरसूची\nप्र. १ १-क २-ब ३-अ",
    ],
)
def test_every_way_to_write_a_key(pairs: Pairs, key: str) -> None:
    """A key in letters, numbers or words, on one line or several, in any order, becomes the full text of the option."""
    found = pairs("a.txt", f"{PAPER}\n{key}\n")
    assert [answer for _, _, answer in found] == ["१७६१", "पुणे", "शिवनेरी"]
    assert found[1][1] == "पेशव्यांची राजधानी कोणती? (अ) सातारा (ब) पुणे"
    assert [place.partition(", key ")[0] for place, _, _ in found] == ["lines 1-2", "lines 3-5", "lines 6-7"]


def test_the_place_names_question_and_key(pairs: Pairs) -> None:
    """The locator tells both the lines of the question and those of the key."""
    assert pairs("a.txt", f"{PAPER}\nउत्तरसूची\n१-क २-ब\n३-अ\n")[0][0] == "lines 1-2, key lines 9-11"


def test_a_key_in_a_table_of_markdown(pairs: Pairs) -> None:
    """Markdown: questions in a list or in headings, their options in a list, the key in a table below a heading."""
    content = "## पेपर\n\n1. पहिला प्रश्न कोणता?\n   - (अ) हा\n   - (ब) तो\n\n### २. दुसरा कोणता?\n\n- (अ) हा\n- (ब) तो\n\n"
    found = pairs("a.md", f"{content}## उत्तरसूची\n\n| १ | ब |\n|---|---|\n| २ | अ |\n")
    assert [(question, answer) for _, question, answer in found] == [
        ("पहिला प्रश्न कोणता? (अ) हा (ब) तो", "तो"),
        ("दुसरा कोणता? (अ) हा (ब) तो", "हा"),
    ]


def test_a_key_on_a_page(pairs: Pairs) -> None:
    """HTML: the paragraphs of a page are read by the same machine; the place names both elements."""
    body = "<p>१) कोण? (अ) हा (ब) तो</p><p>२) कधी? (अ) आज (ब) काल</p><h3>उत्तरसूची</h3><p>१-ब २-अ</p>"
    found = pairs("a.html", f"<html><body>{body}</body></html>")
    assert [answer for _, _, answer in found] == ["तो", "आज"]
    assert found[0][0] == "body > p:nth-of-type(1) chars 0-21, key body > h3 chars 43-59"


def test_a_heading_with_options_and_its_answer(pairs: Pairs) -> None:
    """Options below a heading that asks belong to the question; a list of numbers is the answer asked for."""
    content = "### लढाई कधी झाली?\n- (अ) १५२६\n- (ब) १७६१\n\n**उत्तर:** (ब)\n\n### कारणे कोणती?\n- (१) महसूल\n- (२) जात\n"
    assert [pair[1:] for pair in pairs("a.md", content)] == [
        ("लढाई कधी झाली? (अ) १५२६ (ब) १७६१", "१७६१"),
        ("कारणे कोणती?", "(१) महसूल\n(२) जात"),
    ]


SECTIONS = """प्र. १ योग्य पर्याय निवडा.
(१) एक? (अ) क१ (ब) ख१
(२) दोन? (अ) क२ (ब) ख२
प्र. २ उत्तरे लिहा.
(१) तीन?
(२) राजधानी ____ होती.
"""


@pytest.mark.parametrize(
    "key",
    [
        "उत्तरसूची\nप्र. १\n१-ब २-अ\nप्र. २\n१) रायगड\n२) पुणे\n",
        "उत्तरसूची\nप्र. १: १-ब, २-अ\nप्र. २ उत्तरे लिहा.\n१) रायगड २) पुणे\n",
        "उत्तरसूची\n१-ब २-अ\nविभाग २\n१. रायगड\n२. पुणे\n",
    ],
)
def test_numbers_that_begin_anew(pairs: Pairs, key: str) -> None:
    """Where each section counts from one, key and paper are matched section by section."""
    assert [answer for _, _, answer in pairs("a.txt", SECTIONS + key)] == ["ख१", "क२", "रायगड", "पुणे"]


def test_a_key_below_each_section(pairs: Pairs) -> None:
    """A key answers the questions since the key before it; the next numbered question ends it."""
    part = "१) {0} पहिला? (अ) क (ब) ख\n२) {0} दुसरा? (अ) क (ब) ख\n"
    content = part.format("जुना") + "उत्तरसूची\n१-ब\n२-अ\n" + part.format("नवा") + "उत्तरे: १-अ २-ब\n"
    assert [(question[:6].split()[0], answer) for _, question, answer in pairs("a.txt", content)] == [
        ("जुना", "ख"), ("जुना", "क"), ("नवा", "क"), ("नवा", "ख"),
    ]  # fmt: skip


def test_a_key_that_cannot_be_applied(rows: Read) -> None:
    """Numbers that stand twice, or a key without numbers: every question is rejected and the detail names the key."""
    twice = "(१) एक? (अ) क (ब) ख\n(१) दोन? (अ) क (ब) ख\nउत्तरसूची: १-ब\n"
    found = rows("a.txt", twice)
    assert verdicts(found) == [("line 1", None, "answer_key_unclear"), ("line 2", None, "answer_key_unclear")]
    assert "found an answer key at line 3 with 1 entries in 1 sections; expected entries" in found[0]["reject_detail"]
    assert found[0]["question"] == "एक? (अ) क (ब) ख"
    found = rows("c.txt", f"{PAPER}उत्तरसूची: १-क १-ब २-ब ३-अ\n")
    assert [row["reject_reason"] for row in found] == ["answer_key_unclear"] * 3
    found = rows("b.txt", f"{PAPER}उत्तरसूची\nक, ब, अ\n")
    assert [row["reject_reason"] for row in found] == ["answer_key_unclear"] * 3
    assert "whose lines hold no number with an answer" in found[0]["reject_detail"]


def test_what_question_and_key_lack(rows: Read) -> None:
    """A question left out, a letter without options, a letter beyond them, an entry too many: each is said."""
    content = PAPER + "४) उरलेला?\n५) राजधानी ____ होती.\n६) सहावा?\n(अ) क (ब) ख\n\nउत्तरे: १-क २-ब ३-अ ५-ब ६-ड ७-अ\n"
    found = rows("a.txt", content)
    assert verdicts(found)[3:] == [
        ("line 8", None, "no_answer_given"),
        ("line 9", None, "answer_not_among_options"),
        ("lines 10-11, key line 13", "ड", "answer_not_among_options"),
        ("line 13 entry 7", "अ", "answer_without_question"),
    ]
    assert "found no answer to question 4 in the key at line 13" in found[3]["reject_detail"]
    assert "found 'ब' for question 5 in the key at line 13; expected options" in found[4]["reject_detail"]
    assert "found an answer to question 7 in a key" in found[6]["reject_detail"]


def test_an_answer_of_its_own_goes_before_the_key(pairs: Pairs) -> None:
    """A question with an answer below it keeps it, and the key's entry for it is no fault."""
    content = "१) पहिला? (अ) क (ब) ख\nउत्तर: अ\n२) दुसरा? (अ) क (ब) ख\nउत्तरे: १-अ २-ब\n"
    assert [answer for _, _, answer in pairs("a.txt", content)] == ["क", "ख"]


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ("प्र. १) कारणे?\nउत्तरे: १) महसूल २) जात\n", "१) महसूल २) जात"),
        ("प्र. १) जोड्या लावा: शिवाजी, संभाजी\nउत्तरे: १-ब, २-अ\n", "१-ब, २-अ"),
        ("प्र. १) जोड्या लावा: शिवाजी, संभाजी\nउत्तर: १-ब, २-अ\n", "१-ब, २-अ"),
        ("प्र. १) नद्या?\nउत्तरे:\nगोदावरी\nकृष्णा\n", "गोदावरी\nकृष्णा"),
    ],
)
def test_answers_that_look_like_a_key(pairs: Pairs, content: str, answer: str) -> None:
    """`उत्तरे:` below one open question is its answer: a list, or pairs that were to be matched."""
    assert pairs("a.txt", content)[0][2] == answer


def test_pairs_to_match_inside_a_paper(pairs: Pairs) -> None:
    """The answer to pairs stays one while other questions wait for the key at the end."""
    content = f"{PAPER}४) जोड्या लावा: शिवाजी, संभाजी\nउत्तरे: १-ब, २-अ\n\nउत्तरसूची: १-क २-ब ३-अ\n"
    assert [answer for _, _, answer in pairs("a.txt", content)] == ["१-ब, २-अ", "१७६१", "पुणे", "शिवनेरी"]


@pytest.mark.parametrize(
    "line", ["उत्तरेकडील मोहीम", "उत्तरे लिहिताना काळजी घ्या.", "उत्तरसूची पुढील पानावर आहे.", "Answers may vary."]
)
def test_words_that_open_no_key(line: str) -> None:
    """A sentence about answers opens none, however many questions wait."""
    assert opened(line, 1, {1, 2}, (), several=True) is None


def test_numbered_prose_is_still_prose(rows: Read) -> None:
    """A list in a text without questions is no question that waits for a key."""
    (row,) = rows("a.txt", "कारणे पुढीलप्रमाणे.\n१) महसूल\n२) जात\n")
    assert (row["reject_reason"], row["locator"]) == ("no_question_answer_pairs", "lines 1-3")


def test_too_many_questions_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of too many questions is given up where it stands: memory does not follow a paper without a key."""
    monkeypatch.setattr(unanswered, "MAX_WAITING", 2)
    blocks = Blocks()
    given = [[row.locator for row in blocks.feed(Line(n, f"{n}) कोण? (अ) क (ब) ख"))] for n in range(1, 6)]
    assert given == [[], [], [], ["line 1"], ["line 2"]]
    assert [(row.locator, row.reason) for row in blocks.finish()] == [
        (f"line {n}", "no_answer_given") for n in (3, 4, 5)
    ]


SIGNS = st.sampled_from(["-", ")", ".", " - ", ": ", ") ("])
ENTRIES = st.lists(st.tuples(st.integers(1, 999), st.sampled_from("अबकडABCDabcd")), min_size=1, max_size=30)


@settings(deadline=None)
@given(entries=ENTRIES, sign=SIGNS, between=st.sampled_from([", ", " ", "; ", "  ", " | "]), devanagari=st.booleans())
def test_any_key_in_letters_is_read_whole(
    entries: list[tuple[int, str]], sign: str, between: str, devanagari: bool
) -> None:
    """Numbers and letters come back as written, whatever the sign between them and the digits they are written in."""
    close = ")" if sign.endswith("(") else ""
    text = between.join(f"{number}{sign}{letter}{close}" for number, letter in entries)
    text = text.translate(str.maketrans("0123456789", "०१२३४५६७८९")) if devanagari else text
    assert lettered(text) == entries
    assert lettered(f"{text} हे") == []


@settings(deadline=None)
@given(
    answers=st.lists(
        st.text(st.sampled_from("कखगघचा "), min_size=1).map(str.strip).filter(bool), min_size=1, max_size=9
    ),
    first=st.integers(1, 900),
)
def test_any_key_in_words_is_cut_where_the_next_number_follows(answers: list[str], first: int) -> None:
    """Answers in words come back, each with its number; a number out of turn belongs to the text."""
    text = " ".join(f"{number}) {answer}" for number, answer in enumerate(answers, first))
    assert worded(text) == list(enumerate(answers, first))
    assert worded(f"{first}) सन {first + 7}) होते") == [(first, f"सन {first + 7}) होते")]
