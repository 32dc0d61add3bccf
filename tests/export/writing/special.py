"""A tokenizer of six words, and the keys of its special tokens."""

from typing import Any

from tokenizers import AddedToken, Tokenizer, models, processors

from export.gguf_values import flag, u32
from export.special_tokens import special_keys
from export.vocabulary import CONTROL, NORMAL, Vocabulary

TOKENS = ["<s>", "</s>", "<unk>", "<pad>", "<turn>", "a"]


def tokenizer(around: str = "$A") -> Tokenizer:
    """A tokenizer of six words that puts something around a text."""
    made = Tokenizer(models.WordLevel({token: number for number, token in enumerate(TOKENS)}, unk_token="<unk>"))
    made.add_special_tokens([AddedToken(token) for token in TOKENS[:5]])
    parts = [(token, number) for number, token in enumerate(TOKENS)]
    made.post_processor = processors.TemplateProcessing(single=around, special_tokens=parts)
    return made


def keys(
    *,
    around: str = "$A",
    said: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
    generation: dict[str, Any] | None = None,
    template: str | None = None,
) -> dict[str, Any]:
    """The keys, without `tokenizer.ggml.` before them and without their types."""
    found = special_keys(
        Vocabulary(tokens=TOKENS, kinds=[CONTROL] * 5 + [NORMAL]),
        tokenizer(around),
        tokenizer_config={"eos_token": "</s>"} if said is None else said,
        config=config or {},
        generation=generation or {},
        template=template,
    )
    for name, value in found.items():
        assert value == (flag(value.value) if ".add_" in name else u32(value.value)), name
    return {name.removeprefix("tokenizer.ggml."): value.value for name, value in found.items()}
