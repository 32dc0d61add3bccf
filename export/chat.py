"""A small chat with one GGUF, through llama.cpp's own server and the template inside the file."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from datakit.errors import GateError, InputError
from export.gguf_reader import open_gguf
from export.modelfile import system_of
from export.verify.llama_cpp import LlamaCpp

CONTEXT: Final = 4096
"""Tokens kept in view; the oldest turns are dropped beyond it."""
_MOST_FOR_ANSWER: Final = CONTEXT // 4
"""Tokens kept free for an answer at most, however long a one is asked for: the turns before it are worth more."""
_CONTROL: Final = 3  # llama.cpp's token type for special tokens
_WORD_JOINER: Final = "\u2060"
_TIMEOUT_S: Final = 600


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
        self.dropped = 0
        """How many of the oldest turns, question and answer, went at the last question since they no longer fitted."""
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
        system = [{"role": "system", "content": self.system}] if self.system else []
        turns = self._fitting(system, [*self._turns, {"role": "user", "content": safe}])
        pieces: list[str] = []
        for piece in self._stream([*system, *turns]):
            pieces.append(piece)
            yield piece
        self._turns = [*turns, {"role": "assistant", "content": "".join(pieces)}]

    def _fitting(self, system: list[dict[str, str]], turns: list[dict[str, str]]) -> list[dict[str, str]]:
        """Return the newest turns that leave room for an answer; the last question stays, whatever its length."""
        room = CONTEXT - min(int(self._options["max_tokens"]), _MOST_FOR_ANSWER)
        self.dropped = 0
        while len(turns) > 1 and self._length([*system, *turns]) > room:
            turns = turns[2:]  # a question goes with its answer: many templates refuse two of one role in a row
            self.dropped += 1
        return turns

    def _length(self, messages: list[dict[str, str]]) -> int:
        with self._post("/apply-template", {"messages": messages}) as reply:
            prompt = json.load(reply)["prompt"]
        with self._post("/tokenize", {"content": prompt, "add_special": True}) as reply:
            return len(json.load(reply)["tokens"])

    def _stream(self, messages: list[dict[str, str]]) -> Iterator[str]:
        try:
            with self._post("/v1/chat/completions", {"messages": messages, "stream": True, **self._options}) as reply:
                yield from pieces_of(reply)
        except OSError as error:
            raise self._silent(error) from error

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        request = urllib.request.Request(
            self._address + path, data=json.dumps(body).encode(), headers={"content-type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the loopback needs no proxy
        try:
            return opener.open(request, timeout=_TIMEOUT_S)
        except urllib.error.HTTPError as error:
            raise InputError(f"llama.cpp refused the question: {_complaint(error.read())}") from error
        except OSError as error:
            raise self._silent(error) from error

    def _silent(self, error: OSError) -> GateError:
        return GateError(f"{self.file}: llama.cpp stopped answering ({error})")


def _complaint(body: bytes) -> str:
    """Return what a refusal says: the message where it is llama.cpp's object, else the whole of it."""
    text = body.decode(errors="replace")
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return text


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
    if not path.is_file():
        return None
    try:
        return system_of(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 ({error}); give the system prompt with --system") from error
