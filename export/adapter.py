"""A PEFT LoRA adapter: which modules it changes, by how much, and what it may not ask for."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import InputError
from export.checkpoint import Stored, read_header, read_json
from export.sixteen_bits import bf16_to_f32

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIG: Final = "adapter_config.json"
WEIGHTS: Final = "adapter_model.safetensors"
_PREFIX: Final = "base_model.model."
_PART: Final = re.compile(r"^(?P<module>.+)\.lora_(?P<part>[AB])(?:\.default)?\.weight$")
_REFUSED: Final = {
    "use_dora": "DoRA scales each row by its norm, which no sum of two matrices expresses",
    "fan_in_fan_out": "its matrices are transposed, which none of the known architectures is",
    "modules_to_save": "it replaces whole modules; train with modules_to_save = null",
    "trainable_token_indices": "it replaces rows of the embedding",
    "layer_replication": "it changes the number of layers",
    "lora_bias": "it adds biases to the adapter",
    "alora_invocation_tokens": "it is active only after an invocation text, so it cannot be merged",
}
"""Options of PEFT that change what a merge means, and why each is refused."""
_LARGEST: Final = 3.4e38  # of 32 bits, in which the scale is applied; NaN is not below it either


@dataclass(frozen=True, kw_only=True)
class Lora:
    """One module's change: `scale · B · A`."""

    module: str
    """Name of the module in the base, such as `model.layers.0.self_attn.q_proj`."""
    a: Stored
    """(rank, columns of the weight)."""
    b: Stored
    """(rows of the weight, rank)."""
    scale: float

    @property
    def rank(self) -> int:
        """How many directions it has."""
        return self.a.shape[0]


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """An opened adapter; no matrix is in memory."""

    folder: Path
    changes: dict[str, Lora]
    """By module."""
    base_name: str | None
    """`base_model_name_or_path` of its config."""


def open_adapter(folder: Path) -> Adapter:
    """Open a PEFT folder.

    Errors: `InputError` for what is missing or torn, for options that no merge can express, and for tensors that are
    no pair of matrices; each message names the file and the option or tensor.
    """
    config = read_json(folder / CONFIG)
    _check(folder / CONFIG, config)
    path = folder / WEIGHTS
    if not path.is_file():
        raise InputError(f"{path}: missing; expected the adapter's weights as safetensors (not adapter_model.bin)")
    halves: dict[str, dict[str, Stored]] = {}
    for name, stored in read_header(path).items():
        match = _PART.match(name.removeprefix(_PREFIX))
        if match is None or len(stored.shape) != 2:
            raise InputError(
                f"{path}: tensor {name} {list(stored.shape)} is no LoRA matrix of a linear module (expected names "
                f"{_PREFIX}MODULE.lora_A.weight and .lora_B.weight); an adapter that changes embeddings or norms "
                "is not exported"
            )
        halves.setdefault(match["module"], {})[match["part"]] = stored
    changes = {module: _pair(path, module, parts, config) for module, parts in sorted(halves.items())}
    if not changes:
        raise InputError(f"{path}: holds no LoRA matrix; an adapter without any would leave the base as it is")
    return Adapter(folder=folder, changes=changes, base_name=config.get("base_model_name_or_path"))


def _check(path: Path, config: dict[str, Any]) -> None:
    kind = config.get("peft_type")
    if kind != "LORA":
        raise InputError(f"{path}: peft_type is {kind!r}; expected 'LORA', the only kind that is exported")
    for option, why in _REFUSED.items():
        if config.get(option):
            raise InputError(f"{path}: {option} = {config[option]!r} is not exported: {why}")
    if config.get("bias", "none") != "none":
        raise InputError(f"{path}: bias = {config['bias']!r} is not exported; train with bias = 'none'")
    if config.get("lora_alpha") == 0:
        raise InputError(f"{path}: lora_alpha is 0, which would leave the base as it is")
    if not isinstance(config.get("lora_alpha"), int | float) or not isinstance(config.get("r"), int):
        raise InputError(f"{path}: expected numbers r and lora_alpha, found {config.get('r')!r} and "
                         f"{config.get('lora_alpha')!r}")  # fmt: skip
    if not abs(config["lora_alpha"]) <= _LARGEST:
        raise InputError(f"{path}: lora_alpha is {str(config['lora_alpha'])[:40]}, expected a number that 32 bits hold")
    if config["r"] < 1:
        raise InputError(f"{path}: r is {config['r']}, expected a rank from 1")
    for option in ("rank_pattern", "alpha_pattern"):
        _check_pattern(path, option, config.get(option) or {})


def _check_pattern(path: Path, option: str, pattern: Any) -> None:
    try:
        if all(
            isinstance(value, int | float) and 0 < value <= _LARGEST and re.compile(key)
            for key, value in pattern.items()
        ):
            return
    except (re.error, AttributeError, TypeError) as error:
        raise InputError(f"{path}: {option} is no table of module patterns and numbers ({error})") from error
    raise InputError(f"{path}: {option} is {str(pattern)[:80]}; expected module patterns with numbers above 0")


def _pair(path: Path, module: str, parts: dict[str, Stored], config: dict[str, Any]) -> Lora:
    if set(parts) != {"A", "B"}:
        raise InputError(f"{path}: {module} has lora_{''.join(parts)} only; the file was cut off or edited")
    a, b = parts["A"], parts["B"]
    rank = a.shape[0]
    wanted = _of_module(config.get("rank_pattern"), module, config["r"])
    if b.shape[1] != rank or rank != wanted:
        raise InputError(
            f"{path}: {module} has A {list(a.shape)} and B {list(b.shape)}, but {CONFIG} says rank {wanted}; "
            "the two files belong to different runs"
        )
    alpha = float(_of_module(config.get("alpha_pattern"), module, config["lora_alpha"]))
    return Lora(module=module, a=a, b=b, scale=alpha / (rank**0.5 if config.get("use_rslora") else rank))


def _of_module(pattern: dict[str, Any] | None, module: str, default: Any) -> Any:
    # PEFT takes the first key that matches the end of the module's name (`get_pattern_key`).
    for key, value in (pattern or {}).items():
        if re.match(rf"(.*\.)?({key})$", module):
            return value
    return default


def as_f32(stored: Stored, start: int, stop: int) -> "NDArray[Any]":
    """Return rows of a stored tensor as float32, shape (rows, columns)."""
    import numpy as np

    raw = stored.read(start, stop)
    if stored.dtype == "F16":
        return raw.view(np.float16).astype(np.float32)
    return bf16_to_f32(raw) if stored.dtype == "BF16" else raw
