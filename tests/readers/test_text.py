"""Blocks of questions and answers in plain text."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from datakit.readers import markers, passage
from datakit.readers.blocks import Blocks, Line
from datakit.readers.passage import PIECE_CHARS, Prose

Read = Callable[..., list[dict[str, Any]]]
Pairs = Callable[..., list[tuple[str, str, str]]]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("प्र. ", "उ. "),
        ("प्र. १ ", "उ. १ "),
        ("प्र.१ ", "उ.१) "),
        ("प्र. १) ", "उ. "),
        ("प्र. १. ", "उत्तर. "),
        ("प्र १) ", "उ) "),
        ("प्र. (१) ", "उत्तर - "),
        ("प्र. क्र. १) ", "उत्तर – "),
        ("प्रश्न: ", "उत्तर: "),
        ("प्रश्न : ", "उत्तर : "),
        ("प्रश्न १ : ", "उत्तर १ : "),
        ("प्रश्न १: ", "उत्तर:- "),
        ("प्रश्न क्र. १२ - ", "उत्तर:"),
        ("प्रश्न १\n", "उत्तर\n"),
        ("Q: ", "A: "),
        ("Q. ", "Ans. "),
        ("Q1. ", "A1: "),
        ("Q 1) ", "Ans: "),
        ("Question 1: ", "Answer: "),
        ("१) ", "उत्तर: "),
        ("(१) ", "उत्तर - "),
        ("12. ", "Ans: "),
    ],
)
def test_every_way_to_mark_a_pair(pairs: Pairs, question: str, answer: str) -> None:
    """The marks that papers use open question and answer, and are not part of them."""
    content = f"{question}शिवाजी महाराजांचा जन्म कोठे झाला?\n{answer}शिवनेरी किल्ल्यावर.\n\n"
    content += f"{question}दुसरा?\n{answer}हो\n".replace("१", "२").replace("1", "2")
    found = pairs("a.txt", content)
    assert [pair[1:] for pair in found] == [("शिवाजी महाराजांचा जन्म कोठे झाला?", "शिवनेरी किल्ल्यावर."), ("दुसरा?", "हो")]


@pytest.mark.parametrize(
    "line",
    [
        "प्रश्न असा आहे की राजधानी कोणती होती.",
        "प्रश्न १८५७ च्या उठावाचा आहे.",
        "उत्तर भारतात मराठ्यांनी मोहीम काढली.",
        "उ. प्रदेशात ते गेले.",
        "प्र. के. अत्रे यांनी मराठा हे दैनिक काढले.",
        "प्रश्नपत्रिका पुढीलप्रमाणे आहे:",
        "अशा प्रकारे राज्य स्थिरावले.",
        "Q is a letter.",
        "१६७४ साली राज्याभिषेक झाला.",
        "१८.५ टक्के लोक शेती करत.",
    ],
)
def test_prose_that_only_looks_like_a_mark(rows: Read, line: str) -> None:
    """Words that begin like a mark are prose; a text of nothing else is one reject for the whole file."""
    (row,) = rows("a.txt", f"{line}\n{line}\n")
    assert (row["reject_reason"], row["locator"]) == ("no_question_answer_pairs", "lines 1-2")
    assert line[:20] in row["reject_detail"]


@pytest.mark.parametrize("start", ["डॉ. आंबेडकर यांचा जन्म कोठे झाला?", "इ. स. १६७४ मध्ये काय घडले?", "म. फुले यांनी काय केले?"])
def test_initials_that_belong_to_the_question(pairs: Pairs, start: str) -> None:
    """A title after प्र. belongs to the question."""
    assert pairs("a.txt", f"प्र. {start}\nउ. ख\n")[0][1] == start


def test_numbers_that_belong_to_the_text(pairs: Pairs) -> None:
    """A year, a century or a list after a mark is text; only the number that goes on counting is the mark's."""
    content = """प्र. १६७४ मध्ये काय घडले?
उ. १६७४. राज्याभिषेक.
प्र. १८ व्या शतकात कोण होते?
उ. १२ पेशवे
प्र. १) कारणे?
उ. १) महसूल २) जात
प्र. २ किल्ले कोणते?
उ. २ होते
"""
    assert [pair[1:] for pair in pairs("a.txt", content)] == [
        ("१६७४ मध्ये काय घडले?", "१६७४. राज्याभिषेक."),
        ("१८ व्या शतकात कोण होते?", "१२ पेशवे"),
        ("कारणे?", "१) महसूल २) जात"),
        ("किल्ले कोणते?", "होते"),
    ]


def test_places_and_paragraphs(pairs: Pairs) -> None:
    """An answer runs over lines and paragraphs up to the next question; the place is its first and last line."""
    content = "इतिहास\n\nप्र. राज्याभिषेक\nकधी झाला?\nउ. ६ जून १६७४ रोजी.\n\nतो नऊ दिवस चालला.\n\n\nप्र. दुसरा?\nउ. हो\n"
    assert pairs("a.txt", content) == [
        ("lines 3-7", "राज्याभिषेक\nकधी झाला?", "६ जून १६७४ रोजी.\nतो नऊ दिवस चालला."),
        ("lines 10-11", "दुसरा?", "हो"),
    ]


def test_wrapped_lines_are_joined_and_verse_is_not(pairs: Pairs) -> None:
    """A line broken to fit the page runs on; the short lines of an ovi, and list items, stay."""
    wrapped = "शिवाजी महाराजांनी रायगडावर मोठ्या थाटामाटात राज्याभिषेक करून घेतला आणि\nस्वतंत्र शक सुरू केला."
    verse = "आता विश्वात्मके देवे\nयेणे वाग्यज्ञे तोषावे"
    items = "अष्टप्रधान मंडळात पुढील प्रधान होते, त्यांची नावे खालीलप्रमाणे सांगता येतील:\n१) पेशवा\n२) अमात्य"
    content = f"प्र. एक?\nउ. {wrapped}\n\nप्र. दोन?\nउ. {verse}\n\nप्र. तीन?\nउ. {items}\n"
    assert [answer for _, _, answer in pairs("a.txt", content)] == [wrapped.replace("\n", " "), verse, items]


def test_question_and_answer_on_one_line(pairs: Pairs) -> None:
    """An answer may follow its question on the same line; `उ.` alone counts after a question mark only."""
    content = "प्र. अफजलखान कोण? उ. विजापूरचा सरदार.\nप्र. राजधानी सांगा. उत्तर: रायगड\n"
    assert [pair[1:] for pair in pairs("a.txt", content)] == [
        ("अफजलखान कोण?", "विजापूरचा सरदार."),
        ("राजधानी सांगा.", "रायगड"),
    ]


def test_an_exam_paper(rows: Read) -> None:
    """Numbered questions with options and an answer line: a heading asks nothing, a key becomes its option."""
    content = """प्र. १. खालील प्रश्नांची उत्तरे लिहा.
(१) पानिपतची तिसरी लढाई कधी झाली?
(अ) १५२६ (ब) १५५६ (क) १७६१ (ड) १८१८
उत्तर: (क)

२) पेशव्यांची राजधानी कोणती?
अ) सातारा
ब) पुणे
क. नागपूर
ड. कोल्हापूर
उत्तर : ब) पुणे
स्पष्टीकरण: बाजीराव पहिला याने ती पुण्यात आणली.
३) शेवटचा?
(अ) एक (ब) दोन
उत्तर: (ड)
४) उत्तर नाही?
(अ) एक (ब) दोन
"""
    found = rows("a.txt", content)
    assert [(row["locator"], row["answer"], row["reject_reason"]) for row in found] == [
        ("lines 2-4", "१७६१", None),
        ("lines 6-12", "पुणे", None),
        ("lines 13-15", "(ड)", "answer_not_among_options"),
        ("lines 16-17", None, "no_answer_given"),
    ]
    assert found[0]["question"] == "पानिपतची तिसरी लढाई कधी झाली? (अ) १५२६ (ब) १५५६ (क) १७६१ (ड) १८१८"
    assert found[1]["question"] == "पेशव्यांची राजधानी कोणती? (अ) सातारा (ब) पुणे (क) नागपूर (ड) कोल्हापूर"
    assert json.loads(found[1]["meta"]) == {"explanation": "बाजीराव पहिला याने ती पुण्यात आणली."}


def test_a_numbered_list_in_an_answer_stays_there(pairs: Pairs) -> None:
    """Where questions are marked with प्र., numbers inside an answer are a list."""
    content = "प्र. कारणे सांगा?\nउ. पुढील कारणे:\n१) महसूल\n२) जात\nप्र. ग?\nउ. घ\n"
    assert pairs("a.txt", content)[0][2] == "पुढील कारणे:\n१) महसूल\n२) जात"


def test_a_passage_with_its_questions(rows: Read) -> None:
    """A passage marked उतारा: is the context of the questions below it, which share a group."""
    content = "उतारा: प्रतिष्ठान ही\nराजधानी होती.\n\nप्रश्न: राजधानी?\nउत्तर: प्रतिष्ठान\nप्रश्न: काय?\nउत्तर: होती\n"
    first, second = rows("a.txt", content)
    assert first["context"] == second["context"] == "प्रतिष्ठान ही\nराजधानी होती."
    assert first["group"] == second["group"] is not None


def test_what_is_missing_is_said(rows: Read) -> None:
    """A question without an answer and an answer without a question are rejected where they stand."""
    found = rows("a.txt", "प्रश्न: एकटा?\n\nप्रश्न: दुसरा?\nउत्तर: हो\n---\nउत्तर: अनाथ\n")
    assert [(row["locator"], row["reject_reason"]) for row in found] == [
        ("line 1", "no_answer_given"),
        ("lines 3-4", None),
        ("line 6", "answer_without_question"),
    ]
    assert found[0]["question"] == "एकटा?"
    assert found[2]["answer"] == "अनाथ"


def test_nul_bytes_cost_their_line(rows: Read) -> None:
    """A line with NUL bytes is rejected; the blocks around it are read."""
    found = rows("a.txt", b"\xe0\xa4\x95\x00\n" + "प्र. क?\nउ. ख\n".encode())
    assert [(row["locator"], row["reject_reason"]) for row in found] == [("line 1", "nul_bytes"), ("lines 2-3", None)]


def test_the_heading_of_a_section_is_known() -> None:
    """Instructions of a paper are known by their verb, a question that begins alike is not one."""
    assert markers.INSTRUCTION.match("खालील प्रश्नांची एका वाक्यात उत्तरे लिहा.")
    assert markers.INSTRUCTION.match("योग्य पर्याय निवडा :")
    assert not markers.INSTRUCTION.match("खालीलपैकी कोणता किल्ला पुणे जिल्ह्यात आहे?")
    assert not markers.INSTRUCTION.match("योग्य पर्याय कोणता?")


def test_prose_is_kept_as_passages(rows: Read) -> None:
    """Text in which nothing is asked comes in pieces of about a page, ended at empty lines, none of it lost."""
    lines = [line for n in range(60) for line in (f"{n} व्या परिच्छेदात " + "मराठ्यांचा इतिहास सांगितला आहे. " * 9, "")]
    found = rows("a.txt", "\n".join(lines))
    assert {row["reject_reason"] for row in found} == {"no_question_answer_pairs"}
    assert len(found) > 5
    assert all(len(row["context"]) <= PIECE_CHARS for row in found)
    for row in found:
        first, last = (int(number) for number in row["locator"].removeprefix("lines ").split("-"))
        assert row["context"] == "\n".join(lines[first - 1 : last])
    assert "\n".join(row["context"] for row in found).split() == "\n".join(lines).split()


def test_a_numbered_list_is_prose_where_nobody_answers(rows: Read) -> None:
    """The lines of a list stay in the passage, in their order, though each might have been a question."""
    content = "कारणे पुढीलप्रमाणे.\n१) महसूल कमी झाला.\n२) दुष्काळ पडला.\nम्हणून बंड झाले.\n"
    (row,) = rows("a.txt", content)
    assert (row["locator"], row["context"]) == ("lines 1-4", content.strip())


def test_prose_beside_questions(rows: Read) -> None:
    """An introduction and a text after the questions are passages where they are long; titles are not."""
    prose = "छत्रपती शाहू महाराजांच्या काळात मराठ्यांच्या सत्तेचा विस्तार झाला." * 4
    content = f"# प्रकरण १\n{prose}\n\nप्र. १) कोण?\nउ. शाहू\n\n## पुढे\n{prose}\n\n## चाचणी\nप्र. २) कधी?\nउ. १७०७\n"
    found = rows("a.md", content)
    assert [(row["locator"], row["reject_reason"], row["answer"]) for row in found] == [
        ("lines 1-2", "no_question_answer_pairs", None),
        ("lines 4-5", None, "शाहू"),
        ("lines 7-10", "no_question_answer_pairs", None),
        ("lines 11-12", None, "१७०७"),
    ]
    assert found[0]["context"] == f"प्रकरण १\n{prose}"
    assert rows("b.txt", "सराव परीक्षा\nवेळ: एक तास\n\nप्र. कोण?\nउ. शाहू\n")[0]["answer"] == "शाहू"


def test_an_answer_key_is_no_prose(rows: Read) -> None:
    """Questions that wait for their key, and the key, are in no passage."""
    questions = "\n".join(f"{n}) प्रश्न क्रमांक {n} कोणता? (अ) पहिला पर्याय येथे (ब) दुसरा पर्याय तेथे" for n in range(1, 30))
    key = "\n".join(f"{n}-ब" for n in range(1, 30))
    found = rows("a.txt", f"{questions}\n\nउत्तरसूची\n{key}\n")
    assert [row["answer"] for row in found] == ["दुसरा पर्याय तेथे"] * 29


def test_prose_without_end_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that may still turn out to be questions is given as text when it grows too long."""
    monkeypatch.setattr(passage, "MAX_HELD_CHARS", 500)
    prose = Prose(Blocks())
    given = [row for n in range(1, 100) for row in prose.feed(Line(n, f"{n}) शिवाजी महाराजांचा किल्ला"))]
    assert len(given) >= 4
    rest = list(prose.finish())
    told = "\n".join(row.context or "" for row in given + rest)
    assert told == "\n".join(f"{n}) शिवाजी महाराजांचा किल्ला" for n in range(1, 100))


def test_a_verdict_that_a_row_brings(rows: Read) -> None:
    """A draft refused by `synthesize` is a reject; another column of that name is a column like any other."""
    row = {
        "question": "क?",
        "answer": "ख",
        "derived_from": "kille",
        "reject_reason": "not_grounded",
        "reject_detail": "१९९९",
    }
    (draft,) = rows("a.jsonl", json.dumps(row))
    assert (draft["reject_reason"], draft["reject_detail"], draft["answer"]) == ("not_grounded", "१९९९", "ख")
    assert json.loads(draft["meta"]) == {"derived_from": "kille"}
    (plain,) = rows("a.jsonl", json.dumps(row | {"reject_reason": "आवडले नाही"}))
    assert plain["reject_reason"] is None
    assert json.loads(plain["meta"])["reject_reason"] == "आवडले नाही"
    (empty,) = rows("a.jsonl", json.dumps({"question": None, "answer": None, "reject_reason": "reply_not_json"}))
    assert (empty["reject_reason"], empty["question"]) == ("reply_not_json", None)
