"""Multiple choice: find the options, resolve an answer key to the full text of its option.

An answer key is a letter (`ब`, `(B)`, `पर्याय क`), a number from 1 in text (`२`), or a JSON integer, whose base its
column tells or its source teaches. Text without an option behind it is left as it is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from datakit.readers.columns import fold

MARATHI: Final = ("अ", "ब", "क", "ड", "इ", "ई", "फ", "ग")
"""How Marathi papers letter their options."""

SERIES: Final = (
    MARATHI,
    ("a", "b", "c", "d", "e", "f", "g", "h"),
    ("1", "2", "3", "4", "5", "6", "7", "8"),
    ("क", "ख", "ग", "घ", "ङ", "च", "छ", "ज"),
    ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii"),
)

COLUMN: Final = re.compile(r"^(?:(?:पर्याय|option|opt|choice)(\w+)|\(?([abcdअबकड])\)?)$")

KEY: Final = re.compile(
    r"^(?:(?:पर्याय|(?i:option)|उत्तर)\s*(?:क्र\.?|क्रमांक|no\.?)?)?\s*[:.\-]?\s*[(\[]?\s*"
    r"([a-hA-H]|[iI]{1,3}|[iI][vV]|[0-9०-९]|अ|आ|ब|क|ड|इ|ई|फ|ख|ग|घ)\s*[)\].:]?$"
)
"""An answer that is nothing but an option's letter or number."""

KEY_AND_TEXT: Final = re.compile(
    r"^[(\[]?\s*([a-hA-H]|[0-9०-९]|अ|आ|ब|क|ड|इ|ई|फ|ख|ग|घ)\s*(?:[)\]]\s*|[.:]\s+)(\S.*)$", re.S
)
"""`ब) पुणे`. A dot must be followed by a space: `३.२%` is a number, not the third option."""

_LETTER: Final = "[a-hA-H]|अ|आ|ब|क|ड|इ|ई|फ|ख|ग|घ"

# A label inside running text: in brackets, closed by one after a space, or with a dot at the start of a line.
INLINE: Final = re.compile(
    rf"(?:(?<=\s)|^|(?<=[?.,;:।]))(?:\(\s*({_LETTER}|[0-9०-९])\s*\)|({_LETTER})\))\s*|^\s*({_LETTER})\.\s+", re.M
)

NUMBERED_LINE: Final = re.compile(r"^\s*([1-8१-८])[).]\s*(\S.*)$")

DIGITS: Final = str.maketrans("०१२३४५६७८९", "0123456789")


@dataclass(frozen=True)
class Options:
    """The options of one question, in order, each with its label."""

    labels: tuple[str, ...]
    texts: tuple[str, ...]

    def render(self) -> str:
        """Return `(अ) … (ब) …`."""
        return " ".join(f"({label}) {text}" for label, text in zip(self.labels, self.texts, strict=True))

    def beside(self, question: str) -> str:
        """Return the question with its options, unless it already names them all."""
        if all(text in question for text in self.texts):
            return question
        return f"{question.rstrip()} {self.render()}"

    def by_text(self, answer: str) -> str | None:
        """Return the option that says the same as the answer, white space aside."""
        wanted = " ".join(answer.split())
        return next((text for text in self.texts if " ".join(text.split()) == wanted), None)

    def by_key(self, key: str) -> str | None:
        """Return the option a letter or number names: its own label first, then its place in a usual series."""
        wanted = _plain(key)
        labels = [_plain(label) for label in self.labels]
        if wanted in labels:
            return self.texts[labels.index(wanted)]
        for series in SERIES:
            if wanted in series[: len(self.texts)]:
                return self.texts[series.index(wanted)]
        return None

    def answer(self, given: str) -> tuple[str, bool]:
        """Return the full text of the answer, and whether it was found: False for a key that names no option."""
        text = given.strip()
        if (same := self.by_text(text)) is not None:
            return same, True
        if match := KEY.match(text):
            named = self.by_key(match[1])
            return (text, False) if named is None else (named, True)
        if match := KEY_AND_TEXT.match(text):
            named = self.by_text(match[2]) or (self.by_key(match[1]) if self.by_key(match[1]) == match[2] else None)
            return (named, True) if named is not None else (given, True)
        return given, True


def option_columns(names: Sequence[str], taken: set[str]) -> dict[str, str]:
    """Return label → column for options that stand in columns of their own: option_a … option_d, पर्याय अ, A B C D."""
    found: dict[str, str] = {}
    for name in names:
        if name not in taken and (match := COLUMN.match(fold(name))):
            found[match[1] or match[2].upper()] = name
    return found if len(found) >= 2 else {}


def from_columns(row: Mapping[str, object], columns: Mapping[str, str]) -> Options | None:
    """Read the options of a row that has a column for each; empty ones at the end are no options."""
    pairs = [(label, _text(row.get(column))) for label, column in columns.items()]
    return _labelled([(label.upper() if label.isascii() else label, text) for label, text in pairs if text])


def from_value(value: object) -> Options | None:
    """Read options from a list of texts or objects, `{"text": […], "label": […]}`, `{"A": …}`, or labelled text."""
    if isinstance(value, str):
        return from_text(value)[1]
    if isinstance(value, Mapping):
        texts, labels = value.get("text"), value.get("label") or value.get("labels")
        if isinstance(texts, list) and isinstance(labels, list) and len(texts) == len(labels):
            return _labelled([(str(label), _text(text)) for label, text in zip(labels, texts, strict=True)])
        return _labelled([(str(label), _text(text)) for label, text in value.items()])
    if not isinstance(value, list):
        return None
    items = [_item(item) for item in value]
    if not all(label for label, _ in items) and isinstance(value[0] if value else None, str):
        items = _own_labels([text for _, text in items])
    return _labelled(items)


def from_text(text: str) -> tuple[str, Options | None]:
    """Split `… ? (अ) पुणे (ब) सातारा` into the question and its options; None where there are not two labels in order."""
    matches = list(INLINE.finditer(text))
    for first, match in enumerate(matches):
        label = _plain(_label(match))
        series = next((s for s in SERIES if label == s[0]), None)
        if series is None:
            continue
        run = [match]
        for later in matches[first + 1 :]:
            if len(run) < len(series) and _plain(_label(later)) in _next(series, len(run)):
                run.append(later)
        if len(run) >= 2:
            ends = [later.start() for later in run[1:]] + [len(text)]
            labels = tuple(_label(m) for m in run)
            texts = tuple(text[m.end() : end].strip(" \t\n,;") for m, end in zip(run, ends, strict=True))
            if all(texts):
                return text[: match.start()].strip(), Options(labels, texts)
    return text, None


def from_numbered_lines(text: str) -> tuple[str, Options | None]:
    """Split a question from the lines below it that are numbered from 1 on; None where the last lines are not.

    Such lines may as well be statements or the list that was asked for: only an answer that names one tells.
    """
    lines = text.split("\n")
    at = len(lines)
    while at > 0 and NUMBERED_LINE.match(lines[at - 1]):
        at -= 1
    found = [match for line in lines[at:] if (match := NUMBERED_LINE.match(line))]
    labels = tuple(match[1] for match in found)
    if not 2 <= len(labels) <= len(MARATHI) or tuple(map(_plain, labels)) != SERIES[2][: len(labels)]:
        return text, None
    return "\n".join(lines[:at]), Options(labels, tuple(match[2].strip() for match in found))


def _label(match: re.Match[str]) -> str:
    return str(match[1] or match[2] or match[3])


def _next(series: Sequence[str], place: int) -> tuple[str, ...]:
    # "आ" follows "अ" in some papers where others write "ब".
    return ("ब", "आ") if series is MARATHI and place == 1 else (series[place],)


def _item(item: object) -> tuple[str, str]:
    if isinstance(item, Mapping):
        label = item.get("label") or item.get("key") or item.get("id")
        return str(label) if isinstance(label, str) else "", _text(
            item.get("text") or item.get("value") or item.get("option")
        )
    return "", _text(item)


def _own_labels(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Take labels off texts such as `अ) पुणे`, where every text has the one of its place."""
    matches = [KEY_AND_TEXT.match(text) for text in texts]
    found = [(match[1], match[2]) for match in matches if match]
    labels = tuple(_plain(label) for label, _ in found)
    if len(found) == len(texts) and any(labels == series[: len(labels)] for series in SERIES):
        return found
    return [("", text) for text in texts]


def _labelled(items: Sequence[tuple[str, str]]) -> Options | None:
    if len(items) < 2 or len(items) > len(MARATHI) or not all(text for _, text in items):
        return None
    if all(label for label, _ in items):
        return Options(tuple(label for label, _ in items), tuple(text for _, text in items))
    return Options(MARATHI[: len(items)], tuple(text for _, text in items))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _plain(label: str) -> str:
    return label.strip(" ()[].:").casefold().translate(DIGITS)
