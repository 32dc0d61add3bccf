"""The gate's checks of conversations: templates inside a file, what the server renders, and greedy answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from export.chat_format import CONVERSATIONS, recognise
from export.jinja_template import JinjaTemplate
from export.verify.check import Check
from export.verify.conversing import ANSWER_TOKENS, Greedy, check_answers, check_template, greedy_answers
from export.verify.gate import TEXTS, TOKENS, _samples
from export.verify.reference import Tokens
from export.verify.texts import Texts
from tests.export.templates import CASES

CHATML = CASES["chatml"].text
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + CHATML


def tokens(template: str | None = CHATML, *, bos: str = "") -> Tokens:
    """A tokenizer with an id for each letter, its code point; `<|im_end|>` is a token of its own, 1, and EOS is 2."""

    def encode(text: str, *, add_special_tokens: bool) -> Any:
        letters = text.replace("<|im_end|>", "\x01").replace("</s>", "\x02")
        return SimpleNamespace(ids=[0] * (add_special_tokens and bool(bos)) + [ord(letter) for letter in letters])

    def decode(ids: Sequence[int], *, skip_special_tokens: bool) -> str:
        text = "".join(map(chr, ids))
        for mark, token in (("\x01", "<|im_end|>"), ("\x02", "</s>")):
            text = text.replace(mark, "" if skip_special_tokens else token)
        return text

    added = {1: SimpleNamespace(content="<|im_end|>", special=True), 2: SimpleNamespace(content="</s>", special=True)}
    engine = SimpleNamespace(
        encode=encode,
        decode=decode,
        token_to_id={"<|im_end|>": 1, "</s>": 2}.get,
        get_added_tokens_decoder=lambda: added,
    )
    return Tokens(engine=engine, bos=bos, eos="</s>", template=template)


@dataclass(kw_only=True)
class File:
    """llama.cpp with one file: renders with a template, answers what a test says."""

    template: JinjaTemplate
    bos_tokens: int = 0
    answers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Question to answer and why it ended."""

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """What the server's own engine makes of a conversation."""
        return self.template.prompt(messages)

    def chat(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int) -> Mapping[str, Any]:
        """The answer; a prompt has as many tokens as letters, `<|im_end|>` counted as one."""
        if max_tokens == 1:
            count = len(tokens().encode(self.template.full(messages, generation=True))) + self.bos_tokens
            return {"text": "", "finish": "length", "prompt_tokens": count}
        assert max_tokens == ANSWER_TOKENS
        text, finish = self.answers[messages[-1]["content"]]
        return {"text": text, "finish": finish, "prompt_tokens": 1}


def jinja(text: str = CHATML, *, bos: str = "", strips: bool = False) -> JinjaTemplate:
    """A template."""
    return JinjaTemplate(text=text, bos=bos, eos="</s>", strips_bos=strips)


def templates(file: File, own: JinjaTemplate, inside: str | None) -> Check:
    """The check of the template."""
    return check_template(file, own, tokens(), {"template": inside})  # type: ignore[arg-type]


def test_templates_that_agree() -> None:
    """The same text in the file, white space at its end aside, and the same prompts: every conversation is counted."""
    check = templates(File(template=jinja()), jinja(), CHATML + " \n")
    assert check.passed
    assert check.says == f"{len(CONVERSATIONS)} conversations are written alike by Hugging Face and llama.cpp"
    assert check.figures == {"conversations": 5, "refused_by_template": 0}


def test_conversations_that_the_template_refuses_are_not_asked() -> None:
    """A template that knows no system turn is compared on the rest, and it is said how many it refused."""
    check = templates(File(template=jinja(NO_SYSTEM)), jinja(NO_SYSTEM), NO_SYSTEM)
    assert check.passed
    assert check.says.startswith("3 conversations are written alike")
    assert check.says.endswith("; 2 are refused by the model's own template")


def test_a_template_that_needs_a_system_turn_is_compared_on_the_rest() -> None:
    """A template that refuses a bare question is recognised and checked by the conversations that it takes."""
    needs = "{% if messages[0].role != 'system' %}{{ raise_exception('a system turn first') }}{% endif %}" + CHATML
    check = templates(File(template=jinja(needs)), jinja(needs), needs)
    assert (check.passed, check.figures) == (True, {"conversations": 2, "refused_by_template": 3})
    assert not templates(File(template=jinja(needs), bos_tokens=1), jinja(needs), needs).passed
    found = recognise(jinja(needs))
    assert (found.name, found.default_system) == ("chatml", None)


def test_a_template_that_takes_nothing_is_a_fault() -> None:
    """Where no conversation can be written there is nothing that agrees."""
    check = templates(File(template=jinja("{{ raise_exception('no') }}")), jinja("{{ raise_exception('no') }}"), "x")
    assert not check.passed
    assert "the model's own template refuses every conversation" in check.differences


@pytest.mark.parametrize("strips", [True, False])
def test_a_bos_may_stand_in_the_text_or_be_left_to_the_tokenizer(strips: bool) -> None:
    """llama.cpp's engine may print the BOS or leave it out where its tokenizer adds it; both are the same prompt."""
    text = "{{ bos_token }}" + CHATML
    assert templates(
        File(template=jinja(text, bos="<s>", strips=strips)), jinja(text, bos="<s>", strips=True), text
    ).passed


@pytest.mark.parametrize(
    ("inside", "rendered", "bos", "says"),
    [
        (None, CHATML, 0, "the file holds no chat template; llama.cpp would guess one"),
        ("x" + CHATML, CHATML, 0, "the template inside the file is another than the tokenizer's"),
        (CHATML, CHATML + "!", 0, "conversation 'one question', character "),
        (CHATML, CHATML, 1, "a BOS too many or too few"),
        (CHATML, CHATML, -1, "a BOS too many or too few"),
    ],
)
def test_each_part_of_a_template_is_compared(inside: str | None, rendered: str, bos: int, says: str) -> None:
    """What lies in the file, what the server renders, and how many tokens the prompt becomes are each a problem."""
    check = templates(File(template=jinja(rendered), bos_tokens=bos), jinja(), inside)
    assert not check.passed
    assert says in check.says
    assert check.differences[0] == check.says
    assert len(check.differences) <= 5


QUESTION = [{"role": "user", "content": "कोठे?"}]


def greedy(answer: str, *, ended: bool = True, leads: Sequence[float] | None = None) -> Greedy:
    """The model's own answer, a token for each letter, with its end where it came to one."""
    ids = [ord(letter) for letter in answer] + [1] * ended
    return Greedy(messages=QUESTION, ids=ids, leads=leads or [9.0] * len(ids), ended=ended)


def answers(
    answer: str, finish: str = "stop", *, expected: Greedy | None = None, exact: bool = True, tie: float = 0.5
) -> Check:
    """The check of one answer against the model's `रायगड`."""
    file = File(template=jinja(), answers={"कोठे?": (answer, finish)})
    return check_answers(file, tokens(), [expected or greedy("रायगड")], tie=tie, exact=exact)  # type: ignore[arg-type]


def test_an_answer_that_agrees() -> None:
    """Letter by letter the same and ended where the model ends; both answers stand in the figures."""
    check = answers("रायगड")
    assert (check.passed, check.says) == (True, "1 questions of the dataset are answered as the model answers them")
    assert check.figures["answers"] == [
        {"question": "कोठे?", "model": "रायगड", "file": "रायगड", "finish": "stop", "agreeing_tokens": 6, "tokens": 6}
    ]
    assert answers("राजगड", exact=False).says == "1 questions of the dataset are answered"


@pytest.mark.parametrize(("lead", "passes"), [(0.4, True), (0.5, True), (0.51, False), (9.0, False)])
def test_an_answer_may_leave_the_model_only_where_it_is_undecided(lead: float, passes: bool) -> None:
    """Where the model's two best tokens lie closer than a tie, the file may take the other; else the place is told."""
    leads = [9.0, 9.0, lead, 9.0, 9.0, 9.0]
    check = answers("राजगड", expected=greedy("रायगड", leads=leads))
    assert check.passed is passes
    if not passes:
        assert (
            f"leaves the model's at token 2, where the model is sure (lead {lead:.2f}, a tie is below 0.50)"
            in check.says
        )
        assert "'राजगड', expected 'रायगड'" in check.says
    assert answers("राजगड", expected=greedy("रायगड", leads=leads), exact=False).passed


@pytest.mark.parametrize(
    ("finish", "exact", "passes"), [("length", True, False), ("stop", True, True), ("length", False, True)]
)
def test_an_answer_ends_where_the_model_ends(finish: str, exact: bool, passes: bool) -> None:
    """A file that goes on after the model's end token has another end; a quantized one need only answer."""
    check = answers("रायगड", finish, exact=exact)
    assert check.passed is passes
    if not passes:
        assert check.says == "the answer to 'कोठे?' does not stop where the model stops"


def test_an_answer_that_was_cut_off_need_not_stop() -> None:
    """Where the model itself came to no end within the tokens followed, none is asked of the file."""
    assert answers("रायगडावर झाला", "length", expected=greedy("रायगड", ended=False)).passed


@pytest.mark.parametrize("exact", [True, False])
def test_a_command_in_an_answer_is_a_fault_of_any_file(exact: bool) -> None:
    """A special token in the text of an answer fails 16 bits and blocks alike, unless the model says it too."""
    check = answers("रायगड</s>", exact=exact)
    assert not check.passed
    assert check.says == "the answer to 'कोठे?' holds the special token </s>"


class Scripted:
    """A model that answers the same to everything and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, set[int]]] = []

    def greedy(self, ids: Sequence[int], *, max_tokens: int, stop: set[int]) -> tuple[list[int], list[float]]:
        """One letter and an end."""
        self.asked.append(("".join(map(chr, ids)), max_tokens, stop))
        return [ord("क"), 1 if len(self.asked) == 1 else ord("ख")], [1.0, 2.0]


def test_the_model_is_asked_with_its_own_template() -> None:
    """Each question is put with the generation prompt, without a system turn where the template knows none."""
    model, own = Scripted(), jinja(NO_SYSTEM)
    asked = [[{"role": "system", "content": "शिक्षक"}, *QUESTION], QUESTION]
    found = greedy_answers(model, tokens(NO_SYSTEM), own, asked)  # type: ignore[arg-type]
    assert [one.ended for one in found] == [True, False]
    assert [list(one.messages) for one in found] == [QUESTION, QUESTION]
    prompt = own.full(QUESTION, generation=True).replace("<|im_end|>", "\x01")
    assert model.asked == [(prompt, ANSWER_TOKENS, {1, 2})] * 2


TEXT = Texts(dataset="d", conversations=[], plain=[], questions=[], system=None)


def talk(number: int, *, system: bool = True) -> list[dict[str, str]]:
    """A conversation."""
    made = [{"role": "system", "content": "शिक्षक"}] * system
    return [*made, {"role": "user", "content": f"प्र{number}?"}, {"role": "assistant", "content": "उ" * 200}]


def test_samples_are_few_and_short_and_have_the_system_text_once() -> None:
    """The first conversations, cut, the system text in the first alone: else the sample were one text eight times."""
    found = _samples(tokens(), replace(TEXT, conversations=[talk(n) for n in range(20)]))
    assert [len(ids) for ids in found] == [TOKENS] * TEXTS
    texts = ["".join(map(chr, ids)) for ids in found]
    assert ["शिक्षक" in text for text in texts] == [True] + [False] * (TEXTS - 1)
    assert [f"प्र{n}?" in text for n, text in enumerate(texts)] == [True] * TEXTS


def test_samples_pass_over_what_the_template_refuses() -> None:
    """A conversation that cannot be written is left out; a model without a template is given the bare texts."""
    own = tokens(NO_SYSTEM)
    found = _samples(own, replace(TEXT, conversations=[talk(0), talk(1, system=False), talk(2, system=False)]))
    assert [n for n in range(3) for ids in found if f"प्र{n}?" in "".join(map(chr, ids))] == [1, 2]
    (bare,) = _samples(tokens(None, bos="<s>"), replace(TEXT, conversations=[talk(7)]))
    assert bare[0] == 0, "a base model's text begins with its BOS"
    assert "".join(map(chr, bare[1:])).startswith("शिक्षक\nप्र7?\nउउ")


def test_without_a_sample_nothing_is_judged() -> None:
    """Where no conversation can be written the gate says so instead of passing."""
    refused = tokens(NO_SYSTEM)
    with pytest.raises(Exception, match="no conversation of the dataset can be written with the model's chat template"):
        _samples(refused, replace(TEXT, conversations=[talk(0)]))
    assert recognise(jinja()).name == "chatml"
