"""A chat format is recognised by what it renders, and its TEMPLATE says letter by letter what the model's says."""

from pathlib import Path

import pytest

from datakit.errors import GateError, InputError
from export.chat_format import CONVERSATIONS, given, literal, recognise
from export.go_template import ollama_values, render
from export.jinja_template import JinjaTemplate
from tests.export.conftest import Renderer
from tests.export.templates import CASES, Case

TRAINER_TEMPLATES = sorted((Path(__file__).parents[2] / "trainer" / "templates").glob("*.jinja"))
LONGER = [
    {"role": "system", "content": "उत्तरे\nमराठीत द्या.\n\n१. नेमकी"},
    {"role": "user", "content": "पहिला {{ प्रश्न }}?"},
    {"role": "assistant", "content": '`पहिले` "उत्तर" \\n'},
    {"role": "user", "content": "दुसरा <b>?"},
    {"role": "assistant", "content": "होय."},
    {"role": "user", "content": "तिसरा\tप्रश्न 🚩"},
]


def jinja(case: Case) -> JinjaTemplate:
    """The case's template as the gate uses it."""
    return JinjaTemplate(text=case.text, bos=case.bos, eos=case.eos, strips_bos=case.strips_bos)


@pytest.mark.parametrize("name", CASES)
def test_each_family_is_recognised(name: str) -> None:
    """Every family is recognised, with the system prompt that its own template puts in."""
    case = CASES[name]
    found = recognise(jinja(case))
    assert (found.name, found.default_system) == (case.format, case.default_system)


@pytest.mark.parametrize("path", TRAINER_TEMPLATES, ids=lambda path: path.stem)
def test_the_trainer_s_own_templates_are_recognised(path: Path) -> None:
    """What the trainer teaches can be asked in Ollama."""
    bos = {"llama-3": "<|begin_of_text|>", "gemma": "<bos>"}.get(path.stem, "")
    found = recognise(JinjaTemplate(text=path.read_text(encoding="utf-8"), bos=bos, eos="", strips_bos=True))
    assert found.name == path.stem


def test_go_renders_what_the_model_s_own_template_renders(go_render: Renderer) -> None:
    """For every family and conversation, Go's text/template on the TEMPLATE equals Jinja on the model's template."""
    jobs, expected = [], []
    for case in CASES.values():
        template, own = recognise(jinja(case)).template, jinja(case)
        for messages in (*CONVERSATIONS.values(), LONGER, LONGER[1:]):
            if own.accepts(messages):
                jobs.append((template, ollama_values(messages)))
                expected.append(own.prompt(messages))
    assert len(jobs) >= len(CASES) * 4  # two families know no system turn
    assert go_render(jobs) == expected


def test_the_modelfile_s_system_is_the_model_s_system_turn(go_render: Renderer) -> None:
    """SYSTEM with a bare question asks what a system message with that question asks."""
    question, system = LONGER[1:2], LONGER[0]
    jobs, expected = [], []
    for case in CASES.values():
        if jinja(case).accepts([system, *question]):
            jobs.append((recognise(jinja(case)).template, ollama_values(question, system=system["content"])))
            expected.append(jinja(case).prompt([system, *question]))
    assert len(jobs) == len(CASES) - 2
    assert go_render(jobs) == expected


def test_our_renderer_equals_go(go_render: Renderer) -> None:
    """What the gate renders without Go is what Go renders: for every family, with and without a SYSTEM."""
    jobs = [
        (recognise(jinja(case)).template, ollama_values(messages, system=system))
        for case in CASES.values()
        for messages in (*CONVERSATIONS.values(), LONGER)
        for system in (None, 'तुम्ही "शिक्षक" {{ आहात }}.')
    ]
    assert [render(template, values) for template, values in jobs] == go_render(jobs)


def test_an_unknown_template_is_refused_with_what_differs() -> None:
    """A template that matches none is refused: the nearest, the conversation, the place, and the next step."""
    odd = "{% for m in messages %}<|im_start|>{{ m.role }}: {{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>"
    with pytest.raises(GateError, match="nearest is chatml") as caught:
        recognise(JinjaTemplate(text=odd, bos="", eos="", strips_bos=False))
    message = str(caught.value)
    assert "conversation 'one question', character 16" in message
    assert "next: give your own Ollama template with --template" in message


def test_a_template_that_only_raises_is_refused() -> None:
    """A template that accepts no conversation at all is named as that."""
    with pytest.raises(InputError, match="raises on every one"):
        recognise(JinjaTemplate(text="{{ raise_exception('no') }}", bos="", eos="", strips_bos=False))


def test_a_default_that_holds_quotes_and_braces_is_carried() -> None:
    """The system prompt that a template puts in may hold anything: it is written as a literal."""
    text = 'Say "{{ hi }}" \\ 🚩'
    inside = text.replace("\\", "\\\\").replace('"', '\\"')
    source = "{% if messages[0].role != 'system' %}{{ \"<|im_start|>system\n" + inside + '<|im_end|>\n" }}{% endif %}'
    own = JinjaTemplate(text=source + CASES["chatml"].text, bos="", eos="", strips_bos=False)
    found = recognise(own)
    assert found.default_system == text
    assert literal(text).isascii()


def test_a_template_of_the_user_is_read_before_it_is_used() -> None:
    """A TEMPLATE that cannot be read is refused at once, with the action that is not understood."""
    assert given("{{ .System }}{{ range .Messages }}{{ .Content }}{{ end }}").name == "given"
    with pytest.raises(InputError, match="currentDate"):
        given("{{ currentDate }}")
