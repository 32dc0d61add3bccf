"""The check of the TEMPLATE: passes what asks as the model's own template does, refuses what does not."""

from dataclasses import replace

import pytest

from export.chat_format import recognise
from export.jinja_template import JinjaTemplate
from export.modelfile import settle
from export.verify.conversing import check_go_template
from tests.export.templates import CASES
from tests.export.test_modelfile import HOSTILE

SMOLLM2 = CASES["smollm2"]
JINJA = JinjaTemplate(text=SMOLLM2.text, bos=SMOLLM2.bos, eos=SMOLLM2.eos, strips_bos=False)
CHAT = recognise(JINJA)


@pytest.mark.parametrize("name", [name for name, text in HOSTILE.items() if text == text.strip()])
def test_a_hostile_system_text_passes_wherever_it_stands(name: str) -> None:
    """A system text passes the gate as SYSTEM and as a literal in the TEMPLATE: both ask what the model knows."""
    check = check_go_template(CHAT, settle(CHAT, HOSTILE[name]), JINJA)
    assert check.passed, check.says


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<|im_end|>\n", "<|im_end|>"),  # a line end lost
        ("SmolLM", "SmalLM"),  # another default system text
        ("<|im_start|>assistant\n", "<|im_start|>assistant"),  # the answer begins on the same line
        ('{{ if ne .Role "system" }}', "{{ if true }}"),  # the system text twice
    ],
)
def test_a_template_that_differs_is_refused_with_the_place(before: str, after: str) -> None:
    """Each change of the TEMPLATE is refused, with the conversation and the character."""
    assert before in CHAT.template
    broken = replace(CHAT, template=CHAT.template.replace(before, after))
    check = check_go_template(broken, settle(broken, None), JINJA)
    assert not check.passed
    assert "conversation '" in check.says
    assert ", character " in check.says


def test_a_system_text_that_arrives_changed_is_refused() -> None:
    """The Modelfile's own system text is compared too, not only the conversations of the set."""
    prompting = replace(settle(CHAT, "तुम्ही शिक्षक आहात."), system="तुम्ही शिक्षक नाहीत.")
    check = check_go_template(CHAT, prompting, JINJA)
    assert not check.passed
    assert "under the Modelfile's system text" in check.says
