"""A model that is about to be written: a base, and where there is one the adapter merged into it on the way."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from datakit.errors import InputError
from export.adapter import Adapter, Lora, open_adapter
from export.architectures import BY_GGUF, Family, family_of, gguf_name, hyperparameters, text_config
from export.checkpoint import open_checkpoint, read_json
from export.checks import check_adapter, check_complete
from export.config_numbers import check_config
from export.gguf_reader import open_gguf
from export.gguf_values import Value, text
from export.mix import Shape
from export.rope import rope_factors, rope_parameters
from export.template import read_template
from export.tensors import Tensor

_OWN: Final = ("general.architecture", "general.alignment", "general.file_type", "general.quantization_version",
               "aurora.", "quantize.", "split.")  # fmt: skip
"""Keys that say how a file was written rather than what the model is; a new file has its own."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """An opened model; nothing of its weights is in memory."""

    base: Path
    """A folder with config.json and safetensors, or a .gguf file."""
    adapter: Adapter | None
    architecture: str
    """The architecture's name in a GGUF, such as `llama` or `gemma3`."""
    form: str
    """`safetensors` or `gguf`: what the base is."""
    keys: Mapping[str, Value]
    """The GGUF keys that the base decides: hyperparameters, tokenizer and chat template."""
    tensors: tuple[Tensor, ...]
    shape: Shape

    @property
    def precision(self) -> str:
        """In which formats the base keeps its matrices, the most frequent first: `BF16`, or `Q4_1, Q6_K`."""
        counted = Counter(tensor.format for tensor in self.tensors if len(tensor.shape) > 1)
        return ", ".join(name for name, _ in counted.most_common())


def open_source(base: Path, *, adapter: Path | None = None, tokenizer: Path | None = None) -> Source:
    """Open a base, and an adapter to merge into it.

    `base` is a folder (config.json, safetensors, tokenizer.json) or a .gguf file. `tokenizer` is the folder whose
    tokenizer.json and chat_template.jinja go into the file, such as a run's; without it the base's own. A GGUF base
    keeps its own vocabulary, and takes only the chat template from there.
    Errors: `InputError` for anything missing, torn or unknown, with the file and the name.
    """
    opened = None if adapter is None else open_adapter(adapter)
    if base.is_dir():
        return _from_folder(base, opened, tokenizer or base)
    return _from_gguf(base, opened, tokenizer)


def _from_folder(base: Path, adapter: Adapter | None, tokenizer: Path) -> Source:
    from export.tokenizer import tokenizer_keys

    whole = read_json(base / "config.json")
    check_config(base / "config.json", whole)
    family = family_of(whole)
    config = text_config(whole)
    shape = Shape(
        architecture=family.gguf,
        layers=config.get("num_hidden_layers", 0),
        heads=config["num_attention_heads"],
        heads_kv=config["num_key_value_heads"],
    )
    hyper = hyperparameters(family, config)
    tied = bool(config.get("tie_word_embeddings"))
    changes = _by_tensor(family, adapter)
    tensors: list[Tensor] = []
    if (factors := rope_factors(rope_parameters(config), head_dim=config["head_dim"])) is not None:
        tensors.append(Tensor(name="rope_freqs.weight", shape=factors.shape, stored=factors))
    for name, stored in open_checkpoint(base).items():
        ours = gguf_name(family, name)
        if ours is None or (ours == "output.weight" and tied):
            continue
        tensors.append(
            Tensor(
                name=ours,
                shape=stored.shape,
                stored=stored,
                lora=changes.get(ours),
                heads=_turned_heads(family, ours, shape),
                plus_one=family.norm_plus_one and ours.endswith("_norm.weight"),
            )
        )
    check_complete(base, tensors, layers=shape.layers, tied=tied)
    check_adapter(adapter, changes, tensors)
    rows = next(item.shape[0] for item in tensors if item.name == "token_embd.weight")
    return Source(
        base=base,
        adapter=adapter,
        architecture=family.gguf,
        form="safetensors",
        keys=hyper | tokenizer_keys(tokenizer, config=config, rows=rows),
        tensors=tuple(tensors),
        shape=shape,
    )


def _from_gguf(base: Path, adapter: Adapter | None, tokenizer: Path | None) -> Source:
    opened = open_gguf(base)
    name = opened.keys["general.architecture"].value if "general.architecture" in opened.keys else None
    if name not in BY_GGUF:
        raise InputError(f"{base}: architecture {name!r} cannot be exported; known: {', '.join(BY_GGUF)}")
    family = BY_GGUF[name]
    counts = {}
    for field in ("block_count", "attention.head_count", "attention.head_count_kv"):
        value = opened.keys.get(f"{name}.{field}", opened.keys.get(f"{name}.attention.head_count"))
        if value is None or not isinstance(value.value, int):
            raise InputError(f"{base}: key {name}.{field} is missing or no number; not a whole model")
        counts[field] = value.value
    shape = Shape(
        architecture=family.gguf,
        layers=counts["block_count"],
        heads=counts["attention.head_count"],
        heads_kv=counts["attention.head_count_kv"],
    )
    changes = _by_tensor(family, adapter)
    tensors = [
        Tensor(
            name=key,
            shape=placed.shape,
            stored=placed,
            lora=changes.get(key),
            heads=_turned_heads(family, key, shape),
            base_interleaved=True,
        )
        for key, placed in opened.tensors.items()
    ]
    check_complete(base, tensors, layers=shape.layers, tied=True)
    check_adapter(adapter, changes, tensors)
    keys = {key: value for key, value in opened.keys.items() if not key.startswith(_OWN)}
    if tokenizer is not None and (template := read_template(tokenizer)) is not None:
        keys["tokenizer.chat_template"] = text(template)
    return Source(
        base=base,
        adapter=adapter,
        architecture=family.gguf,
        form="gguf",
        keys=keys,
        tensors=tuple(tensors),
        shape=shape,
    )


def _by_tensor(family: Family, adapter: Adapter | None) -> dict[str, Lora]:
    changes: dict[str, Lora] = {}
    for module, lora in adapter.changes.items() if adapter else ():
        name = gguf_name(family, f"{module}.weight")
        if name is not None:
            changes[name] = lora
    return changes


def _turned_heads(family: Family, name: str, shape: Shape) -> int:
    if not family.interleaved:
        return 0
    if name.endswith((".attn_q.weight", ".attn_q.bias")):
        return shape.heads
    return shape.heads_kv if name.endswith((".attn_k.weight", ".attn_k.bias")) else 0
