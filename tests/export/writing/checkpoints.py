"""Small checkpoints of each family, the same bytes everywhere: what the peer converted once is compared with them."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LINES: Final = (
    "शिवाजी महाराजांचा राज्याभिषेक रायगडावर १६७४ मध्ये झाला.",
    "पहिले बाजीराव पेशवे १७२० साली पेशवे झाले; शनिवारवाडा त्यांनी बांधला.",
    "पुरंदरचा तह १६६५ मध्ये मिर्झाराजे जयसिंग यांच्याशी झाला.",
    "The Maratha navy held Sindhudurg, Vijaydurg and Kolaba in 1698.",
    "Don't ask 12345 questions about 3.14; they're ALL answered.",
)


@dataclass(frozen=True, kw_only=True)
class Tiny:
    """The shape of a small model."""

    architecture: str
    layers: int = 4
    hidden: int = 256
    inner: int = 512
    heads: int = 4
    heads_kv: int = 2
    head_dim: int = 64
    vocab: int = 384
    tied: bool = True
    extra: Mapping[str, Any] | None = None
    dtype: str = "BF16"

    def config(self) -> dict[str, Any]:
        """Return its config.json."""
        return {
            "architectures": [self.architecture],
            "model_type": MODEL_TYPES[self.architecture],
            "hidden_size": self.hidden,
            "intermediate_size": self.inner,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.heads_kv,
            "head_dim": self.head_dim,
            "vocab_size": self.vocab,
            "max_position_embeddings": 8192,
            "rms_norm_eps": 1e-5,
            "tie_word_embeddings": self.tied,
            "bos_token_id": 0,
            "eos_token_id": 1,
            "torch_dtype": "bfloat16",
            **(self.extra or {}),
        }


MODEL_TYPES: Final = {
    "LlamaForCausalLM": "llama",
    "MistralForCausalLM": "mistral",
    "Qwen2ForCausalLM": "qwen2",
    "Qwen3ForCausalLM": "qwen3",
    "Gemma3ForCausalLM": "gemma3_text",
    "PhiForCausalLM": "phi",
}
LLAMA31: Final = {
    "rope_theta": 500000.0,
    "rope_scaling": {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    },
}
GEMMA3: Final = {
    "rope_theta": 1_000_000.0,
    "rope_local_base_freq": 10000.0,
    "sliding_window": 512,
    "query_pre_attn_scalar": 64,
    "hidden_activation": "gelu_pytorch_tanh",
}
SHAPES: Final = {
    "smollm": Tiny(architecture="LlamaForCausalLM", hidden=192, heads=3, heads_kv=1, inner=512),
    "llama31": Tiny(architecture="LlamaForCausalLM", tied=False, extra=LLAMA31),
    "mistral": Tiny(architecture="MistralForCausalLM", tied=False, heads_kv=4, extra={"sliding_window": None}),
    "qwen2": Tiny(architecture="Qwen2ForCausalLM", extra={"rope_theta": 1_000_000.0}),
    "qwen3": Tiny(architecture="Qwen3ForCausalLM", tied=False, extra={"rope_theta": 1_000_000.0}),
    "gemma3": Tiny(architecture="Gemma3ForCausalLM", layers=7, heads_kv=1, extra=GEMMA3),
    "odd": Tiny(architecture="LlamaForCausalLM", layers=2, hidden=80, heads=5, heads_kv=5, head_dim=16, inner=144),
    "deep": Tiny(architecture="LlamaForCausalLM", layers=20, inner=256, vocab=320, extra=LLAMA31, dtype="F32"),
}
"""`odd`: rows that no block fits. `deep`: layers enough for every rule of a mix."""


def build(name: str, folder: Path, *, shards: int = 1) -> Path:
    """Write one of `SHAPES` as a folder of Hugging Face; the numbers depend on the names alone."""
    return build_shape(SHAPES[name], folder, shards=shards)


def build_shape(tiny: Tiny, folder: Path, *, shards: int = 1) -> Path:
    """Write a checkpoint of any shape."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(tiny.config(), indent=1))
    tensors = [(key, shape) for key, shape in tensor_shapes(tiny).items()]
    random = np.random.RandomState(1674)
    stored = {}
    for key, shape in tensors:
        numbers = random.standard_normal(shape).astype(np.float32) * np.float32(0.05)
        if "norm" in key and tiny.architecture != "Gemma3ForCausalLM":
            numbers += 1
        stored[key] = numbers
    if shards == 1:
        write_safetensors(folder / "model.safetensors", stored, dtype=tiny.dtype)
    else:
        _write_shards(folder, stored, shards, tiny.dtype)
    write_tokenizer(folder, vocab=tiny.vocab)
    return folder


def tensor_shapes(tiny: Tiny) -> dict[str, tuple[int, ...]]:
    """Return names and shapes of a family's tensors, as Hugging Face saves them."""
    gemma, qwen2 = tiny.architecture.startswith("Gemma3"), tiny.architecture.startswith("Qwen2")
    normed = gemma or tiny.architecture.startswith("Qwen3")
    wide, narrow = tiny.heads * tiny.head_dim, tiny.heads_kv * tiny.head_dim
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (tiny.vocab, tiny.hidden)}
    for layer in range(tiny.layers):
        parts: dict[str, tuple[int, ...]] = {
            "input_layernorm.weight": (tiny.hidden,),
            "self_attn.q_proj.weight": (wide, tiny.hidden),
            "self_attn.k_proj.weight": (narrow, tiny.hidden),
            "self_attn.v_proj.weight": (narrow, tiny.hidden),
            "self_attn.o_proj.weight": (tiny.hidden, wide),
            "post_attention_layernorm.weight": (tiny.hidden,),
            "mlp.gate_proj.weight": (tiny.inner, tiny.hidden),
            "mlp.up_proj.weight": (tiny.inner, tiny.hidden),
            "mlp.down_proj.weight": (tiny.hidden, tiny.inner),
        }
        if qwen2:
            parts |= {
                f"self_attn.{name}_proj.bias": (size,) for name, size in (("q", wide), ("k", narrow), ("v", narrow))
            }
        if normed:
            parts |= {f"self_attn.{name}_norm.weight": (tiny.head_dim,) for name in "qk"}
        if gemma:
            parts |= {f"{when}_feedforward_layernorm.weight": (tiny.hidden,) for when in ("pre", "post")}
        shapes |= {f"model.layers.{layer}.{key}": shape for key, shape in parts.items()}
    shapes["model.norm.weight"] = (tiny.hidden,)
    if not tiny.tied:
        shapes["lm_head.weight"] = (tiny.vocab, tiny.hidden)
    return shapes


def _write_shards(folder: Path, stored: Mapping[str, NDArray[np.float32]], shards: int, dtype: str) -> None:
    names = list(stored)
    step = -(-len(names) // shards)
    weight_map: dict[str, str] = {}
    for number in range(shards):
        file = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        part = {name: stored[name] for name in names[number * step : (number + 1) * step]}
        write_safetensors(folder / file, part, dtype=dtype)
        weight_map |= dict.fromkeys(part, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))


def write_safetensors(path: Path, tensors: Mapping[str, NDArray[Any]], *, dtype: str = "F32") -> None:
    """Write arrays as safetensors, in the format asked for."""
    header: dict[str, Any] = {}
    body = bytearray()
    for name, numbers in tensors.items():
        raw = encode(numbers, dtype)
        header[name] = {
            "dtype": dtype,
            "shape": list(numbers.shape),
            "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    head = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + body)


def encode(numbers: NDArray[Any], dtype: str) -> bytes:
    """Return numbers as bytes of a format; to bfloat16 by cutting, which is all that a test needs."""
    if dtype == "F16":
        return numbers.astype(np.float16).tobytes()
    whole = np.ascontiguousarray(numbers, np.float32)
    return whole.tobytes() if dtype == "F32" else (whole.view(np.uint32) >> 16).astype(np.uint16).tobytes()


def write_adapter(
    folder: Path, shapes: Mapping[str, tuple[int, int]], *, rank: int = 4, alpha: float = 8, **options: Any
) -> Path:
    """Write a PEFT adapter for modules of the given (rows, columns); B is not zero, so that it changes something."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.RandomState(1680)
    tensors: dict[str, NDArray[Any]] = {}
    for module, (rows, columns) in shapes.items():
        for part, shape in (("A", (rank, columns)), ("B", (rows, rank))):
            numbers = random.standard_normal(shape).astype(np.float32) * np.float32(0.05)
            tensors[f"base_model.model.{module}.lora_{part}.weight"] = numbers
    write_safetensors(folder / "adapter_model.safetensors", tensors)
    config = {"peft_type": "LORA", "r": rank, "lora_alpha": alpha, "bias": "none", "base_model_name_or_path": "tiny"}
    config["target_modules"] = sorted({module.rpartition(".")[2] for module in shapes})
    (folder / "adapter_config.json").write_text(json.dumps(config | options))
    return folder


def write_tokenizer(
    folder: Path, *, vocab: int, pre_tokenizer: Any = None, lines: Sequence[str] = LINES, ignore_merges: bool = False
) -> None:
    """Write a byte-level tokenizer of `vocab` tokens trained on a few lines, cut as SmolLM2's unless told."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = pre_tokenizer or pre_tokenizers.Sequence([pre_tokenizers.Digits(True), byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab - 2,
        special_tokens=["<|endoftext|>", "<|im_end|>", "<|im_start|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "bos_token": "<|endoftext|>"}
        )
    )
    (folder / "chat_template.jinja").write_text(
        "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
