"""Find personal data of India in a text: telephone, e-mail, Aadhaar, PAN, bank account, IFSC and UPI."""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from datakit.screening.phrases import either
from datakit.screening.verhoeff import is_valid

SUSPECT: Final = (
    r"\S ?(?:@|[\[(](?i:at)[\])]) ?[A-Za-z0-9०-९-]+ ?(?:\.|[\[(](?i:dot)[\])])"  # a mention (@name) has no dot behind
    r"|\S@[A-Za-z\u017F\u212A]|[0-9०-९](?:[\s.()-]{0,3}[0-9०-९]){8}"
    r"|[A-Za-z]{5}[ -]?[0-9०-९]{4}[ -]?[A-Za-z]|[A-Z]{4}[0०][A-Z0-9०-९]{6}"
)
"""What every kind below shows, as a Rust pattern; one row in 30 of real QA has it."""


class Personal(NamedTuple):
    """One piece of personal data: its kind, its token for masked text, and where it stands in the text."""

    kind: str
    start: int
    end: int


TOKENS: Final = {
    "email": "[ई-मेल]",
    "upi": "[यूपीआय]",
    "aadhaar": "[आधार]",
    "pan": "[पॅन]",
    "ifsc": "[आयएफएससी]",
    "account": "[बँक खाते]",
    "phone": "[दूरध्वनी]",
}
"""What masking writes in place of each kind."""

_ASCII_DIGITS: Final = tuple(zip("०१२३४५६७८९", "0123456789", strict=True))
_AMOUNT: Final = either("pii_words", "amount")
_BEFORE_AMOUNT: Final = re.compile(rf"{_AMOUNT}[\s./:-]{{0,3}}$")
_AFTER_AMOUNT: Final = re.compile(rf"\s?(?:/-|{_AMOUNT})")
_ABOUT_AADHAAR: Final = re.compile(rf"{either('pii_words', 'aadhaar')}[^\n\d]{{0,30}}$")
_ABOUT_PHONE: Final = re.compile(rf"(?:{either('pii_words', 'phone')}[^\n\d]{{0,20}}|\+)$")
_SHOWN_BY: Final = {
    re.compile(r"@|[\[(](?i:at)[\])]"): frozenset({"email", "upi"}),
    re.compile(r"[A-Za-z\u017F\u212A]{4}"): frozenset({"pan", "ifsc"}),
}
"""What a text shows in which these kinds may be found: looking for it is cheaper than looking for each of them."""
_NUMBER: Final = re.compile(r"\d(?:[\s().+-]{0,4}\d){7,}")
_NUMBERS: Final = frozenset({"account", "aadhaar", "phone"})
"""Kinds that end in such a number, and of whose match no other digit is a part: only the text about numbers is read."""
NEAR_CHARS: Final = 25
"""A figure this close to a number in groups makes it a row of a table: most first finds in 84,002 rows were that."""


def find_personal(text: str) -> list[Personal]:
    """Return the personal data in a text from left to right, no two overlapping.

    Offsets are code points; Devanagari digits count as digits. Years, page numbers, sums and counts are not personal.
    """
    plain = text
    for digit, ascii_digit in _ASCII_DIGITS:  # a tenth of the time of `translate`
        plain = plain.replace(digit, ascii_digit)
    whole, numbers = [(0, len(plain))], list(_about_numbers(plain))
    missing = [sign for sign in _SHOWN_BY if not sign.search(plain)]
    absent = frozenset[str]().union(*(_SHOWN_BY[sign] for sign in missing))
    found: list[Personal] = []
    for kind, pattern, check in _KINDS:
        for place in () if kind in absent else numbers if kind in _NUMBERS else whole:
            for match in pattern.finditer(plain, *place):
                start, end = match.span("it")
                if check(plain, match) and not any(start < other.end and other.start < end for other in found):
                    found.append(Personal(kind, start, end))
    return sorted(found, key=lambda one: one.start)


def _about_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each number of eight digits stands, from the digit before it to what a pattern looks at behind it."""
    for number in _NUMBER.finditer(text):
        start = number.start()
        while start and not text[start - 1].isdecimal():
            start -= 1
        yield start, number.end() + 2


def masked(text: str) -> str:
    """Return the text with each piece of personal data replaced by its token.

    Repeats until nothing is found: a number may stop looking like a row of a table once its neighbour is masked.
    """
    while found := find_personal(text):
        for one in reversed(found):
            text = text[: one.start] + TOKENS[one.kind] + text[one.end :]
    return text


def _always(_text: str, _match: re.Match[str]) -> bool:
    return True


def _is_aadhaar(text: str, match: re.Match[str]) -> bool:
    """Return whether the check digit is right, and the text says Aadhaar or the number is no piece of a table."""
    if not is_valid(re.sub(r"\D", "", match["it"])):
        return False
    return _follows(_ABOUT_AADHAAR, text, match) or (not _in_table(text, match) and not _is_amount(text, match))


def _is_phone(text: str, match: re.Match[str]) -> bool:
    """Return whether ten digits are a telephone number rather than a sum, a count, a round figure or two of a table."""
    if match["it"].endswith("00000") or _is_amount(text, match):
        return False
    return _follows(_ABOUT_PHONE, text, match) or not _in_table(text, match)


def _follows(about: re.Pattern[str], text: str, match: re.Match[str]) -> bool:
    return about.search(text, max(0, match.start("it") - 60), match.start("it")) is not None


def _in_table(text: str, match: re.Match[str]) -> bool:
    """Return whether a number written in groups with spaces may be several: years, round figures, or others close by.

    A number without spaces is never taken for several.
    """
    start, end = match.span("it")
    groups = re.findall(r"\d+", match["it"])
    if " " not in match["it"] or groups[0] == "91":
        return False
    years = all(1000 <= int(group) <= 2100 for group in groups)
    around = text[max(0, start - NEAR_CHARS) : start] + text[end : end + NEAR_CHARS]
    return years or all(group.endswith("00") for group in groups) or any(char.isdecimal() for char in around)


def _is_amount(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start("it") - 12) : match.start("it")]
    return bool(_BEFORE_AMOUNT.search(before) or _AFTER_AMOUNT.match(text, match.end("it")))


_Check = Callable[[str, re.Match[str]], bool]
_KINDS: Final[tuple[tuple[str, re.Pattern[str], _Check], ...]] = (
    # In this order: an earlier kind takes the text, so that a UPI id is no e-mail and an account number no telephone.
    (
        "email",
        re.compile(
            r"(?<![\w.@])(?P<it>[A-Za-z0-9][\w.%+-]*(?: ?@ ?| ?[\[(](?i:at)[\])] ?)[A-Za-z0-9-]+"
            r"(?:(?: ?\.| ?[\[(](?i:dot)[\])] ?)[A-Za-z0-9-]+)*(?:\.| ?[\[(](?i:dot)[\])] ?)[A-Za-z]{2,})(?![\w@])"
        ),
        _always,
    ),
    ("upi", re.compile(rf"(?<![\w.@-])(?P<it>[\w.-]{{2,}}@{either('pii_words', 'upi_handle')})(?![\w.@-])"), _always),
    (
        "pan",  # in small letters or apart only where the text calls it so
        re.compile(
            r"(?:(?<![a-z])(?i:pan)|पॅन)[^\n\dA-Za-z]{0,20}"
            r"(?P<it>(?i:[A-Z]{3}[ABCFGHJLPT][A-Z][ -]?[0-9]{4}[ -]?[A-Z]))(?![A-Za-z0-9])"
        ),
        _always,
    ),
    ("pan", re.compile(r"(?<![A-Za-z0-9])(?P<it>[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z])(?![A-Za-z0-9])"), _always),
    ("ifsc", re.compile(r"(?<![A-Za-z0-9])(?P<it>[A-Z]{4}0[A-Z0-9]{6})(?![A-Za-z0-9])"), _always),
    (
        "account",
        re.compile(rf"{either('pii_words', 'account')}[^\d\n]{{0,20}}(?P<it>\d(?:[ -]?\d){{8,17}})(?!\d)"),
        _always,
    ),
    ("aadhaar", re.compile(r"(?<![\d./,-])(?P<it>[2-9]\d{3}([ -]?)\d{4}\2\d{4})(?![\d/,-])"), _is_aadhaar),
    (
        "phone",
        re.compile(r"(?<![\d./,])(?<!\d-)(?P<it>(?:(?:\+|00)?91[ -]{0,2}|0)?[6-9]\d{4}[ -]?\d{5})(?![\d/]|[.,-]\d)"),
        _is_phone,
    ),
    (
        "phone",  # ten digits in any groups, and an area code in brackets
        re.compile(rf"{either('pii_words', 'phone')}[^\n\d]{{0,20}}(?P<it>[6-9](?:[ -]?\d){{9}})(?![\d/]|[.,-]\d)"),
        _is_phone,
    ),
    ("phone", re.compile(r"(?<![\d./,-])(?P<it>\(0[1-9]\d{1,3}\)[ -]{0,3}[2-7]\d{5,7})(?![\d/]|[.,-]\d)"), _is_phone),
    ("phone", re.compile(r"(?<![\d./,-])(?P<it>\(?0[1-9]\d{1,3}\)?[ ]?-[ ]?[2-7]\d{5,7})(?![\d/]|[.,-]\d)"), _is_phone),
)
