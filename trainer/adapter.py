"""The adapter's tensors: made from the seed, the same for every engine, saved and read in PEFT's layout."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import InputError, IntegrityError
from trainer.engine import Lora

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS: Final = "adapter_model.safetensors"
SETTINGS: Final = "adapter_config.json"


def initialise(parameters: "Mapping[str, Tensor]", *, seed: int) -> None:
    """Give every engine the same first numbers: Kaiming-uniform (a = sqrt 5) for each A, zeros for each B.

    Drawn on the CPU in fp32 in the order of the names, so that no device, precision or engine has a say.
    """
    import math

    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name in sorted(parameters):
            tensor = parameters[name]
            if "lora_A" not in name:
                tensor.zero_()
                continue
            first = torch.empty(tensor.shape, dtype=torch.float32)
            torch.nn.init.kaiming_uniform_(first, a=math.sqrt(5), generator=generator)
            tensor.copy_(first)


def snapshot(parameters: "Mapping[str, Tensor]") -> "dict[str, Tensor]":
    """Return a copy of the tensors on the CPU, by name."""
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in sorted(parameters.items())}


def restore(parameters: "Mapping[str, Tensor]", saved: "Mapping[str, Tensor]", *, where: str) -> None:
    """Copy saved tensors into an engine's parameters.

    Errors: `IntegrityError` where names or shapes are not the engine's.
    """
    import torch

    strange = sorted(set(parameters) ^ set(saved))
    if strange:
        raise IntegrityError(
            f"{where}: {len(strange)} tensors are on one side only, such as {strange[0]};"
            " the adapter belongs to another base or other targets"
        )
    with torch.no_grad():
        for name, tensor in parameters.items():
            if tensor.shape != saved[name].shape:
                raise IntegrityError(
                    f"{where}: {name} has the shape {tuple(saved[name].shape)}, expected {tuple(tensor.shape)}"
                )
            tensor.copy_(saved[name])


def save_adapter(folder: Path, tensors: "Mapping[str, Tensor]", *, lora: Lora, base_name: str) -> None:
    """Write the adapter as PEFT reads it. `base_name` is a name, never a path of this machine."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_name,
        "r": lora.rank,
        "lora_alpha": lora.alpha,
        "lora_dropout": 0.0,
        "target_modules": sorted(lora.targets),
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "modules_to_save": None,
        "use_dora": False,
        "use_rslora": False,
    }
    (folder / SETTINGS).write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    save_file(dict(sorted(tensors.items())), folder / WEIGHTS, metadata={"format": "pt"})


def read_adapter(folder: Path) -> "dict[str, Tensor]":
    """Return a saved adapter's tensors by name. Errors: `InputError` where it cannot be read."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{folder / WEIGHTS}: cannot be read ({error}); expected a run's adapter") from error
