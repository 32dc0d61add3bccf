"""What OCR has read, kept by the content of the picture: a killed run, or a second one, reads no page twice."""

import hashlib
import os
from pathlib import Path
from typing import Final

from datakit.readers.ocr import LANGUAGES, recognise

FORMAT: Final = b"aurora-ocr-1"


def recognise_once(picture: bytes, *, dpi: int, version: str, cache: Path | None) -> str:
    """Return Tesseract's table for a picture, from the cache where the same program has read the same picture.

    Errors: `OcrFailed`. A file of the cache is renamed into place, so that a kill leaves it whole or absent.
    """
    if cache is None:
        return recognise(picture, dpi=dpi)
    key = hashlib.sha256(b"\0".join((FORMAT, version.encode(), LANGUAGES.encode(), str(dpi).encode(), picture)))
    path = cache / f"{key.hexdigest()[:40]}.tsv"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        pass
    table = recognise(picture, dpi=dpi)
    cache.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(table, encoding="utf-8")
    fresh.replace(path)
    return table
