"""The option `--ocr` of the commands that read raw files."""

from typing import Final, Literal

OcrChoice = Literal["auto", "always", "never"]

OCR_HELP: Final = (
    "Pictures of pages: auto reads those whose text is missing or wrong, where Tesseract is installed;"
    " always reads every page; never reads none."
)
