"""Any template: it renders as Go renders it, or it is refused with a word; it never fails otherwise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InputError
from export.go_template import ollama_values, render
from export.go_template_parse import parse
from tests.export.conftest import Renderer

VALUES = ollama_values(
    [
        {"role": "system", "content": "मराठी"},
        {"role": "user", "content": "राज्याभिषेक कधी?"},
        {"role": "assistant", "content": "१६७४"},
    ]
)
WORDS = [
    "if", "else", "else if", "end", "range", "with", "and", "or", "not", "eq", "ne", "len", "slice", ".", "$", "$m",
    "$i", ".System", ".Messages", "$.Messages", "$m.Content", ".Role", ".Nothing", '"क"', "`क`", '"\\u0915"', "0", "1",
    "12", "-1", "true", "false", "(", ")", "|", ":=", "=", ",", "/* क */", "1.5", "०", "²", "..", ".A..B", "nil",
]  # fmt: skip
ACTION = st.builds(
    lambda left, words, right: f"{{{{{left}{' '.join(words)}{right}}}}}",
    st.sampled_from(["", " ", "- "]),
    st.lists(st.sampled_from(WORDS), max_size=6),
    st.sampled_from(["", " ", " -"]),
)
TEMPLATE = st.lists(ACTION | st.sampled_from(["मजकूर ", "\n", "{", "}", "{{", "}}", '"']), max_size=10).map("".join)


@settings(max_examples=400)
@given(TEMPLATE | st.text('{}-.$ क"`\\|()end', max_size=30))
def test_any_template_is_rendered_or_refused(template: str) -> None:
    """Whatever stands in a template, the answer is a text or an error that begins with TEMPLATE."""
    try:
        found = render(template, VALUES)
    except InputError as error:
        found = error.args[0].removeprefix("TEMPLATE: ")
        assert found != error.args[0]  # noqa: PT017 - most texts are refused, some are not: both are looked at
    assert isinstance(found, str)


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(lambda text: "{{" not in text))
def test_text_without_an_action_is_printed_as_it_stands(text: str) -> None:
    """Braces, quotes and white space outside of actions are text."""
    assert render(text, VALUES) == text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_values_are_never_read_as_a_template(content: str) -> None:
    """A message that looks like an action, or like markup, is printed to the letter."""
    values = ollama_values([{"role": "user", "content": content}, {"role": "assistant", "content": "{{ .System }}"}])
    found = render("{{ range .Messages }}<{{ .Content }}>{{ end }}", values)
    assert found == f"<{content}><{{{{ .System }}}}>"


SAME_AS_GO = [
    "{{ len .System }}",
    "{{ range .Messages }}{{ len .Content }};{{ end }}",
    "{{ slice .System 0 3 }}{{ slice .System 3 }}",
    '{{ slice "abcdef" 1 4 }}|{{ slice "abc" 3 }}|{{ slice "abc" }}',
    "{{ if .System }}a{{ else if .Nothing }}b{{ else }}c{{ end }}d",
    "{{ if .Nothing }}a{{ else if .Nothing }}b{{ else if .System }}c{{ else }}d{{ end }}e",
    "{{ range .Messages }}{{ if eq .Role `user` }}[{{ .Role }}]{{ else if .Content }}({{ .Role }}){{ end }}{{ end }}",
    "{{ len (slice .Messages 1) }}{{ len (slice .Messages 1 2) }}",
    "{{ not .Nothing }}{{ not .System }}{{ not 0 }}{{ not 1 }}",
    "{{ and 1 0 2 }}{{ or 0 `` `x` }}{{ and .System .Response }}",
    "{{ range $i, $m := .Messages }}{{ if $i }}, {{ end }}{{ $m.Role }}{{ else }}none{{ end }}",
    "{{ (len .Messages) }}{{ eq (len .Messages) 3 }}{{ ne 1 2 }}{{ eq 1 2 3 1 }}",
    '{{ "\\u0915\\U0001F6A9" }}{{ "\\"" }}',
]


def test_what_is_rendered_is_what_go_renders(go_render: Renderer) -> None:
    """Lengths and slices of Devanagari count bytes, chains of `else if` end together: as Go has them."""
    assert [render(template, VALUES) for template in SAME_AS_GO] == go_render(
        [(template, VALUES) for template in SAME_AS_GO]
    )


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ if .System }}a{{ else }}b{{ else }}c{{ end }}", "is closed by {{ else }}; expected {{ end }}"),
        ("{{ if .System }}a{{ else क }}b{{ end }}", "is closed by {{ else क }}"),
        ("{{ if .System }}a{{ end now }}", "is closed by {{ end now }}"),
        ("{{ range .Messages }}a{{ else if .System }}b{{ end }}", "is closed by {{ else if .System }}"),
        ("{{ range .System }}a{{ end }}", "range over 'मराठी'; expected a list"),
        ("{{ range 3 }}a{{ end }}", "range over '3'"),
        ("{{ .Messages }}", "prints a whole list; expected a field of it"),
        ("{{ range .Messages }}{{ . }}{{ end }}", "prints a whole dict"),
        ("{{ len }}", "len cannot take nothing"),
        ("{{ len .Nothing }}", "len cannot take None"),
        ("{{ len 5 }}", "len cannot take 5"),
        ("{{ not }}", "not cannot take nothing"),
        ("{{ not 1 2 }}", "not cannot take 1 2"),
        ("{{ eq 1 }}", "eq cannot take 1"),
        ("{{ ne 1 2 3 }}", "ne cannot take 1 2 3"),
        ("{{ and }}", "and cannot take nothing"),
        ("{{ slice .System 1 2 }}", "slice cannot take"),
        ("{{ slice .Messages 2 1 }}", "slice cannot take"),
        ("{{ slice .Messages 0 9 }}", "0 to 9 of 3"),
        ("{{ slice .Messages `x` }}", "slice cannot take"),
        ("{{ slice .Messages 0 1 1 }}", "slice cannot take"),
        ("{{ ² }}", "² in"),
        ("{{ १ }}", "१ in"),
        ("{{ 007 }}", "007 in"),
        ("{{ .System..Role }}", ".System..Role in"),
        ("{{ .System. }}", ".System. in"),
        ('{{ "\\UFFFFFFFF" }}', "escape"),
        ('{{ "\\ud800" }}', "escape"),
        ("{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}", "nested deeper"),
        ("{{ if true }}" * 5_000 + "{{ end }}" * 5_000, "nested deeper"),
    ],
    ids=lambda value: value[:40],
)
def test_what_go_has_otherwise_is_refused(template: str, says: str) -> None:
    """What Go refuses, or prints in a way of its own, is an error here, never another text."""
    with pytest.raises(InputError, match="TEMPLATE: ") as caught:
        render(template, VALUES)
    assert says in str(caught.value)


def test_a_template_is_read_before_anything_is_printed() -> None:
    """A fault in a branch that is not taken is found too: the template is wrong whatever the conversation."""
    with pytest.raises(InputError, match="currentDate"):
        render("{{ if .Nothing }}{{ currentDate }}{{ end }}", VALUES)
    assert parse("") == ()
