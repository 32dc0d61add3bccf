"""The gate's side of llama.cpp: ask the worker process, and turn its death into a message."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from datakit import errors
from datakit.errors import GateError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TAIL: Final = 12
"""Lines of llama.cpp's own words that a message repeats."""


def threads() -> int:
    """Return how many threads to compute with: what OMP_NUM_THREADS says, else the cores this process may use.

    llama.cpp's threads wait for each other in a loop: more of them than free cores cost many times the time.
    """
    said = os.environ.get("OMP_NUM_THREADS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    affinity = getattr(os, "sched_getaffinity", None)
    return max(1, len(affinity(0)) if affinity else os.cpu_count() or 1)


class LlamaCpp:
    """One GGUF, opened by llama.cpp in a process of its own. Use as a context manager.

    Errors: `GateError` where llama.cpp refuses the file or dies of it, with its last words;
    `MissingDependencyError` where it is not installed.
    """

    def __init__(self, path: Path, *, context: int = 2048, adapter: Path | None = None) -> None:
        self._path = path
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close(); lives as long as the worker
        self._process = subprocess.Popen(
            [sys.executable, "-m", "export.verify.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            cwd=Path(__file__).parents[2],
        )
        self._vocabulary = 0
        self._ask(
            do="open",
            path=str(path.resolve()),
            context=context,
            threads=threads(),
            adapter=str(adapter.resolve()) if adapter else None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):  # it died before it read our last line
                    stream.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._words.close()

    def _ask(self, **request: Any) -> tuple[Any, bytes]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            code = self._process.wait()
            raise GateError(f"{self._path}: llama.cpp died of this file (exit {code}):\n{self._last_words()}")
        reply = json.loads(line)
        if "error" in reply:
            if reply["kind"] == "MissingDependencyError":
                raise errors.MissingDependencyError(reply["error"])
            raise GateError(f"{reply['error']}\n{self._last_words()}")
        wanted = reply.get("bytes", 0)
        payload = self._process.stdout.read(wanted) if wanted else b""
        return reply["value"], payload

    def _last_words(self) -> str:
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_TAIL:])

    def describe(self) -> Mapping[str, Any]:
        """Return llama.cpp's view: vocabulary, bos, eos, eot, add_bos, end_of_generation, template, parameters."""
        value, _ = self._ask(do="describe")
        self._vocabulary = value["vocabulary"]
        return dict(value)

    def tokenize(self, texts: Sequence[str], *, add_special: bool, parse_special: bool) -> list[list[int]]:
        """Return the ids of each text."""
        value, _ = self._ask(do="tokenize", texts=list(texts), add_special=add_special, parse_special=parse_special)
        return [list(ids) for ids in value]

    def logits(self, ids: Sequence[int]) -> "NDArray[np.float32]":
        """Return the logits after every id, as an array [ids, vocabulary]."""
        import numpy as np

        _, payload = self._ask(do="logits", ids=list(ids))
        return np.frombuffer(payload, dtype=np.float32).reshape(len(ids), -1)

    def address(self) -> str:
        """Start llama.cpp's server on the loopback and return its address; it lives as long as this object."""
        value, _ = self._ask(do="address")
        return str(value)

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Return the prompt that llama.cpp's own Jinja engine makes of a conversation, generation prompt included."""
        value, _ = self._ask(do="render", body={"messages": list(messages)})
        return str(value)

    def chat(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Mapping[str, Any]:
        """Return llama.cpp's greedy answer: `text`, `finish` (`stop` or `length`) and `prompt_tokens`."""
        body = {"messages": list(messages), "max_tokens": max_tokens, "temperature": 0, "cache_prompt": False}
        value, _ = self._ask(do="chat", body=body)
        choice = value["choices"][0]
        return {
            "text": choice["message"].get("content") or "",
            "finish": choice["finish_reason"],
            "prompt_tokens": value["usage"]["prompt_tokens"],
        }
