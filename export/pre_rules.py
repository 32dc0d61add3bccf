"""How llama.cpp cuts text before byte-pair merging, by the name that `tokenizer.ggml.pre` gives it.

Each rule is the list of expressions in llama-vocab.cpp (b10605): the text is cut at every match of the first one, the
pieces at every match of the second, and so on. `ignore_merges` says whether a whole piece that is in the vocabulary is
taken as it is. Names that cut alike are listed once, under the name of the model that is best known.
"""

from dataclasses import dataclass
from typing import Final

_GPT2: Final = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"
_SHORT_FORMS: Final = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
_ENDS: Final = r"|\s*[\r\n]+|\s+(?!\S)|\s+"


def _words(numbers: str) -> str:
    return rf"{_SHORT_FORMS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{numbers}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*{_ENDS}"


def _cased(tail: str, numbers: str, letters: str) -> str:
    head = r"[^\r\n\p{L}\p{N}]?"
    upper, lower = rf"((?=[{letters}])([^a-z]))", rf"((?=[{letters}])([^A-Z]))"
    return rf"{head}{upper}*{lower}+{tail}|{head}{upper}+{lower}*{tail}|{numbers}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*{_ENDS}"


@dataclass(frozen=True)
class Rule:
    """One way of cutting."""

    name: str
    expressions: tuple[str, ...]
    ignore_merges: bool = False


RULES: Final = (
    Rule("gpt-2", (_GPT2,)),
    Rule("smollm", (r"\p{N}", _GPT2)),
    Rule("llama-bpe", (_words(r"\p{N}{1,3}"),), ignore_merges=True),
    Rule("dbrx", (_words(r"\p{N}{1,3}"),)),
    Rule("qwen2", (_words(r"\p{N}"),)),
    Rule(
        "qwen35",
        (
            rf"{_SHORT_FORMS}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}"
            rf"| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*{_ENDS}",
        ),
    ),
    Rule("tekken", (_cased("", r"\p{N}", r"\p{L}"),), ignore_merges=True),
    Rule("gpt-4o", (_cased(f"{_SHORT_FORMS}?", r"\p{N}{1,3}", r"\p{L}"),)),
    Rule("granite-embed-multi-97m", (_cased(f"{_SHORT_FORMS}?", r"\p{N}{1,3}", r"\p{L}\p{M}"),)),
    Rule(
        "seed-coder",
        (rf"{_SHORT_FORMS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1}}| ?[^\s\p{{L}}\p{{N}}\r\n]+{_ENDS}",),
    ),
    Rule(
        "deepseek-v3",
        (
            r"\p{N}{1,3}",
            "[一-龥぀-ゟ゠-ヿ]+",
            r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
            rf"| ?[\p{{P}}\p{{S}}]+[\r\n]*{_ENDS}",
        ),
    ),
)
