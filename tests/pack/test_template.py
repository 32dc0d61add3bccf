"""Chat templates: what a tokenizer's folder says, what it may hold, and conversations in the forms for trainers."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import InputError, UsageError
from datakit.pack import load_template
from datakit.pack.licences import hub_licences, licence_url
from datakit.pack.llamafactory import _alpaca as for_llamafactory
from datakit.pack.llamafactory import _problem
from datakit.pack.pack import FORMATS
from datakit.pack.push import checked_repo, push
from datakit.pack.template import BUILTIN, ChatTemplate

TURNS = [{"role": "user", "content": "कोठे?"}, {"role": "assistant", "content": "रायगडावर."}]


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


CONTENT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PAIRS = st.lists(st.tuples(CONTENT, CONTENT), min_size=1, max_size=4)


def messages(pairs: list[tuple[str, str]], system: str | None) -> list[dict[str, str]]:
    """A conversation."""
    made = [] if system is None else [{"role": "system", "content": system}]
    for asked, told in pairs:
        made += [{"role": "user", "content": asked}, {"role": "assistant", "content": told}]
    return made


@given(PAIRS, st.none() | CONTENT)
def test_no_form_loses_a_turn(pairs: list[tuple[str, str]], system: str | None) -> None:
    """From each form the whole conversation can be put together again, letter by letter."""
    turns = messages(pairs, system)
    row = {
        "id": "x", "messages": turns, "question": pairs[-1][0], "answer": pairs[-1][1], "context": None,
        "system": system,
    }  # fmt: skip
    assert FORMATS["messages"](row) == {"messages": turns}
    names = {"system": "system", "human": "user", "gpt": "assistant"}
    talked = FORMATS["sharegpt"](row)["conversations"]
    assert [{"role": names[turn["from"]], "content": turn["value"]} for turn in talked] == turns
    for told in (FORMATS["alpaca"](row), dict(for_llamafactory(row))):
        again = [*map(tuple, told["history"]), (told["instruction"], told["output"])]
        assert messages(again, told["system"] or None) == messages(pairs, system or None)
        assert told["input"] == ""
    assert _problem(turns) is None


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        ("", "0 turns, expected pairs of user and assistant"),
        ("s", "0 turns, expected pairs of user and assistant"),
        ("u", "1 turns, expected pairs of user and assistant"),
        ("sua", None),
        ("uaua", None),
        ("uau", "3 turns, expected pairs of user and assistant"),
        ("a", "turn 1 is of assistant, expected user"),
        ("suu", "turn 2 is of user, expected assistant"),
        ("usua", "turn 2 is of system, expected assistant"),
        ("ssua", "turn 1 is of system, expected user"),
        ("uaau", "turn 3 is of assistant, expected user"),
    ],
)
def test_turns_out_of_order_are_told_by_their_place(roles: str, says: str | None) -> None:
    """One system turn may lead; then user and assistant alternate, and the answer comes last."""
    names = {"s": "system", "u": "user", "a": "assistant"}
    assert _problem([{"role": names[role], "content": ""} for role in roles]) == says


@pytest.mark.parametrize("repo", ["", "name", "/name", "owner/", "a/b/c", "own er/name", " owner/name", "owner/name\n"])
def test_a_repository_is_an_owner_and_a_name(repo: str) -> None:
    """Anything else is repeated with an example, before anything is sent."""

    class Nowhere:
        def upload(self, folder: Path, repo: str, *, message: str, private: bool) -> str:
            raise AssertionError((folder, repo, message, private))

    assert checked_repo("society/itihas") == "society/itihas"
    with pytest.raises(UsageError) as caught:
        push(Path(), repo, Nowhere(), version="v")
    assert str(caught.value) == f"--push {repo!r}: expected owner/name, such as history-society/marathi-history"


@given(
    st.lists(st.none() | st.sampled_from(["CC-BY-4.0", "MIT", "GPL-3.0-only", "ODbL-1.0", "X"]) | st.text(max_size=9))
)
def test_licences_of_a_card_are_the_hub_s(stated: list[str | None]) -> None:
    """Whatever sources state, the card lists names that the hub knows, each once and in order."""
    found = hub_licences(stated)
    assert found == sorted(set(found))
    assert all(name == name.lower() and name.strip() for name in found)
    assert bool(found) == bool(stated)
    assert hub_licences(reversed(stated)) == found


@pytest.mark.parametrize(
    ("licence", "wanted"),
    [
        ("GPL-2.0+", "https://spdx.org/licenses/GPL-2.0+.html"),
        ("LicenseRef-Private", "LicenseRef-Private"),
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("", ""),
        ("../x", "../x"),
        ("सार्वजनिक", "सार्वजनिक"),
    ],
)
def test_only_an_spdx_id_has_a_page(licence: str, wanted: str) -> None:
    """An expression, a reference of one's own or words are no address."""
    assert licence_url(licence) == wanted
