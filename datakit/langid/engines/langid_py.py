"""py3langid: a naive Bayes model over byte n-grams, 140 languages, Konkani and Sanskrit among them."""

from collections.abc import Sequence
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]  # the package ships no types

from datakit.langid.guess import UNKNOWN, Guesses


@cache
def _identifier() -> LanguageIdentifier:
    """An identifier of our own: the package's global one can be reconfigured by anybody."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def identify(texts: Sequence[str]) -> Guesses:
    """Return py3langid's label and normalized probability for each text."""
    identifier = _identifier()
    return Guesses.of(identifier.classify(text) if text.strip() else (UNKNOWN, 0.0) for text in texts)
