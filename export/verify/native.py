"""llama.cpp's C interface, as the library inside the package `xllamacpp` exports it.

The Python classes of that package give text and the best tokens only; a comparison of whole distributions needs every
logit, and a comparison of tokenizers needs the ids. Two structures cross the border by value. What this file assumes of
them is checked against llama.cpp's own defaults before anything is opened: another layout is refused, never guessed.

Loaded only inside the worker process (`export.verify.worker`), since llama.cpp ends its process on an assertion.
"""

import ctypes
import importlib.util
from pathlib import Path
from typing import Any, Final

from datakit.errors import InputError, MissingDependencyError

# llama_context_params begins with n_ctx, n_batch, n_ubatch, n_seq_max, n_rs_seq, n_outputs_max, ... (llama.h)
_N_CTX, _N_BATCH, _N_UBATCH = 0, 1, 2
_DEFAULTS: Final = (512, 2048, 512, 1)
"""What llama_context_default_params() puts first; measured with xllamacpp 2026.10 (llama.cpp 0.6.0-dev)."""
_FREE_FIELDS: Final = 128
"""32-bit fields kept for a parameter structure: several times its size, so that a longer one still fits."""


class _Parameters(ctypes.Structure):
    _fields_ = [("fields", ctypes.c_int32 * _FREE_FIELDS)]


class _Batch(ctypes.Structure):
    _fields_ = [
        ("n_tokens", ctypes.c_int32),
        ("token", ctypes.POINTER(ctypes.c_int32)),
        ("embd", ctypes.c_void_p),
        ("pos", ctypes.POINTER(ctypes.c_int32)),
        ("n_seq_id", ctypes.POINTER(ctypes.c_int32)),
        ("seq_id", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))),
        ("logits", ctypes.POINTER(ctypes.c_int8)),
    ]


_POINTER: Final = ctypes.c_void_p
_INT: Final = ctypes.c_int32
_BOOL: Final = ctypes.c_bool
_SIGNATURES: Final[dict[str, tuple[Any, list[Any]]]] = {
    "llama_version": (ctypes.c_char_p, []),
    "llama_backend_init": (None, []),
    "llama_model_default_params": (_Parameters, []),
    "llama_context_default_params": (_Parameters, []),
    "llama_model_load_from_file": (_POINTER, [ctypes.c_char_p, _Parameters]),
    "llama_model_free": (None, [_POINTER]),
    "llama_model_get_vocab": (_POINTER, [_POINTER]),
    "llama_model_chat_template": (ctypes.c_char_p, [_POINTER, ctypes.c_char_p]),
    "llama_model_n_params": (ctypes.c_uint64, [_POINTER]),
    "llama_init_from_model": (_POINTER, [_POINTER, _Parameters]),
    "llama_free": (None, [_POINTER]),
    "llama_n_ctx": (ctypes.c_uint32, [_POINTER]),
    "llama_get_memory": (_POINTER, [_POINTER]),
    "llama_memory_clear": (None, [_POINTER, _BOOL]),
    "llama_set_n_threads": (None, [_POINTER, _INT, _INT]),
    "llama_batch_init": (_Batch, [_INT, _INT, _INT]),
    "llama_batch_free": (None, [_Batch]),
    "llama_decode": (_INT, [_POINTER, _Batch]),
    "llama_get_logits": (ctypes.POINTER(ctypes.c_float), [_POINTER]),
    "llama_adapter_lora_init": (_POINTER, [_POINTER, ctypes.c_char_p]),
    "llama_set_adapters_lora": (
        _INT,
        [_POINTER, ctypes.POINTER(_POINTER), ctypes.c_size_t, ctypes.POINTER(ctypes.c_float)],
    ),
    "llama_tokenize": (_INT, [_POINTER, ctypes.c_char_p, _INT, ctypes.POINTER(_INT), _INT, _BOOL, _BOOL]),
    "llama_vocab_n_tokens": (_INT, [_POINTER]),
    "llama_vocab_is_eog": (_BOOL, [_POINTER, _INT]),
    "llama_vocab_bos": (_INT, [_POINTER]),
    "llama_vocab_eos": (_INT, [_POINTER]),
    "llama_vocab_eot": (_INT, [_POINTER]),
    "llama_vocab_get_add_bos": (_BOOL, [_POINTER]),
    "llama_vocab_get_add_eos": (_BOOL, [_POINTER]),
}


def library() -> Any:
    """Load llama.cpp and check that its structures lie as this file assumes. Errors: `MissingDependencyError`."""
    spec = importlib.util.find_spec("xllamacpp")
    if spec is None or spec.origin is None:
        raise MissingDependencyError(
            "xllamacpp is not installed, and the gate asks llama.cpp itself; next: pip install 'ancient-aurora[export]'"
        )
    found = [path for path in Path(spec.origin).parent.glob("xllamacpp*") if path.suffix in {".so", ".pyd", ".dylib"}]
    if not found:
        raise MissingDependencyError(f"{Path(spec.origin).parent}: no compiled llama.cpp here; reinstall xllamacpp")
    loaded: Any = ctypes.CDLL(str(found[0]))
    for name, (result, arguments) in _SIGNATURES.items():
        try:
            function = getattr(loaded, name)
        except AttributeError:
            raise MissingDependencyError(
                f"xllamacpp offers no {name}; the gate was written for 2026.10: pip install 'xllamacpp==2026.10.*'"
            ) from None
        function.restype, function.argtypes = result, arguments
    defaults = tuple(loaded.llama_context_default_params().fields[:4])
    if defaults != _DEFAULTS:
        raise MissingDependencyError(
            f"xllamacpp: its context parameters begin with {defaults}, expected {_DEFAULTS}: another layout of "
            "llama.cpp's structures; next: pip install 'xllamacpp==2026.10.*', or export with --no-verify"
        )
    return loaded


class NativeModel:
    """One GGUF opened by llama.cpp on the CPU, without a sampler and without a server."""

    def __init__(self, path: Path, *, context: int, threads: int, adapter: Path | None = None) -> None:
        self._llama = library()
        self._llama.llama_backend_init()
        self._model = self._llama.llama_model_load_from_file(
            str(path).encode(), self._llama.llama_model_default_params()
        )
        if not self._model:
            raise InputError(f"{path}: llama.cpp cannot load this file; its own words stand above")
        self._vocab = self._llama.llama_model_get_vocab(self._model)
        parameters = self._llama.llama_context_default_params()
        parameters.fields[_N_CTX] = parameters.fields[_N_BATCH] = context
        parameters.fields[_N_UBATCH] = min(context, 512)
        self._context = self._llama.llama_init_from_model(self._model, parameters)
        if not self._context or self._llama.llama_n_ctx(self._context) < context:
            raise InputError(f"{path}: llama.cpp gave no context of {context} tokens; its own words stand above")
        self._llama.llama_set_n_threads(self._context, threads, threads)
        self._batch = self._llama.llama_batch_init(context, 0, 1)
        self._limit = context
        if adapter is not None:
            self._add(adapter)

    def _add(self, adapter: Path) -> None:
        handle = self._llama.llama_adapter_lora_init(self._model, str(adapter).encode())
        if not handle:
            raise InputError(f"{adapter}: llama.cpp cannot load this adapter; its own words stand above")
        handles, scales = (_POINTER * 1)(handle), (ctypes.c_float * 1)(1.0)
        self._llama.llama_set_adapters_lora(self._context, handles, 1, scales)

    def describe(self) -> dict[str, Any]:
        """Return what llama.cpp made of the file's special tokens, its template and its size."""
        llama, vocab = self._llama, self._vocab
        size = llama.llama_vocab_n_tokens(vocab)
        template = llama.llama_model_chat_template(self._model, None)
        return {
            "version": llama.llama_version().decode(),
            "parameters": llama.llama_model_n_params(self._model),
            "vocabulary": size,
            "bos": llama.llama_vocab_bos(vocab),
            "eos": llama.llama_vocab_eos(vocab),
            "eot": llama.llama_vocab_eot(vocab),
            "add_bos": llama.llama_vocab_get_add_bos(vocab),
            "add_eos": llama.llama_vocab_get_add_eos(vocab),
            "end_of_generation": [token for token in range(size) if llama.llama_vocab_is_eog(vocab, token)],
            "template": template.decode("utf-8") if template is not None else None,
        }

    def tokenize(self, text: str, *, add_special: bool, parse_special: bool) -> list[int]:
        """Return the ids of a text."""
        data = text.encode("utf-8")
        room = len(data) + 8  # no token is shorter than a byte; BOS and EOS come on top
        buffer = (_INT * room)()
        count = self._llama.llama_tokenize(self._vocab, data, len(data), buffer, room, add_special, parse_special)
        if count < 0:
            raise InputError(
                f"llama.cpp's tokenizer wants {-count} places for {len(data)} bytes; expected at most {room}"
            )
        return list(buffer[:count])

    def logits(self, ids: list[int]) -> bytes:
        """Return the logits after every token: float32, one row of the vocabulary's size for each id."""
        if not 0 < len(ids) <= self._limit:
            raise InputError(f"{len(ids)} tokens at once; expected 1 to {self._limit}")
        batch = self._batch
        for place, token in enumerate(ids):
            batch.token[place], batch.pos[place], batch.logits[place] = token, place, 1
            batch.n_seq_id[place], batch.seq_id[place][0] = 1, 0
        batch.n_tokens = len(ids)
        self._llama.llama_memory_clear(self._llama.llama_get_memory(self._context), True)
        status = self._llama.llama_decode(self._context, batch)
        if status != 0:
            raise InputError(f"llama.cpp could not compute {len(ids)} tokens (llama_decode returned {status})")
        size = self._llama.llama_vocab_n_tokens(self._vocab) * len(ids) * ctypes.sizeof(ctypes.c_float)
        return ctypes.string_at(self._llama.llama_get_logits(self._context), size)

    def close(self) -> None:
        """Give the memory back."""
        self._llama.llama_batch_free(self._batch)
        self._llama.llama_free(self._context)
        self._llama.llama_model_free(self._model)
