"""A small chat with one GGUF, through llama.cpp's own server and the template inside the file."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from datakit.errors import GateError, InputError
from export.gguf_reader import open_gguf
from export.verify.llama_cpp import LlamaCpp

CONTEXT: Final = 4096
"""Tokens kept in view; the oldest turns are dropped beyond it."""
_CONTROL: Final = 3  # llama.cpp's token type for special tokens
_WORD_JOINER: Final = "\u2060"
_TIMEOUT_S: Final = 600
_SYSTEM: Final = re.compile(r'^SYSTEM """(.*?)"""$', re.MULTILINE | re.DOTALL)


class Chat:
    """A conversation with one file; use as a context manager.

    `system` None takes the SYSTEM of the Modelfile beside the file. Errors: `InputError` for a file that is not there,
    `GateError` where llama.cpp refuses it.
    """

    def __init__(self, file: Path, *, system: str | None, temperature: float, max_tokens: int) -> None:
        self.file = chosen(file)
        self.system = system if system is not None else _system_of(self.file.parent)
        self.altered = False
        """Whether the last question held special tokens, which were taken apart."""
        self._special = special_texts(self.file)
        self._options = {"temperature": temperature, "max_tokens": max_tokens}
        self._turns: list[dict[str, str]] = []
        self._llama = LlamaCpp(self.file, context=CONTEXT)
        try:
            self._address = self._llama.address()
        except BaseException:
            self._llama.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._llama.close()

    def ask(self, question: str) -> Iterator[str]:
        """Yield the answer piece by piece. A question that is broken off leaves no half turn behind."""
        safe = defuse(question.strip(), self._special)
        self.altered = safe != question.strip()
        turns = [*self._turns, {"role": "user", "content": safe}]
        system = [{"role": "system", "content": self.system}] if self.system else []
        pieces: list[str] = []
        for piece in self._stream([*system, *turns]):
            pieces.append(piece)
            yield piece
        self._turns = [*turns, {"role": "assistant", "content": "".join(pieces)}]

    def _stream(self, messages: list[dict[str, str]]) -> Iterator[str]:
        body = json.dumps({"messages": messages, "stream": True, **self._options}).encode()
        request = urllib.request.Request(
            f"{self._address}/v1/chat/completions", data=body, headers={"content-type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the loopback needs no proxy
        try:
            with opener.open(request, timeout=_TIMEOUT_S) as reply:
                yield from pieces_of(reply)
        except urllib.error.HTTPError as error:
            raise InputError(f"llama.cpp refused the question: {error.read().decode(errors='replace')}") from error
        except OSError as error:
            raise GateError(f"{self.file}: llama.cpp stopped answering ({error})") from error


def pieces_of(lines: Iterable[bytes]) -> Iterator[str]:
    """Yield the text of an event stream as llama.cpp's server sends it."""
    for line in lines:
        text = line.decode("utf-8").strip()
        if not text.startswith("data:") or text == "data: [DONE]":
            continue
        body: dict[str, Any] = json.loads(text[len("data:") :])
        if "error" in body:
            raise InputError(f"llama.cpp refused the question: {body['error'].get('message', body['error'])}")
        for choice in body.get("choices", []):
            if piece := (choice.get("delta") or {}).get("content"):
                yield str(piece)


def defuse(text: str, special: Iterable[str]) -> str:
    """Return a text in which no special token is read as one.

    llama.cpp's server reads the whole prompt with special tokens switched on, so `<|im_end|>` in a question would end
    the question. A word joiner after its first letter, which prints as nothing, makes it plain text.
    """
    for token in sorted(special, key=len, reverse=True):
        if len(token) > 1:
            text = text.replace(token, token[0] + _WORD_JOINER + token[1:])
    return text


def special_texts(file: Path) -> list[str]:
    """Return the texts of a GGUF's special tokens."""
    keys = open_gguf(file).keys
    tokens, types = keys.get("tokenizer.ggml.tokens"), keys.get("tokenizer.ggml.token_type")
    if tokens is None or types is None:
        return []
    return [str(token) for token, kind in zip(tokens.value, types.value, strict=True) if kind == _CONTROL]


def chosen(file: Path) -> Path:
    """Return the file to talk to: the one named, or what the Modelfile of an export's folder stands on."""
    if file.is_file():
        return file
    found = file / "Modelfile"
    if not found.is_file():
        raise InputError(f"{file}: expected a .gguf file, or the folder of an export with its Modelfile")
    match = re.search(r"^FROM \./(.+\.gguf)$", found.read_text(encoding="utf-8"), re.MULTILINE)
    if match is None or not (file / match[1]).is_file():
        raise InputError(f"{found}: stands on no GGUF in its folder (an adapter needs its base); name a .gguf file")
    return file / match[1]


def _system_of(folder: Path) -> str | None:
    path = folder / "Modelfile"
    match = _SYSTEM.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return match[1] if match else None
