"""A tiny random Llama whose tokenizer is made from the version's own text: the whole loop on any CPU, no download.

It is written as a folder like any other base, so that loading, training, saving and export take the same path.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

CONTROL: Final = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_VOCABULARY: Final = 2000
_HIDDEN, _INNER, _LAYERS, _HEADS, _KV_HEADS = 64, 176, 2, 4, 2
_CONTEXT: Final = 2048
_TEXTS: Final = 4000  # enough to find the syllables of Marathi, a second of work
_SPREAD: Final = 0.05  # standard deviation of the weights: wide enough for attention to differ between tokens


def make_random_base(folder: Path, *, texts: Sequence[str], seed: int) -> Path:
    """Write config.json, model.safetensors and a tokenizer that follow from `texts` and `seed` alone."""
    from safetensors.torch import save_file
    from torch import Generator, ones, randn
    from transformers import LlamaConfig, LlamaForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(texts)
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        architectures=["LlamaForCausalLM"],
        hidden_size=_HIDDEN,
        intermediate_size=_INNER,
        num_hidden_layers=_LAYERS,
        num_attention_heads=_HEADS,
        num_key_value_heads=_KV_HEADS,
        vocab_size=len(tokenizer),
        max_position_embeddings=_CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype="float32",
    )
    config.save_pretrained(folder)
    generator = Generator().manual_seed(seed)
    model = LlamaForCausalLM(config)  # type: ignore[no-untyped-call]
    shapes = {name: tensor.shape for name, tensor in sorted(model.named_parameters())}
    weights = {
        name: ones(shape) if "norm" in name else randn(shape, generator=generator) * _SPREAD
        for name, shape in shapes.items()
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _tokenizer(texts: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE())
    # GPT-2's pattern, although it cuts Marathi words at their vowel signs: llama.cpp knows it, so a smoke run exports
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY,
        special_tokens=list(CONTROL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(_some(texts), trainer)
    end, start, turn = CONTROL
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        bos_token=start,
        eos_token=turn,
        pad_token=end,
        unk_token=end,
        model_max_length=_CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def _some(texts: Sequence[str]) -> Iterator[str]:
    yield from sorted(texts)[:_TEXTS]
