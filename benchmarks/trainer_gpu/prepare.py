"""Makes the input: a Llama-shaped base in NF4, a tokenizer, rows and the adapter's first values."""

import json
import math
import random
import time
from pathlib import Path
from typing import Any, Final

SHAPES: Final[dict[str, dict[str, Any]]] = {
    "8b": {
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 128256,
    },
    "3b": {
        "hidden_size": 3072,
        "intermediate_size": 8192,
        "num_hidden_layers": 28,
        "num_attention_heads": 24,
        "num_key_value_heads": 8,
        "vocab_size": 128256,
    },
    "tiny": {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 2048,
    },
}
RANK: Final = 16
SPECIAL: Final = (
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|pad|>",
)
TEMPLATE: Final = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n{{ m['content'] }}"
    "<|eot_id|>{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)


def prepare(root: Path, *, size: str, rows: int, texts: Path) -> dict[str, Any]:
    """Write `base/`, `rows.jsonl` and `adapter.safetensors` under `root`; return what it took."""
    import torch

    started = time.perf_counter()
    root.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(texts, SHAPES[size]["vocab_size"])
    _rows(tokenizer, root / "rows.jsonl", rows, texts)
    lengths = [len(json.loads(line)["input_ids"]) for line in (root / "rows.jsonl").open(encoding="utf-8")]
    torch.manual_seed(0)
    _base(root / "base", SHAPES[size], tokenizer)
    _adapter(root / "adapter.safetensors", SHAPES[size])
    return {
        "size": size,
        "rows": rows,
        "tokens_a_row": round(sum(lengths) / rows, 1),
        "seconds": round(time.perf_counter() - started, 1),
    }


def _tokenizer(texts: Path, vocabulary: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    learn = trainers.BpeTrainer(
        vocab_size=min(2000, vocabulary),
        special_tokens=list(SPECIAL),
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    core.train_from_iterator(_lines(texts), learn)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=core,
        bos_token=SPECIAL[0],
        eos_token=SPECIAL[4],
        pad_token=SPECIAL[5],
        model_max_length=8192,
        chat_template=TEMPLATE,
    )


def _lines(texts: Path) -> list[str]:
    files = sorted(texts.glob("**/*.jsonl"))
    return [line for path in files for line in path.read_text("utf-8", errors="ignore").splitlines()]


def _rows(tokenizer: Any, path: Path, count: int, texts: Path) -> None:
    """Write rows of `input_ids` and `completion_mask`: 80 to 400 tokens, log-normal about 185, mostly answer."""
    dice = random.Random(1)
    pool = tokenizer("\n".join(_lines(texts)), add_special_tokens=False)["input_ids"]
    begin, end_header, eot = (tokenizer.convert_tokens_to_ids(SPECIAL[n]) for n in (0, 3, 4))
    with path.open("w", encoding="utf-8") as stream:
        for _ in range(count):
            total = int(min(400, max(80, dice.lognormvariate(math.log(185), 0.42))))
            asked = int(total * min(0.6, max(0.15, dice.gauss(0.4, 0.1))))
            start = dice.randrange(len(pool) - total)
            ids = [begin, *pool[start : start + total - 3], end_header, eot]
            ids[asked], ids[-2] = end_header, pool[start]
            mask = [0] * (asked + 1) + [1] * (total - asked - 1)
            stream.write(json.dumps({"input_ids": ids, "completion_mask": mask}) + "\n")


def _base(folder: Path, shape: dict[str, Any], tokenizer: Any) -> None:
    """Write the base in bitsandbytes' own NF4 layout, as `save_pretrained` of a quantized model does."""
    import torch
    from bitsandbytes import functional
    from safetensors.torch import save_file
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    device = "cuda" if torch.cuda.is_available() else "cpu"
    ids: dict[str, Any] = {"bos_token_id": 0, "eos_token_id": 4, "pad_token_id": 5}
    config = LlamaConfig(
        **shape, max_position_embeddings=8192, rms_norm_eps=1e-5, tie_word_embeddings=False, dtype="bfloat16", **ids
    )
    with torch.device("meta"):
        model = LlamaForCausalLM(config)  # type: ignore[no-untyped-call]
    shards: list[dict[str, Any]] = [{}]
    held = 0
    for name, parameter in model.named_parameters():
        weight = torch.empty(parameter.shape, device=device, dtype=torch.bfloat16)
        weight.fill_(1.0) if "norm" in name else weight.normal_(0, 0.02)
        entries = {name: weight}
        if "proj" in name:
            packed, state = functional.quantize_4bit(weight, blocksize=64, compress_statistics=True, quant_type="nf4")
            entries = {name: packed} | {f"{name}.{key}": value for key, value in state.as_dict(packed=True).items()}
        for key, value in entries.items():
            shards[-1][key] = value.cpu().contiguous()
            held += value.numel() * value.element_size()
        if held > 2e9:
            shards.append({})
            held = 0
    folder.mkdir(exist_ok=True)
    files: dict[str, str] = {}
    for number, shard in enumerate(shards):
        file = f"model-{number + 1:05d}-of-{len(shards):05d}.safetensors"
        save_file(shard, folder / file, metadata={"format": "pt"})
        files |= dict.fromkeys(shard, file)
    index = {"metadata": {}, "weight_map": files}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    config.architectures = ["LlamaForCausalLM"]
    config.quantization_config = {
        "quant_method": "bitsandbytes",
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": "bfloat16",
        "bnb_4bit_quant_storage": "uint8",
        "llm_int8_skip_modules": None,
    }
    config.save_pretrained(folder)
    GenerationConfig(**ids).save_pretrained(folder)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(folder)


def _adapter(path: Path, shape: dict[str, Any]) -> None:
    """Write the adapter that every variant starts from: A as PEFT draws it, B zero."""
    import torch
    from safetensors.torch import save_file

    hidden, inner = shape["hidden_size"], shape["intermediate_size"]
    keys = hidden // shape["num_attention_heads"] * shape["num_key_value_heads"]
    sizes = {
        "self_attn.q_proj": (hidden, hidden),
        "self_attn.k_proj": (hidden, keys),
        "self_attn.v_proj": (hidden, keys),
        "self_attn.o_proj": (hidden, hidden),
        "mlp.gate_proj": (hidden, inner),
        "mlp.up_proj": (hidden, inner),
        "mlp.down_proj": (inner, hidden),
    }
    tensors = {}
    for layer in range(shape["num_hidden_layers"]):
        for name, (inputs, outputs) in sizes.items():
            stem = f"base_model.model.model.layers.{layer}.{name}"
            a = torch.empty(RANK, inputs)
            torch.nn.init.kaiming_uniform_(a, a=math.sqrt(5))
            tensors[f"{stem}.lora_A.weight"] = a
            tensors[f"{stem}.lora_B.weight"] = torch.zeros(outputs, RANK)
    save_file(tensors, path)
