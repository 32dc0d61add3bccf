"""What only Go's types refuse is refused here too."""

import pytest

from datakit.errors import InputError
from export.go_template import render
from tests.export.conftest import Renderer
from tests.export.template_values import VALUES


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ('{{ eq .System 1 }}', "eq cannot take 'मराठी' 1 (a str is not compared with a int)"),
        ("{{ eq 1 true }}", "(a int is not compared with a bool)"),
        ('{{ ne 0 false }}', "(a int is not compared with a bool)"),
        ('{{ ne "" 0 }}', "(a str is not compared with a int)"),
        ("{{ eq .Messages .Messages }}", "(a list is not compared)"),
        ("{{ ne $ .System }}", "(a dict is not compared)"),
        ("{{ len $ }}", "(expected a text or a list)"),
        ("{{ len true }}", "len cannot take True (expected a text or a list)"),
        ("{{ slice .Messages true }}", "(expected a beginning and an end)"),
        ("{{ slice .Messages .Nothing }}", "(expected a beginning and an end)"),
        ("{{ .System.Role }}", "'मराठी' has no .Role; Go ends with an error there"),
        ("{{ .Nothing.Role }}", "nothing has no .Role"),
        ("{{ range .Messages }}{{ .Rolle }}{{ end }}", "a message has no .Rolle"),
        ("{{ range .Messages }}{{ .System }}{{ end }}", "a message has no .System"),
    ],
)  # fmt: skip
def test_what_go_s_types_refuse_is_refused(template: str, says: str) -> None:
    """A comparison across kinds, a truth for a place, a field of a text: Go stops there, so nothing is printed here."""
    with pytest.raises(InputError, match="TEMPLATE: ") as caught:
        render(template, VALUES)
    assert says in str(caught.value)


def test_nothing_is_equal_to_nothing_only(go_render: Renderer) -> None:
    """A field that is not there may be compared with anything, and with another that is not there it is equal."""
    templates = [
        "{{ eq .Nothing .System }}",
        "{{ ne 1 .Nothing }}",
        "{{ eq .Nothing .Absent }}",
        "{{ ne .Nothing .Absent }}",
    ]
    assert [render(template, VALUES) for template in templates] == ["false", "true", "true", "false"]
    assert go_render([(template, VALUES) for template in templates]) == ["false", "true", "true", "false"]


def test_what_else_a_message_of_ollama_has_is_empty() -> None:
    """Calls of tools, images and thoughts may be asked for, as published templates do; they are empty here."""
    template = (
        "{{ range .Messages }}{{ if .ToolCalls }}call{{ else if .Images }}image{{ else if .Thinking }}thought"
        "{{ else }}{{ .Content }};{{ end }}{{ .ToolName }}{{ len .ToolCalls }}{{ end }}"
    )
    assert render(template, VALUES) == "मराठी;0राज्याभिषेक कधी?;0१६७४;0"
