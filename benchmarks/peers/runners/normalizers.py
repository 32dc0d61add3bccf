"""Normalization text by text, as each library offers it.

python -m benchmarks.peers.runners.normalizers ENGINE TEXTS WORK
"""

# mypy: disable-error-code="import-not-found, import-untyped"
# It runs in the peers' own environments, which the type checker does not see.

import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

from benchmarks.peers.runners.texts import megabytes, report, texts, timed

Engine = Callable[[str], str]


def nfc() -> Engine:
    """Python's own NFC: less than any Marathi normalization does."""
    return lambda text: unicodedata.normalize("NFC", text)


def indic_nlp() -> Engine:
    """indic-nlp-library's normalizer for Marathi."""
    from indicnlp.normalize.indic_normalize import IndicNormalizerFactory

    return IndicNormalizerFactory().get_normalizer("mr").normalize  # type: ignore[no-any-return]


def ftfy() -> Engine:
    """ftfy at its defaults."""
    import ftfy as library

    return library.fix_text  # type: ignore[no-any-return]


def icu() -> Engine:
    """ICU's NFC, through PyICU."""
    from icu import Normalizer2, UNormalizationMode2

    return Normalizer2.getInstance(None, "nfc", UNormalizationMode2.COMPOSE).normalize  # type: ignore[no-any-return]


ENGINES: dict[str, Callable[[], Engine]] = {
    "nfc": nfc,
    "indic-nlp-library": indic_nlp,
    "ftfy": ftfy,
    "icu": icu,
}


def main() -> None:
    """Normalize every text once; print rows, changed ones, CPU and wall seconds without the reading."""
    engine = ENGINES[sys.argv[1]]()
    rows = texts(Path(sys.argv[2]))
    after, cpu_s, wall_s = timed(lambda: [engine(text) for text in rows])
    changed = sum(one != other for one, other in zip(rows, after, strict=True))
    report(rows_in=len(rows), rows_changed=changed, mb=megabytes(rows), cpu_s=cpu_s, wall_s=wall_s)


if __name__ == "__main__":
    main()
