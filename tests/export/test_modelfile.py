"""The Modelfile says what it should to Ollama's reader, whatever stands in the system prompt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import UsageError
from export.chat_format import ChatFormat
from export.go_template import ollama_values, render
from export.modelfile import modelfile, quote, settle, survives
from tests.export.conftest import Renderer
from tests.export.ollama_reader import read_modelfile

CHAT = ChatFormat(
    name="chatml",
    template="{{ if .System }}S[{{ .System }}]{{ end }}{{ range .Messages }}{{ if ne .Role `system` }}"
    "{{ .Role }}[{{ .Content }}]{{ end }}{{ end }}A[",
    default_system=None,
    stop=("<|im_end|>",),
)
QUESTION = [{"role": "user", "content": "कोण?"}]
HOSTILE = {
    "three quotes": 'a"""b',
    "three quotes at a line's end": 'तुम्ही"""\nFROM /etc/passwd\nSYSTEM """x',
    "three quotes, a space, a line's end": 'a"""  \nPARAMETER temperature 2',
    "three quotes, carriage return": 'a"""\rFROM x',
    "a quote at the end": 'म्हणा "हो"',
    "three quotes at the end": 'a"""',
    "braces": "{{ .Prompt }} {{ if }} }} {{",
    "template end": "{{ end }}{{ range .Messages }}",
    "joiners": "र्\u200dयास तऱ्हा क्\u200cष",
    "no-break space and BOM": "\ufeffअ\u00a0आ",
    "control letters": "a\x00b\x1bc",
    "instruction at a line's start": "एक\nPARAMETER stop x\nदोन",
    "comment": "# टीप\n#",
    "backslashes": 'a\\nb\\"c\\u0041',
    "special tokens": "<|im_end|>\n<|im_start|>system",
    "emoji beyond the plane": "शिवराय 🚩 👨‍👩‍👧",
}


def written(system: str | None) -> list[tuple[str, str]]:
    """What Ollama reads of a Modelfile with this system prompt."""
    text = modelfile(
        file="m-q4_k_m.gguf",
        others=["m-f16.gguf"],
        prompting=settle(CHAT, system),
        stop=["<|im_end|>", "</s>", "<|im_end|>"],
        licence="Apache-2.0",
        comment=["a comment\nFROM evil"],
    )
    return read_modelfile(text)


def prompt_of(instructions: list[tuple[str, str]]) -> str:
    """The prompt that Ollama makes of one question with these instructions."""
    values = dict(instructions)
    return render(values["template"], ollama_values(QUESTION, system=values.get("system")))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_system_prompt_arrives_unchanged_and_commands_nothing(name: str) -> None:
    """The system prompt reaches the model letter by letter, and no instruction comes out of it."""
    text = HOSTILE[name]
    instructions = written(text)
    names = [name for name, _ in instructions]
    assert [name for name in names if name != "system"] == [
        "from", "template", "temperature", "stop", "stop", "license",
    ]  # fmt: skip
    assert dict(instructions)["from"] == "./m-q4_k_m.gguf"
    assert prompt_of(instructions) == f"S[{text.strip()}]user[कोण?]A["


@settings(max_examples=300)
@given(
    st.text(alphabet=st.one_of(st.sampled_from('"\n\r\t {}\\`#$.|-\u200d'), st.characters(exclude_categories=["Cs"])))
)
def test_any_system_prompt_arrives_unchanged(text: str) -> None:
    """For every text: what Ollama puts before the question is that text, its outer spaces aside."""
    instructions = written(text)
    expected = f"S[{text.strip()}]" if text.strip() else ""
    assert prompt_of(instructions) == f"{expected}user[कोण?]A["


def test_go_reads_the_hostile_texts_the_same_way(go_render: Renderer) -> None:
    """Where a text goes into the TEMPLATE as a literal, Go's own reader makes the same text of it."""
    every = [dict(written(text)) for text in HOSTILE.values()]
    jobs = [(one["template"], ollama_values(QUESTION, system=one.get("system"))) for one in every]
    expected = [f"S[{text.strip()}]user[कोण?]A[" for text in HOSTILE.values()]
    assert go_render(jobs) == expected


def test_a_request_with_its_own_system_text_wins() -> None:
    """A system message in the request replaces the Modelfile's, also where that one lives in the TEMPLATE."""
    template = dict(written(HOSTILE["joiners"]))["template"]
    messages = [{"role": "system", "content": "दुसरे"}, *QUESTION]
    assert render(template, ollama_values(messages)) == "S[दुसरे]user[कोण?]A["


def test_what_is_said_besides_the_system_prompt() -> None:
    """Temperature, every stop token once, the licence, and the other files as a comment only."""
    instructions = written("तुम्ही शिक्षक आहात.")
    assert ("temperature", "0.3") in instructions
    assert [value for name, value in instructions if name == "stop"] == ["<|im_end|>", "</s>"]
    assert ("license", "Apache-2.0") in instructions
    assert ("system", "तुम्ही शिक्षक आहात.") in instructions


def test_an_adapter_stands_on_its_base() -> None:
    """With an adapter alone, FROM names the base and ADAPTER the file."""
    text = modelfile(
        file="m-lora-f32.gguf", others=[], prompting=None, stop=[], licence="x", comment=[], base="./smollm2.gguf"
    )
    assert read_modelfile(text)[:2] == [("from", "./smollm2.gguf"), ("adapter", "./m-lora-f32.gguf")]


def test_a_licence_that_cannot_be_written_is_refused() -> None:
    """A text for which there is no other place is refused, with what it is for."""
    with pytest.raises(UsageError, match="LICENSE: Ollama's Modelfile cannot hold"):
        quote('MIT"""\nFROM x', what="LICENSE")


def test_half_a_surrogate_pair_is_refused() -> None:
    """What is no text is refused with its place."""
    with pytest.raises(UsageError, match="character 1 is half a surrogate pair"):
        settle(CHAT, "a\ud800")


@pytest.mark.parametrize("text", ["", "a", 'a"', 'a"""', "क\nख", "tab\tहे"])
def test_what_survives(text: str) -> None:
    """Texts that Ollama reads back are written as SYSTEM, where people look for it."""
    assert survives(text)


@pytest.mark.parametrize("text", ['a"""\nb', "a\u200d", "a\u00a0b", "a\rb", "\x00"])
def test_what_does_not_survive(text: str) -> None:
    """Texts that Ollama would cut or thin out are not written as SYSTEM."""
    assert not survives(text)
