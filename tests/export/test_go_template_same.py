"""What our renderer prints is what Go prints: templates put together by chance."""

import random

from datakit.errors import InputError
from export.go_template import render
from tests.export.conftest import Renderer
from tests.export.template_values import VALUES

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
