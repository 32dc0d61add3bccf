"""Injected faults: what exporters get wrong, applied to a clean GGUF by rewriting it.

The first nine are the field's own (FINDINGS, export); the others were chosen here. Each says what it does; a fault
that asks for another source (the base alone, a wrong alpha) is made by the test that has the source.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Keys = dict[str, tuple[Any, Any]]
"""Key to (value, GGUF type or (array, type of its items))."""
Tensors = dict[str, Any]
Fault = Callable[[Keys, Tensors], None]


def rewrite(source: Path, out: Path, fault: Fault) -> Path:
    """Copy a GGUF with a fault applied to its keys and tensors (F16 and F32 files)."""
    import gguf

    reader = gguf.GGUFReader(source)
    keys: Keys = {}
    for name, field in reader.fields.items():
        if not name.startswith("GGUF."):
            keys[name] = (field.contents(), field.types)
    tensors: Tensors = {tensor.name: tensor.data.copy() for tensor in reader.tensors}
    fault(keys, tensors)
    writer = gguf.GGUFWriter(out, keys.pop("general.architecture")[0])
    for name, (value, types) in keys.items():
        if types[0] == gguf.GGUFValueType.ARRAY:
            writer.add_key_value(name, value, types[0], types[-1])
        else:
            writer.add_key_value(name, value, types[0])
    for name, data in tensors.items():
        writer.add_tensor(name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def set_key(name: str, value: Any) -> Fault:
    """Set one key, its type kept."""

    def fault(keys: Keys, _: Tensors) -> None:
        keys[name] = (value, keys[name][1])

    return fault


def no_permute(keys: Keys, tensors: Tensors) -> None:
    """The rows of q and k stay in Hugging Face's order: the converter forgot to turn the rotary pairs."""
    for name in list(tensors):
        if name.endswith(("attn_q.weight", "attn_k.weight")):
            heads = keys["llama.attention.head_count" + ("" if "attn_q" in name else "_kv")][0]
            data = tensors[name]
            rows, columns = data.shape
            turned = data.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2)
            tensors[name] = turned.reshape(rows, columns).copy()


def drop_template(keys: Keys, _: Tensors) -> None:
    """The chat template is left out."""
    del keys["tokenizer.chat_template"]


def other_template(keys: Keys, _: Tensors) -> None:
    """The template loses its default system prompt: a generic ChatML in the place of the model's own."""
    generic = (
        "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
    keys["tokenizer.chat_template"] = (generic, keys["tokenizer.chat_template"][1])


def special_as_normal(keys: Keys, _: Tensors) -> None:
    """Special tokens are typed as words: `<|im_end|>` in a prompt becomes five ordinary tokens."""
    types = list(keys["tokenizer.ggml.token_type"][0])
    keys["tokenizer.ggml.token_type"] = (
        [1 if kind == 3 else kind for kind in types],
        keys["tokenizer.ggml.token_type"][1],
    )


def swapped_layers(_: Keys, tensors: Tensors) -> None:
    """Two layers change places: a sharded checkpoint read in the wrong order."""
    for name in [name for name in tensors if name.startswith("blk.0.")]:
        other = name.replace("blk.0.", "blk.1.")
        tensors[name], tensors[other] = tensors[other], tensors[name]


def lost_merges(keys: Keys, _: Tensors) -> None:
    """The last tenth of the merges is cut off."""
    merges, types = keys["tokenizer.ggml.merges"]
    keys["tokenizer.ggml.merges"] = (merges[: len(merges) * 9 // 10], types)


def shifted_vocabulary(keys: Keys, _: Tensors) -> None:
    """Two neighbours of the vocabulary change places: an added token counted twice before them."""
    tokens, types = keys["tokenizer.ggml.tokens"]
    tokens = list(tokens)
    place = tokens.index("à¤¾") if "à¤¾" in tokens else 300
    tokens[place], tokens[place + 1] = tokens[place + 1], tokens[place]
    keys["tokenizer.ggml.tokens"] = (tokens, types)


def damaged_rows(_: Keys, tensors: Tensors) -> None:
    """A chunk of one matrix is zero: a write that came short."""
    data = tensors["blk.1.ffn_down.weight"]
    data[: max(1, len(data) // 8)] = 0


def norm_plus_one(_: Keys, tensors: Tensors) -> None:
    """Every norm is one too large: Gemma's rule applied to a Llama."""
    for name in tensors:
        if name.endswith("_norm.weight"):
            tensors[name] = tensors[name] + 1


KEY_FAULTS: dict[str, Fault] = {
    "pre is gpt-2": set_key("tokenizer.ggml.pre", "gpt-2"),
    "pre is llama-bpe": set_key("tokenizer.ggml.pre", "llama-bpe"),
    "template dropped": drop_template,
    "add_bos": set_key("tokenizer.ggml.add_bos_token", True),
    "wrong EOS": set_key("tokenizer.ggml.eos_token_id", 0),
    "special tokens typed normal": special_as_normal,
    "generic template": other_template,
    "merges cut short": lost_merges,
    "vocabulary shifted": shifted_vocabulary,
}
"""Faults of the tokenizer and the template: distributions stay right, so that only the other checks see them."""
WEIGHT_FAULTS: dict[str, Fault] = {
    "q and k not permuted": no_permute,
    "rope theta": set_key("llama.rope.freq_base", 10000.0),
    "layers swapped": swapped_layers,
    "rows lost": damaged_rows,
    "norm plus one": norm_plus_one,
}


def names() -> Iterable[str]:
    """Return the names of all faults that a rewrite makes."""
    return [*KEY_FAULTS, *WEIGHT_FAULTS]
