"""What classes name, options in any element, titles that open, and where the same marks mean nothing."""

from collections.abc import Callable

import pytest

from datakit.readers.html_groups import groups, letters
from datakit.readers.html_levels import OFFER, level, scope
from datakit.readers.html_names import is_note, is_right, letters_of, role, words
from datakit.readers.html_options import right_ones
from datakit.readers.html_text import hide_unseen, parse
from tests.readers.hand_marked import found_pairs

Pairs = Callable[[str], list[tuple[str, str]]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wpProQuiz_answerCorrect", ("wp", "pro", "quiz", "answer", "correct")),
        ("rank-math-question", ("rank", "math", "question")),
        ("faqQues", ("faq", "ques")),
        ("FAQList", ("faq", "list")),
        ("q1", ("q",)),
        ("प्रश्न", ()),
    ],
)
def test_words_of_a_class_name(name: str, expected: tuple[str, ...]) -> None:
    """A class name is cut at signs, digits and capitals."""
    assert words(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("faq-question", "question"),
        ("schema-faq-answer", "answer"),
        ("solution", "answer"),
        ("question-answer", None),  # a wrapper of both
        ("questions-and-answers", None),
        ("question-number", None),  # a note
        ("answer-meta", None),
        ("answer-option", None),  # one of several
        ("unanswered", None),
        ("questionnaire", None),
        ("q", None),  # a letter alone, with no `a` beside it
    ],
)
def test_what_a_class_calls_an_element(name: str, expected: str | None) -> None:
    """Whole words name a question or an answer; wrappers, notes and single options are neither."""
    element = parse(f'<div class="{name}">क</div>'.encode()).find(".//div")
    assert role(element) == expected


def test_lone_letters_count_in_pairs() -> None:
    """`faq-q` is a question where `faq-a` stands on the page too, and `col-a` is nobody's answer."""
    root = parse('<p class="faq-q">क</p><p class="faq-a">ख</p><p class="col-a">ग</p>'.encode())
    found = letters_of(root)
    assert found == {"faq"}
    assert [role(element, found) for element in root.iter("p")] == ["question", "answer", None]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("correct", True),
        ("hdq_correct", True),
        ("answer correct-answer user-answer", True),
        ("is-right", True),
        ("right", True),
        ("incorrect", False),
        ("not-correct", False),
        ("float-right", False),
        ("text-right", False),
        ("correct-response", False),
    ],
)
def test_which_class_names_the_right_option(name: str, right: bool) -> None:
    """A class names the right option by a whole word; a side of the page and a denial are none."""
    assert is_right(parse(f'<li class="{name}">क</li>'.encode()).find(".//li")) is right


def test_notes_count_beside_questions_only() -> None:
    """`question-number` is a note inside a question; an author's line is one everywhere."""
    number, author = parse('<i class="question-number">१</i><i class="byline">र</i>'.encode()).iter("i")
    assert is_note(number, beside=True)
    assert not is_note(number, beside=False)
    assert is_note(author, beside=False)


def test_groups_of_options() -> None:
    """Rows with one button each are options, the letter beside them is read, and a list is not sure to be one."""
    rows = "".join(
        f'<div class="row"><div>{letter}.</div><label><input type="radio">{text}</label></div>'
        for letter, text in (("A", "पुणे"), ("B", "सातारा"))
    )
    root = parse(f"<div>{rows}</div><ul><li>क</li><li>ख</li></ul>".encode())
    first, second = groups(root)
    assert first.sure
    assert [leaf.text for leaf in first.lines] == ["पुणे", "सातारा"]
    assert letters(first) == ("A", "B")
    assert not second.sure
    assert letters(second) == ("अ", "ब")


def test_the_value_of_an_hd_quiz_button() -> None:
    """HD Quiz tells the right option by the value of its button; another plugin's value 1 tells nothing."""
    box = '<label><input type="checkbox" class="{}" value="{}">{}</label>'
    for name, expected in (("hdq_option", [1]), ("mine", [])):
        root = parse(f"<div>{box.format(name, '', 'पुणे')}{box.format(name, '1', 'सातारा')}</div>".encode())
        assert [right_ones(group) for group in groups(root)] == [expected]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<h3>गड कोठे आहे?</h3>", 3),
        ('<div class="accordion-title">गड कोठे आहे?</div>', 7),
        ('<div role="button" aria-expanded="false">गड कोठे आहे?</div>', 7),
        ('<p><a data-toggle="collapse">गड कोठे आहे?</a></p>', 7),
        ("<p>गड कोठे आहे?</p>", 0),
        ('<div class="accordion"><p>गड कोठे आहे?</p><p>येथे.</p></div>', 0),
        ("<h3>काही शंका आहे का?</h3>", 0),
        ("<h3>गडाचा इतिहास</h3>", 3),
    ],
)
def test_levels(markup: str, expected: int) -> None:
    """A title that opens a part and asks is a heading; running text, a panel's text and an offer are not."""
    root = parse(markup.encode())
    owner = next(element for element in root.iter() if (element.text or "").strip())
    owner = owner if owner.tag != "a" else owner.getparent()
    assert level(owner, owner.text_content().strip()) == expected


def test_a_panel_ends_what_its_title_rules() -> None:
    """Of a title and the panel behind it the rest of the page is no part."""
    root = parse(
        '<main><h2>ओळख</h2><button class="accordion">गड?</button><div class="panel">ख</div><p>ग</p></main>'.encode()
    )
    button = root.find(".//button")
    assert [element.tag for element in scope(button)] == ["button", "div"]


@pytest.mark.parametrize(
    "text", ["अजून काही प्रश्न आहेत का?", "नवीन लेख हवेत का?", "Have any questions?", "ही माहिती आवडली का?"]
)
def test_offers(text: str) -> None:
    """What a page says of itself asks nothing about history."""
    assert OFFER.search(text)


@pytest.mark.parametrize("text", ["राजाराम महाराज जिंजीला गेले का?", "पेशव्यांना मदत मिळाली का?", "गडावर पाणी आहे का?"])
def test_questions_that_end_like_offers(text: str) -> None:
    """A question about a person or a place that ends in का is a question."""
    assert not OFFER.search(text)


@pytest.mark.parametrize(
    "body",
    [
        '<div class="question">गड कोठे आहे?</div><div class="question">तो कोणी बांधला?</div>',  # nobody answers
        "<p>काय झाले? – असा प्रश्न त्यांनी विचारला.</p><p>मग ते निघाले.</p>",
        '<p class="answer">ते म्हणाले, “हो.”</p>',  # nobody asks
        '<div class="poll"><p>आवडता गड कोणता?</p><div class="option">राजगड</div><div class="option">रायगड</div></div>',
        '<div class="question"><p>गड कोठे आहे?</p></div><div class="answer"><button>उत्तर पहा</button></div>',
        "<p>१) राजगड २) रायगड</p><p>हे दोन गड महत्त्वाचे आहेत.</p>",
        "<table><tr><td>१</td><td>ब</td></tr><tr><td>२</td><td>क</td></tr></table>",  # a key to nothing
    ],
)
def test_nothing_is_made_of_half_a_pair(body: str) -> None:
    """A question without an answer, an answer without a question, a poll and speech give no pair."""
    assert found_pairs(f"<html><body><main>{body}</main></body></html>") == []


def test_numbered_options_are_told_by_the_answer() -> None:
    """Lines numbered from 1 are options where the answer names one, and the list asked for where it does not."""
    head = "<p><b>१) राजधानी कोणती?</b></p><p>१) पुणे<br>२) रायगड</p>"
    assert found_pairs(head + "<p>उत्तर: २) रायगड</p>") == [("राजधानी कोणती? (१) पुणे (२) रायगड", "रायगड")]
    assert found_pairs(head + "<p>उत्तर: २</p>") == [("राजधानी कोणती? (१) पुणे (२) रायगड", "रायगड")]
    assert found_pairs(head + "<p>पुढे वाचा.</p>") == [("राजधानी कोणती?", "१) पुणे २) रायगड पुढे वाचा.")]


def test_the_reply_that_was_chosen() -> None:
    """Of several replies the one that the asker took is the answer, else the first of a list."""
    reply = '<div class="answer-item {}"><p>{}</p></div>'
    page = '<h1 class="question-title">गड कोठे आहे?</h1><div class="answer-list">{}{}</div>'
    chosen = page.format(reply.format("", "माहीत नाही"), reply.format("accepted", "महाडजवळ"))
    assert found_pairs(chosen) == [("गड कोठे आहे?", "महाडजवळ")]
    first = page.format(reply.format("", "महाडजवळ"), reply.format("", "बहुतेक तिकडे"))
    assert found_pairs(first) == [("गड कोठे आहे?", "महाडजवळ")]


def test_forms_around_pages_are_read_and_forms_to_fill_are_not() -> None:
    """A form around questions and answers is text; one with fields to fill in is none."""
    root = parse(
        '<form><div>गड कोठे आहे?</div><div>येथे</div></form><form><div>नाव<input type="text"></div></form>'.encode()
    )
    hide_unseen(root)
    around, fill = root.iter("form")
    assert "गड" in around.text_content()
    assert not fill.text_content()


def test_numbers_that_a_browser_draws() -> None:
    """Below a key the drawn numbers of its list answer those of the questions' list; without a key there are none."""
    asked = "<ol start=3><li>गड कोठे आहे?</li><li>तो कोणी बांधला?</li></ol>"
    key = "<h3>उत्तरे</h3><ol start=3><li>महाडजवळ</li><li>हिरोजी इंदुलकर</li></ol>"
    assert found_pairs(asked + key) == [("गड कोठे आहे?", "महाडजवळ"), ("तो कोणी बांधला?", "हिरोजी इंदुलकर")]
    assert found_pairs(asked + key.replace("start=3", "type=a")) == []
    assert found_pairs(asked + key.replace("<h3>उत्तरे</h3>", "<h3>हेही पहा</h3>")) == []
