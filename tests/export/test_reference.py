"""The Hugging Face side of the gate: what a tokenizer's folder says, and where its chat template is found."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

from datakit.errors import InputError, MissingDependencyError
from export.jinja_template import JinjaTemplate
from export.template import read_template
from export.verify import reference
from export.verify.reference import read_tokens


def tokenizer() -> Tokenizer:
    """A tokenizer of words, with a text that begins and ends, a special token and one that is only added."""
    words = ["<s>", "</s>", "शिवाजी", "रायगड", "<unk>"]
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.add_special_tokens([AddedToken("<|end|>"), AddedToken("<s>"), AddedToken("</s>")])
    made.add_tokens([AddedToken("<tool>", special=False)])
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    return made


def folder_of(path: Path, **config: Any) -> Path:
    """Write a tokenizer's folder."""
    path.mkdir(parents=True, exist_ok=True)
    tokenizer().save(str(path / "tokenizer.json"))
    if config:
        (path / "tokenizer_config.json").write_text(json.dumps(config))
    return path


def test_a_folder_is_read_as_it_says(tmp_path: Path) -> None:
    """Texts of BOS and EOS come from the configuration, as a text or an object; special tokens are those marked so."""
    tokens = read_tokens(folder_of(tmp_path, bos_token="<s>", eos_token={"content": "</s>", "lstrip": False}))
    assert (tokens.bos, tokens.eos, tokens.template) == ("<s>", "</s>", None)
    assert tokens.special_texts() == ["<s>", "</s>", "<|end|>"]
    assert (tokens.id_of("<s>"), tokens.id_of("<tool>"), tokens.id_of("रायगड")) == (0, 6, 3)
    assert tokens.id_of("") is None
    assert tokens.id_of("<none>") is None


def test_ids_are_with_or_without_what_stands_around_a_text(tmp_path: Path) -> None:
    """Only where it is asked for BOS and EOS are put around a text."""
    tokens = read_tokens(folder_of(tmp_path))
    assert tokens.encode("शिवाजी रायगड") == [2, 3]
    assert tokens.encode("शिवाजी रायगड", special=True) == [0, 2, 3, 1]
    assert tokens.encode("") == []


@pytest.mark.parametrize("entry", [None, "", {}, {"content": ""}])
def test_a_token_that_is_not_named_is_empty(entry: Any, tmp_path: Path) -> None:
    """A null, an empty text and an object without content all mean that there is none."""
    tokens = read_tokens(folder_of(tmp_path, bos_token=entry, eos_token="</s>"))
    assert (tokens.bos, tokens.eos) == ("", "</s>")


def test_without_a_configuration_nothing_is_named(tmp_path: Path) -> None:
    """A folder with tokenizer.json alone has neither BOS nor EOS nor a chat template."""
    tokens = read_tokens(folder_of(tmp_path))
    assert (tokens.bos, tokens.eos, tokens.template) == ("", "", None)
    assert tokens.jinja(strips_bos=True) is None


def test_lengths_that_a_training_set_are_not_those_of_the_gate(tmp_path: Path) -> None:
    """A tokenizer that was saved with truncation and padding gives every id here, and none besides."""
    folder = folder_of(tmp_path)
    cut = tokenizer()
    cut.enable_truncation(2)
    cut.enable_padding(length=9)
    cut.save(str(folder / "tokenizer.json"))
    assert read_tokens(folder).encode("शिवाजी रायगड शिवाजी") == [2, 3, 2]


def test_the_template_carries_the_tokens(tmp_path: Path) -> None:
    """The chat template gets the texts of BOS and EOS, and who puts the BOS in front."""
    folder = folder_of(tmp_path, bos_token="<s>", eos_token="</s>", chat_template="{{ bos_token }}{{ eos_token }}")
    found = read_tokens(folder).jinja(strips_bos=True)
    assert found == JinjaTemplate(text="{{ bos_token }}{{ eos_token }}", bos="<s>", eos="</s>", strips_bos=True)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("tokenizer.json", None, r"tokenizer\.json: missing; expected the tokenizer the model was trained with"),
        ("tokenizer.json", "{", r"tokenizer\.json: the tokenizer cannot be read \("),
        ("tokenizer.json", "[]", r"tokenizer\.json: the tokenizer cannot be read \("),
        ("tokenizer_config.json", "{", r"tokenizer_config\.json: not JSON"),
        ("tokenizer_config.json", "[]", r"tokenizer_config\.json: expected a JSON object, found list"),
    ],
)
def test_a_torn_folder_is_named(name: str, content: str | None, reason: str, tmp_path: Path) -> None:
    """A file that is missing, torn or of another kind is named; no error of a library comes out."""
    folder = folder_of(tmp_path, eos_token="</s>")
    (folder / name).unlink() if content is None else (folder / name).write_text(content)
    with pytest.raises(InputError, match=reason):
        read_tokens(folder)


def test_a_library_that_is_not_there_names_the_install_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without tokenizers the gate says what to install, or how to go without it."""
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingDependencyError) as caught:
        read_tokens(tmp_path)
    assert str(caught.value) == (
        "tokenizers is not installed, and the gate compares with the Hugging Face model; next: pip install "
        "'ancient-aurora[export,train]', or export unchecked with --no-verify"
    )


@pytest.mark.parametrize(
    ("meminfo", "wanted"),
    [
        ("MemTotal: 9 kB\nMemAvailable:   2048 kB\nMemFree: 1 kB\n", 2048 * 1024),
        ("MemTotal: 9 kB\n", 1 << 62),
        (None, 1 << 62),
    ],
    ids=["said", "not said", "no such file"],
)
def test_free_memory_is_what_the_system_calls_available(
    meminfo: str | None, wanted: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What can be had without swapping counts, not what is unused; where the system does not say, it is enough."""
    file = tmp_path / "meminfo"
    if meminfo is not None:
        file.write_text(meminfo)
    monkeypatch.setattr(reference, "Path", lambda asked: file if asked == "/proc/meminfo" else Path(asked))
    assert reference._free_bytes() == wanted


def test_the_weights_of_a_folder_are_all_its_shards(tmp_path: Path) -> None:
    """The size by which memory is judged is that of a GGUF, or of every safetensors file together."""
    for name, size in (("a.safetensors", 10), ("b.safetensors", 5), ("optimizer.bin", 100)):
        (tmp_path / name).write_bytes(bytes(size))
    assert reference._weights_bytes(tmp_path) == 15
    assert reference._weights_bytes(tmp_path / "optimizer.bin") == 100


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
