"""Personal data: every kind in both digits, its look-alikes, and what masking leaves."""

from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import UsageError
from datakit.record import frame
from datakit.screening.personal_data import SUSPECT, TOKENS, find_personal, masked
from datakit.screening.phrases import phrases
from datakit.screening.verhoeff import is_valid
from datakit.stages.pii import Pii

DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
PERSONAL = {
    "मोबाईल 9822498224": "phone",
    "98224 98224": "phone",
    "+91-9822498224": "phone",
    "०९८२२४९८२२४": "phone",
    "फोन (0712)-2743984": "phone",
    "022 - 26478989": "phone",
    "दूरध्वनी (022) 26478989": "phone",
    "व्हॉट्सॲप 9822-498-224": "phone",
    "मोबाइल 98 22 49 82 24": "phone",
    "ram_patil @ example.co.in": "email",
    "info[at]example.org": "email",
    "ram (at) example (dot) com": "email",
    "PAN: ABCPE 1234 F": "pan",
    "पॅन क्रमांक abcpe1234f": "pan",
    "ram.patil+1@example.co.in": "email",
    "info@ example.com": "email",
    "ram-patil@okhdfcbank": "upi",
    "9822498224@paytm": "upi",
    "2341 2341 2346": "aadhaar",
    "2341-2341-2346": "aadhaar",
    "आधार क्रमांक 234123412346": "aadhaar",
    "ABCPE1234F": "pan",
    "SBIN0001234": "ifsc",
    "खाते क्रमांक: 30682494828": "account",
    "A/C No. 1234 5678 9012": "account",
}
IMPERSONAL = [
    "१६३० ते १६८०",
    "१८५७-१८५८",
    "सन 2015 2016 2017",
    "9822498224 रुपये",
    "क्षमता 9822498224 घनमीटर",
    "अंतर 149600000 किमी",
    "शिवराज्याभिषेक @ 350",
    "ओवी ९००१ ते ९०१०",
    "₹ 9822498224",
    "7800000000 लोक",
    "लोकसंख्या ९८२२४९८२२४",
    "पृष्ठ 98224",
    "978-81-7223-498-0",
    "9788172234980",
    "1800 233 9999",
    "१२/०३/१६७४",
    "21.02.2024",
    "अ.क्र. 1234567890123456",
    "98,22,49,82,24",
    "भंडारा 73531 68300 4390 गोंदिया 89833 80705",
    "2341 2341 2345",
    "ICT@school",
    "@shivaji",
    "IAST0 MARATHI",
    "ABCDE12345",
    "कलम 370 व 35अ",
    "३.१४१५९२६५३५",
]


@pytest.mark.parametrize(("text", "kind"), PERSONAL.items())
@pytest.mark.parametrize("digits", ["ASCII", "Devanagari"])
def test_each_kind_is_found_in_both_digits(text: str, kind: str, digits: str) -> None:
    """The kind is named once, whichever digits write it."""
    found = find_personal(text.translate(DEVANAGARI) if digits == "Devanagari" else text)
    assert [one.kind for one in found] == [kind]


@pytest.mark.parametrize("text", IMPERSONAL)
def test_numbers_of_history_and_accounts_of_money_are_not(text: str) -> None:
    """Years, sums, counts, books, dates, sections and tables are no personal data, in either digits."""
    assert find_personal(text) == []
    assert find_personal(text.translate(DEVANAGARI)) == []


def test_masking_keeps_everything_else() -> None:
    """Tokens stand in place of the data, in order; the text around them is untouched."""
    assert masked("फोन ९८२२४९८२२४, मेल a.b@example.com.") == "फोन [दूरध्वनी], मेल [ई-मेल]."


@given(st.lists(st.sampled_from([*PERSONAL, *IMPERSONAL, "रायगड"]), max_size=6).map(" । ".join))
def test_masked_text_has_nothing_left(text: str) -> None:
    """Masking once is masking for good."""
    once = masked(text)
    assert find_personal(once) == []
    assert masked(once) == once


@given(st.text())
def test_spans_lie_in_the_text_without_overlap(text: str) -> None:
    """Whatever the text, spans come from left to right and none overlaps the next."""
    spans = [(one.start, one.end) for one in find_personal(text)]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


@given(st.integers(10**10, 10**11 - 1), st.integers(0, 10), st.integers(1, 9))
def test_verhoeff_finds_every_wrong_digit(number: int, place: int, change: int) -> None:
    """Of ten check digits one is right, and changing any digit makes it wrong."""
    (valid,) = [f"{number}{check}" for check in range(10) if is_valid(f"{number}{check}")]
    wrong = valid[:place] + str((int(valid[place]) + change) % 10) + valid[place + 1 :]
    assert not is_valid(wrong)


def test_verhoeff_knows_the_book_example() -> None:
    """2363 is the example of the literature: 236 with check digit 3."""
    assert is_valid("2363")
    assert not is_valid("2364")


def test_the_detail_tells_kinds_and_places_but_not_the_data() -> None:
    """A reject file must not carry on what was rejected for privacy."""
    row = Pii().apply(frame([{"question": "फोन ९८२२४९८२२४ कोणाचा?", "answer": "a@b.co.in"}])).row(0, named=True)
    assert row["reject_detail"] == "phone in question, email in answer"


def test_masking_reaches_every_text_and_leaves_earlier_rejects() -> None:
    """Question, answer, context, system and history are masked; a row rejected before is not touched."""
    text = "फोन 9822498224"
    row = {"question": text, "answer": text, "context": text, "system": text, "history": f'[{{"content":"{text}"}}]'}
    before = frame([row, {**row, "reject_stage": "x", "reject_reason": "y"}])
    after = Pii(policy="mask").apply(before)
    assert after.row(0)[:5] == ("फोन [दूरध्वनी]",) * 4 + ('[{"content":"फोन [दूरध्वनी]"}]',)
    assert after.row(1) == before.row(1)


def test_an_unknown_policy_is_refused() -> None:
    """The message names the stage, what was found and what is possible."""
    with pytest.raises(UsageError, match=r"pii: policy is 'drop', expected one of reject, mask"):
        Pii(policy="drop")


def test_every_kind_has_a_token() -> None:
    """Tokens differ, stand in brackets and are Marathi."""
    assert len(set(TOKENS.values())) == len(TOKENS)
    assert all(
        token[0] == "[" and token[-1] == "]" and not any(c.isascii() and c.isalpha() for c in token)
        for token in TOKENS.values()
    )


PIECES = (
    *("a.b", "@", "(at)", "[AT]", "ybl", "okaxis", "gmail.com", "पुणे", "खाते क्र. ", "पॅन ", "फोन: ", "ABCPE1234F"),
    *(
        " ",
        "-",
        ".",
        "/",
        "\n",
        "0",
        "+91",
        "98220",
        "12345",
        "२३४५ ",
        "६७८९",
        "(020)",
        "+",
        "9822498224",
        "खाते  क्रमांक",
    ),
)


def test_words_about_numbers_have_no_digits() -> None:
    """What is read for an account or a telephone reaches back to the digit before it: no word on the way holds one."""
    words = [word for kind in ("account", "phone", "aadhaar") for word in phrases("pii_words")[kind]]
    assert len(words) > 20
    assert not [word for word in words if any(char.isdecimal() for char in word)]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_no_kind_is_passed_over(text: str) -> None:
    """Kinds whose sign a text does not show are not in it: looking for each of them in all of it finds the same."""
    found = find_personal(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datakit.screening.personal_data._SHOWN_BY", {})
        patch.setattr("datakit.screening.personal_data._NUMBERS", frozenset())
        assert find_personal(text) == found


PARTS = st.sampled_from(
    [
        *PERSONAL,
        "@",
        " @ ",
        "[at]",
        "(DOT)",
        ".",
        " .",
        "a",
        "ram",
        "mail.co",
        "9",
        "१२",
        " ",
        "-",
        "ABCDE",
        "0",
        "upi",
        "²",
        "क",
        "(022)",
    ]
)


@settings(max_examples=600, deadline=None)
@given(st.lists(PARTS, max_size=9).map("".join))
def test_no_personal_data_is_passed_over(text: str) -> None:
    """Where anything is found, the pattern that decides which texts are searched at all lets the text through."""
    if find_personal(text):
        assert pl.select(pl.lit(text).str.contains(SUSPECT)).item(), text


@pytest.mark.parametrize("text", ["धन्यवाद @narendramodi", "RT @abc: शिवजयंती @xyz", "दर @ ५० रुपये", "शिवनेरी @ जुन्नर"])
def test_a_mention_is_no_address(text: str) -> None:
    """Posts are full of names behind @: without a dot behind them they are not searched for addresses."""
    assert not pl.select(pl.lit(text).str.contains(SUSPECT)).item()
    assert find_personal(text) == []
