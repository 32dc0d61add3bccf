"""Is every variable of a TEMPLATE declared where it stands? Go asks this of the whole text before it renders any."""

from collections.abc import Iterable, Sequence

from datakit.errors import InputError
from export.go_template_parse import Branch, Command, Loop, Node, Output, Variable


def check_variables(nodes: Sequence[Node], *, declared: Iterable[str] = ("$",)) -> None:
    """Check that every variable is declared where it stands, as Go does before it renders anything.

    Errors: `InputError` with the name. What a branch or a loop declares ends with it.
    """
    known = set(declared)
    for node in nodes:
        if isinstance(node, Output):
            _check_command(node.pipe, known)
            if node.declares is not None and not node.new and node.declares not in known:
                raise InputError(
                    f"TEMPLATE: {node.declares} is set before it is declared; expected {node.declares} := ... first"
                )
            known |= {node.declares} if node.declares is not None else set()
        elif isinstance(node, Branch):
            _check_command(node.condition, known)
            check_variables(node.then, declared=known)
            check_variables(node.otherwise, declared=known)
        elif isinstance(node, Loop):
            _check_command(node.over, known)
            check_variables(node.body, declared=known.union(node.variables))
            check_variables(node.otherwise, declared=known)


def _check_command(command: Command, known: set[str]) -> None:
    for argument in command.arguments:
        if isinstance(argument, Command):
            _check_command(argument, known)
        elif isinstance(argument, Variable) and argument.name is not None and argument.name not in known:
            raise InputError(f"TEMPLATE: {argument.name} is not declared here")
