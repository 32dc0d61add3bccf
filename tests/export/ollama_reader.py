"""A reader of Modelfiles by Ollama's rules, to hold our writing against: what it reads back is what Ollama gets.

The rules (Ollama, parser/parser.go): an instruction is a word, a space, a value. A value goes on until the end of a
line at which it is unquoted cleanly: one that begins with three quotes has to end with three, one that begins with a
quote has to end with one. Characters that Go calls unprintable are dropped, unless they are spaces or line ends inside
a value.
"""

import unicodedata

INSTRUCTIONS = ("from", "license", "template", "system", "adapter", "parameter", "message")


def read_modelfile(text: str) -> list[tuple[str, str]]:
    """Return the instructions with their values. Errors: `ValueError` where Ollama would refuse the file."""
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(text):
        if text[place] in " \t\r\n":
            place += 1
        elif text[place] == "#":
            place = _line_end(text, place)
        else:
            name, place = _word(text, place)
            if name.lower() not in INSTRUCTIONS:
                raise ValueError(f"{name!r} is no instruction")
            if name.lower() == "parameter":
                name, place = _word(text, place)
            value, place = _value(text, place)
            found.append((name.lower(), value))
    if not any(name == "from" for name, _ in found):
        raise ValueError("no FROM line")
    return found


def _line_end(text: str, place: int) -> int:
    while place < len(text) and text[place] not in "\r\n":
        place += 1
    return place


def _word(text: str, place: int) -> tuple[str, int]:
    start = place
    while place < len(text) and (text[place].isascii() and (text[place].isalnum() or text[place] == "_")):
        place += 1
    if place == start or place >= len(text) or text[place] not in " \t":
        raise ValueError(f"expected a word and a space at {text[start : start + 30]!r}")
    return text[start:place], place + 1


def _value(text: str, place: int) -> tuple[str, int]:
    buffer = ""
    while place < len(text):
        letter = text[place]
        place += 1
        if letter in "\r\n":
            value = _unquoted(buffer.strip())
            if value is not None:
                return value, place
            buffer += letter
        elif letter in " \t" or unicodedata.category(letter)[0] in "LMNPS":
            buffer += letter
    value = _unquoted(buffer.strip())
    if value is None:
        raise ValueError("a quote is not closed")
    return value, place


def _unquoted(text: str) -> str | None:
    if text.startswith('"""'):
        return text[3:-3] if len(text) >= 6 and text.endswith('"""') else None
    if text.startswith('"'):
        return text[1:-1] if len(text) >= 2 and text.endswith('"') else None
    return text
