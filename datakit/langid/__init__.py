"""Language identification: which language a text is in, for many texts at once.

    detect(["शिवाजी महाराजांचा जन्म कुठे झाला?"])  →  ["mar"]

Labels are ISO 639-3 codes; `mar-Latn` and `hin-Latn` are Marathi and Hindi in Latin letters, `und` is a text of which
nothing can be said. Answers depend on the text alone: not on the batch, its order, the thread, or the machine.
"""

from collections.abc import Sequence

from datakit.langid.engines import DEFAULT, ENGINES, engine_named
from datakit.langid.guess import UNKNOWN, Guesses

__all__ = ["DEFAULT", "ENGINES", "UNKNOWN", "Guesses", "detect", "guess"]


def detect(texts: list[str], *, engine: str = DEFAULT) -> list[str]:
    """Return the label of each text.

    Errors: `UsageError` for an engine that does not exist, `MissingDependencyError` for one that is not installed.
    """
    return guess(texts, engine=engine).labels


def guess(texts: Sequence[str], *, engine: str = DEFAULT) -> Guesses:
    """Return the label of each text and how sure the engine is of it, 0 to 1. Errors as in `detect`."""
    return engine_named(engine)(texts)
