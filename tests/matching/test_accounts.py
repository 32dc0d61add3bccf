"""Questions for an account: told apart by hashes, and none that may be held against another is lost by that."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.matching.accounts import account_keys, keys_of_texts
from datakit.matching.events import _phrases
from datakit.matching.lexemes import lexeme, split
from datakit.matching.question_form import ACCOUNT, asked, comparable, turning_stems
from datakit.matching.question_words import question_words
from datakit.matching.unit_classes import SAME_WORDS
from datakit.matching.word_arrays import bearings
from datakit.matching.word_spans import word_spans
from datakit.stages.conflicts import Conflicts
from tests.matching.rows import batch, judge, rejected

DATA = Path(__file__).parent / "data"
STAGE = Conflicts()

PLAIN = "ढगफुटी भूस्खलन पिंपळाचे कोकरू कोकरूला नद्या नदीचे लेणी लेण्यांची १६७४ 1674 १२ बारा कटरिना कटरिनाने"
VERBAL = "भोगली दाखवला सोसले कोकरूला वाजवली रंगवले आले गेले केले झाली होती आहे"
LISTED = (
    "शिवाजी महाराज महाराजांनी टिळक लोकमान्य गांधी किल्ला गड रायगड पुणे पुण्यातील शहर भारत मुख्य प्रसिद्ध मूळ संपूर्ण ग्रंथ कादंबरी "
    "मृत्यू मृत्यूनंतर वध फाशी दिली कैद छावणी छावणीतून सुटका हल्ला अखेरचा श्वास घेतला पत्नी पती वडील सैन्य नेतृत्व सेनापती स्थापना पद शपथ "
    "यांनी यांच्यानंतर त्याच्या हा या व आणि सध्या आज तेव्हा नाही दुसरा पहिला सर्वात नाव नावे संख्या वर्ष साली लेखक जन्मवर्ष काळ "
    "वर्णन करा सांगा लिहा माहिती स्वराज्य तह लढाई राजधानी जनक ज्येष्ठ धाकटा सदस्यसंख्या "
)
WORDS = st.sampled_from(f"{PLAIN} {VERBAL} {LISTED}".split())


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """Two questions of much the same words: some more, fewer or exchanged, in an order of their own."""
    shared = draw(st.lists(WORDS, min_size=1, max_size=5))
    one = shared + draw(st.lists(WORDS, max_size=2))
    two = [word for word in shared if draw(st.integers(0, 4))] + draw(st.lists(WORDS, max_size=2))
    return " ".join(draw(st.permutations(one))), " ".join(draw(st.permutations(two or one))) + "?"


def keys(*questions: str) -> tuple[list[bool], list[list[int]]]:
    """Return what `account_keys` says of some questions."""
    loud, found = account_keys(bearings(question_words(pl.Series(questions)), np.ones(len(questions), dtype=np.bool_)))
    return loud.tolist(), found.to_list()


def holds(one: str, two: str) -> bool:
    """Check the law on two questions; return whether it was put to the test."""
    loud, found = keys(one, two)
    forms = asked(one), asked(two)
    for form, is_loud in zip(forms, loud, strict=True):
        assert is_loud or form is None or form.kind == ACCOUNT, (one, two)
    left, right = forms
    if left is None or right is None or left.kind != ACCOUNT or not comparable(left, right):
        return False
    assert set(found[0]) & set(found[1]), (one, two)
    return True


@settings(max_examples=600, deadline=None)
@given(pairs())
def test_comparable_questions_for_an_account_share_a_hash(pair: tuple[str, str]) -> None:
    """What is not loud asks for an account, and two such questions that may be held against each other share a hash."""
    holds(*pair)


def test_the_law_holds_of_written_questions() -> None:
    """Written questions, their question words taken out, obey it two by two; many of them are put to the test."""
    files = ("conflicts", "lookalikes")
    lines = [json.loads(line) for name in files for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()]
    ask = {"कोण", "कोणी", "कधी", "कोठे", "कुठे", "किती", "काय", "कोणत्या", "कोणता", "कोणते", "कोणती", "केव्हा"}
    tested = 0
    for line in lines:
        one, two = (" ".join(w for w in row[0].rstrip("?").split() if w not in ask) for row in line["rows"][:2])
        tested += holds(one, two)
    assert len(lines) > 200
    assert tested > 50


@pytest.mark.parametrize(
    "loud",
    ["शिवाजी महाराजांचे जन्मवर्ष", "किल्ल्यांची संख्या सांगा", "गुरूचे नाव लिहा", "तहाचे वर्ष", "ते काय आहे", "छावणीतून सुटका"],
)
def test_a_question_that_may_ask_for_a_fact_is_loud(loud: str) -> None:
    """A question word, a time, a name, a number or a compound may make another kind of question: it is looked at."""
    assert keys(loud)[0] == [True]


def test_a_last_word_that_may_not_count_leaves_two_hashes() -> None:
    """शिक्षा भोगली: behind an event the verb counts not, so the question is met with it and without it."""
    assert [len(found) for found in keys("ढगफुटीची वर्णने", "ढगफुटी भोगली", "भोगली ढगफुटी")[1]] == [1, 2, 1]
    assert set(keys("ढगफुटी")[1][0]) < set(keys("ढगफुटी भोगली आहे")[1][0])


def test_a_camp_that_an_escape_makes_needless_keeps_two_questions_together() -> None:
    """छावणी goes out of a question about an escape, so no hash may count it; the two are one question."""
    assert holds("ढगफुटी छावणी ढगफुटी सुटका", "ढगफुटी सुटका?")
    assert holds("ढगफुटीच्या छावणीतून सुटका", "ढगफुटीतून सुटका")


def test_no_event_is_replaced_by_a_word_for_a_fact() -> None:
    """Phrases of events lead to no word that changes what is asked, and aliases that do (सदस्यसंख्या) are seen."""
    events = {stem for by_kind in _phrases().values() for stem in by_kind.values()}
    assert len(events) > 20
    assert not turning_stems() & events
    assert lexeme("सदस्यसंख्या").stem in turning_stems()
    form = asked("सभेची सदस्यसंख्या सांगा")
    assert form is not None
    assert form.kind == "?किति"


def test_both_ways_to_words_agree_on_plain_text() -> None:
    """Every character that SAME_WORDS lets pass parts and joins words for columns as it does for single texts."""
    plain = [chr(code) for code in range(0x3000) if pl.Series([chr(code)]).str.contains(SAME_WORDS).item()]
    assert len(plain) > 250
    texts = [text.format(char) for char in plain for text in ("{}", "क{}ख", "१{}२", "1,{}00", "a{0}{0}े", "े{}1")]
    spans = word_spans(pl.Series(texts))
    words: list[list[str]] = [[] for _ in texts]
    for number, owner in enumerate(spans.owner.tolist()):
        words[owner].append(spans.word(number))
    assert words == [split(text) for text in texts]


@given(st.lists(WORDS, min_size=1, max_size=9).map(" ".join))
def test_a_text_by_itself_has_the_hashes_of_a_column(question: str) -> None:
    """`keys_of_texts` and the column give the same."""
    assert keys_of_texts([question, "", question]) == [*keys(question, "")[1], keys(question)[1][0]]


TOLD = "पावनखिंडीच्या लढाईचे वर्णन करा."
EARLY, LATE = "ती १३ जुलै १६६० रोजी झाली.", "ती १३ जुलै १६७० रोजी झाली."


def test_conflicting_accounts_are_found() -> None:
    """Two rows for one account that are at odds in the year are found, in whatever order they ask for it."""
    rows = batch([(TOLD, EARLY), ("लढाईचे पावनखिंडीच्या वर्णन करा", LATE), ("भूस्खलनाचे वर्णन करा", LATE)])
    assert set(rejected(STAGE, rows)) == {0, 1}


def test_a_strange_letter_is_looked_at_by_itself() -> None:
    """A question with letters of another script meets a plain one as before."""
    rows = batch([(TOLD, EARLY), (f"{TOLD} ★", LATE)])
    assert not pl.Series([f"{TOLD} ★"]).str.contains(SAME_WORDS).item()
    assert set(rejected(STAGE, rows)) == {0, 1}


def test_a_lone_account_is_never_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shortcut does shorten the way: of questions that meet no other the form is not looked for."""
    seen: list[str] = []

    def spy(questions: Iterable[str | None]) -> list[None]:
        seen.extend(question or "" for question in questions)
        return [None] * len(seen)

    for module in ("datakit.stages.conflicts.asked_each", "datakit.matching.late_forms.asked_each"):
        monkeypatch.setattr(module, spy)
    judge(STAGE, batch([(TOLD, "१६६०"), ("भूस्खलनाचे वर्णन करा", "१६७०"), ("कोकरू कोठे आहे?", "पुणे")]))
    assert seen == ["कोकरू कोठे आहे?"]
