"""llama.cpp in a process of its own: what goes over the line, and how a refusal and a death are told."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datakit.errors import GateError, InputError, MissingDependencyError
from export.verify import worker
from export.verify.llama_cpp import LlamaCpp, threads


@pytest.mark.parametrize(("said", "wanted"), [("3", 3), ("1", 1), ("16", 16)])
def test_the_environment_says_how_many_threads(said: str, wanted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """OMP_NUM_THREADS is obeyed."""
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert threads() == wanted


@pytest.mark.parametrize("said", ["", "0", "-2", "many", "1.5"])
def test_without_a_number_the_cores_of_this_process_count(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no number of threads is passed over: the cores that this process may use, not those of the machine."""
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5, 7}, raising=False)
    assert threads() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert threads() == 1


SCRIPT = """
import json, sys
for line in sys.stdin.buffer:
    asked = json.loads(line)
    print("heard", asked["do"], file=sys.stderr, flush=True)
    if asked["do"] == "open":
        reply, raw = {"value": None}, b""
    elif asked["do"] == "logits":
        raw = b"".join(__import__("struct").pack("<f", n) for n in range(len(asked["ids"]) * 3))
        reply = {"value": None, "bytes": len(raw)}
    elif asked["do"] == "chat":
        said = {"content": None, "role": "assistant"}
        reply, raw = {"value": {"choices": [{"message": said, "finish_reason": "length"}], "usage": {"prompt_tokens": 7}}}, b""
    elif asked["do"] == "tokenize":
        reply, raw = {"value": [[len(text)] for text in asked["texts"]]}, b""
    elif asked["do"] == "render":
        reply, raw = {"error": "refused", "kind": "InputError"}, b""
    elif asked["do"] == "address":
        reply, raw = {"error": "not here", "kind": "MissingDependencyError"}, b""
    else:
        for number in range(20):
            print("word", number, file=sys.stderr, flush=True)
        raise SystemExit(7)
    sys.stdout.buffer.write(json.dumps(reply).encode() + b"\\n" + raw)
    sys.stdout.buffer.flush()
"""  # noqa: E501 - the line of a program


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A worker that answers without llama.cpp, in the place of the real one."""
    program = tmp_path / "worker.py"
    program.write_text(SCRIPT)
    begin = subprocess.Popen

    def popen(command: list[str], **options: Any) -> Any:
        assert command[1:] == ["-m", "export.verify.worker"]
        return begin([sys.executable, str(program)], **options)

    monkeypatch.setattr("export.verify.llama_cpp.subprocess.Popen", popen)
    return tmp_path / "m.gguf"


def test_answers_come_back_as_they_were_sent(fake: Path) -> None:
    """Numbers come raw with one row for each id, ids as lists, and an answer without a text is an empty one."""
    with LlamaCpp(fake) as file:
        assert file.tokenize(["क", "खग"], add_special=True, parse_special=False) == [[1], [2]]
        found = file.logits([4, 5])
        assert np.array_equal(found, np.arange(6, dtype=np.float32).reshape(2, 3))
        assert file.tokenize(["abc"], add_special=False, parse_special=False) == [[3]], "nothing of the numbers is left"
        assert file.chat([], max_tokens=1) == {"text": "", "finish": "length", "prompt_tokens": 7}


def test_a_refusal_is_told_with_the_last_words(fake: Path) -> None:
    """What llama.cpp refuses becomes an error of the gate with its last words; a missing package stays what it is."""
    with LlamaCpp(fake) as file:
        with pytest.raises(GateError, match=r"^refused\n  heard open\n  heard render$"):
            file.render([])
        with pytest.raises(MissingDependencyError, match=r"^not here$"):
            file.address()
        assert file.tokenize([], add_special=True, parse_special=True) == []


def test_a_death_is_told_with_the_last_twelve_lines(fake: Path) -> None:
    """A process that ends without an answer is named with the file, its exit code and its last twelve lines."""
    with LlamaCpp(fake) as file:
        with pytest.raises(GateError) as caught:
            file.describe()
        words = "\n".join(f"  word {number}" for number in range(8, 20))
        assert str(caught.value) == f"{fake}: llama.cpp died of this file (exit 7):\n{words}"
        with pytest.raises(GateError, match=r"died of this file \(exit 7\)"):
            file.tokenize(["again"], add_special=True, parse_special=True)


class Model:
    """A model that answers from what it is asked."""

    opened: list[dict[str, Any]] = []  # noqa: RUF012 - the test reads it
    closed = 0

    def __init__(self, path: Path, **options: Any) -> None:
        Model.opened.append({"path": path, **options})

    def tokenize(self, text: str, *, add_special: bool, parse_special: bool) -> list[int]:
        """One id for the text's length, one for each flag."""
        return [len(text), int(add_special), int(parse_special)]

    def logits(self, ids: list[int]) -> bytes:
        """As many bytes as ids; refuses more than three."""
        if len(ids) > 3:
            raise InputError("too many")
        return b"\n" * len(ids)

    def close(self) -> None:
        """Count."""
        Model.closed += 1


def serve(monkeypatch: pytest.MonkeyPatch, *requests: dict[str, Any]) -> bytes:
    """What the worker answers to some requests."""
    monkeypatch.setattr(worker, "NativeModel", Model)
    monkeypatch.setattr(Model, "opened", [])
    replies = io.BytesIO()
    worker._serve(io.BytesIO(b"".join(json.dumps(one).encode() + b"\n" for one in requests)), replies)
    return replies.getvalue()


OPEN = {"do": "open", "path": "/m.gguf", "context": 64, "threads": 2, "adapter": None}


def test_one_line_for_each_request_and_raw_numbers_after_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers follow their line, also where they hold a line end; the model is opened once, with what `open` says."""
    found = serve(
        monkeypatch,
        OPEN,
        {"do": "logits", "ids": [1, 2]},
        {"do": "tokenize", "texts": ["कख", ""], "add_special": True, "parse_special": False},
    )
    assert found == (
        b'{"value": null}\n{"value": null, "bytes": 2}\n\n\n{"value": [[2, 1, 0], [0, 1, 0]], "bytes": 0}\n'
    )
    assert Model.opened == [{"path": Path("/m.gguf"), "context": 64, "threads": 2, "adapter": None}]
    serve(monkeypatch, OPEN | {"adapter": "/a.gguf"}, {"do": "logits", "ids": []})
    assert [one["adapter"] for one in Model.opened] == [Path("/a.gguf")]


def test_an_error_is_an_answer_and_the_next_request_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal goes over the line with its kind, without numbers of the request before, and the worker goes on."""
    found = serve(
        monkeypatch,
        {"do": "logits", "ids": [1]},
        OPEN,
        {"do": "logits", "ids": [1]},
        {"do": "logits", "ids": [1, 2, 3, 4]},
        {"do": "dance"},
        {"do": "logits", "ids": []},
    )
    assert found == (
        b'{"error": "the first request opens a file", "kind": "InputError"}\n'
        b'{"value": null}\n'
        b'{"value": null, "bytes": 1}\n\n'
        b'{"error": "too many", "kind": "InputError"}\n'
        b'{"error": "dance: no such request", "kind": "InputError"}\n'
        b'{"value": null, "bytes": 0}\n'
    )
