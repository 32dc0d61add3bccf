"""The renderer of Go templates: each construct as Go has it, and a refusal of all others."""

import pytest

from datakit.errors import InputError
from export.go_template import ollama_values, render
from tests.export.conftest import Renderer

MESSAGES = [
    {"role": "system", "content": "S"},
    {"role": "user", "content": "एक"},
    {"role": "assistant", "content": "two"},
    {"role": "user", "content": "three"},
]
CONSTRUCTS = {
    "text": "plain { } % text\n\n",
    "field": "[{{ .System }}]",
    "trim left": "a  \n\t {{- .System }} b",
    "trim right": "a {{ .System -}}  \n b",
    "trim both": "a {{- .System -}} b",
    "minus is no marker without a space": "a {{if true}}-1{{end}} b",
    "comment": "a{{/* टीप */}}b {{- /* c */ -}} d",
    "if": "{{ if .System }}yes{{ end }}{{ if .Response }}no{{ end }}",
    "else": "{{ if .Response }}a{{ else }}b{{ end }}",
    "else if": "{{ if .Response }}a{{ else if .System }}b{{ else }}c{{ end }}",
    "nested": "{{ if .System }}{{ if .Response }}a{{ else }}b{{ end }}{{ else }}c{{ end }}",
    "range": "{{ range .Messages }}<{{ .Role }}:{{ .Content }}>{{ end }}",
    "range with a variable": "{{ range $m := .Messages }}{{ $m.Content }};{{ end }}",
    "range with two": "{{ range $i, $m := .Messages }}{{ $i }}{{ $m.Role }}{{ .Content }};{{ end }}",
    "dollar is the root": "{{ range .Messages }}{{ $.System }}{{ end }}",
    "range else": "{{ range .Nothing }}a{{ else }}none{{ end }}",
    "last": "{{ range $i, $m := .Messages }}{{ if eq (len (slice $.Messages $i)) 1 }}{{ .Content }}{{ end }}{{ end }}",
    "set from within": '{{ $s := "x" }}{{ range .Messages }}{{ $s }}{{ $s = .Role }}{{ end }}{{ $s }}',
    "shadowed": '{{ $s := "x" }}{{ range .Messages }}{{ $s := .Role }}{{ $s }}{{ end }}{{ $s }}',
    "if scope": '{{ $s := "x" }}{{ if .System }}{{ $s := "y" }}{{ $s }}{{ end }}{{ $s }}',
    "eq of many": '{{ range .Messages }}{{ if eq .Role "user" "system" }}1{{ else }}0{{ end }}{{ end }}',
    "ne and not": '{{ if ne .System "T" }}a{{ end }}{{ if not .Response }}b{{ end }}',
    "and or give values": '{{ and .System "z" }}{{ or .Response "y" }}{{ and .Response "n" }}',
    "pipe": '{{ .Messages | len }}{{ if .System | eq "S" }}same{{ end }}',
    "numbers": "{{ len .System }} {{ 12 }} {{ true }}",
    "raw string": '{{ `a"b\\n` }}',
    "escapes": '{{ "a\\"b\\n\\t\\\\ \\u0915 \\U0001f6a9" }}',
    "missing field": "{{ .Nothing }}",
}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_a_construct_is_rendered_as_go_renders_it(name: str, go_render: Renderer) -> None:
    """Each construct gives the text that Go's own text/template gives."""
    values = ollama_values(MESSAGES)
    assert [render(CONSTRUCTS[name], values)] == go_render([(CONSTRUCTS[name], values)])


def test_what_ollama_hands_over() -> None:
    """Neighbours of one role are joined, .System holds every system text, SYSTEM opens only where none is given."""
    doubled = [*MESSAGES, {"role": "user", "content": "four"}]
    values = ollama_values(doubled)
    assert values["Messages"][-1] == {"Role": "user", "Content": "three\n\nfour"}
    assert values["System"] == "S"
    assert ollama_values(MESSAGES, system="other")["System"] == "S"
    assert ollama_values(MESSAGES[1:], system="other")["Messages"][0] == {"Role": "system", "Content": "other"}


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ if .System }}a", "has no {{ end }}"),
        ("{{ range .Messages }}a", "has no {{ end }}"),
        ("{{ end }}", "closes nothing"),
        ("{{ .System", "is not closed"),
        ("{{ currentDate }}", "currentDate"),
        ("{{ json .Messages }}", "json"),
        ("{{ with .System }}a{{ end }}", "with"),
        ("{{ $x = 1 }}", "set before it is declared"),
        ("{{ $x }}", "not declared"),
        ("{{ (len .System }}", "ends too early"),
        ("{{ .System .Role }}", "not understood"),
        ("{{ .System | .Role }}", "no function"),
        ('{{ "\\x41" }}', "escape"),
        ("{{ .System ) }}", "one too many"),
        ("{{ .System # }}", "not understood"),
    ],
)
def test_what_is_not_known_is_refused_with_the_action(template: str, says: str) -> None:
    """A construct outside the known part is refused by name, never rendered wrongly."""
    with pytest.raises(InputError, match="TEMPLATE: ") as caught:
        render(template, ollama_values(MESSAGES))
    assert says in str(caught.value)
