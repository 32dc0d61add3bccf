"""What `chat` says and where: answers on stdout, everything else on stderr."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from export.cli import app

RUNNER = CliRunner()


class Talk:
    """A chat that answers a question with its letters, one by one."""

    made: dict[str, Any] = {}  # noqa: RUF012 - the tests read it

    def __init__(self, file: Path, *, system: str | None, temperature: float, max_tokens: int) -> None:
        Talk.made = {"file": file, "system": system, "temperature": temperature, "max_tokens": max_tokens, "asked": []}
        self.system, self.altered, self.dropped = system, False, 0

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        Talk.made["closed"] = True

    def ask(self, question: str) -> Iterator[str]:
        """Echo; a question with a bar is altered, one with a number forgets so many turns, one with ! breaks off."""
        Talk.made["asked"].append(question)
        self.altered = "|" in question
        self.dropped = next((int(letter) for letter in question if letter.isdigit()), 0)
        yield from question.strip().replace("!", "")
        if "!" in question:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def talk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chat of the tests, in the place of llama.cpp's."""
    monkeypatch.setattr("export.chat.Chat", Talk)


def test_one_question_prints_its_answer_and_nothing_else() -> None:
    """With --ask stdout is the answer and a line end; the options reach the chat."""
    words = ["chat", "m.gguf", "--ask", "क ख", "--temperature", "0", "--max-tokens", "9"]
    done = RUNNER.invoke(app, words)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "क ख\n", "")
    assert Talk.made == {
        "file": Path("m.gguf"), "system": None, "temperature": 0.0, "max_tokens": 9, "asked": ["क ख"], "closed": True,
    }  # fmt: skip


def test_without_options_the_chat_has_its_defaults() -> None:
    """Little play, answers of 256 tokens, and the Modelfile's system prompt."""
    RUNNER.invoke(app, ["chat", "m.gguf", "--ask", "क"])
    assert (Talk.made["temperature"], Talk.made["max_tokens"], Talk.made["system"]) == (0.3, 256, None)


@pytest.mark.parametrize("words", [["--temperature", "2.5"], ["--temperature", "-0.1"], ["--max-tokens", "0"]])
def test_numbers_out_of_range_are_refused(words: list[str]) -> None:
    """A temperature is from 0 to 2, an answer has a token: exit code 2 before anything is opened."""
    Talk.made = {}
    done = RUNNER.invoke(app, ["chat", "m.gguf", "--ask", "क", *words])
    assert (done.exit_code, Talk.made) == (2, {})
    assert words[0] in done.stderr


def test_each_line_is_a_question_till_the_input_ends() -> None:
    """Empty lines ask nothing; answers go to stdout, the hint and the system prompt to stderr."""
    done = RUNNER.invoke(app, ["chat", "m.gguf", "--system", "शिक्षक"], input="क\n\n  \nख ग\n")
    assert (done.exit_code, done.stdout) == (0, "क\nख ग\n")
    assert [question.strip() for question in Talk.made["asked"]] == ["क", "ख ग"]
    assert done.stderr.splitlines() == [
        "system: शिक्षक", "Ctrl-D or Ctrl-C leaves. What the model says is not thereby true.",
    ]  # fmt: skip


def test_ctrl_c_leaves_quietly() -> None:
    """Broken off in the middle of an answer, the chat ends with exit code 0 and the process is closed."""
    done = RUNNER.invoke(app, ["chat", "m.gguf"], input="क!\nख\n")
    assert (done.exit_code, done.stdout) == (0, "क")
    assert len(Talk.made["asked"]) == 1
    assert Talk.made["closed"]


def test_what_was_done_to_a_question_is_said_after_its_answer() -> None:
    """Special tokens that were taken apart and questions that were forgotten are told on stderr, once for each."""
    done = RUNNER.invoke(app, ["chat", "m.gguf"], input="a|\nb2\nc\n")
    assert done.stdout == "a|\nb2\nc\n"
    assert done.stderr.splitlines()[1:] == [
        "(special tokens in your text were taken apart: they are words here, not commands)",
        "(questions forgotten with their answers, since they fitted no longer: 2)",
    ]
