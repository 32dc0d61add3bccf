"""Two sides of a comparison of tokens: a tokenizer of words, and a llama.cpp that can be made to differ."""

from collections.abc import Sequence
from typing import Any

from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

from export.verify.check import Check
from export.verify.reference import Tokens
from export.verify.tokenizing import check_special

WORDS = ["<s>", "</s>", "<turn>", "<unk>", "रायगड", "शिवाजी", "राजगड"]


def hugging_face(around: str = "<s> $A") -> Tokens:
    """A tokenizer of words that puts a BOS in front; three of its tokens are special."""
    engine = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unk>"))
    engine.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    engine.add_special_tokens([AddedToken(token) for token in WORDS[:3]])
    parts = [(token, number) for number, token in enumerate(WORDS)]
    engine.post_processor = processors.TemplateProcessing(single=around, special_tokens=parts)
    return Tokens(engine=engine, bos="<s>", eos="</s>", template=None)


class Llama:
    """llama.cpp's side: the same tokenizer, with what a test changes about it."""

    def __init__(self, tokens: Tokens, *, swap: dict[str, list[int]] | None = None, leaks: Sequence[str] = ()) -> None:
        self._tokens, self._swap, self._leaks = tokens, swap or {}, leaks
        self.asked: list[tuple[tuple[str, ...], bool, bool]] = []

    def tokenize(self, texts: Sequence[str], *, add_special: bool, parse_special: bool) -> list[list[int]]:
        """Return the ids; without parsing a special token is an unknown word, unless it leaks."""
        self.asked.append((tuple(texts), add_special, parse_special))
        if not parse_special:
            return [[0] if text in self._leaks else [3] for text in texts]
        return [self._swap.get(text, self._tokens.encode(text, special=add_special)) for text in texts]


DESCRIBED: dict[str, Any] = {
    "bos": 0, "eos": 1, "eot": -1, "add_bos": True, "add_eos": False, "end_of_generation": [1, 2], "vocabulary": 7,
}  # fmt: skip


def special(turn_end: str | None = "<turn>", tokens: Tokens | None = None, **described: Any) -> Check:
    """The check of special tokens where llama.cpp says something else."""
    own = tokens or hugging_face()
    return check_special(Llama(hugging_face()), own, DESCRIBED | described, turn_end=turn_end)  # type: ignore[arg-type]
