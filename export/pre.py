"""Recognise a pre-tokenizer by what it does: both sides cut a set of probes, and the pieces must be the same.

llama.cpp's converter goes by a hash over one string's token ids, so that a vocabulary with one more token becomes
unknown, and Marathi is not in that string. Here a rule fits only if it cuts Marathi as the model was trained to read
it: signs and the virama are marks, not letters, and some rules that agree on English part from the original there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from datakit.errors import InputError
from export.pre_rules import RULES, Rule

PROBES: Final = (
    "शिवाजी महाराजांचा राज्याभिषेक १६७४ मध्ये रायगडावर झाला.",
    "क्ष्मी ज्ञानेश्वर र्‍या ऱ्हास प्रत्‍यक्ष अॅ ऑ कॢप्त ॐ",
    "किल्ल्याचे क्षेत्रफळ १२३४५६७८९ व ३.१४ कि.मी.; इ.स. १८१८ – ३ जून",
    "पेशवे बाजीराव (पहिले): “थोरले बाजीराव”, ‘राऊ’ — १७००–१७४०!",
    "Shivaji's, we're, I'LL, IT'S, 'tis, don't, DON'T and  two  spaces",
    "camelCase HTTPServer iPhone McDonald ÉCOLE straße ǅungla",
    "3 33 333 3333 33333 333333 1,234.5678 ५ ५५ ५५५ ५५५५ ½ ² Ⅷ",
    "  leading and trailing   ",
    "\n\n\nlines\r\n\r\nand\ttabs\t\t\n \n  \n   end \n",
    "路由器 ひらがな カタカナ 한국어 ภาษาไทย русский ελληνικά العربية",
    "🚀 😶‍🌫️ 🇮🇳 👩🏽‍💻✅✅ ------=====...!!!???///path/to/file.txt",
    "a_b c-d e+f=g <tag> {json: [1,2]} $100 50% #1 @x `code` ~|^",
    "मराठी\u00a0नॉन-ब्रेकिंग\u2009जागा\u200bशून्य रुंदी",
    "खरे का?\nहोय!\r\nनाही...\n\n(टीप)\n",
    "tab\tमध्ये \tआणि \n नवी ओळ\n\n  परिच्छेद",
)
"""What is cut: the language of the project, and every place where known rules differ from each other."""


@dataclass(frozen=True)
class Difference:
    """Where a rule parts from the tokenizer: one probe, and the first piece that differs."""

    rule: str
    probe: str
    theirs: str
    ours: str
    differing: int
    """How many probes differ."""


def recognise(pieces_of: Callable[[str], Sequence[str]], *, ignore_merges: bool) -> str:
    """Return the name for `tokenizer.ggml.pre`. `pieces_of` cuts a text as the model's own tokenizer does.

    Errors: `InputError` naming the nearest rule and the place where it differs, where no rule fits all probes.
    """
    differences = [difference_to(rule, pieces_of) for rule in RULES]
    fitting = [rule for rule, differs in zip(RULES, differences, strict=True) if differs is None]
    for rule in fitting:
        if rule.ignore_merges == ignore_merges:
            return rule.name
    if fitting:
        raise InputError(
            f"the tokenizer cuts text as {fitting[0].name} does, but has ignore_merges = {str(ignore_merges).lower()}, "
            f"and llama.cpp's {fitting[0].name} has the contrary: whole words would become other tokens"
        )
    nearest = min((item for item in differences if item), key=lambda item: item.differing)
    raise InputError(
        f"llama.cpp has no rule that cuts text as this tokenizer does; the nearest is {nearest.rule!r}, which differs "
        f"on {nearest.differing} of {len(PROBES)} probes. In {nearest.probe!r} the model was trained on the piece "
        f"{nearest.theirs!r}, and llama.cpp would cut {nearest.ours!r}. An export would answer worse than the model "
        "you trained, so it is refused"
    )


def difference_to(rule: Rule, pieces_of: Callable[[str], Sequence[str]]) -> Difference | None:
    """Return the first difference between a rule and a tokenizer, or None where they agree on every probe."""
    first: tuple[str, str, str] | None = None
    count = 0
    for probe in PROBES:
        theirs, ours = list(pieces_of(probe)), list(cut(probe, rule.expressions))
        if theirs == ours:
            continue
        count += 1
        place = next(
            (n for n, pair in enumerate(zip(theirs, ours, strict=False)) if pair[0] != pair[1]),
            min(len(theirs), len(ours)),
        )
        if first is None:
            first = (probe, "".join(theirs[place : place + 1]), "".join(ours[place : place + 1]))
    return None if first is None else Difference(rule.name, *first, differing=count)


def cut(text: str, expressions: Sequence[str]) -> Iterator[str]:
    """Yield the pieces of a text: each expression cuts what the ones before it left."""
    pieces = [text]
    for expression in expressions:
        pieces = [part for piece in pieces for part in _cut_once(piece, expression)]
    yield from pieces


def _cut_once(text: str, expression: str) -> Iterator[str]:
    done = 0
    for match in _compiled(expression).finditer(text):
        if match.start() == match.end():
            continue
        if match.start() > done:
            yield text[done : match.start()]
        yield match.group()
        done = match.end()
    if done < len(text):
        yield text[done:]


@lru_cache(maxsize=64)
def _compiled(expression: str) -> Any:
    import regex

    return regex.compile(expression)


def pieces_of_tokenizer(tokenizer: Any) -> Callable[[str], list[str]]:
    """Return how a `tokenizers.Tokenizer` cuts a text before merging, normalized as it normalizes."""

    def pieces(text: str) -> list[str]:
        if tokenizer.normalizer is not None:
            text = tokenizer.normalizer.normalize_str(text)
        if tokenizer.pre_tokenizer is None:
            return [text]
        spans = [span for _, span in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
        return [text[start:stop] for start, stop in spans]

    return pieces
