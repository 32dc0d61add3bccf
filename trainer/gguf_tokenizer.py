"""The tokenizer of a GGUF, rebuilt from its own `tokenizer.*` keys.

transformers' own conversion is not faithful: SmolLM2 loses its digit splitter (12 of 1,000 strings differ). Here the
key `tokenizer.ggml.pre` decides how text is cut before merging, as it does in llama.cpp, and an unknown one is refused
rather than guessed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from datakit.errors import InputError
from datakit.lineage import read_gguf_keys

_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _UNUSED, _BYTE = 1, 2, 3, 4, 5, 6  # llama.cpp's token types
_CONTRACTIONS: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_SPLITS: Final[dict[str, str | None]] = {
    # None: GPT-2's own pattern, which the byte-level step carries
    "gpt-2": None,
    "default": None,
    "smollm": None,
    "llama-bpe": _CONTRACTIONS
    + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
"""How text is cut before merging, by llama.cpp's name for it."""
_SINGLE_DIGITS: Final = ("smollm",)
_NFC: Final = ("qwen2",)


def gguf_tokenizer(path: Path, *, keys: Mapping[str, Any] | None = None) -> Any:
    """Return a `PreTrainedTokenizerFast` that cuts text as llama.cpp does with this file.

    keys: those of the file, where they are read already. Errors: `InputError` for a kind of vocabulary or a cut that is
    not known here.
    """
    from transformers import PreTrainedTokenizerFast

    keys = _own_keys(path, read_gguf_keys(path) if keys is None else keys)
    tokens: list[str] = keys["tokens"]
    types: list[int] = list(keys.get("token_type") or [_NORMAL] * len(tokens))
    kind = keys.get("model")
    if kind == "gpt2":
        backend = _byte_level(path, keys, tokens)
    elif kind == "llama":
        backend = _sentencepiece(keys, tokens, types)
    else:
        raise InputError(f"{path}: a vocabulary of kind {kind!r}; expected gpt2 or llama. Give the model's safetensors")
    _add_tokens(backend, tokens, types)
    named = {
        f"{name}_token": tokens[keys[key]]
        for name, key in (("bos", "bos_token_id"), ("eos", "eos_token_id"), ("unk", "unknown_token_id"))
        if keys.get(key) is not None
    }
    padding = keys.get("padding_token_id", keys.get("eos_token_id"))
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        **named,
        pad_token=tokens[padding] if padding is not None else None,
        chat_template=keys.get("chat_template"),
        model_max_length=keys["context_length"],
        clean_up_tokenization_spaces=False,
    )


def _own_keys(path: Path, keys: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        name.removeprefix("tokenizer.ggml."): value
        for name, value in keys.items()
        if name.startswith("tokenizer.ggml.")
    }
    if "tokens" not in found:
        raise InputError(f"{path}: no tokenizer.ggml.tokens; expected a model with its vocabulary")
    _check_text(path, found["tokens"])
    if "tokenizer.chat_template" in keys:
        found["chat_template"] = keys["tokenizer.chat_template"]
    lengths = [value for name, value in keys.items() if name.endswith(".context_length")]
    found["context_length"] = int(lengths[0]) if lengths else 2048
    return found


def _check_text(path: Path, tokens: Sequence[str]) -> None:
    try:
        "".join(tokens).encode()
    except UnicodeEncodeError as error:
        number, left = 0, error.start
        while left >= len(tokens[number]):
            left -= len(tokens[number])
            number += 1
        raise InputError(
            f"{path}: token {number} is no UTF-8: {tokens[number].encode(errors='surrogateescape')!r}; expected text."
            " Fetch the file again, or give the model's safetensors"
        ) from None


def _byte_level(path: Path, keys: Mapping[str, Any], tokens: Sequence[str]) -> Any:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    cut = keys.get("pre", "default")
    if cut not in _SPLITS:
        raise InputError(
            f"{path}: tokenizer.ggml.pre is {cut!r}; known are {', '.join(_SPLITS)}. Give the model's safetensors"
        )
    merges = [tuple(text.split(" ")) for text in keys["merges"]]
    backend = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=merges))
    pattern = _SPLITS[cut]
    steps: list[Any] = [pre_tokenizers.Digits(individual_digits=True)] if cut in _SINGLE_DIGITS else []
    if pattern is not None:
        steps.append(pre_tokenizers.Split(Regex(pattern), behavior="isolated"))
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=pattern is None))
    backend.pre_tokenizer = pre_tokenizers.Sequence(steps)
    backend.decoder = decoders.ByteLevel()
    if cut in _NFC:
        backend.normalizer = normalizers.NFC()
    return backend


def _sentencepiece(keys: Mapping[str, Any], tokens: Sequence[str], types: Sequence[int]) -> Any:
    from tokenizers import Tokenizer, decoders, models, normalizers

    vocabulary = {token: number for number, token in enumerate(tokens)}
    backend = Tokenizer(
        models.BPE(
            vocab=vocabulary,
            merges=_merges(tokens, keys["scores"], types, vocabulary),
            unk_token=tokens[keys["unknown_token_id"]] if "unknown_token_id" in keys else None,
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    spaces: list[Any] = [normalizers.Replace(" ", "▁")]
    decoding: list[Any] = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if keys.get("add_space_prefix", True):
        spaces.insert(0, normalizers.Prepend("▁"))
        decoding.append(decoders.Strip(" ", 1, 0))
    backend.normalizer = normalizers.Sequence(spaces)
    backend.decoder = decoders.Sequence(decoding)
    return backend


def _merges(
    tokens: Sequence[str], scores: Sequence[float], types: Sequence[int], vocabulary: Mapping[str, int]
) -> list[tuple[str, str]]:
    """Return the merges that scores imply: SentencePiece joins the pair whose piece scores highest."""
    ranked = sorted(
        (number for number, kind in enumerate(types) if kind == _NORMAL and len(tokens[number]) > 1),
        key=lambda number: -scores[number],
    )
    merges: list[tuple[str, str]] = []
    for number in ranked:
        token = tokens[number]
        whole = [
            (vocabulary[left], vocabulary[right])
            for cut in range(1, len(token))
            if (left := token[:cut]) in vocabulary and (right := token[cut:]) in vocabulary
        ]
        merges += [(tokens[left], tokens[right]) for left, right in sorted(whole)]
    return merges


def _add_tokens(backend: Any, tokens: Sequence[str], types: Sequence[int]) -> None:
    from tokenizers import AddedToken

    pairs = list(zip(tokens, types, strict=True))
    control = [AddedToken(token, special=True, normalized=False) for token, kind in pairs if kind == _CONTROL]
    own = [AddedToken(token, special=False, normalized=False) for token, kind in pairs if kind == _USER_DEFINED]
    backend.add_special_tokens(control)
    backend.add_tokens(own)
