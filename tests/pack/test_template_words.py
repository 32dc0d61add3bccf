"""What a template has to work with, and how it complains."""

import pytest

from datakit.errors import UsageError
from datakit.pack.template import ChatTemplate
from tests.pack.conversation import TURNS


def test_a_template_has_what_templates_expect() -> None:
    """Loop controls, `tojson` with letters as they are, dates and complaints work as in the peers' renderer."""
    source = (
        "{% for m in messages %}{% if loop.index > 1 %}{% break %}{% endif %}{{ m | tojson }}\n{% endfor %}"
        "{{ [1] | tojson(indent=1) }}{{ strftime_now('%Y') | length }}{{ add_generation_prompt }}"
    )
    assert ChatTemplate(name="t", source=source).render(TURNS) == (
        '{"role": "user", "content": "कोठे?"}\n[\n 1\n]4False'
    )


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ raise_exception('roles must alternate') }}", "roles must alternate"),
        ("{% for %}", "Expected"),
        ("{{ messages[9].content }}", "has no element 9"),
        ("{{ messages[0].content + 1 }}", "can only concatenate str"),
        ("{{ 1 // 0 }}", "by zero"),
        ("{{ '%d' % 'x' }}", "number is required"),
    ],
)
def test_a_template_that_refuses_is_told_in_its_own_words(source: str, says: str) -> None:
    """A complaint of the template, a fault of its syntax and a missing turn are errors of ours with its name."""
    with pytest.raises(UsageError, match=r"^chat template odd: cannot render a conversation: ") as caught:
        ChatTemplate(name="odd", source=source).render(TURNS)
    assert says in str(caught.value)


def test_a_beginning_is_taken_away_once() -> None:
    """Without `bos` exactly one token is taken from the front; one that stands elsewhere stays."""
    doubled = ChatTemplate(name="t", source="{{ bos_token }}{{ bos_token }}क{{ bos_token }}", bos_token="<s>")
    assert doubled.render(TURNS) == "<s>क<s>"
    assert ChatTemplate(name="t", source="क").render(TURNS) == "क"
