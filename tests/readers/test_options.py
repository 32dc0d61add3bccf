"""Multiple choice: the answer becomes the full text of its option, or the row is rejected."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from datakit.readers.options import from_text

Read = Callable[..., list[dict[str, Any]]]

CITIES = ["सातारा", "पुणे", "नागपूर", "कोल्हापूर"]
FULL = "पेशव्यांची राजधानी? (अ) सातारा (ब) पुणे (क) नागपूर (ड) कोल्हापूर"


def lines(*rows: object) -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


@pytest.mark.parametrize(
    "answer",
    ["पुणे", " पुणे ", "ब", "(ब)", "ब)", "पर्याय ब", "B", "b.", "2", "२", "पर्याय २", "ब) पुणे", "(2) पुणे", "पर्याय क्र. ब"],
)
def test_every_way_to_name_an_option(rows: Read, answer: str) -> None:
    """A letter, a number or the text itself names the option; the question gets all of them."""
    (row,) = rows("a.jsonl", lines({"question": "पेशव्यांची राजधानी?", "options": CITIES, "answer": answer}))
    assert (row["question"], row["answer"]) == (FULL, "पुणे")


@pytest.mark.parametrize(
    ("options", "answer", "labels"),
    [
        ({"A": "सातारा", "B": "पुणे"}, "B", "(A) सातारा (B) पुणे"),
        ({"text": ["सातारा", "पुणे"], "label": ["1", "2"]}, "2", "(1) सातारा (2) पुणे"),
        ([{"label": "अ", "text": "सातारा"}, {"label": "ब", "text": "पुणे"}], "ब", "(अ) सातारा (ब) पुणे"),
        (["अ) सातारा", "ब) पुणे"], "ब", "(अ) सातारा (ब) पुणे"),
        ("(अ) सातारा (ब) पुणे", "ब", "(अ) सातारा (ब) पुणे"),
        ("क) सातारा ख) पुणे", "ख", "(क) सातारा (ख) पुणे"),
        ([1674, 1680], "ब", "(अ) 1674 (ब) 1680"),
    ],
)
def test_forms_of_options(rows: Read, options: object, answer: str, labels: str) -> None:
    """Options come as a list, an object, labelled text; their own labels are kept."""
    (row,) = rows("a.jsonl", lines({"question": "कोणती?", "options": options, "answer": answer}))
    assert row["question"] == f"कोणती? {labels}"
    assert row["answer"] == labels.rsplit(") ", 1)[1]


@pytest.mark.parametrize(
    "header",
    [
        "option_a,option_b,option_c,option_d",
        "पर्याय अ,पर्याय ब,पर्याय क,पर्याय ड",
        "A,B,C,D",
        "पर्याय १,पर्याय २,पर्याय ३,पर्याय ४",
    ],
)
def test_options_in_columns(rows: Read, header: str) -> None:
    """Options in columns of their own are found by the names of the columns."""
    (row,) = rows("a.csv", f"प्रश्न,{header},उत्तर\nपेशव्यांची राजधानी?,{','.join(CITIES)},ब\n")
    assert row["answer"] == "पुणे"
    assert row["question"].count("(") == 4
    assert row["meta"] is None


def test_options_already_in_the_question(rows: Read) -> None:
    """Options that the question names already are not written twice."""
    (row,) = rows("a.jsonl", lines({"question": FULL, "options": CITIES, "answer": "ब"}))
    assert (row["question"], row["answer"]) == (FULL, "पुणे")


def test_a_key_to_options_inside_the_question(rows: Read) -> None:
    """A bare letter is resolved by the options in the question's own text; without any it stays for a later stage."""
    found = rows(
        "a.jsonl",
        lines(
            {"question": FULL, "answer": "(क)"},
            {"question": "कोण?", "answer": "क"},
            {"question": "कधी?", "answer": "7"},
        ),
    )
    assert [row["answer"] for row in found] == ["नागपूर", "क", "7"]


@pytest.mark.parametrize("answer", ["इ", "५", "पर्याय फ"])
def test_a_key_to_no_option(rows: Read, answer: str) -> None:
    """A key beyond the last option is a wrong key: rejected, never guessed."""
    (row,) = rows("a.jsonl", lines({"question": "राजधानी?", "options": CITIES, "answer": answer}))
    assert (row["reject_reason"], row["answer"]) == ("answer_not_among_options", answer)
    assert f"found answer key {answer!r}" in row["reject_detail"]


def test_a_text_beside_the_options_stays(rows: Read) -> None:
    """An answer in words of its own is no key: it is kept."""
    (row,) = rows("a.jsonl", lines({"question": "राजधानी?", "options": CITIES, "answer": "पुणे शहर"}))
    assert row["answer"] == "पुणे शहर"


@pytest.mark.parametrize(
    ("numbers", "expected"), [([0, 3, 1], ["सातारा", "कोल्हापूर", "पुणे"]), ([2, 4, 1], ["पुणे", "कोल्हापूर", "सातारा"])]
)
def test_integers_count_as_their_source_does(rows: Read, numbers: list[int], expected: list[str]) -> None:
    """A 0 or a number equal to the count of options tells where a source counts from, for the rows before it too."""
    content = lines(*({"question": f"{n}?", "options": CITIES, "answer": number} for n, number in enumerate(numbers)))
    assert [row["answer"] for row in rows("a.jsonl", content)] == expected


def test_integers_that_tell_nothing_are_rejected(rows: Read) -> None:
    """Where no row tells the base, an integer is not guessed: the reject names the mapping that settles it."""
    content = lines(
        {"question": "क?", "options": CITIES, "answer": 1}, {"question": "ख?", "options": CITIES, "answer": 2}
    )
    found = rows("a.jsonl", content)
    assert [row["reject_reason"] for row in found] == ["ambiguous_option"] * 2
    assert 'answer_index = "answer"' in found[0]["reject_detail"]
    settled = rows(
        "a.jsonl", content, columns={"question": "question", "options": "options", "answer_number": "answer"}
    )
    assert [row["answer"] for row in settled] == ["सातारा", "पुणे"]


def test_a_number_beyond_its_base_is_rejected(rows: Read) -> None:
    """A source that counts from 0 cannot name option 4 of 4."""
    content = lines(
        {"question": "क?", "options": CITIES, "answer": 0}, {"question": "ख?", "options": CITIES, "answer": 4}
    )
    assert [row["reject_reason"] for row in rows("a.jsonl", content)] == [None, "answer_not_among_options"]


def test_an_index_column_counts_from_zero(rows: Read) -> None:
    """A column named index counts from 0, as programs do."""
    (row,) = rows("a.jsonl", lines({"question": "क?", "options": CITIES, "correct_index": 1}))
    assert row["answer"] == "पुणे"


def test_options_that_are_numbers(rows: Read) -> None:
    """An integer that is itself an option is that option, not a place."""
    (row,) = rows("a.jsonl", lines({"question": "कधी?", "options": ["1630", "1674"], "answer": 1674}))
    assert row["answer"] == "1674"


@pytest.mark.parametrize(
    "options", [["१.८%", "२.१%", "२.७%"], ["१. १८५७", "राणी", "३. तात्या"], ["अ. भा. काँग्रेस", "मुस्लिम लीग", "हिंदू महासभा"]]
)
def test_what_begins_like_a_label_is_text(rows: Read, options: list[str]) -> None:
    """A decimal, initials, and numbers that not every option has are the options' own text."""
    (row,) = rows("a.jsonl", lines({"question": "किती?", "options": options, "answer": options[2]}))
    assert row["answer"] == options[2]
    assert all(option in row["question"] for option in options)


def test_a_label_column_is_not_an_answer_key(rows: Read) -> None:
    """A text answer says more than a column called label."""
    (row,) = rows("a.jsonl", lines({"question": "क?", "options": CITIES, "answer": "ब", "label": "इतिहास"}))
    assert row["answer"] == "पुणे"


@pytest.mark.parametrize(
    "text", ["श्री. (अ) जोशी आले.", "सन (१६७४) मध्ये", "कोणता? (अ)", "(ब) पुणे (अ) सातारा", "व. पु. काळे आणि ग. दि. माडगूळकर"]
)
def test_text_without_options(text: str) -> None:
    """A letter or number in brackets is no option unless a second one follows in order."""
    assert from_text(text) == (text, None)
