"""The gate's checks of tokens: what they ask, what they pass, and how they say where two sides part."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

from export.verify.check import Check, FileReport
from export.verify.reference import Tokens
from export.verify.texts import PROBES
from export.verify.tokenizing import check_special, check_tokens, end_of_turn

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


def tokens_of(texts: Sequence[str], *, side: Llama | None = None) -> tuple[Check, Llama]:
    """The check of tokens on some texts."""
    tokens = hugging_face()
    llama = side or Llama(tokens)
    check: Check = check_tokens(llama, tokens, texts)  # type: ignore[arg-type]
    return check, llama


def test_texts_and_probes_are_asked_and_special_tokens_in_running_text() -> None:
    """Every text and probe is asked with parsing, each special token inside a sentence and once as plain text."""
    check, llama = tokens_of(["रायगड", "शिवाजी रायगड"])
    assert check.passed
    (both, added, parsed), (special, added_too, parsed_too) = llama.asked
    assert (added, parsed, added_too, parsed_too) == (False, True, False, False)
    assert both[:2] == ("रायगड", "शिवाजी रायगड")
    assert set(PROBES) <= set(both)
    assert both[-3:] == tuple(f"शिवाजी {token} रायगड{token}1674" for token in WORDS[:3])
    assert special == tuple(WORDS[:3])
    assert check.figures == {"texts": 2, "probes": len(PROBES) + 3, "different": 0, "leaking": 0}
    assert check.says == (
        f"2 texts of the dataset (the dataset has no more; 1,000 are wanted) and {len(PROBES) + 3} probes: 0 differ"
    )


def test_enough_texts_are_not_called_few() -> None:
    """From a thousand texts on nothing is said of there being few."""
    assert tokens_of(["रायगड"] * 1000)[0].says.startswith("1,000 texts of the dataset and ")
    assert "1,000 are wanted" in tokens_of(["रायगड"] * 999)[0].says


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([5, 6], "from token 1 on Hugging Face says [4], llama.cpp [6]"),
        ([5], "from token 1 on Hugging Face says [4], llama.cpp []"),
        ([5, 4, 4], "from token 2 on Hugging Face says [], llama.cpp [4]"),
        ([], "from token 0 on Hugging Face says [5, 4], llama.cpp []"),
    ],
    ids=str,
)
def test_a_difference_is_shown_where_it_begins(found: list[int], says: str) -> None:
    """A text that is cut otherwise fails the check, with the text, the place and both sides from there."""
    tokens = hugging_face()
    check, _ = tokens_of(["शिवाजी रायगड", "रायगड"], side=Llama(tokens, swap={"शिवाजी रायगड": found}))
    assert not check.passed
    assert check.figures["different"] == 1
    assert check.differences == [f"'शिवाजी रायगड': {says}"]


def test_of_many_differences_the_first_five_are_shown() -> None:
    """All are counted; five are shown, each text and each side cut to what a reader can take in."""
    texts = [f"शिवाजी {'क' * 90} {number}" for number in range(9)]
    swap = {text: [3, *range(50)] for text in texts}
    check, _ = tokens_of(texts, side=Llama(hugging_face(), swap=swap))
    assert (check.figures["different"], len(check.differences)) == (9, 5)
    assert check.differences[0].startswith(
        f"{texts[0][:60]!r}: from token 0 on Hugging Face says [5, 3, 3], llama.cpp [3, 0,"
    )
    assert check.differences[0].endswith("llama.cpp [3, 0, 1, 2, 3, 4, 5, 6]")


def test_a_command_that_comes_out_of_plain_text_fails() -> None:
    """Where untrusted text gives a control token the check fails, though every text is cut alike."""
    check, _ = tokens_of(["रायगड"], side=Llama(hugging_face(), leaks=["</s>", "<turn>"]))
    assert not check.passed
    assert check.says.endswith(": 0 differ; 2 special tokens come out of plain text, such as '</s>'")
    assert check.figures["leaking"] == 2


DESCRIBED: dict[str, Any] = {
    "bos": 0, "eos": 1, "eot": -1, "add_bos": True, "add_eos": False, "end_of_generation": [1, 2], "vocabulary": 7,
}  # fmt: skip


def special(turn_end: str | None = "<turn>", tokens: Tokens | None = None, **described: Any) -> Check:
    """The check of special tokens where llama.cpp says something else."""
    own = tokens or hugging_face()
    return check_special(Llama(hugging_face()), own, DESCRIBED | described, turn_end=turn_end)  # type: ignore[arg-type]


def test_what_agrees_is_said_to_agree() -> None:
    """BOS, EOS and the end of a turn: one sentence, and llama.cpp's own figures beside it."""
    check = special()
    assert (check.passed, check.says) == (True, "BOS, EOS and the end of a turn mean the same on both sides")
    figures = {name: value for name, value in DESCRIBED.items() if name != "vocabulary"}
    assert check.figures == {**figures, "turn_end": "<turn>"}
    assert special(None).passed


@pytest.mark.parametrize(
    ("described", "turn_end", "says"),
    [
        ({"bos": 3}, "<turn>", "BOS is 3, expected 0 (<s>)"),
        ({"eos": 2}, "<turn>", "EOS is 2, expected 1 (</s>)"),
        ({"end_of_generation": [2]}, "<turn>", "EOS 1 does not end an answer in llama.cpp"),
        ({"end_of_generation": [1]}, "<turn>", "with <turn> (2), at which llama.cpp does not stop"),
        ({}, "<end>", "the template ends an answer with <end>, which is no token"),
        ({"bos": 9, "eos": 9}, None, "BOS is 9, expected 0 (<s>); EOS is 9, expected 1 (</s>); EOS 9 does not end"),
    ],
)
def test_what_means_another_thing_is_named(described: dict[str, Any], turn_end: str | None, says: str) -> None:
    """Each of the special tokens is held against its id, and every fault is in the sentence."""
    check = special(turn_end, **described)
    assert not check.passed
    assert says in check.says


def test_a_token_that_is_not_named_is_not_compared() -> None:
    """A tokenizer without a BOS of its own says nothing about llama.cpp's."""
    bare = replace(hugging_face(), bos="")
    assert special(tokens=bare, bos=99).passed


@pytest.mark.parametrize(
    ("around", "says"),
    [
        ("$A", "around a text llama.cpp puts [0], Hugging Face nothing (add_bos is True)"),
        ("$A </s>", "around a text llama.cpp puts [0], Hugging Face [1] (add_bos is True)"),
        ("<s> $A </s>", "around a text llama.cpp puts [0], Hugging Face [0, 1] (add_bos is True)"),
    ],
)
def test_what_is_put_around_a_text_is_compared(around: str, says: str) -> None:
    """A BOS too many or an EOS too few is told with what each side puts there."""
    check = special(tokens=hugging_face(around))
    assert not check.passed
    assert says in check.says


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        (None, None),
        ("{% for m in messages %}{{ m.content }}<turn>{% endfor %}", "<turn>"),
        ("{% for m in messages %}{{ m.content }}\n </s>\n{% endfor %}", "</s>"),
        ("{% for m in messages %}{{ m.content }}{% endfor %}", None),
        ("{% for m in messages %}{{ m.content }} शेवट <turn>{% endfor %}", None),
        ("<turn>{{ messages | length }}", None),
        ("{% for m in messages %}<turn>{{ m.content }}{% endfor %}", None),
        ("{{ messages[1].content }}<s>{{ messages[1].content }}<turn>", "<turn>"),
    ],
)
def test_the_end_of_a_turn_is_what_stands_after_an_answer(template: str | None, wanted: str | None) -> None:
    """The special token right after the answer, white space aside; another text there means that none ends it."""
    assert end_of_turn(replace(hugging_face(), template=template)) == wanted


def test_a_report_passes_where_every_check_does() -> None:
    """One check that fails fails the file; a file without a check has nothing against it."""
    good, bad = Check(name="a", passed=True, says=""), Check(name="b", passed=False, says="")
    for checks, passed in (([], True), ([good], True), ([good, bad], False), ([bad], False)):
        report = FileReport(file="m", type="f16", bytes=1, seconds=0.1, checks=checks)
        assert report.passed is passed
