"""The file as a whole: its keys, what it says of itself, and a real base."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datakit.errors import UsageError
from export.gguf_reader import open_gguf
from export.gguf_values import Value
from export.source import Source, open_source
from export.write import write_gguf
from tests.export.writing.checkpoints import write_adapter
from tests.export.writing.reading import numbers

LINEAGE: dict[str, str | int] = {
    "general.name": "मराठा इतिहास",
    "general.dataset.count": 1,
    "general.dataset.0.name": "marathi-history",
    "general.dataset.0.version": "a" * 64,
    "aurora.format": 1,
    "aurora.row_root": "b" * 64,
}


def test_lineage_is_in_the_file(llama: Source, tmp_path: Path) -> None:
    """Every key given is in the file with its type, and so are type, format of the base and version of the blocks."""
    write_gguf(llama, tmp_path / "out.gguf", type="q8_0", metadata=LINEAGE)
    keys = open_gguf(tmp_path / "out.gguf").keys
    for name, value in LINEAGE.items():
        assert keys[name] == Value("u32" if isinstance(value, int) else "str", value)
    assert keys["general.file_type"] == Value("u32", 7)
    assert keys["general.quantization_version"] == Value("u32", 2)
    assert keys["aurora.base_precision"] == Value("str", "BF16")
    assert next(iter(keys)) == "general.architecture"


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"llama.rope.freq_base": 1}, "key 'llama.rope.freq_base' cannot be set"),
        ({"general.architecture": "llama"}, "key 'general.architecture' cannot be set"),
        ({"general.file_type": 1}, "key 'general.file_type' cannot be set"),
        ({"aurora.x": True}, "key 'aurora.x': expected text or a whole number, found bool"),
        ({"aurora.x": 1.5}, "key 'aurora.x': expected text or a whole number, found float"),
        ({"aurora.x": -1}, "key 'aurora.x': -1 is outside 0 to 4294967295"),
    ],
    ids=str,
)
def test_keys_that_may_not_be_set_are_refused(
    metadata: dict[str, Any], reason: str, llama: Source, tmp_path: Path
) -> None:
    """A caller can neither change the network by a key nor give one a type that nobody reads."""
    with pytest.raises(UsageError, match=reason):
        write_gguf(llama, tmp_path / "out.gguf", type="f16", metadata=metadata)
    assert list(tmp_path.iterdir()) == []


def test_what_is_returned_is_true(llama: Source, tmp_path: Path) -> None:
    """Size, hash, counts and formats that are returned are those of the file."""
    written = write_gguf(llama, tmp_path / "deep" / "out.gguf", type="q4_k_m", metadata={}, engine="libgguf")
    raw = written.path.read_bytes()
    assert (written.bytes, written.sha256) == (len(raw), hashlib.sha256(raw).hexdigest())
    assert (written.tensors, sum(written.types.values()), written.type) == (40, 40, "q4_k_m")
    assert written.engine == "libgguf 0.2.2"


def test_the_same_source_gives_the_same_file(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """Written twice, from two openings, a file has the same bytes: no clock, path or host is in it."""
    adapter = write_adapter(tmp_path / "adapter", {"model.layers.1.mlp.up_proj": (512, 256)})
    found = set()
    for name in ("a", "b"):
        source = open_source(tiny("qwen3"), adapter=adapter)
        found.add(write_gguf(source, tmp_path / name / "x.gguf", type="q4_k_m", metadata=LINEAGE).sha256)
    assert len(found) == 1


def test_a_packaged_base_keeps_its_tokenizer(smollm2: Path, tmp_path: Path) -> None:
    """From SmolLM2's GGUF every tokenizer key is carried over, and its blocks are said to be unpacked."""
    before = open_gguf(smollm2).keys
    written = write_gguf(open_source(smollm2), tmp_path / "out.gguf", type="f16", metadata={"aurora.format": 1})
    after = open_gguf(written.path).keys
    carried = {name for name in before if name.startswith(("tokenizer.", "llama."))}
    assert len(carried) > 15
    assert {name: after[name] for name in carried} == {name: before[name] for name in carried}
    assert after["aurora.base_precision"].value == "Q4_1, Q8_0"
    assert after["general.file_type"].value == 1
    assert not [name for name in after if name.startswith("quantize.")]


def test_a_packaged_base_is_unpacked_once(smollm2: Path, tmp_path: Path) -> None:
    """The f32 file holds exactly the numbers of the base's blocks, as the package gguf unpacks them."""
    written = write_gguf(open_source(smollm2), tmp_path / "out.gguf", type="f32", metadata={})
    names = ("token_embd.weight", "blk.7.attn_q.weight", "blk.29.ffn_down.weight", "output_norm.weight")
    wanted, found = numbers(smollm2, only=names), open_gguf(written.path).tensors
    assert found.keys() == open_gguf(smollm2).tensors.keys()
    for name in names:
        placed = found[name]
        read = placed.read(0, prod(placed.shape[:-1])).view(np.float32).reshape(wanted[name].shape)
        assert np.array_equal(read, wanted[name]), name


def test_the_template_of_a_run_replaces_that_of_a_packaged_base(smollm2: Path, tmp_path: Path) -> None:
    """A GGUF base takes the chat template from the run's tokenizer, and nothing else."""
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    plain, own = open_source(smollm2).keys, open_source(smollm2, tokenizer=tmp_path).keys
    assert own["tokenizer.chat_template"].value == "{{ messages }}"
    assert {name for name in plain if plain[name] != own[name]} == {"tokenizer.chat_template"}


def test_an_adapter_reaches_a_packaged_base(smollm2: Path, tmp_path: Path) -> None:
    """On a base of blocks the adapter is added to the unpacked numbers, its rows in the base's own order."""
    module = "model.layers.3.self_attn.q_proj"
    source = open_source(smollm2, adapter=write_adapter(tmp_path / "adapter", {module: (576, 576)}))
    written = write_gguf(source, tmp_path / "out.gguf", type="f32", metadata={})
    change = next(tensor.lora for tensor in source.tensors if tensor.lora)
    a, b = (stored.read(0, stored.rows) for stored in (change.a, change.b))
    delta = (2.0 * b @ a).reshape(9, 2, 32, 576).swapaxes(1, 2).reshape(576, 576)
    name = "blk.3.attn_q.weight"
    placed = open_gguf(written.path).tensors[name]
    found = placed.read(0, 576).view(np.float32)
    assert np.allclose(found - numbers(smollm2, only={name})[name], delta, atol=1e-6)


def test_writing_loads_nothing_heavy(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """An export to 16 bits runs without torch, transformers and gguf, and importing the writer loads not even numpy."""
    code = (
        "import sys; import export.write, export.source, export.lora\n"
        "assert 'numpy' not in sys.modules and 'tokenizers' not in sys.modules, 'import'\n"
        "from pathlib import Path; from export.source import open_source; from export.write import write_gguf\n"
        "write_gguf(open_source(Path(sys.argv[1])), Path(sys.argv[2]), type='bf16', metadata={})\n"
        "print(sorted({'torch', 'transformers', 'gguf', 'safetensors', 'libgguf', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tiny("qwen2")), str(tmp_path / "x.gguf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
