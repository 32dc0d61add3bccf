"""Where a chat template is found, and how it is asked."""

import json
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import InputError
from export.jinja_template import JinjaTemplate
from export.template import read_template


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ([], "has chat templates (none), none of them named default"),
        (["{{ x }}"], "has chat templates (none), none of them named default"),
        ([{"template": "x"}], "has chat templates None, none of them named default"),
        ([{"name": "default", "template": 3}], "has chat templates default, none of them named default"),
        ([{"name": ["x"], "template": "x"}, {"name": "rag", "template": "y"}], "has chat templates ['x'], rag, none"),
    ],
    ids=str,
)
def test_a_list_of_templates_without_a_usable_one_is_refused(content: Any, says: str, tmp_path: Path) -> None:
    """Whatever stands in the list, one entry must be called default and hold a text."""
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": content}))
    with pytest.raises(InputError) as caught:
        read_template(tmp_path)
    assert says in str(caught.value)
    assert str(caught.value).endswith("put the one to use into chat_template.jinja")


def test_the_jinja_file_goes_before_all(tmp_path: Path) -> None:
    """chat_template.jinja wins over both JSON files, is read to the letter, and must be UTF-8."""
    for name in ("chat_template.json", "tokenizer_config.json"):
        (tmp_path / name).write_text(json.dumps({"chat_template": "other"}))
    (tmp_path / "chat_template.jinja").write_text("{# मराठी #}\n", encoding="utf-8")
    assert read_template(tmp_path) == "{# मराठी #}\n"
    (tmp_path / "chat_template.jinja").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"chat_template\.jinja: cannot be read as UTF-8"):
        read_template(tmp_path)


@pytest.mark.parametrize(
    ("strips", "bos", "wanted"),
    [(True, "<s>", "क"), (False, "<s>", "<s>क"), (True, "", "क")],
)
def test_a_prompt_leaves_the_bos_to_llama_cpp_once(strips: bool, bos: str, wanted: str) -> None:
    """Where the file asks for a BOS the text has none of its own; a BOS that is not at the front is no BOS."""
    text = "{{ bos_token }}{{ messages[0].content }}{% if not add_generation_prompt %}!{% endif %}"
    jinja = JinjaTemplate(text=text, bos=bos, eos="", strips_bos=strips)
    assert jinja.prompt([{"role": "user", "content": "क"}]) == wanted
    assert jinja.full([{"role": "user", "content": "क"}], generation=False) == f"{bos}क!"
    later = JinjaTemplate(text="{{ messages[0].content }}{{ bos_token }}", bos=bos, eos="", strips_bos=strips)
    assert later.prompt([{"role": "user", "content": "क"}]) == f"क{bos}"


@pytest.mark.parametrize(
    "text",
    [
        "{{ raise_exception('only users') }}", "{% if %}", "{{ messages[0].content + 1 }}", "{{ messages[9].role }}",
        "{{ 1 / 'x' }}",
    ],
)  # fmt: skip
def test_a_template_that_complains_is_told_in_its_own_words(text: str) -> None:
    """Whatever a template fails with is one error with the number of messages; `accepts` says no to it."""
    jinja = JinjaTemplate(text=text, bos="", eos="", strips_bos=False)
    messages = [{"role": "user", "content": "क"}]
    with pytest.raises(InputError, match=r"the model's chat template refuses 1 messages: "):
        jinja.full(messages, generation=True)
    assert not jinja.accepts(messages)
    assert JinjaTemplate(text="x", bos="", eos="", strips_bos=False).accepts(messages)
