"""The engine (interim: NFC only; the rules follow)."""

import unicodedata


def normalize(text: str) -> str:
    """Normalize a text."""
    return unicodedata.normalize("NFC", text)
