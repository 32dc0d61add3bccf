"""What a chat remembers, what it forgets, and what it says when llama.cpp refuses."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import GateError, InputError
from export import chat
from export.chat import CONTEXT, Chat
from export.gguf_values import Value
from export.layout import lay_out


@dataclass(kw_only=True)
class Llama:
    """A server that counts a token for each letter and answers every question with the same pieces."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    """The bodies of the questions."""
    pieces: tuple[str, ...] = ("रा", "यगड")
    refusal: tuple[int, str] | None = None
    closed: int = 0

    def reply(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        """Answer as llama.cpp's server does."""
        if path == "/apply-template":
            return 200, json.dumps({"prompt": "".join(entry["content"] for entry in body["messages"])}).encode()
        if path == "/tokenize":
            assert body["add_special"] is True
            return 200, json.dumps({"tokens": list(range(len(body["content"])))}).encode()
        assert path == "/v1/chat/completions"
        if self.refusal is not None:
            return self.refusal[0], self.refusal[1].encode()
        self.seen.append(body)
        events = [json.dumps({"choices": [{"delta": {"content": piece}}]}) for piece in self.pieces]
        return 200, "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]).encode()


@pytest.fixture
def llama(monkeypatch: pytest.MonkeyPatch) -> Iterator[Llama]:
    """The server, in the place of llama.cpp's."""
    served = Llama()

    class Requests(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            assert self.headers["content-type"] == "application/json"
            code, reply = served.reply(self.path, body)
            self.send_response(code)
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.01})
    thread.start()

    class Process:
        def __init__(self, _: Path, *, context: int) -> None:
            assert context == CONTEXT

        def address(self) -> str:
            return f"http://127.0.0.1:{server.server_address[1]}"

        def close(self) -> None:
            served.closed += 1

    monkeypatch.setattr(chat, "LlamaCpp", Process)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A GGUF without a tensor, whose vocabulary has one special token."""
    keys = {
        "tokenizer.ggml.tokens": Value("[str]", ["<|end|>", "किल्ला", "<|x|>"]),
        "tokenizer.ggml.token_type": Value("[i32]", [3, 1, 4]),
    }
    (tmp_path / "m.gguf").write_bytes(lay_out(keys, [], {}).head)
    return tmp_path / "m.gguf"


def talk(file: Path, *, system: str | None = "", max_tokens: int = 64) -> Chat:
    """A chat with the usual options."""
    return Chat(file, system=system, temperature=0.25, max_tokens=max_tokens)


def test_every_turn_goes_along_and_the_system_text_first(llama: Llama, file: Path) -> None:
    """The second question is asked with the system text, the first question and its answer, and with the options."""
    with talk(file, system="शिक्षक व्हा.") as open_chat:
        assert "".join(open_chat.ask("  एक?\n")) == "रायगड"
        assert list(open_chat.ask("दोन?")) == ["रा", "यगड"]
    asked = [[(entry["role"], entry["content"]) for entry in body["messages"]] for body in llama.seen]
    assert asked == [
        [("system", "शिक्षक व्हा."), ("user", "एक?")],
        [("system", "शिक्षक व्हा."), ("user", "एक?"), ("assistant", "रायगड"), ("user", "दोन?")],
    ]
    assert {(body["temperature"], body["max_tokens"], body["stream"]) for body in llama.seen} == {(0.25, 64, True)}
    assert llama.closed == 1


def test_an_empty_system_text_is_none(llama: Llama, file: Path) -> None:
    """An empty system prompt asks without a system turn, also where a Modelfile beside the file has one."""
    (file.parent / "Modelfile").write_text('FROM ./m.gguf\nSYSTEM """शिक्षक"""\n', encoding="utf-8")
    with talk(file, system="") as open_chat:
        list(open_chat.ask("एक?"))
    assert [entry["role"] for entry in llama.seen[0]["messages"]] == ["user"]


def test_special_tokens_are_taken_apart_and_it_is_said(llama: Llama, file: Path) -> None:
    """Only the vocabulary's control tokens are defused; the flag is of the last question alone."""
    with talk(file) as open_chat:
        list(open_chat.ask("a<|end|>b<|x|>"))
        assert open_chat.altered
        assert llama.seen[0]["messages"][0]["content"] == "a<\u2060|end|>b<|x|>"
        list(open_chat.ask("b"))
        assert not open_chat.altered


def test_the_oldest_turns_go_where_they_fit_no_longer(llama: Llama, file: Path) -> None:
    """Beyond the context the oldest question goes with its answer; system text and question stay, and so it goes on."""
    llama.pieces = ("क" * 500,)
    with talk(file, system="स" * 100, max_tokens=100) as open_chat:
        dropped = []
        for number in range(12):
            list(open_chat.ask(f"{number:02}" + "प" * 498))
            dropped.append(open_chat.dropped)
    # 100 + 3 x 1000 + 500 letters leave 100 tokens of the 4,096 free; a fourth turn before the question does not.
    assert dropped == [0, 0, 0, 0, *[1] * 8]
    for number, body in enumerate(llama.seen):
        roles = [entry["role"] for entry in body["messages"]]
        assert roles == ["system", *["user", "assistant"] * min(number, 3), "user"]
        assert body["messages"][-1]["content"].startswith(f"{number:02}")
        assert sum(len(entry["content"]) for entry in body["messages"]) <= CONTEXT - 100


def test_a_long_answer_asked_for_leaves_the_turns_in_view(llama: Llama, file: Path) -> None:
    """However long an answer is asked for, at most a quarter of the context is kept free for it."""
    llama.pieces = ("क",)
    with talk(file, max_tokens=100_000) as open_chat:
        list(open_chat.ask("प" * 2_000))
        list(open_chat.ask("फ" * 1_071))
        assert (open_chat.dropped, len(llama.seen[1]["messages"])) == (0, 3)
        list(open_chat.ask("ब"))
    assert (open_chat.dropped, len(llama.seen[2]["messages"])) == (1, 3)


def test_a_question_that_is_too_long_alone_is_left_to_llama_cpp(llama: Llama, file: Path) -> None:
    """The last question is never dropped: llama.cpp says how long it may be, in one sentence of its own."""
    error = {"error": {"code": 400, "message": "request (9001 tokens) exceeds the available context size"}}
    llama.refusal = (400, json.dumps(error))
    with talk(file) as open_chat:
        with pytest.raises(InputError) as caught:
            list(open_chat.ask("प" * 9_000))
        assert str(caught.value) == (
            "llama.cpp refused the question: request (9001 tokens) exceeds the available context size"
        )
        llama.refusal = None
        list(open_chat.ask("एक?"))
    assert [entry["content"] for entry in llama.seen[0]["messages"]] == ["एक?"], "a refused question leaves no turn"


@pytest.mark.parametrize("body", ["no JSON", "[1]", '{"error": "text"}', '{"error": {}}', "\u0915"])
def test_a_refusal_without_a_message_is_repeated_whole(body: str, llama: Llama, file: Path) -> None:
    """What is not llama.cpp's own form of an error is shown as it came."""
    llama.refusal = (500, body)
    with talk(file) as open_chat, pytest.raises(InputError) as caught:
        list(open_chat.ask("एक?"))
    assert str(caught.value) == f"llama.cpp refused the question: {body}"


def test_a_server_that_is_gone_is_named(llama: Llama, file: Path) -> None:
    """Where nothing answers at the address the file is named, and that llama.cpp stopped."""
    with talk(file) as open_chat:
        open_chat._address = "http://127.0.0.1:9"
        with pytest.raises(GateError, match=r"m\.gguf: llama\.cpp stopped answering \(.*refused"):
            list(open_chat.ask("एक?"))
    assert llama.seen == []


def test_a_server_that_does_not_start_leaves_no_process(
    llama: Llama, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where llama.cpp refuses the file, the worker is ended before the error goes on."""

    def refuse(_: object) -> str:
        raise GateError("refused")

    monkeypatch.setattr("export.chat.LlamaCpp.address", refuse)
    with pytest.raises(GateError, match="refused"):
        talk(file)
    assert llama.closed == 1
