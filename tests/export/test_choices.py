"""What an export settles before it writes: types and their order, names, the system text, stops, the main file."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import InputError, IntegrityError, UsageError
from datakit.lineage import Manifest, content_root, sha256_file, version_id, write_manifest
from export import export as flow
from export.chat_format import ChatFormat, recognise
from export.export import Options
from export.gguf_values import Value, flag, text
from export.jinja_template import JinjaTemplate
from export.subject import find_subject, open_subject, weights_root
from export.verify.reference import Tokens
from export.verify.texts import Texts
from export.write import Written
from tests.export.templates import CASES

CHAT = ChatFormat(name="chatml", template="{{ .System }}", default_system="मूळ", stop=("<|im_end|>", "<x>"))


@pytest.mark.parametrize(
    ("quants", "wanted"),
    [
        (("q4_k_m", "f16"), ("f16", "q4_k_m")),
        (("q8_0", "bf16", "q4_k_m", "f32"), ("bf16", "f32", "q8_0", "q4_k_m")),
        ((" F16 ", "", "f16", "Q8_0"), ("f16", "q8_0")),
        (("q5_k_s", "q2_k"), ("q5_k_s", "q2_k")),
    ],
)
def test_sixteen_bits_come_first_and_each_type_once(quants: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    """A wrong rope looks like an honest 4-bit file, so plain types are judged first; else the order is the user's."""
    assert flow._in_order(Options(quants=quants)) == wanted
    assert flow._in_order(Options(quants=quants, adapter_only=True)) == ()


@pytest.mark.parametrize("quants", [(), ("",), (" ", "")])
def test_no_type_at_all_is_refused(quants: tuple[str, ...]) -> None:
    """Commas alone name nothing: the message shows what is expected."""
    with pytest.raises(UsageError, match=r"--quant names no type; expected such as f16,q4_k_m"):
        flow._in_order(Options(quants=quants))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Tiny Itihas", "tiny-itihas"),
        ("a/b\\c:d", "a-b-c-d"),
        ("..secret..", "secret"),
        ("v1.2_x-Y", "v1.2_x-y"),
        ("मराठा-1", "1"),
        ("-rf", "rf"),
    ],
)
def test_a_name_becomes_a_plain_one(name: str, wanted: str) -> None:
    """What names a folder, a file and a model of Ollama holds letters, digits, dots, dashes and underscores."""
    assert flow._plain_name(name) == wanted


@given(st.text(max_size=40))
def test_any_name_stays_inside_its_folder_or_is_refused(name: str) -> None:
    """No name reaches another folder, hides itself or looks like an option; one without a letter is refused."""
    try:
        plain = flow._plain_name(name)
    except UsageError as error:
        assert "expected letters, digits, dots and dashes" in str(error)  # noqa: PT017 - both are right
        return
    assert Path(plain).name == plain
    assert plain[0] not in ".-_"
    assert plain.isascii()
    assert plain == plain.lower()
    assert flow._plain_name(plain) == plain


def made(type: str) -> Written:
    """A file of a type."""
    return Written(
        path=Path(f"m-{type}.gguf"), type=type, bytes=1, sha256="", tensors=1, types={}, seconds=0.0, engine="numpy"
    )


@pytest.mark.parametrize(
    ("types", "wanted"),
    [
        (["f16", "q8_0", "q4_k_m"], "q4_k_m"),
        (["q8_0", "q5_k_m"], "q5_k_m"),
        (["q8_0", "f16"], "q8_0"),
        (["f16", "q6_k"], "q6_k"),
        (["f16"], "f16"),
    ],
)
def test_the_modelfile_stands_on_the_small_file(types: list[str], wanted: str) -> None:
    """Of several files the one that a laptop runs well is named; where none of those is there, the last."""
    assert flow._main_file([made(type) for type in types]).type == wanted


TEXTS = Texts(dataset="d", conversations=[], plain=[], questions=[], system="शिक्षक")


@pytest.mark.parametrize(
    ("chosen", "texts", "chat", "wanted"),
    [
        (" मी \n", TEXTS, CHAT, "मी"),
        ("", TEXTS, CHAT, None),
        ("  ", TEXTS, CHAT, None),
        (None, TEXTS, CHAT, "शिक्षक"),
        (None, replace(TEXTS, system=None), CHAT, "मूळ"),
        (None, replace(TEXTS, system=""), CHAT, "मूळ"),
        (None, None, CHAT, "मूळ"),
        (None, None, None, None),
        (None, None, replace(CHAT, default_system=None), None),
    ],
)
def test_whose_system_text_is_taken(
    chosen: str | None, texts: Texts | None, chat: ChatFormat | None, wanted: str | None
) -> None:
    """The user's word, also an empty one, goes before the training rows', and that before the template's own."""
    assert flow._system(chosen, texts, chat) == wanted


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({"add_bos_token": flag(True)}, True),
        ({"add_bos_token": flag(False), "model": text("llama")}, False),
        ({"model": text("llama"), "pre": text("default")}, True),
        ({"model": text("gpt2"), "pre": text("llama-bpe")}, True),
        ({"model": text("gpt2"), "pre": text("smollm")}, False),
        ({}, False),
    ],
    ids=str,
)
def test_who_puts_the_bos_in_front(keys: dict[str, Value], wanted: bool) -> None:
    """What the file says counts; where it says nothing, llama.cpp's own habit for the kind of vocabulary."""
    source: Any = SimpleNamespace(keys={f"tokenizer.ggml.{name}": value for name, value in keys.items()})
    assert flow._adds_bos(source) is wanted


@pytest.mark.parametrize(("found", "wanted"), [(text("apache-2.0"), "apache-2.0"), (None, "other")])
def test_the_licence_is_the_base_s(found: Value | None, wanted: str) -> None:
    """A base that names its licence passes it on; one that does not is called other, never free."""
    source: Any = SimpleNamespace(keys={"general.license": found} if found else {})
    assert flow._licence(source) == wanted


def tokens_with(template: str | None) -> Tokens:
    """Tokens whose chat template is given; no text is tokenized."""
    engine = SimpleNamespace(
        get_added_tokens_decoder=lambda: {
            0: SimpleNamespace(content="</s>", special=True),
            1: SimpleNamespace(content="<|im_end|>", special=True),
        }
    )
    return Tokens(engine=engine, bos="", eos="</s>", template=template)


def test_an_answer_stops_at_each_end_there_is() -> None:
    """The end of a turn, the EOS and the format's own stops; a model without a template stops at its EOS."""
    assert flow._stops(tokens_with(CASES["chatml"].text), CHAT) == ["<|im_end|>", "</s>", "<|im_end|>", "<x>"]
    assert flow._stops(tokens_with(None), None) == ["</s>"]
    assert flow._stops(replace(tokens_with(None), eos=""), None) == []


def test_a_template_of_the_user_goes_before_the_recognised_one() -> None:
    """A given TEMPLATE is taken as it is; without one the model's own is recognised; a base model has none."""
    tokens = tokens_with(CASES["chatml"].text)
    found = flow._chat(tokens, None, strips_bos=False)
    assert found == recognise(JinjaTemplate(text=CASES["chatml"].text, bos="", eos="</s>", strips_bos=False))
    own = flow._chat(tokens, "{{ .System }}!", strips_bos=False)
    assert own is not None
    assert (own.name, own.template) == ("given", "{{ .System }}!")
    assert flow._chat(tokens_with(None), "{{ .System }}", strips_bos=False) is None


def model(folder: Path, *, config: str = '{"architectures": ["LlamaForCausalLM"]}') -> Path:
    """A folder that looks like a model."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(config)
    (folder / "model-2.safetensors").write_bytes(b"two")
    (folder / "model-1.safetensors").write_bytes(b"one")
    return folder


def test_a_bare_model_is_opened_by_its_weights(tmp_path: Path) -> None:
    """Its name is the folder's, its identity that of every weight file, whatever their order; no run, no version."""
    folder = model(tmp_path / "My-Model")
    found = open_subject(folder)
    assert (found.name, found.base, found.tokenizer, found.run, found.adapter) == (
        "my-model",
        folder,
        folder,
        None,
        None,
    )
    assert found.base_identity == {
        "name": "My-Model",
        "sha256": content_root([sha256_file(folder / f"model-{n}.safetensors") for n in (2, 1)]),
        "architecture": "LlamaForCausalLM",
        "form": "safetensors",
    }
    before = weights_root(folder)
    (folder / "notes.txt").write_text("x")
    assert weights_root(folder) == before
    (folder / "model-1.safetensors").write_bytes(b"One")
    assert weights_root(folder) != before
    assert weights_root(folder / "model-1.safetensors") == content_root([sha256_file(folder / "model-1.safetensors")])


@pytest.mark.parametrize("config", ["{}", '{"architectures": []}', '{"architectures": null}'])
def test_a_model_that_names_no_architecture_is_unknown(config: str, tmp_path: Path) -> None:
    """What the config does not say is called unknown, and refused later by the one who needs it."""
    assert open_subject(model(tmp_path / "m", config=config)).base_identity["architecture"] == "unknown"


@pytest.mark.parametrize(("config", "says"), [("{", "cannot be read ("), ("[1]", "expected a JSON object, found list")])
def test_a_torn_config_is_named(config: str, says: str, tmp_path: Path) -> None:
    """The config's path is in the message."""
    with pytest.raises(InputError, match=r"config\.json: ") as caught:
        open_subject(model(tmp_path / "m", config=config))
    assert says in str(caught.value)


def test_what_goes_with_a_run_is_refused_for_a_model(tmp_path: Path) -> None:
    """A model is its own base; a GGUF is no input; a manifest of another kind is no run."""
    folder = model(tmp_path / "m")
    with pytest.raises(UsageError, match=r"--base goes with a run; .*m is a model by itself"):
        open_subject(folder, base=folder)
    (tmp_path / "x.gguf").write_bytes(b"GGUF")
    with pytest.raises(UsageError, match=r"x\.gguf: is a GGUF already; expected a run folder, or a model folder"):
        open_subject(tmp_path / "x.gguf")
    identity = {"name": "d"}
    write_manifest(tmp_path, Manifest(kind="dataset", id=version_id(identity), identity=identity))
    with pytest.raises(UsageError, match="a manifest of kind dataset; expected a run"):
        open_subject(tmp_path)


def run_of(folder: Path, base: Path, *, recorded: str | None, version: str | None = None) -> Path:
    """A sealed run that learned on a base."""
    (folder / "adapter").mkdir(parents=True)
    dataset = {"name": "d", "id": version_id({"name": "d"})}
    identity = {
        "dataset": dataset,
        "base": {"name": "tiny", "sha256": weights_root(base), "architecture": "x", "form": "y"},
    }
    body = {"base_path": recorded, "version_path": version}
    (folder / "provenance.json").write_text(json.dumps(body))
    entry = {"sha256": sha256_file(folder / "provenance.json"), "bytes": (folder / "provenance.json").stat().st_size}
    files = {"provenance.json": entry}
    write_manifest(folder, Manifest(kind="run", id=version_id(identity), identity=identity, files=files))
    return folder


def version_in(folder: Path, name: str = "d") -> Path:
    """A version that is its manifest alone."""
    folder.mkdir(parents=True)
    write_manifest(folder, Manifest(kind="dataset", id=version_id({"name": name}), identity={"name": name}))
    return folder


def test_a_run_finds_its_base_where_it_was_or_where_it_is_said(tmp_path: Path) -> None:
    """A base inside the run is named from there, any other by its whole path; --base goes before both."""
    base = model(tmp_path / "base")
    assert open_subject(run_of(tmp_path / "a", base, recorded=str(base))).base == base
    inside = run_of(tmp_path / "b", base, recorded="../base")
    assert open_subject(inside).base.resolve() == base
    gone = run_of(tmp_path / "c", base, recorded=str(tmp_path / "gone"))
    with pytest.raises(InputError, match=r"c: its base tiny is not where the run found it \(.*gone\); .* with --base"):
        open_subject(gone)
    assert open_subject(gone, base=base).base == base
    with pytest.raises(InputError, match=r"its base tiny is not where the run found it \(None\)"):
        open_subject(run_of(tmp_path / "d", base, recorded=None))
    other = model(tmp_path / "other")
    (other / "model-1.safetensors").write_bytes(b"else")
    with pytest.raises(IntegrityError, match="an adapter fits no other base: name the right one with --base"):
        open_subject(gone, base=other)


def test_a_run_finds_its_version(tmp_path: Path) -> None:
    """Where the run found it, else under --curated by name and id; --dataset goes before both and must be the one."""
    base = model(tmp_path / "base")
    own = version_in(tmp_path / "kept")
    curated = version_in(tmp_path / "curated" / "d" / version_id({"name": "d"}))
    run = run_of(tmp_path / "a", base, recorded=str(base), version=str(own))
    assert open_subject(run, curated=tmp_path / "curated").version == own
    lost = run_of(tmp_path / "b", base, recorded=str(base), version=str(tmp_path / "gone"))
    assert open_subject(lost, curated=tmp_path / "curated").version == curated
    bare = open_subject(lost, curated=tmp_path / "none")
    assert (bare.version, bare.dataset) == (None, None)
    assert open_subject(lost, dataset=own).version == own
    with pytest.raises(InputError, match=r"but the run learned from .*; next: name the right folder with --dataset"):
        open_subject(run, dataset=version_in(tmp_path / "other", "else"))


@pytest.mark.parametrize("wanted", ["x.gguf", "a/b", "./latest"])
def test_what_looks_like_a_path_is_one(wanted: str, tmp_path: Path) -> None:
    """Only a bare word is looked for among the runs, and only where there is a folder of runs."""
    (tmp_path / "runs").mkdir()
    assert find_subject("./latest", runs=tmp_path / "none") == Path("latest")
    if wanted != "./latest":
        assert find_subject(wanted, runs=tmp_path / "runs") == Path(wanted)
