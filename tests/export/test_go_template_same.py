"""What our renderer prints is what Go prints: templates put together by chance, and what only Go's types refuse."""

import random

import pytest

from datakit.errors import InputError
from export.go_template import ollama_values, render
from export.go_template_parse import parse
from export.go_template_variables import check_variables
from tests.export.conftest import Renderer

VALUES = ollama_values(
    [
        {"role": "system", "content": "मराठी"},
        {"role": "user", "content": "राज्याभिषेक कधी?"},
        {"role": "assistant", "content": "१६७४"},
    ]
)
OPERANDS = (
    ".System", ".Messages", ".Response", ".Nothing", "$.System", "$.Messages", "$", ".", "$m", "$m.Content",
    "$m.Nothing", "$i", ".Role", ".Content", ".System.Role", ".Nothing.Role", "0", "1", "3", "12", '"क"', '""',
    "`user`", "true", "false",
)  # fmt: skip
LOOPS = (".Messages", "$.Messages", ".Nothing", ".System", "slice .Messages 1", "(slice .Messages 0 2)")
LOOP_VARIABLES = ("", "$m := ", "$i, $m := ", "$i $m := ", "$i, $m, $k := ", "$m, := ", "m := ", "$m.Role := ")
DECLARATIONS = ("$m := ", "$m = ", "$i := ", "$m := $m | ", "$m.Role := ", "m := ", ".System := ")
FILTERS = ("len", "not", "eq 1", 'eq "user"', "and 1", "or .System")


class Author:
    """Writes templates by chance, most of them well formed: text that nobody has chosen."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def operand(self, depth: int) -> str:
        """A field, a literal, a variable, or a pipe in parentheses."""
        if depth == 0 or self._chance.random() < 0.6:
            return self._chance.choice(OPERANDS)
        return f"({self.pipe(depth - 1)})"

    def pipe(self, depth: int) -> str:
        """An operand or a call, sometimes piped on."""
        if self._chance.random() < 0.4:
            made = self.operand(depth)
        else:
            function = self._chance.choice(("and", "or", "not", "eq", "ne", "len", "slice"))
            count = {"not": 1, "len": 1, "ne": 2}.get(function, self._chance.randint(1, 3))
            made = " ".join([function, *(self.operand(depth) for _ in range(count))])
        return f"{made} | {self._chance.choice(FILTERS)}" if self._chance.random() < 0.15 else made

    def action(self, text: str) -> str:
        """An action with or without trim markers."""
        return f"{self._chance.choice(('{{', '{{ ', '{{- '))}{text}{self._chance.choice(('}}', ' }}', ' -}}'))}"

    def block(self, depth: int) -> str:
        """Up to three parts: text, output, branch, loop or declaration."""
        return "".join(self._part(depth) for _ in range(self._chance.randint(0, 3)))

    def _part(self, depth: int) -> str:
        kind = self._chance.choices(("text", "output", "branch", "loop", "declaration"), (35, 30, 15, 13, 7))[0]
        if kind == "output" or (depth == 0 and kind in ("branch", "loop")):
            return self.action(self.pipe(2))
        if kind == "text":
            return self._chance.choice(("मजकूर ", " ", "\n", "a", "{", "}", "\t x "))
        if kind == "declaration":
            return self.action(self._chance.choice(DECLARATIONS) + self.pipe(1))
        over = self._chance.choice(LOOP_VARIABLES[:3] * 4 + LOOP_VARIABLES) + self._chance.choice(LOOPS)
        opening = f"if {self.pipe(2)}" if kind == "branch" else f"range {over}"
        other = self.action("else") + self.block(depth - 1) if self._chance.random() < 0.4 else ""
        return self.action(opening) + self.block(depth - 1) + other + self.action("end")


def rendered(template: str) -> str | None:
    """What our renderer makes of a template; None where it refuses."""
    try:
        return render(template, VALUES)
    except InputError:
        return None


def test_whatever_is_rendered_is_what_go_renders(go_render: Renderer) -> None:
    """Of ten thousand templates made by chance each that is not refused gives the text that Go gives."""
    author = Author(1674)
    ours = {template: text for _ in range(10_000) if (text := rendered(template := author.block(2))) is not None}
    assert len(ours) > 1_000
    theirs = go_render([(template, VALUES) for template in ours])
    differing = [
        (template, ours[template], text) for template, text in zip(ours, theirs, strict=True) if ours[template] != text
    ]
    assert not differing, differing[:5]


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
