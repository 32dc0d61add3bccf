"""Variables of a template: declared where they stand, with Go's scopes."""

import pytest

from datakit.errors import InputError
from export.go_template import render
from export.go_template_parse import parse
from export.go_template_variables import check_variables
from tests.export.conftest import Renderer
from tests.export.template_values import VALUES


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ if .Nothing }}{{ $m }}{{ end }}", "$m is not declared here"),
        ("{{ if .System }}{{ else }}{{ len (not $m.Role) }}{{ end }}", "$m is not declared here"),
        ("{{ range .Nothing }}{{ $i }}{{ end }}", "$i is not declared here"),
        ("{{ range $m := .Messages }}{{ end }}{{ $m.Role }}", "$m is not declared here"),
        ("{{ range $m := .Messages }}{{ else }}{{ $m }}{{ end }}", "$m is not declared here"),
        ("{{ range $m := $m }}{{ end }}", "$m is not declared here"),
        ("{{ if .System }}{{ $x := 1 }}{{ end }}{{ $x }}", "$x is not declared here"),
        ("{{ if $x }}{{ end }}", "$x is not declared here"),
        ("{{ $x := $x }}", "$x is not declared here"),
        ("{{ if .Nothing }}{{ $x = 1 }}{{ end }}", "$x is set before it is declared; expected $x := ... first"),
        ("{{ range .Nothing }}{{ else }}{{ $x = 1 }}{{ end }}", "$x is set before it is declared"),
    ],
)
def test_a_variable_is_declared_wherever_it_stands(template: str, says: str) -> None:
    """As in Go a variable that is not declared is a fault of the text, also in a part that is never rendered."""
    with pytest.raises(InputError) as caught:
        render(template, VALUES)
    assert f"TEMPLATE: {says}" in str(caught.value)


@pytest.mark.parametrize(
    "template",
    [
        "{{ $x := 1 }}{{ if .System }}{{ $x = 2 }}{{ end }}{{ $x }}",
        "{{ $x := 1 }}{{ if .System }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}",
        "{{ $x := 1 }}{{ $x := 2 }}{{ $x }}",
        "{{ range $i, $m := .Messages }}{{ range $i, $k := $.Messages }}{{ $i }}{{ end }}{{ $i }}{{ end }}",
        "{{ $last := 0 }}{{ range $i, $m := .Messages }}{{ $last = $i }}{{ end }}{{ $last }}",
        "{{ $m := .System }}{{ range $m := .Messages }}{{ $m.Role }}{{ end }}{{ $m }}",
        "{{ range $i, $m := .Messages }}{{ if eq $i 1 }}{{ $seen := $m.Role }}{{ $seen }}{{ end }}{{ end }}",
    ],
)
def test_scopes_are_those_of_go(template: str, go_render: Renderer) -> None:
    """What a part declares hides what stood outside and ends with the part; what it sets stays set."""
    check_variables(parse(template))
    assert [render(template, VALUES)] == go_render([(template, VALUES)])


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ $m.Role := 1 }}", "$m.Role in {{ $m.Role := 1 }} is no variable; expected such as $message"),
        ("{{ m := 1 }}", "m in {{ m := 1 }} is no variable"),
        ("{{ .System := 1 }}", ".System in {{ .System := 1 }} is no variable"),
        ("{{ range $i $m := .Messages }}{{ end }}", "is not understood; expected one variable or two"),
        ("{{ range $i, $m, $k := .Messages }}{{ end }}", "expected one variable or two"),
        ("{{ range $m, := .Messages }}{{ end }}", "expected one variable or two"),
        ("{{ range := .Messages }}{{ end }}", "expected one variable or two"),
        ("{{ range m := .Messages }}{{ end }}", "m in {{ range m := .Messages }} is no variable"),
    ],
)
def test_only_variables_are_declared(template: str, says: str) -> None:
    """Fields and bare words hold nothing, and a loop gives out an item, or a place and an item."""
    with pytest.raises(InputError) as caught:
        render(template, VALUES)
    assert says in str(caught.value)


@pytest.mark.parametrize("part", ["{{ if true }}1{{ end }}", "{{ range slice $.Messages 2 }}1{{ end }}", "{{ (1) }}"])
def test_a_deep_template_is_rendered_or_refused(part: str) -> None:
    """Around the depth that can be followed no other error comes out: what could be read can be rendered."""
    before, after = part.split("1")
    told = set()
    for depth in range(10, 1_000, 10):
        template = f"{before * depth}1{after * depth}"
        if part == "{{ (1) }}":
            template = "{{ " + "(" * depth + "1" + ")" * depth + " }}"
        try:
            told.add(render(template, VALUES))
        except InputError as error:
            told.add(str(error))
    assert told == {"1", "TEMPLATE: its parts are nested deeper than can be followed"}
