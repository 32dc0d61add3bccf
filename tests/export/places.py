"""Putting things into a folder and looking what lies there."""

from pathlib import Path


def fill(part: Path, text: str) -> None:
    """Put something into a folder."""
    (part / "m.gguf").write_text(text)


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())
