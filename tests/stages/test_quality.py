"""Quality of a pair: echoes, empty questions, cuts, loops, pages and excuses, each beside a good row like it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.record import frame
from datakit.screening.echo import echo
from datakit.screening.phrases import phrases
from datakit.screening.repetition import MAX_PERIOD_WORDS, MIN_LOOP_WORDS, _loop, repetition
from datakit.stages.quality import Quality

QUESTION = "शिवाजी महाराजांचा राज्याभिषेक कोठे झाला?"


def reason(question: str, answer: str, **columns: Any) -> str | None:
    """Return the reason that the stage gives a row."""
    return (
        Quality()
        .apply(frame([{"question": question, "answer": answer, **columns}]))
        .row(0, named=True)["reject_reason"]
    )


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (QUESTION, QUESTION),
        (QUESTION, "“शिवाजी महाराजांचा राज्याभिषेक कोठे झाला”"),
        ("रायगड किल्ल्याचे जुने नाव काय होते?", "रायगड किल्ल्याचे जुने नाव होते."),
        ("पेशव्यांची राजधानी कोणती? उत्तर - पुणे", "पुणे"),
        ("Who was Shivaji?", "who was shivaji"),
    ],
)
def test_echoes_are_found(question: str, answer: str) -> None:
    """The same words with other punctuation, the question without its question word, and an answer told beforehand."""
    assert echo(question, answer) is not None
    assert reason(question, answer) == "answer_repeats_question"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("रायगड किल्ला कोणत्या जिल्ह्यात आहे?", "रायगड"),
        ("पेशवाईचा शेवट कधी झाला?", "पेशवाईचा शेवट १८१८ मध्ये झाला."),
        ("शिवरायांनी तोरणा किल्ला जिंकला का?", "होय, शिवरायांनी तोरणा किल्ला जिंकला."),
        ("आधी पुरंदरचा तह झाला की आग्र्याची भेट झाली?", "आधी पुरंदरचा तह झाला"),
        ("वाक्य शुद्ध करा: तो किल्ला जिंकले होते", "तो किल्ला जिंकले होते"),
        ("सुलभता कोणता निर्देशांक मोजतो?", "सुलभता निर्देशांक"),
    ],
)
def test_answers_in_the_words_of_the_question_are_kept(question: str, answer: str) -> None:
    """Names, choices, yes-or-no and tasks on given text are answered in the question's words."""
    assert echo(question, answer) is None


@pytest.mark.parametrize(
    "question",
    ["नमस्कार", "Hello!", "प्रश्न", "प्र. १)", "Q.5", "काय?", "धन्यवाद.", "१२३", "…", "पुढील उतारा वाचून उत्तरे द्या:", "रायगड"],
)
def test_questions_that_ask_nothing(question: str) -> None:
    """Greetings, labels, bare words, numbers and tasks whose text is missing."""
    assert reason(question, "रायगड ही राजधानी होती.") == "asks_nothing"


@pytest.mark.parametrize(
    "question",
    [
        "राजधानी?",
        "राजधानी कोणती",
        "सारांश लिहा",
        "टीप लिहा - रायगड",
        "शिवरायांचे गुरू कोण होते",
        "प्रश्न १: राजधानी कोणती?",
        "५ + ३ =",
        "रिकामी जागा भरा: ____ ही राजधानी होती",
        "ओडिशाच्या गजपती राजवंशाचे संस्थापक",
        "इ.स. १६७४",
    ],
)
def test_short_questions_that_do_ask(question: str) -> None:
    """A question word, a task, a gap, a sum, a year or a stem of three words is enough."""
    assert reason(question, "रायगड किल्ला ही राजधानी") is None


def test_a_turn_of_a_dialogue_may_be_short() -> None:
    """What asks nothing alone may ask after an earlier turn or with a passage."""
    turn = '[{"content":"राजधानी रायगडावर नेली.","role":"assistant"}]'
    assert reason("का?", "तो किल्ला दुर्गम होता.", history=turn) is None
    assert reason("खालील उताऱ्याचा सारांश लिहा:", "राजधानी रायगडावर नेली.", context="उतारा") is None


@pytest.mark.parametrize(
    "answer",
    [
        "रायगड किल्ल्यावर गागाभट्ट आणि",
        "पुणे, सातारा, कोल्हापूर, सांगली, सोलापूर आणि रत्नागिरी,",
        "तो सोहळा रायगडावर झाला (",
        "तो सोहळा रायगडावर झाला, कारण",
        "तो सोहळा रायगडावर शिवा-",
        "त्यांनी स्वराज्याची स्थापना केली व महाराष्ट्",
        "त्यांनी अनेक किल्ले बांधले कार्यकर्",
        "रायगडाची निवड राजधानी म्हणून करण्यामागे अनेक कारणे होती ती म्हणजे…",
        "The coronation took place at Raigad and the",
    ],
)
def test_cut_answers_are_found(answer: str) -> None:
    """Ends that no complete answer has."""
    assert reason(QUESTION, answer) == "answer_truncated"


@pytest.mark.parametrize(
    "answer",
    [
        "रायगड",
        "रायगड किल्ल्यावर",
        "अर्थात्",
        "श्रीमान् योगी",
        "त्यांनी रचलेले वंदे मातरम्",
        "विद्वान्, बुद्धिमान्, जगत्",
        "O-",
        "राजा फैसल,",
        "हर हर महादेव...",
        "सन १६७४ -",
        "तो सोहळा रायगड किल्ल्यावर मोठ्या थाटात झाला होता,",
        "रायगड (महाड तालुका)",
        "होय, म्हणून",
        "-ने, -नी, -शी",
    ],
)
def test_whole_answers_are_kept(answer: str) -> None:
    """No full stop is asked for, and final viramas, signs and short spans are whole."""
    assert reason(QUESTION, answer) is None


@pytest.mark.parametrize(
    ("text", "repeated"),
    [
        ("रायगड ही राजधानी होती. " * 4, "रायगड ही राजधानी होती"),
        ("आणि " * 10, "आणि"),
        ("शिवाजी महाराज " * 5, "शिवाजी महाराज"),
        ("हर हर महादेव " * 3, None),
        ("फार फार वर्षांपूर्वी एक राजा होता.", None),
        ("मराठा साम्राज्य, मराठा सैन्य, मराठा आरमार, मराठा राजमंडळ आणि मराठा पत्रव्यवहार हे विषय", None),
        ("१ २ ३ ४ ५ ६ ७ ८ ९ १० " * 5, None),
        ("", None),
    ],
)
def test_repetition(text: str, repeated: str | None) -> None:
    """Loops of words and sentences are named; war cries, emphasis, a common first word and figures are not loops."""
    assert repetition(text) == repeated


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from("कखगघ"), max_size=6), st.lists(st.sampled_from("कखगघङ"), max_size=5), st.integers(0, 14)
)
def test_loops_are_those_that_a_walk_from_word_to_word_finds(start: list[str], loop: list[str], times: int) -> None:
    """Words by number, compared all at once, show the loop that every word compared with the one before it shows."""
    words = start + loop * times + start[:2]
    expected = None
    for period in range(1, min(MAX_PERIOD_WORDS, len(words) // 3) + 1):
        runs = [0]
        for at in range(period, len(words)):
            runs.append(runs[-1] + 1 if words[at] == words[at - period] else 0)
        most = max(runs)
        end = runs.index(most) + period - 1
        enough = most // period + 1 >= (5 if period == 1 else 3) and most + period >= MIN_LOOP_WORDS
        if enough and (most + period) * 2 >= len(words):
            expected = " ".join(words[end - period + 1 : end + 1])
            break
    assert _loop(words) == expected


def test_a_loop_behind_a_good_start_is_found() -> None:
    """A model that begins well and then goes round in circles."""
    answer = "शिवाजी महाराजांनी १६७४ मध्ये राज्याभिषेक करून घेतला. " + "त्यांनी अनेक किल्ले बांधले आणि जिंकले. " * 12
    assert reason(QUESTION, answer) == "repeated_ngrams"


def test_every_link_of_the_table_is_boilerplate_at_the_end_of_a_line() -> None:
    """A link or button that ends a line gives the page away, whatever stands before; inside a sentence it does not."""
    for phrase in phrases("boilerplate")["tail"]:
        assert reason(QUESTION, f"रायगडावर झाला. {phrase}") == "boilerplate", phrase
        assert reason(QUESTION, f"{phrase}\nरायगडावर झाला.") == "boilerplate", phrase
        assert reason(QUESTION, f"ते म्हणाले {phrase} असे तेथे लिहिले होते.") is None, phrase


def test_one_hint_is_a_subject_two_are_a_page() -> None:
    """A word of web pages may be what the question is about; words of two kinds are a page."""
    assert reason("कॉपीराइट म्हणजे काय?", "कॉपीराइट म्हणजे लेखकाचा हक्क होय.") is None
    assert reason(QUESTION, "© २०२४ रायगड प्रतिष्ठान. मुखपृष्ठ, संपर्क साधा") == "boilerplate"


def test_every_refusal_of_the_table_is_one() -> None:
    """Each phrase is found inside an answer; what a model says of itself is fine where it was asked."""
    for phrase in phrases("model_phrases")["refusal"]:
        assert reason(QUESTION, f"होय, {phrase} आहे.") == "model_refusal", phrase
    for phrase in phrases("model_phrases")["self"]:
        assert reason(QUESTION, f"होय, {phrase} आहे.") == "model_refusal", phrase
        assert reason("तू कोण आहेस?", f"होय, {phrase} आहे.") is None, phrase
    for phrase in phrases("model_phrases")["opening"]:
        assert reason(QUESTION, f"{phrase}, मी यात मदत करू शकत नाही.") == "model_refusal", phrase
        assert reason(QUESTION, f"{phrase}, असे म्हणून तो निघून गेला.") is None, phrase


def test_the_first_fault_names_the_row() -> None:
    """A row of several faults has the first in the order of `reasons`."""
    assert reason("नमस्कार", "नमस्कार") == "answer_repeats_question"
    assert reason("नमस्कार", "अधिक वाचा") == "asks_nothing"
