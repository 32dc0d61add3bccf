"""A base or an adapter that is damaged, or made to do harm, is refused with a message; nothing crashes or hangs."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import DatakitError, InputError
from export.adapter import open_adapter
from export.architectures import family_of, hyperparameters, text_config
from export.checkpoint import open_checkpoint, read_header, read_json
from export.config_numbers import check_config
from export.gguf_reader import open_gguf
from export.gguf_values import Value, encode
from export.rope import rope_factors, rope_parameters
from export.source import open_source
from export.write import write_gguf
from tests.export.writing.checkpoints import write_adapter

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 7, 10**30, 1.5, 1e300, float("inf"), "", "x", "7"]),
    st.sampled_from([[], [1], ["x"], {}, {"a": 1}, {"rope_theta": "x"}, {"rope_type": "llama3"}, {"factor": None}]),
)
"""What nobody expects in an entry of a config."""


@pytest.fixture(scope="module")
def configs(tiny: Callable[[str], Path]) -> dict[str, dict[str, Any]]:
    """Configurations of three families as transformers writes them."""
    return {name: read_json(tiny(name) / "config.json") for name in ("llama31", "gemma3", "qwen2")}


@pytest.fixture(scope="module")
def head(tiny: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, int]:
    """A small GGUF, its bytes, and where its tensors begin."""
    path = tmp_path_factory.mktemp("gguf") / "m.gguf"
    write_gguf(open_source(tiny("smollm")), path, type="f16", metadata={})
    return path, path.read_bytes(), open_gguf(path).data_offset


def raw_safetensors(path: Path, header: object, *, size: int = 64) -> Path:
    """Write a file of safetensors with any header."""
    body = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(body)) + body + bytes(size))
    return path


@settings(max_examples=300)
@given(data=st.data())
def test_a_config_with_an_odd_entry_is_read_or_refused(data: st.DataObject, configs: dict[str, dict[str, Any]]) -> None:
    """Whatever stands in one entry, at any depth, or is missing: keys come out, or one error of ours."""
    config = dict(configs[data.draw(st.sampled_from(sorted(configs)))])
    name = data.draw(st.sampled_from(sorted(config)))
    if isinstance(config[name], dict) and config[name] and data.draw(st.booleans()):
        inner = data.draw(st.sampled_from(sorted(config[name])))
        config[name] = {**config[name], inner: data.draw(ODD)}
    elif data.draw(st.booleans()):
        config[name] = data.draw(ODD)
    else:
        del config[name]
    try:
        check_config(Path("config.json"), config)
        whole = text_config(config)
        hyperparameters(family_of(config), whole)
        rope_factors(rope_parameters(whole), head_dim=whole["head_dim"])
    except DatakitError as error:
        assert str(error)  # noqa: PT017 - reading it whole is right as well


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"num_hidden_layers": 10**30},
            r"num_hidden_layers is 1000.*; expected a whole number from 1 to 10000\. Fetch",
        ),
        ({"hidden_size": "2048"}, "hidden_size is '2048'; expected a whole number from 1 to 4294967295"),
        ({"num_attention_heads": 0}, "num_attention_heads is 0; expected a whole number"),
        ({"vocab_size": True}, "vocab_size is True; expected a whole number"),
        ({"rms_norm_eps": -1}, "rms_norm_eps is -1; expected a number from 0"),
        ({"rope_theta": float("nan")}, "rope_theta is nan; expected a number from 0"),
        ({"text_config": [1]}, r"text_config is \[1\]; expected an object"),
        ({"text_config": {"head_dim": 1.5}}, r"text_config\.head_dim is 1\.5; expected a whole number"),
        ({"rope_scaling": {"factor": "8"}}, r"rope_scaling\.factor is '8'; expected a number from 0"),
        ({"architectures": "LlamaForCausalLM"}, "architectures is 'LlamaForCausalLM'; expected a list of names"),
        ({"layer_types": [1]}, r"layer_types is \[1\]; expected a list of names"),
        ({"hidden_size": "x" * 500}, "hidden_size is 'x{59}…; expected"),
    ],
    ids=str,
)
def test_an_entry_of_another_kind_is_named(change: dict[str, Any], reason: str) -> None:
    """The message names the file, the entry, what was found and what is expected; 10^30 layers hang nothing."""
    with pytest.raises(InputError, match=f"^m/config.json: {reason}"):
        check_config(Path("m/config.json"), change)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"factor": None}, "rope type llama3 needs factor above 0, found None"),
        ({"factor": 0}, "rope type llama3 needs factor above 0, found 0"),
        ({"original_max_position_embeddings": None}, "needs original_max_position_embeddings above 0, found None"),
        ({"rope_theta": 0}, "needs rope_theta above 0, found 0"),
        ({"low_freq_factor": 4.0}, "high_freq_factor is 4.0; expected more than low_freq_factor, 4.0"),
    ],
    ids=str,
)
def test_a_rope_without_its_numbers_is_refused(
    change: dict[str, Any], reason: str, configs: dict[str, dict[str, Any]]
) -> None:
    """A stretch that is missing, null or 0 would fill the file with infinities: the number is named instead."""
    config = configs["llama31"]
    rope = rope_parameters({**config, "rope_scaling": {**config["rope_scaling"], **change}})
    with pytest.raises(InputError, match=reason):
        rope_factors(rope, head_dim=config["head_dim"])
    with pytest.raises(InputError, match="head_dim is 7, expected an even number: rope turns pairs"):
        rope_factors(rope_parameters(config), head_dim=7)


@settings(max_examples=400)
@given(data=st.data())
def test_a_gguf_with_changed_bytes_is_read_or_refused(data: st.DataObject, head: tuple[Path, bytes, int]) -> None:
    """Up to four changed bytes anywhere in the head give another head, or one error of ours; never anything else."""
    path, raw, end = head
    changed = bytearray(raw[: end + 64])
    for place in data.draw(st.lists(st.integers(0, end - 1), min_size=1, max_size=4)):
        changed[place] = data.draw(st.integers(0, 255))
    other = path.with_name("changed.gguf")
    other.write_bytes(changed)
    try:
        open_gguf(other)
    except DatakitError as error:
        assert str(error).startswith(str(other))  # noqa: PT017 - reading it whole is right as well


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"general.alignment": Value("u32", 0)}, "general.alignment is 0, expected a whole number from 1"),
        ({"general.alignment": Value("str", "32")}, "general.alignment is '32', expected a whole number"),
        ({"split.count": Value("str", "two")}, "split.count is 'two', expected a whole number"),
        ({"split.count": Value("u32", 2)}, "one part of 2; join them with llama-gguf-split --merge"),
    ],
    ids=str,
)
def test_a_key_of_another_kind_is_named(keys: dict[str, Value], reason: str, tmp_path: Path) -> None:
    """Keys that the reader itself counts with must be numbers; an alignment of nothing divides nothing."""
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(keys)) + encode(keys) + bytes(64))
    with pytest.raises(InputError, match=reason):
        open_gguf(path)


@pytest.mark.parametrize("lengths", [(), (0,), (4, 0), (1, 1, 1, 1, 1)], ids=str)
def test_a_tensor_without_a_shape_is_refused(lengths: tuple[int, ...], tmp_path: Path) -> None:
    """No dimension, five of them, or one of length 0 is no tensor."""
    info = struct.pack("<Q", 1) + b"t" + struct.pack(f"<I{len(lengths)}QIQ", len(lengths), *lengths, 0, 0)
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + info + bytes(64))
    with pytest.raises(InputError, match=r"tensor t has the shape \[.*expected 1 to 4 lengths from 1"):
        open_gguf(path)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ([], "the header is a list, expected an object"),
        (b"[" * 100_000, "the header is nested too deeply|the header is not JSON"),
        ({"t": 1}, "tensor t is 1; expected dtype, shape and two data_offsets"),
        ({"t": {"dtype": "F32"}}, "expected dtype, shape and two data_offsets"),
        ({"t": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}, "expected dtype, shape and two data_offsets"),
        ({"t": {"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}}, "expected dtype, shape and two"),
        ({"t": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}, "expected dtype, shape and two"),
        ({"t": {"dtype": "F32", "shape": "16", "data_offsets": [0, 64]}}, "expected dtype, shape and two"),
        ({"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}}, "expected dtype, shape and two"),
        ({"t": {"dtype": "F32", "shape": [4], "data_offsets": [64, 80]}}, "claims bytes 64 to 80 of 64"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_header_of_another_kind_is_refused(header: object, reason: str, tmp_path: Path) -> None:
    """A header that is no table of tensors is told as such; a place before the first byte is none."""
    with pytest.raises(InputError, match=reason):
        read_header(raw_safetensors(tmp_path / "m.safetensors", header))


@pytest.mark.parametrize(
    ("map", "reason"),
    [
        ([], "weight_map is a list, expected an object"),
        ({"t": 1}, "puts t into 1; expected the name of a file beside the index"),
        (
            {"t": "../other/model.safetensors"},
            r"puts t into '\.\./other/model\.safetensors'; expected the name of a file",
        ),
        ({"t": "/etc/model.safetensors"}, "expected the name of a file beside the index"),
    ],
    ids=str,
)
def test_an_index_reaches_nothing_outside_its_folder(map: object, reason: str, tmp_path: Path) -> None:
    """An index of shards names files of its own folder, by name alone."""
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": map}))
    with pytest.raises(InputError, match=reason):
        open_checkpoint(tmp_path)


def test_json_without_a_bottom_is_refused(tmp_path: Path) -> None:
    """A hundred thousand open brackets are no config and no crash."""
    (tmp_path / "config.json").write_bytes(b"[" * 100_000)
    with pytest.raises(InputError, match="not JSON"):
        read_json(tmp_path / "config.json")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"r": 0}, "r is 0, expected a rank from 1"),
        ({"r": "8"}, "expected numbers r and lora_alpha, found '8'"),
        ({"lora_alpha": float("nan")}, "lora_alpha is nan, expected a number that 32 bits hold"),
        ({"lora_alpha": float("-inf")}, "lora_alpha is -inf, expected a number that 32 bits hold"),
        ({"lora_alpha": 10**400}, "lora_alpha is 10{39}, expected a number that 32 bits hold"),
        ({"alpha_pattern": {"q_proj": float("inf")}}, "expected module patterns with numbers above 0"),
        ({"alpha_pattern": {"q_proj": float("nan")}}, "expected module patterns with numbers above 0"),
        ({"rank_pattern": {"(": 4}}, "rank_pattern is no table of module patterns and numbers"),
        ({"rank_pattern": [1]}, "rank_pattern is no table of module patterns and numbers"),
        ({"alpha_pattern": {"q_proj": "x"}}, "alpha_pattern is {'q_proj': 'x'}; expected module patterns with numbers"),
        (
            {"rank_pattern": {"q_proj": 0}},
            "rank_pattern is {'q_proj': 0}; expected module patterns with numbers above 0",
        ),
    ],
    ids=str,
)
def test_an_adapter_with_an_odd_option_is_refused(change: dict[str, Any], reason: str, tmp_path: Path) -> None:
    """Ranks and patterns that no training writes are named, before anything is divided by them."""
    folder = write_adapter(tmp_path / "adapter", {"model.layers.0.mlp.up_proj": (64, 32)})
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=reason):
        open_adapter(folder)
