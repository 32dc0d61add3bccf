"""The Modelfile: what Ollama needs to know of a GGUF, so written that no text inside it can become an instruction.

Ollama's reader (parser.go) knows no escapes. A value in three quotes ends at the first line that ends with three
quotes, and every character that Go calls unprintable is dropped: a joiner (U+200D) of Marathi spelling, for one. A
text that cannot stand in the file as it is goes into the TEMPLATE instead, as a Go string literal, which can say all.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from datakit.errors import UsageError
from export.chat_format import ChatFormat, literal

TEMPERATURE: Final = 0.3
"""Facts are asked for: little play. The value that the project's issue names."""
_QUOTES: Final = '"""'
_SYSTEM: Final = re.compile(r'^SYSTEM """(.*?)"""$', re.MULTILINE | re.DOTALL)
_IN_TEMPLATE: Final = re.compile(r'^TEMPLATE """\{\{ \$given := ("[^"]*") \}\}', re.MULTILINE)
_EIGHT_DIGITS: Final = re.compile(r"\\U([0-9a-f]{8})")


@dataclass(frozen=True, kw_only=True)
class Prompting:
    """How a conversation is asked: the TEMPLATE, and the SYSTEM text where it can stand by itself."""

    template: str
    system: str | None
    """What SYSTEM says; None where there is no system text, or where the TEMPLATE holds it."""
    asked: str | None
    """The system text that a bare question is asked with, wherever it stands."""


def settle(chat: ChatFormat, system: str | None) -> Prompting:
    """Decide where the system text goes: SYSTEM where Ollama reads it back unchanged, else into the TEMPLATE.

    Errors: `UsageError` for a text that neither can hold, which is one with half a surrogate pair.
    """
    text = (system or "").strip()
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"system prompt: character {error.start} is half a surrogate pair and no text") from error
    if not text or survives(text):
        return Prompting(template=chat.template, system=text or None, asked=text or None)
    # .System is what the request itself brings; where it brings none, the literal stands in for it.
    head = f"{{{{ $given := {literal(text)} }}}}{{{{ if .System }}}}{{{{ $given = .System }}}}{{{{ end }}}}"
    template = head + chat.template.replace(".System", "$given")
    return Prompting(template=template, system=None, asked=text)


def system_of(text: str) -> str | None:
    """Return the system text of a Modelfile of ours, wherever `settle` put it; None where it has none."""
    if match := _SYSTEM.search(text):
        return match[1]
    match = _IN_TEMPLATE.search(text)
    # JSON knows no eight-digit escape, Go knows no pair of surrogates: the rest of an ASCII literal they read alike.
    return json.loads(_EIGHT_DIGITS.sub(lambda found: chr(int(found[1], 16)), match[1])) if match else None


def survives(text: str) -> bool:
    """Tell whether Ollama reads a quoted text back letter by letter."""
    ends_early = any(line.rstrip(" \t").endswith(_QUOTES) for line in text.replace("\r", "\n").split("\n")[:-1])
    return not ends_early and all(_kept(letter) for letter in text)


def _kept(letter: str) -> bool:
    """Go's strconv.IsPrint, and the two that the reader keeps besides: letters, marks, numbers, signs and the space."""
    return letter in " \t\n" or unicodedata.category(letter)[0] in "LMNPS"


def quote(text: str, *, what: str) -> str:
    """Return a text in three quotes. Errors: `UsageError` where Ollama would not read the same text back."""
    if not survives(text):
        raise UsageError(f"{what}: Ollama's Modelfile cannot hold this text unchanged: {text[:80]!r}")
    return f"{_QUOTES}{text}{_QUOTES}"


def modelfile(
    *,
    file: str,
    others: Sequence[str],
    prompting: Prompting | None,
    stop: Sequence[str],
    licence: str,
    comment: Sequence[str],
    base: str | None = None,
) -> str:
    """Return a Modelfile for one GGUF beside it; `base` is set where `file` is an adapter for that base.

    `others` are further files of the export, named in a comment. Nothing of the comment can leave it: it is one line
    each. Errors: `UsageError` for a template or a licence that cannot be written.
    """
    lines = [f"# {' '.join(line.split())}" for line in comment]
    lines += [f"# also here: FROM ./{name}" for name in others]
    lines += [f"FROM {base}", f"ADAPTER ./{file}"] if base else [f"FROM ./{file}"]
    if prompting is not None:
        lines.append(f"TEMPLATE {quote(prompting.template, what='TEMPLATE')}")
        if prompting.system:
            lines.append(f"SYSTEM {quote(prompting.system, what='SYSTEM')}")
    lines.append(f"PARAMETER temperature {TEMPERATURE}")
    lines += [f"PARAMETER stop {quote(text, what='PARAMETER stop')}" for text in dict.fromkeys(stop)]
    lines.append(f"LICENSE {quote(licence, what='LICENSE')}")
    return "\n".join(lines) + "\n"
