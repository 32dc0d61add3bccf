"""The base model on the device, with a LoRA on every projection."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from trainer.fused.checkpoint import Checkpoint, join, open_checkpoint
from trainer.fused.layer import Layer, Tools
from trainer.fused.linear import Group, Nf4, expander, lora_width
from trainer.fused.options import Options
from trainer.fused.parameters import Parameters
from trainer.fused.shape import GROUPS, Shape, read_shape

PEFT_PREFIX: Final = "base_model.model.model.layers"
LONGEST_ROW: Final = 32768  # tokens; the tables for as many take 16 MB


@dataclass(kw_only=True)
class Model:
    """Weights, tables and parameters."""

    shape: Shape
    tools: Tools
    embedding: Tensor
    """[vocabulary, hidden]; on the CPU where the options say so."""
    head: Tensor
    norm: Tensor
    layers: list[Layer]
    parameters: Parameters

    def refresh(self) -> None:
        """Carry the parameters over into the compute type."""
        self.parameters.refresh()
        for layer in self.layers:
            for group in layer.groups.values():
                group.refresh()


def load_model(
    path: Path,
    config: Any,
    *,
    rank: int,
    alpha: float,
    device: torch.device,
    dtype: torch.dtype,
    options: Options,
) -> Model:
    """Read a base model and put an empty LoRA on it. `config`: what transformers read from the folder's config.json
    or the GGUF's keys.

    Errors: `InputError` for a checkpoint that is not laid out as expected.
    """
    shape = read_shape(config.to_dict())
    ops = arithmetic(device)
    checkpoint = open_checkpoint(path, device)
    parameters = Parameters.empty(shape, rank=rank, scale=alpha / rank, dtype=dtype, device=device)
    layers = []
    for number in range(shape.layers):
        groups = {kind: _group(checkpoint, number, kind, shape, rank, parameters, options, ops) for kind in GROUPS}
        norms = [
            checkpoint.tensor(f"model.layers.{number}.{name}.weight").to(dtype)
            for name in ("input_layernorm", "post_attention_layernorm")
        ]
        layers.append(Layer(norm_in=norms[0], norm_mid=norms[1], **groups))
    scratch = _scratch(layers, dtype, device)
    embedding = checkpoint.tensor("model.embed_tokens.weight").to(dtype)
    head = embedding if shape.tied else checkpoint.tensor("lm_head.weight").to(dtype)
    if options.embedding_on_cpu and not shape.tied:
        embedding = embedding.cpu()
    norm = checkpoint.tensor("model.norm.weight").to(dtype)
    checkpoint.close()
    cosine, sine = _rotary(config, device)
    tools = Tools(ops=ops, shape=shape, cosine=cosine, sine=sine, expand=expander(ops, scratch))
    return Model(
        shape=shape,
        tools=tools,
        embedding=embedding,
        head=head,
        norm=norm,
        layers=layers,
        parameters=parameters,
    )


def arithmetic(device: torch.device) -> Any:
    """Return the module of kernels for a device."""
    if device.type == "cuda":
        from trainer.fused import kernels

        return kernels
    from trainer.fused import reference

    return reference


def _group(
    checkpoint: Checkpoint,
    number: int,
    kind: str,
    shape: Shape,
    rank: int,
    parameters: Parameters,
    options: Options,
    ops: Any,
) -> Group:
    names = GROUPS[kind]
    places = [f"model.layers.{number}.{name}" for name in names]
    inputs, outputs = shape.inputs(kind), tuple(shape.outputs(name) for name in names)
    a = parameters.take(0, inputs, len(names) * rank)
    low_b = parameters.take(1, rank, sum(outputs))
    row = 0
    for place, name in enumerate(names):
        stem = f"{PEFT_PREFIX}.{number}.{name}"
        parameters.name(f"{stem}.lora_A.weight", a, slice(place * rank, (place + 1) * rank))
        parameters.name(f"{stem}.lora_B.weight", low_b, slice(row, row + outputs[place]))
        row += outputs[place]
    width = lora_width(rank, len(names))
    weight = _weight(checkpoint, places, inputs, width, parameters.compute.dtype, options, ops)
    bias = None
    if f"{places[0]}.bias" in checkpoint:
        bias = torch.cat([checkpoint.tensor(f"{place}.bias") for place in places]).to(parameters.compute.dtype)
    return Group(
        inputs=inputs,
        outputs=outputs,
        rank=rank,
        scale=parameters.scale,
        weight=weight,
        a=a,
        low_b=low_b,
        b=weight[:, inputs:] if isinstance(weight, Tensor) else parameters.compute.new_zeros(sum(outputs), width),
        bias=bias,
    )


def _weight(
    checkpoint: Checkpoint, places: list[str], inputs: int, width: int, dtype: torch.dtype, options: Options, ops: Any
) -> Tensor | Nf4:
    if not options.nf4:
        whole = torch.cat([checkpoint.tensor(f"{place}.weight") for place in places]).to(dtype)
        return torch.nn.functional.pad(whole, (0, width))
    packed = join([checkpoint.nf4(place) for place in places])
    if not options.hold_16bit:
        return packed
    rows = packed.absmax.numel() * 64 // inputs
    held = packed.absmax.new_empty(rows, inputs + width, dtype=dtype)
    ops.dequantize_nf4(packed.packed, packed.absmax, packed.code, held.new_zeros(rows, width), held)
    return held


def _scratch(layers: list[Layer], dtype: torch.dtype, device: torch.device) -> Tensor | None:
    sizes = [
        sum(group.outputs) * (group.inputs + group.width)
        for group in layers[0].groups.values()
        if isinstance(group.weight, Nf4)
    ]
    return torch.empty(max(sizes), dtype=dtype, device=device) if sizes else None


def _rotary(config: Any, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return cosines and sines [positions, head / 2] float32, made by transformers' own code for the model's rope."""
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    rotary = LlamaRotaryEmbedding(config)
    positions = torch.arange(min(config.max_position_embeddings, LONGEST_ROW))
    cosine, sine = rotary(torch.zeros(1, dtype=torch.float32), positions[None])
    half = cosine.shape[-1] // 2
    return cosine[0, :, :half].contiguous().to(device), sine[0, :, :half].contiguous().to(device)
