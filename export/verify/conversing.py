"""Is a conversation written the same way: in the file, by llama.cpp's Jinja engine, and by the Modelfile's TEMPLATE?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from export.chat_format import CONVERSATIONS, ChatFormat, difference
from export.go_template import ollama_values, render
from export.jinja_template import JinjaTemplate
from export.modelfile import Prompting
from export.verify.check import Check
from export.verify.llama_cpp import LlamaCpp
from export.verify.reference import Model, Tokens
from export.verify.texts import Messages
from export.verify.tokenizing import end_of_turn

ANSWER_TOKENS: Final = 32
"""How far a greedy answer is followed: the median answer of the sample is shorter."""


def check_template(file: LlamaCpp, jinja: JinjaTemplate, tokens: Tokens, described: Mapping[str, Any]) -> Check:
    """Compare the template inside the file, what llama.cpp renders with it, and how many tokens the prompt becomes."""
    problems: list[str] = []
    if described["template"] is None:
        problems.append("the file holds no chat template; llama.cpp would guess one")
    elif described["template"].rstrip() != jinja.text.rstrip():
        problems.append("the template inside the file is another than the tokenizer's")
    accepted = {name: messages for name, messages in CONVERSATIONS.items() if jinja.accepts(messages)}
    for name, messages in accepted.items():
        wanted, found = jinja.full(messages, generation=True), file.render(messages)
        # llama.cpp leaves the BOS to its tokenizer; with or without it in the text, it must be there once.
        if found not in (wanted, jinja.prompt(messages)):
            problems.append(difference(wanted, found, name))
    if not accepted:
        problems.append("the model's own template refuses every conversation")
    else:
        messages = next(iter(accepted.values()))
        wanted_ids = tokens.encode(jinja.full(messages, generation=True))
        asked = int(file.chat(messages, max_tokens=1)["prompt_tokens"])
        if asked != len(wanted_ids):
            problems.append(
                f"llama.cpp's server reads the first question as {asked} tokens, Hugging Face as {len(wanted_ids)}: "
                "a BOS too many or too few"
            )
    refused = len(CONVERSATIONS) - len(accepted)
    says = f"{len(accepted)} conversations are written alike by Hugging Face and llama.cpp"
    if refused:
        says += f"; {refused} are refused by the model's own template"
    return Check(
        name="chat template",
        passed=not problems,
        says=problems[0] if problems else says,
        figures={"conversations": len(accepted), "refused_by_template": refused},
        differences=problems[:5],
    )


def check_go_template(chat: ChatFormat, prompting: Prompting, jinja: JinjaTemplate) -> Check:
    """Compare the format with the model's own template, and what the Modelfile asks with its system text in place."""
    problems = []
    accepted = [name for name, messages in CONVERSATIONS.items() if jinja.accepts(messages)]
    for name in accepted:
        messages = CONVERSATIONS[name]
        wanted, found = jinja.prompt(messages), render(chat.template, ollama_values(messages))
        if wanted != found:
            problems.append(difference(wanted, found, name))
    question = CONVERSATIONS["one question"]
    with_system = [{"role": "system", "content": prompting.asked or ""}, *question]
    if prompting.asked and jinja.accepts(with_system):
        wanted = jinja.prompt(with_system)
        found = render(prompting.template, ollama_values(question, system=prompting.system))
        if wanted != found:
            problems.append(difference(wanted, found, "a question under the Modelfile's system text"))
    says = f"the Modelfile's TEMPLATE ({chat.name}) writes {len(accepted)} conversations as the model's own does"
    return Check(
        name="TEMPLATE",
        passed=not problems,
        says=problems[0] if problems else says,
        figures={"format": chat.name, "conversations": len(accepted)},
        differences=problems[:5],
    )


@dataclass(frozen=True, kw_only=True)
class Greedy:
    """The model's own greedy answer to one question."""

    messages: Messages
    ids: Sequence[int]
    """The answer's tokens, its end token included where it came to one."""
    leads: Sequence[float]
    """How far each token was ahead of the second best, in logits."""
    ended: bool


def greedy_answers(
    model: Model, tokens: Tokens, jinja: JinjaTemplate, questions: Sequence[Messages]
) -> tuple[Greedy, ...]:
    """Let the Hugging Face model answer the dataset's questions."""
    stops = {found for token in (end_of_turn(tokens) or "", tokens.eos) if (found := tokens.id_of(token)) is not None}
    answers = []
    for given in questions:
        # A template that knows no system turn is asked without one.
        messages = given if jinja.accepts(given) else [entry for entry in given if entry["role"] != "system"]
        prompt = tokens.encode(jinja.full(messages, generation=True))
        ids, leads = model.greedy(prompt, max_tokens=ANSWER_TOKENS, stop=stops)
        answers.append(Greedy(messages=messages, ids=ids, leads=leads, ended=ids[-1] in stops))
    return tuple(answers)


def check_answers(file: LlamaCpp, tokens: Tokens, expected: Sequence[Greedy], *, tie: float, exact: bool) -> Check:
    """Ask the dataset's own questions of llama.cpp's server, greedily, and hold the answers against the model's.

    In 16 bits (`exact`) the answers must agree up to a place where the model itself is undecided: two tokens closer
    than `tie`, twice the largest difference just measured, may change places. A quantized file need only answer.
    """
    problems: list[str] = []
    told: list[dict[str, Any]] = []
    for greedy in expected:
        ids, asked = list(greedy.ids), greedy.messages[-1]["content"]
        wanted = tokens.engine.decode(ids[:-1] if greedy.ended else ids, skip_special_tokens=False)
        answer = file.chat(greedy.messages, max_tokens=ANSWER_TOKENS)
        found = str(answer["text"])
        place = _agreeing(tokens, ids, found)
        told.append(
            {
                "question": asked,
                "model": wanted,
                "file": found,
                "finish": answer["finish"],
                "agreeing_tokens": place,
                "tokens": len(ids),
            }
        )
        leaked = [token for token in tokens.special_texts() if token in found and token not in wanted]
        if leaked:
            problems.append(f"the answer to {asked!r} holds the special token {leaked[0]}")
        complete = place >= len(ids) - int(greedy.ended)
        if exact and not complete and greedy.leads[place] > tie:
            problems.append(
                f"the answer to {asked!r} leaves the model's at token {place}, where the model is sure "
                f"(lead {greedy.leads[place]:.2f}, a tie is below {tie:.2f}): {found[:60]!r}, expected {wanted[:60]!r}"
            )
        if exact and complete and greedy.ended and answer["finish"] != "stop":
            problems.append(f"the answer to {asked!r} does not stop where the model stops")
    says = f"{len(expected)} questions of the dataset are answered" + (" as the model answers them" if exact else "")
    return Check(
        name="answers",
        passed=not problems,
        says=problems[0] if problems else says,
        figures={"answers": told},
        differences=problems[:5],
    )


def _agreeing(tokens: Tokens, ids: Sequence[int], found: str) -> int:
    """Return how many tokens of the model's answer the other text begins with; half a letter agrees with any."""
    for count in range(len(ids), 0, -1):
        text = tokens.engine.decode(list(ids[:count]), skip_special_tokens=True).rstrip("\ufffd")
        if found.startswith(text):
            return count
    return 0
