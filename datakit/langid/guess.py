"""What an engine answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

UNKNOWN: Final = "und"
"""ISO 639-3 for a language that is not determined."""

TABLE: Final = Path(__file__).with_name("iso_639_3.tsv")


@cache
def iso_639_3() -> dict[str, str]:
    """Return codes of other engines → ISO 639-3; a code that is not there passes as it is."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("\t") for line in lines if not line.startswith("#"))
    return {code: label for code, _, label in pairs}


@dataclass(frozen=True, kw_only=True)
class Guesses:
    """One label and one confidence (0 to 1) for each text asked about, in that order."""

    labels: list[str]
    confidences: list[float]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, float]]) -> "Guesses":
        """Build from (code, confidence) pairs, codes turned into ISO 639-3, confidences held between 0 and 1."""
        known = iso_639_3()
        found = [(known.get(code, code), min(max(float(confidence), 0.0), 1.0)) for code, confidence in pairs]
        return cls(labels=[label for label, _ in found], confidences=[confidence for _, confidence in found])
