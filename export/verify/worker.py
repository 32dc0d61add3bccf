"""`python -m export.verify.worker`: llama.cpp in a process of its own, asked line by line.

One JSON object a line comes in, one goes out; logits follow their line as raw float32. Whatever llama.cpp prints goes
to stderr. A failed assertion inside llama.cpp ends this process, and its parent says so in words.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, BinaryIO

from datakit.errors import DatakitError, InputError
from export.verify.native import NativeModel

_TIMEOUT_S = 900
"""One greedy answer of an 8B model in 16 bits on two slow cores takes minutes."""


class _Worker:
    """At most one is open, the bare model or llama.cpp's own server: both would hold the weights twice."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._model: NativeModel | None = None
        self._server: Any = None

    def _native(self) -> NativeModel:
        self._server = None
        if self._model is None:
            adapter = self._options.get("adapter")
            self._model = NativeModel(
                Path(self._options["path"]),
                context=self._options["context"],
                threads=self._options["threads"],
                adapter=Path(adapter) if adapter else None,
            )
        return self._model

    def _address(self) -> str:
        if self._model is not None:
            self._model.close()
            self._model = None
        if self._server is None:
            import xllamacpp  # type: ignore[import-untyped]

            parameters = xllamacpp.CommonParams()
            parameters.model.path = self._options["path"]
            parameters.n_ctx = self._options["context"]
            parameters.n_parallel = 1
            parameters.warmup = False
            parameters.use_jinja = True
            parameters.offline = True  # a template or a draft model is never fetched
            parameters.ui = False
            parameters.port = 0  # any free port of the loopback
            parameters.cpuparams.n_threads = self._options["threads"]
            parameters.cpuparams_batch.n_threads = self._options["threads"]
            parameters.cpuparams.poll = 0  # threads that wait do so asleep, not in a loop
            self._server = xllamacpp.Server(parameters)
        return str(self._server.listening_address)

    def _post(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            self._address() + path, data=json.dumps(body).encode(), headers={"content-type": "application/json"}
        )
        # The loopback is asked directly, whatever proxy the environment names.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_TIMEOUT_S) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            raise InputError(f"llama.cpp's server refused {path}: {error.read().decode(errors='replace')}") from error

    def answer(self, request: dict[str, Any]) -> Any:
        """Answer one request; `bytes` are sent raw."""
        match request["do"]:
            case "describe":
                return self._native().describe()
            case "tokenize":
                model = self._native()
                flags = {"add_special": request["add_special"], "parse_special": request["parse_special"]}
                return [model.tokenize(text, **flags) for text in request["texts"]]
            case "logits":
                return self._native().logits(request["ids"])
            case "address":
                return self._address()
            case "render":
                return self._post("/apply-template", request["body"])["prompt"]
            case "chat":
                return self._post("/v1/chat/completions", request["body"])
        raise InputError(f"{request['do']}: no such request")


def _serve(requests: BinaryIO, replies: BinaryIO) -> None:
    worker: _Worker | None = None
    for line in requests:
        payload = b""
        try:
            request = json.loads(line)
            if request["do"] == "open":
                worker = _Worker(request)
                reply: dict[str, Any] = {"value": None}
            elif worker is None:
                raise InputError("the first request opens a file")
            else:
                value = worker.answer(request)
                if isinstance(value, bytes):
                    payload, value = value, None
                reply = {"value": value, "bytes": len(payload)}
        except (DatakitError, OSError, RuntimeError) as error:
            kind = type(error).__name__ if isinstance(error, DatakitError) else "InputError"
            reply = {"error": str(error), "kind": kind}
        replies.write(json.dumps(reply).encode() + b"\n" + payload)
        replies.flush()


if __name__ == "__main__":
    # llama.cpp may print to descriptor 1; the replies keep a descriptor of their own.
    own = os.dup(1)
    os.dup2(2, 1)
    with os.fdopen(own, "wb") as stream:
        _serve(sys.stdin.buffer, stream)
