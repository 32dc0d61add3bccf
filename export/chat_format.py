"""The chat formats that this project's bases speak, each as the TEMPLATE that Ollama gets.

A format is chosen by what the model's own Jinja template renders, never by the model's name: every conversation of a
fixed set must come out equal, letter by letter. A template that equals none is refused with the first difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from datakit.errors import GateError, InputError
from export.go_template import ollama_values, render
from export.jinja_template import JinjaTemplate

Conversation = Sequence[Mapping[str, str]]

_ASK: Final = {"role": "user", "content": "शिवाजी महाराजांचा राज्याभिषेक कोठे झाला?"}
_TELL: Final = {"role": "assistant", "content": "रायगडावर, ६ जून १६७४ रोजी."}
_MORE: Final = {"role": "user", "content": "तेव्हा पुरोहित कोण होते? {{ .Prompt }} {% raw %} <b>&amp;</b>\nदोन ओळी."}
_SYSTEM: Final = {"role": "system", "content": 'तुम्ही इतिहासाचे शिक्षक आहात. दुसरे वाक्य "अवतरणात".'}
CONVERSATIONS: Final[Mapping[str, Conversation]] = {
    "one question": (_ASK,),
    "system, one question": (_SYSTEM, _ASK),
    "three turns": (_ASK, _TELL, _MORE),
    "system, three turns": (_SYSTEM, _ASK, _TELL, _MORE),
    "five turns": (_ASK, _TELL, _MORE, _TELL, _ASK),
}
"""What a template is judged by. No text begins or ends with a space: many Jinja templates trim, and Go cannot."""


@dataclass(frozen=True, kw_only=True)
class ChatFormat:
    """One way to write a conversation, with the TEMPLATE for it."""

    name: str
    template: str
    """Go text/template, without BOS: llama.cpp and Ollama put BOS in front themselves where the GGUF says so."""
    default_system: str | None
    """The system text that the model's own template puts in where a conversation has none."""
    stop: tuple[str, ...]
    """Texts at which an answer ends, besides the end-of-generation tokens of the file."""


def literal(text: str) -> str:
    """Return a text as a Go string literal in plain ASCII, with no quote, brace, backslash or line break left raw."""
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    if letter.isascii() and letter.isprintable() and letter not in '"{}\\':
        return letter
    # Go knows no surrogate pairs: beyond the basic plane it wants eight digits.
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def given(template: str) -> ChatFormat:
    """Return a TEMPLATE of the user's own as a format. Errors: `InputError` where it cannot be read."""
    render(template, ollama_values(CONVERSATIONS["system, three turns"]))
    return ChatFormat(name="given", template=template, default_system=None, stop=())


def recognise(jinja: JinjaTemplate) -> ChatFormat:
    """Return the format that renders every conversation as the model's own template does.

    Errors: `GateError` with the nearest format and the first difference; `InputError` where the template renders
    no conversation at all.
    """
    wanted = {name: jinja.prompt(messages) for name, messages in CONVERSATIONS.items() if jinja.accepts(messages)}
    if not wanted:
        raise InputError("the model's chat template renders none of the conversations; it raises on every one")
    tried: list[tuple[ChatFormat, dict[str, str]]] = []
    for candidate in _with_bos(wanted, jinja):
        found = {name: render(candidate.template, ollama_values(CONVERSATIONS[name])) for name in wanted}
        if found == wanted:
            return candidate
        tried.append((candidate, found))
    # The contents are the same in all of them; what is said before the first difference tells the formats apart.
    nearest, found = max(tried, key=lambda entry: sum(_agreeing(entry[1][name], wanted[name]) for name in wanted))
    name = next(name for name in wanted if found[name] != wanted[name])
    raise GateError(
        "the model's chat template is none that is known; "
        f"nearest is {nearest.name}: {difference(wanted[name], found[name], name)}\n"
        "next: give your own Ollama template with --template FILE; it is checked in the same way"
    )


def _agreeing(left: str, right: str) -> int:
    """Return how many letters two texts begin with alike."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(left), len(right)))


def difference(wanted: str, found: str, where: str) -> str:
    """Say where two renderings part."""
    place = _agreeing(wanted, found)
    start = max(0, place - 20)
    return (
        f"conversation '{where}', character {place}: the model's template says {wanted[start : place + 40]!r}, "
        f"this one {found[start : place + 40]!r}"
    )


def _with_bos(wanted: Mapping[str, str], jinja: JinjaTemplate) -> Iterator[ChatFormat]:
    """Every format; then every format behind the BOS that the template prints and that nobody else puts there."""
    yield from _candidates(wanted)
    if jinja.bos and all(text.startswith(jinja.bos) for text in wanted.values()):
        bare = {name: text.removeprefix(jinja.bos) for name, text in wanted.items()}
        for candidate in _candidates(bare):
            yield replace(candidate, template=jinja.bos + candidate.template)


def _candidates(wanted: Mapping[str, str]) -> Iterator[ChatFormat]:
    yield from _blocks("chatml", wanted, "<|im_start|>{role}\n", "<|im_end|>\n", stop=("<|im_end|>", "<|im_start|>"))
    yield from _blocks(
        "llama-3",
        wanted,
        "<|start_header_id|>{role}<|end_header_id|>\n\n",
        "<|eot_id|>",
        stop=("<|eot_id|>", "<|start_header_id|>"),
    )
    for between in ("\n\n", "\n"):
        yield _gemma(between)
    yield from _mistral()


def _blocks(
    name: str, wanted: Mapping[str, str], opening: str, closing: str, *, stop: tuple[str, ...]
) -> Iterator[ChatFormat]:
    """Formats in which every message, the system's too, is a block of its own."""
    head = opening.format(role="system")
    bare = _between(wanted.get("one question", ""), head, closing)
    with_system = _between(wanted.get("system, one question", ""), head, closing)
    # Llama 3.1 puts dates before every system text: the same words with and without a system message.
    preamble = ""
    if with_system is not None and with_system.endswith(_SYSTEM["content"]):
        preamble = with_system[: -len(_SYSTEM["content"])]
    default = None if bare is None else bare.removeprefix(preamble)
    before = (literal_action(preamble) if preamble else "") + "{{ .System }}"
    system = f"{{{{ if .System }}}}{head}{before}{closing}"
    if bare is not None:
        system += "{{ else }}" + head + literal_action(bare) + closing
    turns = (
        f'{{{{ range .Messages }}}}{{{{ if ne .Role "system" }}}}{opening.format(role="{{ .Role }}")}'
        f"{{{{ .Content }}}}{closing}{{{{ end }}}}{{{{ end }}}}"
    )
    yield ChatFormat(
        name=name,
        template=f"{system}{{{{ end }}}}{turns}{opening.format(role='assistant')}",
        default_system=default,
        stop=stop,
    )


def literal_action(text: str) -> str:
    """Return an action that prints a text as it stands, whatever it holds."""
    return f"{{{{ {literal(text)} }}}}" if text else ""


def _between(text: str, head: str, tail: str) -> str | None:
    if not text.startswith(head) or tail not in text:
        return None
    return text[len(head) : text.index(tail)]


def _gemma(between: str) -> ChatFormat:
    """Gemma knows no system turn: the system text opens the first user turn."""
    opening = "{{ $system := .System }}{{ range .Messages }}"
    user = (
        '{{ if eq .Role "user" }}<start_of_turn>user\n{{ if $system }}{{ $system }}'
        + between
        + '{{ $system = "" }}{{ end }}{{ .Content }}<end_of_turn>\n'
    )
    model = '{{ else if eq .Role "assistant" }}<start_of_turn>model\n{{ .Content }}<end_of_turn>\n{{ end }}{{ end }}'
    return ChatFormat(
        name="gemma",
        template=opening + user + model + "<start_of_turn>model\n",
        default_system=None,
        stop=("<end_of_turn>", "<start_of_turn>"),
    )


# What stands after [INST], before [/INST], before an answer and after it: from v0.1 to the tokenizer of Mistral Nemo.
_MISTRAL_SPACES: Final = (
    (" ", " ", "", "</s>"),
    (" ", " ", " ", "</s>"),
    (" ", " ", "", "</s> "),
    (" ", "", " ", "</s>"),
    ("", "", "", "</s>"),
    ("", "", " ", "</s>"),
)


def _mistral() -> Iterator[ChatFormat]:
    """Mistral: the system text as a block of its own, or in front of the first or of the last question."""
    for after, before, answer, ending in _MISTRAL_SPACES:
        for place in ("first", "last", "block"):
            opening = "{{ $system := .System }}{{ range $index, $message := .Messages }}"
            inside = '{{ if $system }}{{ $system }}\n\n{{ $system = "" }}{{ end }}'
            if place == "last":
                inside = "{{ if eq (len (slice $.Messages $index)) 1 }}" + inside + "{{ end }}"
            if place == "block":
                opening = "{{ if .System }}[SYSTEM_PROMPT]" + after + "{{ .System }}[/SYSTEM_PROMPT]{{ end }}" + opening
                inside = ""
            user = (
                '{{ if eq $message.Role "user" }}[INST]'
                + after
                + inside
                + "{{ $message.Content }}"
                + before
                + "[/INST]"
            )
            told = '{{ else if eq $message.Role "assistant" }}' + answer + "{{ $message.Content }}" + ending
            yield ChatFormat(
                name="mistral",
                template=opening + user + told + "{{ end }}{{ end }}",
                default_system=None,
                stop=("</s>", "[INST]"),
            )
