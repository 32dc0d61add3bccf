"""Triggers in front of rules: no row that a rule would name may be passed over, and counts by a shortcut are counts."""

import re
from pathlib import Path

import polars as pl
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.record import frame
from datakit.screening import wrong_letters
from datakit.screening.echo import echo, may_echo
from datakit.screening.options import like_an_option, only_an_option
from datakit.screening.phrases import letters_of, phrases
from datakit.screening.question_asks import asks_nothing, may_ask_nothing
from datakit.screening.suspects import any_text
from datakit.screening.wrong_letters import WORTH_A_LOOK, wrong_word, wrong_words
from datakit.stages import damage, placeholder, script
from datakit.stages.damage import Damage
from datakit.stages.language import Language
from datakit.stages.normalize import Normalize

LETTERS = "ऄअकखगथयणलहतनदभपवरसािीुंः्ँज़"
WORDS = st.text(st.sampled_from(LETTERS), min_size=1, max_size=9)
TEXTS = st.text(st.sampled_from(f"{LETTERS}क१2aZ à¤¥€.-"), max_size=40)
ASKED = ("शिवाजी", "महाराज", "पुणे", "आहे", "किल्ला", "Poona", "ΣΑΣ", "१६७४", "उत्तर:", "कोणता?", "ß", "-", "“पुणे”")


@settings(max_examples=500, deadline=None)
@given(WORDS)
def test_a_place_to_undo_is_seen_exactly(word: str) -> None:
    """The pattern in front of `_undo` matches a word if and only if `_undo` finds a place in it."""
    assert (wrong_letters._UNDOABLE.search(word) is not None) == bool(wrong_letters._undo(word))


@settings(max_examples=500, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=30))
def test_no_wrong_word_is_passed_over(words: list[str]) -> None:
    """Whatever `wrong_word` names has something that is worth a look."""
    looked = pl.Series(words).str.contains(WORTH_A_LOOK)
    assert all(seen for word, seen in zip(words, looked, strict=True) if wrong_word(word) is not None)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(*[st.none() | TEXTS] * 3), min_size=1, max_size=8))
def test_wrong_letters_of_a_batch_are_those_of_its_texts(rows: list[tuple[str | None, ...]]) -> None:
    """Judging each different word of a batch once finds what judging text by text finds, in the same order."""
    batch = frame([dict(zip(damage.READ, row, strict=True)) for row in rows])
    found = damage._wrong_words(batch)
    expected: dict[int, dict[str, list[wrong_letters.Repair]]] = {}
    for number, row in enumerate(rows):
        for name, text in zip(damage.READ, row, strict=True):
            if wrong := wrong_words(text or ""):
                expected.setdefault(number, {})[name] = wrong
    assert found == expected


def test_wrong_letters_in_question_and_answer_are_told_together() -> None:
    """The detail names the question's words first; the share is that of the worse text."""
    batch = frame(
        [
            {"question": "पुणे कोठे आहे?", "answer": "महाराष्ट्रात"},
            {"question": "ववश्वातील ववषय कोणता?", "answer": "आणण àà¤¥à¤¥"},
        ]
    )
    shown, share, sure = damage._wrong(batch)
    assert shown.to_list()[0] is None
    assert shown[1] == "ववषय → विषय, आणण → आणि, à¤¥à¤"
    assert share.to_list() == [0.0, 1.0]
    assert sure.to_list() == [False, True]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(ASKED), max_size=6), st.lists(st.sampled_from(ASKED), max_size=4))
def test_no_echo_is_passed_over(question: list[str], answer: list[str]) -> None:
    """Where `echo` finds a fault, the comparison of the first word lets the row through."""
    asked, said = " ".join(question), " ".join(answer)
    if echo(asked, said) is not None:
        assert pl.DataFrame({"question": [asked], "answer": [said]}).select(may_echo()).item()


def test_an_answer_of_another_first_word_is_passed_over() -> None:
    """The shortcut does shorten the way: an answer that begins with a new word is no echo and is not compared."""
    row = pl.DataFrame({"question": ["स्वराज्याची राजधानी कोणती होती?"], "answer": ["रायगड"]})
    assert not row.select(may_echo()).item()


PIECES = (
    *phrases("stock_answers")["always"][:6],
    *phrases("stock_answers")["without_options"][:4],
    *("(१)", "२.", "अ)", "व", "तसेच", "उत्तर", "श्री. देवेंद्र फडणवीस :", "मा. मुख्यमंत्री:", "निरंक", ".", "- - -", "NOT KNOWN"),
    *("खरे", "रायगड", "abc"),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=40))
def test_no_long_stock_answer_is_passed_over(pieces: list[str]) -> None:
    """An answer of up to 1,000 bytes of which nothing is left gets the verdict, however many letters it has."""
    answer = " ".join(pieces)
    rows = frame([{"question": "या प्रकरणी कोणती कार्यवाही करण्यात आली आहे?" * 3, "answer": answer}])
    nothing_left = placeholder._measure(rows.with_columns(__may_be_stock=pl.lit(True)))["__stock"][0]
    verdict = placeholder.Placeholder().apply(rows)["reject_reason"][0]
    if nothing_left and len(answer.encode()) <= 1_000:
        assert verdict in {"stock_answer", "placeholder_text", "template_row"}


def test_the_letters_that_no_stock_phrase_has_are_many() -> None:
    """The shortcut tells most answers apart: the letters that it looks for are frequent ones."""
    others = {char for char in map(chr, range(0x915, 0x93A)) if char not in letters_of("stock_answers")}
    assert {"ज", "ट", "ष"} <= others
    assert re.search("[जटष]", "शासनाने जिल्हाधिकाऱ्यांना निर्देश दिले") is not None


@given(st.lists(st.text(st.sampled_from("कि् aé१.\n़ॐ"), max_size=40), min_size=1, max_size=5), st.integers(0, 9))
def test_an_answer_with_grammar_is_one_of_so_many_words(texts: list[str], least: int) -> None:
    """Letters with their signs are words, as Python's `regex` counts them; a sign or a figure alone is none."""
    counted = [len(regex.findall(r"\p{L}[\p{L}\p{M}]*", text)) >= least for text in texts]
    assert Language(min_answer_words=least)._has_grammar(pl.Series(texts)).to_list() == counted


ASKING = st.text(st.sampled_from("कआहे ?।.:-_…१2+=*()"), max_size=14) | st.sampled_from(
    ["खालील वाक्य पूर्ण करा:", "पुढील उतारा वाचा", "नमस्कार!", "OK", "प्रश्न 5: रायगड", "काय?", "२५ + १७ = ?", "प्र. २"]
)


@settings(max_examples=400, deadline=None)
@given(ASKING | st.none(), st.none() | st.just("उतारा"))
def test_no_question_that_asks_nothing_is_passed_over(question: str | None, context: str | None) -> None:
    """The look at the form of a question holds wherever the question asks nothing, and is never null."""
    row = frame([{"question": question, "context": context}])
    seen, nothing = row.select(may=may_ask_nothing(), nothing=asks_nothing().fill_null(False)).row(0)
    assert seen is True or (seen is False and not nothing)


@settings(max_examples=400, deadline=None)
@given(st.text(st.sampled_from("अबकइ1१iv()[].,:-– पर्यायउत्तरफक्त"), max_size=12))
def test_no_bare_option_is_passed_over(answer: str) -> None:
    """An answer that is only an option looks like one."""
    row = frame([{"question": "कोणता?", "answer": answer}])
    looks, is_one = row.select(looks=like_an_option(), is_one=only_an_option()).row(0)
    assert looks or not is_one


@pytest.mark.parametrize(
    "variable", ["{topic}", "{{ विषय }}", "${name}", "%(year)s", "<नाव>", "<insert date>", "[Answer]"]
)
def test_every_variable_begins_with_a_sign_that_is_looked_for(variable: str) -> None:
    """What VARIABLE matches holds one of the signs in front of it, so that other texts need not be searched."""
    text = pl.Series([f"येथे {variable} लिहा"])
    assert text.str.contains(placeholder.VARIABLE).to_list() == [True]
    assert text.str.contains(placeholder._OPENS).to_list() == [True]
    assert text.str.contains(placeholder.Placeholder.trigger).to_list() == [True]


DAMAGED = st.text(st.sampled_from("कखमािी् \ufffd?\ue000aAzZm१|/G(cid:)0\n.ઠ"), max_size=16)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(*[st.none() | DAMAGED] * 3), min_size=1, max_size=6))
def test_texts_without_a_sign_of_damage_count_none(rows: list[tuple[str | None, ...]]) -> None:
    """What is counted in rows alone that show a sign is what is counted in all, but for good question marks."""
    batch = frame([dict(zip(damage.READ, row, strict=True)) for row in rows]).with_columns(__shown=pl.lit(True))
    every = damage._counts(batch)
    measured = damage._measure(batch)
    for name in every.columns:
        if name != "__mark_share":  # told only where words of question marks are
            assert measured[name].to_list() == every[name].to_list(), name
    emphatic = every["__marks"] > 0
    assert measured["__mark_share"].filter(emphatic).to_list() == every["__mark_share"].filter(emphatic).to_list()


def test_emphasis_is_no_loss_and_lost_words_are() -> None:
    """Two question marks behind a word are emphasis; a text half of marks is lost."""
    rows = frame([{"question": "खरंच??", "answer": "हो"}, {"question": "?? ??? क", "answer": "हो"}])
    assert Damage().apply(rows)["reject_reason"].to_list() == [None, "lost_text"]


@given(st.lists(st.none() | st.text(max_size=30), min_size=1, max_size=5))
def test_characters_are_counted_by_their_spaces(texts: list[str | None]) -> None:
    """Characters that are no space, and words, are counted as a regular expression counts them."""
    rows = frame([{"answer": text} for text in texts]).with_columns(damage._sizes())
    counted = rows.select(
        chars=pl.col("answer").str.count_matches(r"\S"), words=pl.col("answer").str.count_matches(r"\S+")
    )
    assert rows["__chars_answer"].to_list() == counted["chars"].to_list()
    assert rows["__words_answer"].to_list() == counted["words"].to_list()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(*[st.none() | st.text(st.sampled_from("कािa १.\u0964\ua8e0😀\n"), max_size=12)] * 2), max_size=6)
)
def test_the_first_half_of_a_text_has_no_more_than_the_whole(rows: list[tuple[str | None, str | None]]) -> None:
    """Devanagari in the first halves is counted by what is none, as it is letter by letter, null as nothing."""
    batch = frame([dict(zip(("question", "answer"), row, strict=True)) for row in rows])
    letter = regex.compile(script.DEVANAGARI.replace(r"\u{A8E0}-\u{A8FF}", "\ua8e0-\ua8ff"))
    halves = [sum(len(letter.findall((text or "")[: len(text or "") // 2])) for text in row) for row in rows]
    found, whole = batch.select(
        found=script._devanagari_at_first("question", "answer"),
        whole=script._count(script.DEVANAGARI, "question", "answer"),
    ).get_columns()
    assert found.to_list() == halves
    assert (found <= whole).all()


def test_a_late_start_in_devanagari_is_waited_for() -> None:
    """A row whose first halves are English is counted whole before it is named."""
    late = {"question": "What is the capital? रायगड ही राजधानी होती", "answer": "Raigad fort रायगड किल्ला"}
    english = {"question": "What is the capital of the kingdom?", "answer": "Raigad fort in Maharashtra, रायगड"}
    marked = script.Script().apply(frame([late, english]))
    assert marked["reject_reason"].to_list() == [None, "not_devanagari"]
    assert marked["reject_detail"][1] == "9 % of the letters are Devanagari, at least 25 %"


def test_rules_noted_before_are_kept() -> None:
    """A row that was normalized already keeps the names of the rules that touched it then."""
    batch = frame([{"question": "मंुबई?", "answer": "हो", "changes": ["nfc"]}, {"question": "क", "changes": []}])
    assert Normalize().apply(batch)["changes"].to_list() == [["bindu_order", "nfc"], None]


@pytest.mark.slow
def test_wrong_letters_of_real_rows(shared_data: Path) -> None:
    """On 700 real junk rows the batch form finds what the text form finds."""
    junk = pl.read_ndjson(shared_data / "qa_bad_rows.jsonl", infer_schema_length=None)
    batch = frame(junk.select(pl.col("question", "answer").cast(pl.String)).iter_rows(named=True))
    found = damage._wrong_words(batch)
    for number, row in enumerate(batch.select(damage.READ).iter_rows()):
        expected = {n: wrong for n, text in zip(damage.READ, row, strict=True) if (wrong := wrong_words(text or ""))}
        assert found.get(number, {}) == expected


@pytest.mark.parametrize("lost", ["? ?", "? १ ?", "?, ?", "- ? . ?"])
def test_a_text_of_marks_is_not_passed_over(lost: str) -> None:
    """An answer of question marks alone is lost text, however they are spaced; so is a question."""
    rows = frame([{"question": "स्वराज्याची राजधानी कोणती?", "answer": lost}, {"question": lost, "answer": "रायगड"}])
    assert damage.Damage().apply(rows)["reject_reason"].to_list() == ["lost_text", "lost_text"]


def test_what_patterns_count_is_nought_where_none_shows() -> None:
    """A row that is looked at for its unknown words alone gets the counts that counting would give."""
    texts = ("झालझूल फटफट ढमढमाढम", "महा??ष्ट्र झालझूल", "", None, "म ह र ष्ट्र", "iPhone झालझूल")
    rows = frame([{"question": "झालझूल कुठे?", "answer": text} for text in texts])
    shown = rows.select(any_text(damage._SUSPECT, *damage.READ)).to_series()
    assert shown.to_list() == [False, True, False, False, True, True]
    measured = damage._measure(rows.with_columns(shown.alias("__shown")))
    counted = damage._counts(rows)
    names = [name for name in counted.columns if name != "__mark_share"]  # which counts beside __marks only
    assert measured.select(names).equals(counted.select(names))
