"""Placeholders, templates, stock answers and option letters, each beside what only looks like it."""

from typing import Any

import pytest

from datakit.record import frame
from datakit.screening.phrases import phrases
from datakit.stages.placeholder import Placeholder

QUESTION = "स्वराज्याची राजधानी कोणती होती?"


def reason(question: str, answer: str, **columns: Any) -> str | None:
    """Return the reason that the stage gives a row."""
    row = Placeholder().apply(frame([{"question": question, "answer": answer, **columns}])).row(0, named=True)
    return row["reject_reason"]


@pytest.mark.parametrize("kind", ["whole", "inside"])
def test_every_placeholder_of_the_table_is_one(kind: str) -> None:
    """Each phrase is found as an answer, with and without a full stop, in capitals too."""
    for phrase in phrases("placeholder")[kind]:
        for text in (phrase, f" {phrase}. ", phrase.upper()):
            assert reason(QUESTION, text) == "placeholder_text", text


@pytest.mark.parametrize("kind", ["always", "without_options"])
def test_every_stock_answer_of_the_table_is_one(kind: str) -> None:
    """Each phrase is a stock answer alone, numbered, and behind the name of a speaker."""
    for phrase in phrases("stock_answers")[kind]:
        for text in (phrase, f"(१) {phrase}.", f"श्री. अ. ब. पाटील : {phrase}"):
            assert reason(QUESTION, text) == "stock_answer", text


@pytest.mark.parametrize(
    "question",
    [
        "संसद बद्दल प्रश्न - 2",
        "पेशवाई विषयी प्रश्न १२",
        "शिवकाल: प्रश्न क्रमांक ७",
        "नमुना प्रश्न ३.",
        "Question #14",
        "Maratha history quiz 5",
        "कोणता किल्ला कोठे आहे? प्रश्न 200",
        "{{topic}} कधी घडले?",
        "<नाव> यांचे कार्य सांगा.",
        "%(name)s यांचा जन्म कधी झाला?",
        "${person} कोण होते?",
        "[insert name here] कोण होते?",
    ],
)
def test_templates_are_found(question: str) -> None:
    """Rows that a loop numbered, and templates whose variables nobody filled in."""
    assert reason(question, "रायगड") == "template_row"


@pytest.mark.parametrize(
    "question",
    [
        "प्रश्न ५ व ६ मधील किल्ले कोणते?",
        "काश्मीर प्रश्न १९४८ मध्ये संयुक्त राष्ट्रांत कोणी नेला?",
        "सीमाप्रश्न म्हणजे काय?",
        "महाराष्ट्र-कर्नाटक सीमाप्रश्न १९५६",
        "कलम ३७० काय आहे?",
        r"\frac{अंश}{छेद} म्हणजे काय?",
        "{१, २, ३} हा संच कोणता?",
        "[१] या टीपेत काय म्हटले आहे?",
        "१०० % म्हणजे किती?",
    ],
)
def test_look_alikes_of_templates_are_kept(question: str) -> None:
    """Numbers, braces and brackets that belong to the question."""
    assert reason(question, "रायगड किल्ला") is None


@pytest.mark.parametrize(
    "answer",
    [
        "पर्याय ब",
        "पर्याय क्रमांक ३",
        "Option (A)",
        "option b",
        "(क)",
        "ड)",
        "ब",
        "B",
        "उत्तर: क",
        "अ व ब",
        "फक्त अ",
        "केवळ (१)",
    ],
)
def test_labels_without_options_are_found(answer: str) -> None:
    """The label of an option tells nothing when no option is to be seen; the same row with options is kept."""
    assert reason(QUESTION, answer) == "option_letter_only"
    listed = f"{QUESTION} (अ) पुणे (ब) रायगड (क) सातारा (ड) जिंजी"
    assert reason(listed, answer) is None
    assert reason(QUESTION, answer, context="पर्याय: अ) पुणे ब) रायगड") is None


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("दृष्टीसाठी कोणते जीवनसत्त्व हवे?", "अ"),
        ("रोमन अंकात १०० कसे लिहितात?", "C"),
        ("कार्बनची संज्ञा कोणती?", "C"),
        ("शिवरायांच्या राण्यांची संख्या किती?", "8"),
        ("अष्टप्रधान मंडळात किती मंत्री होते?", "८"),
        ("पहिल्या गटात कोण आहे?", "अ"),
        ("बाजीराव कोणत्या वर्गाचे होते?", "ब"),
        ("पर्याय या शब्दाचा अर्थ काय?", "दुसरा मार्ग"),
        ("राजधानी कोणती?", "बा"),
    ],
)
def test_letters_and_numbers_that_answer_are_kept(question: str, answer: str) -> None:
    """A question may ask for a letter, and a number is never taken for an option."""
    assert reason(question, answer) is None


def test_a_stock_phrase_with_an_answer_is_an_answer() -> None:
    """What is left after the stock phrase counts, even one word."""
    assert reason(QUESTION, "(१) होय. (२) प्रश्न उद्भवत नाही.") is None
    assert reason(QUESTION, "रायगड; अधिक माहिती उपलब्ध नाही.") is None


def test_the_detail_quotes_what_was_found() -> None:
    """A person reads the phrase that gave the row away."""
    row = Placeholder().apply(frame([{"question": "संसद बद्दल प्रश्न - 2", "answer": "पर्याय ब"}])).row(0, named=True)
    assert row["reject_detail"].strip() == "प्रश्न - 2"
