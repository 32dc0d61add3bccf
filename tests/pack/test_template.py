"""Chat templates: what a tokenizer's folder says and what it may hold."""

import json
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import InputError, UsageError
from datakit.pack import load_template
from datakit.pack.template import BUILTIN
from tests.pack.conversation import TURNS


def folder_of(path: Path, *, jinja: str | None = None, **config: Any) -> str:
    """A tokenizer's folder, as the name that a user gives."""
    path.mkdir(exist_ok=True)
    (path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    if jinja is not None:
        (path / "chat_template.jinja").write_text(jinja, encoding="utf-8")
    return str(path)


def test_the_jinja_file_goes_before_the_configuration(tmp_path: Path) -> None:
    """Where a folder has both, chat_template.jinja is the template; the tokens come from the configuration."""
    name = folder_of(
        tmp_path / "own", jinja="{{ bos_token }}नवे{{ eos_token }}", chat_template="जुने",
        bos_token={"content": "<s>"}, eos_token="</s>",
    )  # fmt: skip
    found = load_template(name)
    assert (found.name, found.bos_token, found.eos_token) == ("own", "<s>", "</s>")
    assert found.render(TURNS) == "नवे</s>"
    assert found.render(TURNS, bos=True) == "<s>नवे</s>"


def test_of_several_templates_the_default_one_is_taken(tmp_path: Path) -> None:
    """A list of named templates gives the one called default; without one there is no template."""
    several = [{"name": "tool_use", "template": "A"}, {"name": "default", "template": "B"}]
    assert load_template(folder_of(tmp_path, chat_template=several)).source == "B"
    with pytest.raises(InputError, match="the tokenizer has no chat template; use --template"):
        load_template(folder_of(tmp_path, chat_template=several[:1]))
    with pytest.raises(InputError, match=f"use --template {' or '.join(BUILTIN)}$"):
        load_template(folder_of(tmp_path))


@pytest.mark.parametrize("content", [None, "{", "\ufeff{"])
def test_a_configuration_that_cannot_be_read_is_named(content: str | None, tmp_path: Path) -> None:
    """A missing and a torn configuration are told with the path and what was expected."""
    if content is not None:
        (tmp_path / "tokenizer_config.json").write_text(content, encoding="utf-8")
    with pytest.raises(
        InputError, match=r"tokenizer_config\.json: cannot be read \(.*; expected the tokenizer's config"
    ):
        load_template(str(tmp_path))


@pytest.mark.parametrize("name", ["chatlm", "", "none/such"])
def test_a_name_that_is_no_template_lists_the_shipped_ones(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    """The message repeats the name and says what may stand there."""
    monkeypatch.chdir(tmp_path)
    if name:
        with pytest.raises(UsageError) as caught:
            load_template(name)
        assert str(caught.value) == (
            f"chat template {name!r}: expected {', '.join(BUILTIN)}, or a folder with tokenizer_config.json"
        )
    else:
        with pytest.raises(InputError, match=r"tokenizer_config\.json"):
            load_template(name)


def test_only_marked_tokens_are_commands(tmp_path: Path) -> None:
    """Of the added tokens those marked special are control tokens; the first of them that stands in a text is told."""
    added = {
        "0": {"content": "<|end|>", "special": True},
        "1": {"content": "<tool>", "special": False},
        "2": {"content": "", "special": True},
        "3": {"content": "<|start|>", "special": True},
    }
    found = load_template(folder_of(tmp_path, chat_template="x", added_tokens_decoder=added))
    assert found.special_tokens == ("<|end|>", "<|start|>")
    assert found.special_in("a <|start|> b <|end|>") == "<|end|>"
    assert found.special_in("a <|start|>") == "<|start|>"
    assert found.special_in("a <tool> < |end|>") is None


def test_a_folder_saved_today_tells_its_control_tokens(tmp_path: Path) -> None:
    """Newer transformers list the tokens in tokenizer.json alone; they are found there, marked ones only."""
    from tokenizers import AddedToken, Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.WordLevel({"x": 0, "<unk>": 1}, unk_token="<unk>"))
    core.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    core.add_tokens([AddedToken("रायगड", special=False)])
    saved = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|im_end|>", chat_template="{{ messages }}")  # type: ignore[no-untyped-call]
    saved.save_pretrained(tmp_path)
    found = load_template(str(tmp_path))
    assert found.eos_token == "<|im_end|>"
    assert set(found.special_tokens) == {"<|im_start|>", "<|im_end|>"}
    assert found.special_in("क<|im_start|>ख") == "<|im_start|>"
    assert found.special_in("रायगड") is None


def test_tokens_of_both_files_count_once(tmp_path: Path) -> None:
    """What the configuration and tokenizer.json list is put together, each token once."""
    token = {"content": "<s>", "special": True}
    name = folder_of(tmp_path, chat_template="T", added_tokens_decoder={"1": token})
    (tmp_path / "tokenizer.json").write_text(
        json.dumps({"added_tokens": [token, {"content": "</s>", "special": True}, {"content": "", "special": True}]}),
        encoding="utf-8",
    )
    assert load_template(name).special_tokens == ("<s>", "</s>")


def test_a_template_in_a_json_file_of_its_own(tmp_path: Path) -> None:
    """Processors of pictures keep it in chat_template.json; it goes before the configuration's."""
    name = folder_of(tmp_path, chat_template="जुने")
    (tmp_path / "chat_template.json").write_text(json.dumps({"chat_template": "नवे"}), encoding="utf-8")
    assert load_template(name).source == "नवे"


@pytest.mark.parametrize(
    "config",
    [
        {"added_tokens_decoder": None},
        {"added_tokens_decoder": []},
        {"added_tokens_decoder": {"0": "<s>", "1": {"special": True}, "2": {"content": None, "special": True}}},
        {"bos_token": 1, "eos_token": {"content": None}},
    ],
)
def test_values_of_another_kind_are_no_tokens(config: dict[str, Any], tmp_path: Path) -> None:
    """A configuration with null, numbers or lists where tokens stand has none, and ends nothing."""
    found = load_template(folder_of(tmp_path, chat_template="T", **config))
    assert (found.bos_token, found.eos_token, found.special_tokens) == ("", "", ())


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("tokenizer_config.json", b"[]", "found JSON that is no object; expected the tokenizer's configuration"),
        ("tokenizer_config.json", b"\xff", "cannot be read"),
        ("chat_template.jinja", b"\xe0\xa4", "cannot be read"),
        ("chat_template.json", b"7", "found JSON that is no object; expected an object with chat_template"),
        ("tokenizer.json", b"{", "cannot be read"),
    ],
)
def test_a_damaged_file_is_named(file: str, content: bytes, says: str, tmp_path: Path) -> None:
    """Each file of the folder, torn or of another kind, is told with its path and what was expected."""
    name = folder_of(tmp_path, chat_template="T")
    (tmp_path / file).write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_template(name)
    assert str(tmp_path / file) in str(caught.value)
    assert says in str(caught.value)


def test_named_templates_of_any_form(tmp_path: Path) -> None:
    """Entries without a name, without a template, or that are no objects are passed over."""
    odd = ["x", {"template": "A"}, {"name": "default"}, None]
    with pytest.raises(InputError, match="no chat template"):
        load_template(folder_of(tmp_path, chat_template=odd))
    assert load_template(folder_of(tmp_path, chat_template=[*odd, {"name": "default", "template": "B"}])).source == "B"
