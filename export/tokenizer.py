"""The keys `tokenizer.*` of a GGUF from the folder of a tokenizer, as llama.cpp reads them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datakit.errors import InputError, MissingDependencyError
from export.checkpoint import read_json
from export.gguf_values import Value, flag, text
from export.pre import pieces_of_tokenizer, recognise
from export.sentencepiece import merge_scores, read_pieces
from export.special_tokens import special_keys
from export.template import read_template
from export.vocabulary import NORMAL, UNKNOWN, Vocabulary, build_vocabulary


def tokenizer_keys(folder: Path, *, config: Mapping[str, Any], rows: int) -> dict[str, Value]:
    """Return the tokenizer's keys. `config` is the model's, `rows` the rows of its embedding.

    Two kinds are known: byte-level BPE (GPT-2, Llama 3, Qwen, SmolLM) and SentencePiece's BPE with a token for each
    byte (Llama 2, Mistral, Gemma), both from tokenizer.json; SentencePiece's own scores are taken from tokenizer.model
    where it lies there. Errors: `InputError` for anything missing, of another kind, or not cut as llama.cpp can cut.
    """
    path = folder / "tokenizer.json"
    saved = read_json(path)
    model = saved.get("model")
    if not isinstance(model, dict):
        raise InputError(f"{path}: model is {str(model)[:60]}, expected an object; fetch the file again")
    if model.get("type") != "BPE":
        raise InputError(f"{path}: model type {model.get('type')!r} is not exported; known: BPE, of bytes or pieces")
    tokenizer = _load(path)
    by_bytes = bool(model.get("byte_fallback"))
    vocabulary = build_vocabulary(model["vocab"], saved.get("added_tokens", []), rows=rows, bytes_as_pieces=by_bytes)
    keys = (
        _pieces(folder, model, vocabulary, tokenizer) if by_bytes else _byte_level(path, model, vocabulary, tokenizer)
    )
    template = read_template(folder)
    tokenizer_config, generation = (
        read_json(folder / name) if (folder / name).is_file() else {}
        for name in ("tokenizer_config.json", "generation_config.json")
    )
    keys |= special_keys(
        vocabulary,
        tokenizer,
        tokenizer_config=tokenizer_config,
        config=config,
        generation=generation,
        template=template,
    )
    if template is not None:
        keys["tokenizer.chat_template"] = text(template)
    return keys


def _load(path: Path) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingDependencyError(
            f"reading {path.name} needs the package tokenizers ({error}); install: pip install 'ancient-aurora[export]'"
        ) from error
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise InputError(f"{path}: not a tokenizer ({error})") from error


def _byte_level(path: Path, model: Mapping[str, Any], vocabulary: Vocabulary, tokenizer: Any) -> dict[str, Value]:
    try:
        pre = recognise(pieces_of_tokenizer(tokenizer), ignore_merges=bool(model.get("ignore_merges")))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return {
        "tokenizer.ggml.model": text("gpt2"),
        "tokenizer.ggml.pre": text(pre),
        "tokenizer.ggml.tokens": Value("[str]", vocabulary.tokens),
        "tokenizer.ggml.token_type": Value("[i32]", vocabulary.kinds),
        "tokenizer.ggml.merges": Value("[str]", [" ".join(_pair(path, merge)) for merge in model["merges"]]),
    }


def _pair(path: Path, merge: Any) -> tuple[str, str]:
    left, _, right = merge.partition(" ") if isinstance(merge, str) else (merge[0], "", merge[1])
    if not left or not right or " " in left or " " in right:
        raise InputError(f"{path}: merge {merge!r} is no pair of pieces; a GGUF keeps the two with a space between")
    return left, right


def _pieces(folder: Path, model: Mapping[str, Any], vocabulary: Vocabulary, tokenizer: Any) -> dict[str, Value]:
    path = folder / "tokenizer.model"
    own = path.is_file()
    scores = dict(read_pieces(path)) if own else merge_scores(folder / "tokenizer.json", model["merges"])
    unknown = model.get("unk_token")
    kinds = [
        UNKNOWN if token == unknown and kind == NORMAL else kind
        for token, kind in zip(vocabulary.tokens, vocabulary.kinds, strict=True)
    ]
    first = tokenizer.encode("a", add_special_tokens=False).tokens[0]
    return {
        "tokenizer.ggml.model": text("llama"),
        "tokenizer.ggml.pre": text("default"),
        "tokenizer.ggml.tokens": Value("[str]", vocabulary.tokens),
        "tokenizer.ggml.scores": Value("[f32]", [scores.get(token, 0.0) for token in vocabulary.tokens]),
        "tokenizer.ggml.token_type": Value("[i32]", kinds),
        "tokenizer.ggml.add_space_prefix": flag(first.startswith("\u2581")),
    }
