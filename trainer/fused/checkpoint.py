"""Reading a base model's tensors: a folder of safetensors, whole or NF4 as bitsandbytes saved it, or a GGUF file."""

import json
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from datakit.errors import InputError
from trainer.fused.linear import Nf4
from trainer.gguf_heads import without_vocabulary

_INDEX: Final = "model.safetensors.index.json"
_BLOCK: Final = 64  # values that share one absmax


class Checkpoint:
    """The tensors of a folder by name, read when they are asked for, straight to the device."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        self.folder = folder
        self.device = device
        self._files = _files(folder)
        self._open: dict[Path, Any] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def tensor(self, name: str) -> Tensor:
        """Return a tensor on the device. Errors: `InputError` for a name that no file holds."""
        from safetensors import safe_open

        if name not in self._files:
            raise InputError(f"{self.folder}: no tensor {name!r}; expected the layout of a Llama-like checkpoint")
        path = self._files[name]
        if path not in self._open:
            self._open[path] = safe_open(path, framework="pt", device=str(self.device))
        tensor: Tensor = self._open[path].get_tensor(name)
        return tensor

    def close(self) -> None:
        """Let go of the files."""
        self._open.clear()

    def nf4(self, name: str) -> Nf4:
        """Return a projection in NF4: as bitsandbytes saved it, or quantized now with the same arithmetic.

        Errors: `InputError` for a weight saved in another 4-bit form.
        """
        from bitsandbytes import functional

        weight = self.tensor(f"{name}.weight")
        if weight.dtype == torch.uint8:
            state = functional.QuantState.from_dict(self._quant_state(name), self.device)
        else:
            weight, state = functional.quantize_4bit(
                weight.to(_sixteen(weight)), blocksize=_BLOCK, compress_statistics=True, quant_type="nf4"
            )
        if state.quant_type != "nf4" or state.blocksize != _BLOCK:
            raise InputError(
                f"{self.folder}: {name} is {state.quant_type} in blocks of {state.blocksize};"
                f" expected nf4 in blocks of {_BLOCK}"
            )
        absmax = state.absmax
        if state.nested:
            absmax = functional.dequantize_blockwise(state.absmax, state.state2) + state.offset
        return Nf4(packed=weight.flatten(), absmax=absmax.float(), code=state.code.float())

    def _quant_state(self, name: str) -> dict[str, Tensor]:
        beginning = f"{name}.weight."
        return {
            entry.removeprefix(f"{name}."): self.tensor(entry) for entry in self._files if entry.startswith(beginning)
        }


class GgufCheckpoint(Checkpoint):
    """The tensors of a GGUF file under the names that safetensors have; transformers unpacks its blocks.

    Unpacking gives float32 on the CPU: four bytes a weight there, for as long as the model is being loaded.
    """

    def __init__(self, path: Path, device: torch.device) -> None:
        from transformers import AutoModelForCausalLM

        self.folder = path
        self.device = device
        with without_vocabulary():
            model = AutoModelForCausalLM.from_pretrained(
                path.parent, gguf_file=path.name, dtype=torch.float32, trust_remote_code=False, local_files_only=True
            )
        self._tensors: dict[str, Tensor] = model.state_dict()
        self._files = dict.fromkeys(self._tensors, path)

    def tensor(self, name: str) -> Tensor:
        if name not in self._tensors:
            raise InputError(f"{self.folder}: no tensor {name!r}; expected the layout of a Llama-like model")
        return self._tensors[name].to(self.device)

    def close(self) -> None:
        self._tensors.clear()


def open_checkpoint(path: Path, device: torch.device) -> Checkpoint:
    """Return the tensors of a folder of safetensors or of a .gguf file."""
    return GgufCheckpoint(path, device) if path.suffix == ".gguf" else Checkpoint(path, device)


def join(parts: list[Nf4]) -> Nf4:
    """Return NF4 weights of one input as one weight, their outputs one below the other."""
    return Nf4(
        packed=torch.cat([part.packed for part in parts]),
        absmax=torch.cat([part.absmax for part in parts]),
        code=parts[0].code,
    )


def _sixteen(weight: Tensor) -> torch.dtype:
    return weight.dtype if weight.dtype in (torch.bfloat16, torch.float16) else torch.bfloat16


def _files(folder: Path) -> dict[str, Path]:
    index = folder / _INDEX
    if index.is_file():
        return {
            name: folder / file for name, file in json.loads(index.read_text(encoding="utf-8"))["weight_map"].items()
        }
    from safetensors import safe_open

    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            found |= dict.fromkeys(file.keys(), path)
    if not found:
        raise InputError(f"{folder}: no safetensors file; expected the folder of a base model")
    return found
