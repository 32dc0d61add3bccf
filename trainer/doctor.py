"""`trainer doctor`: what is installed, which device there is, what fits on it, and how to install what is missing."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Final

from trainer.base import SMOLLM2, smollm2_file
from trainer.engine import EngineOptions
from trainer.engines import ENGINES
from trainer.planner import MARGIN, PRESET_SHAPES

_NEEDED: Final = ("torch", "transformers", "peft", "safetensors", "tokenizers")
_WANTED: Final[dict[str, str]] = {
    "bitsandbytes": "NF4, which QLoRA needs",
    "gguf": "bases that are a .gguf file, smollm2 among them",
    "unsloth": "engine unsloth",
    "trl": "the peer that the benchmarks measure against",
}
_INSTALL: Final[dict[str, str]] = {
    "unsloth": "pip install 'ancient-aurora[unsloth]'",
    "gguf": "pip install 'ancient-aurora[export]'",
}
_ALL: Final = "pip install 'ancient-aurora[train]'"


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package that takes part."""

    name: str
    version: str | None
    needed: bool
    why: str
    install: str


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What was found."""

    packages: tuple[Package, ...]
    device: str
    free_bytes: int
    dtype: str
    engines: tuple[str, ...]
    """Engines that could run here."""
    presets: tuple[tuple[str, int, bool], ...]
    """Preset, bytes it needs at least, and whether that fits."""
    notes: tuple[str, ...]

    @property
    def missing(self) -> list[Package]:
        """Return the packages without which nothing trains."""
        return [package for package in self.packages if package.needed and package.version is None]


def diagnose() -> Diagnosis:
    """Look at this installation; nothing is loaded but torch, and nothing is fetched."""
    packages = tuple(
        [_package(name, needed=True, why="every engine") for name in _NEEDED]
        + [_package(name, needed=False, why=why) for name, why in _WANTED.items()]
    )
    if any(package.needed and package.version is None for package in packages):
        return Diagnosis(packages=packages, device="unknown", free_bytes=0, dtype="", engines=(), presets=(), notes=())
    device, free, dtype, notes = _device()
    from trainer.engines import engine_module

    fitting = []
    for name, shape, quantization, tokens in PRESET_SHAPES:
        on_gpu = quantization == "nf4"
        options = EngineOptions(
            quantization=quantization, dtype="fp16" if on_gpu else "fp32", checkpointing=on_gpu, token_budget=tokens
        )
        need = int(engine_module("hf").estimate(shape, tokens, options))
        fitting.append((name, need, need <= free * MARGIN and (device != "cpu" or not on_gpu)))
    return Diagnosis(
        packages=packages,
        device=device,
        free_bytes=free,
        dtype=dtype,
        engines=tuple(_engines(device)),
        presets=tuple(fitting),
        notes=tuple(notes),
    )


def _package(name: str, *, needed: bool, why: str) -> Package:
    try:
        found = version(name)
    except PackageNotFoundError:
        found = None
    return Package(name=name, version=found, needed=needed, why=why, install=_INSTALL.get(name, _ALL))


def _device() -> tuple[str, int, str, list[str]]:
    import torch

    from trainer.memory import free_bytes

    notes = []
    try:
        smollm2_file()
        notes.append(f"base {SMOLLM2}: installed")
    except Exception as error:  # whatever keeps it from being found is what the user wants to read
        notes.append(str(error))
    if torch.cuda.is_available():
        dtype = "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
        return f"cuda:0 {torch.cuda.get_device_name(0)}", free_bytes("cuda:0"), dtype, notes
    notes.append("no CUDA device: SmolLM2 takes seconds a step here, an 8B model is out of reach")
    return "cpu", free_bytes("cpu"), "fp32", notes


def _engines(device: str) -> list[str]:
    cuda = device.startswith("cuda")
    found = ["hf", "fake"]
    if cuda and find_spec("unsloth") is not None:
        found.insert(0, "unsloth")
    if cuda and find_spec(ENGINES["fused"]) is not None:
        found.insert(0, "fused")
    return found
