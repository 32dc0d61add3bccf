"""Models, runs and versions as far as an export looks at them before it opens a tensor."""

from pathlib import Path


def model(folder: Path, *, config: str = '{"architectures": ["LlamaForCausalLM"]}') -> Path:
    """A folder that looks like a model."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(config)
    (folder / "model-2.safetensors").write_bytes(b"two")
    (folder / "model-1.safetensors").write_bytes(b"one")
    return folder
