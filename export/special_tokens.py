"""Which tokens begin and end a text, and whether the tokenizer puts them there by itself."""

from collections.abc import Mapping
from typing import Any, Final

from datakit.errors import InputError
from export.gguf_values import Value, flag, u32
from export.vocabulary import Vocabulary

_ROLES: Final = {
    "bos": "bos_token_id",
    "eos": "eos_token_id",
    "unk": "unknown_token_id",
    "sep": "seperator_token_id",  # llama.cpp's own spelling
    "pad": "padding_token_id",
    "cls": "cls_token_id",
    "mask": "mask_token_id",
}
"""Role in tokenizer_config.json, and its key under `tokenizer.ggml`."""


def special_keys(
    vocabulary: Vocabulary,
    tokenizer: Any,
    *,
    tokenizer_config: Mapping[str, Any],
    config: Mapping[str, Any],
    generation: Mapping[str, Any],
    template: str | None,
) -> dict[str, Value]:
    """Return the keys for the special tokens.

    Ids come from tokenizer_config.json (a token's text), else from config.json (its id). Whether BOS and EOS are added
    comes from tokenizer_config.json where it says so, else from what the tokenizer does with a text.
    Errors: `InputError` for a special token that the vocabulary does not hold, and for none that ends a text.
    """
    ids: dict[str, int] = {}
    for role in _ROLES:
        number = _id_by_text(vocabulary, role, tokenizer_config.get(f"{role}_token"))
        if number is None:
            number = _first(config.get(f"{role}_token_id"))
        if number is not None and not 0 <= number < len(vocabulary.tokens):
            raise InputError(f"config.json: {role}_token_id is {number}, but there are {len(vocabulary.tokens)} tokens")
        if number is not None:
            ids[role] = number
    if "eos" not in ids:
        raise InputError("tokenizer_config.json and config.json name no eos_token: the model would never stop")
    keys = {f"tokenizer.ggml.{_ROLES[role]}": u32(number) for role, number in ids.items()}
    if (turn := _end_of_turn(vocabulary, ids["eos"], generation, template)) is not None:
        keys["tokenizer.ggml.eot_token_id"] = u32(turn)
    first, last = _added(tokenizer)
    for role, happens in (("bos", first is not None), ("eos", last is not None)):
        said = tokenizer_config.get(f"add_{role}_token")
        keys[f"tokenizer.ggml.add_{role}_token"] = flag(said if isinstance(said, bool) and role in ids else happens)
    return keys


def _id_by_text(vocabulary: Vocabulary, role: str, entry: Any) -> int | None:
    content = entry.get("content") if isinstance(entry, Mapping) else entry
    if content is None:
        return None
    number = vocabulary.id_of(content)
    if number is None:
        raise InputError(f"tokenizer_config.json: {role}_token is {content!r}, which tokenizer.json does not hold")
    return number


def _first(value: Any) -> int | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, int) else None


def _end_of_turn(vocabulary: Vocabulary, eos: int, generation: Mapping[str, Any], template: str | None) -> int | None:
    # A chat model may end a turn with another token than a text: it is in generation_config.json and in the template.
    several = generation.get("eos_token_id")
    for number in several if isinstance(several, list) else [several]:
        if isinstance(number, int) and number != eos and 0 <= number < len(vocabulary.tokens):
            token = vocabulary.tokens[number]
            if template and token in template:
                return number
    return None


def _added(tokenizer: Any) -> tuple[int | None, int | None]:
    plain = tokenizer.encode("a", add_special_tokens=False).ids
    whole = tokenizer.encode("a", add_special_tokens=True).ids
    if whole == plain:
        return None, None
    first = whole[0] if whole[: len(plain)] != plain else None
    last = whole[-1] if whole[-len(plain) :] != plain else None
    return first, last
