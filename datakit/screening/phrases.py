"""Phrase tables: what the rules of a stage look for, one phrase a line, as data that a Marathi reader can check."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from datakit.errors import DatakitError

TABLES: Final = Path(__file__).parent / "tables"
_NO_DEVANAGARI_LETTER: Final = r"[^\u0900-\u0963\u0966-\u096F\u0971-\u097F]"


@cache
def phrases(table: str) -> dict[str, tuple[str, ...]]:
    """Return the phrases of `tables/<table>.tsv` by kind, in the order of the file.

    A line is `kind<TAB>phrase<TAB>why`; `#` starts a comment line. Errors: `DatakitError` for a line of another form.
    """
    found: dict[str, list[str]] = {}
    path = TABLES / f"{table}.tsv"
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 3:
            raise DatakitError(
                f"{path.name} line {number}: found {len(cells)} columns, expected 3 (kind, phrase, why); "
                "put tabs between them"
            )
        found.setdefault(cells[0], []).append(cells[1])
    return {kind: tuple(texts) for kind, texts in found.items()}


@cache
def either(table: str, kind: str) -> str:
    """Return one pattern that matches any phrase of a kind, the longest first; a space matches a run of space.

    The pattern is valid in Rust and in Python, is not anchored, and takes Latin letters in either case.
    """
    texts = sorted(phrases(table)[kind], key=len, reverse=True)
    return "(?i:" + "|".join(re.escape(text).replace(r"\ ", r"\s+") for text in texts) + ")"


@cache
def shown_by(table: str, *names: str) -> str:
    """Return a pattern, for Rust only, found wherever a phrase of these kinds is that stands as a word by itself.

    A Latin letter is enough, so that no case needs folding, and the end of a word is not looked at: joined with other
    patterns this one stays small enough for the fast engine, `as_words(either(…))` makes them 100 times slower.
    """
    texts = [text for kind in names for text in phrases(table)[kind]]
    plain = sorted({re.escape(text).replace(r"\ ", r"\s+") for text in texts if not re.search("[A-Za-z]", text)})
    return rf"[A-Za-z\u017F\u212A]|(?:^|{_NO_DEVANAGARI_LETTER})(?:{'|'.join(plain)})"


def letters_of(table: str) -> frozenset[str]:
    """Return the letters and signs of Devanagari that the phrases of a table are written with."""
    return frozenset(
        char for texts in phrases(table).values() for text in texts for char in text if "\u0900" <= char <= "\u097f"
    )


def kinds(table: str, prefix: str) -> tuple[str, ...]:
    """Return the kinds of a table whose names begin with `prefix`."""
    return tuple(kind for kind in phrases(table) if kind.startswith(prefix))


def as_words(pattern: str) -> str:
    """Return the pattern bound to whole words: `माहिती भरा` does not match `माहिती भरावी`. For Rust only."""
    return rf"(?:^|[^\p{{L}}\p{{M}}\p{{N}}]){pattern}(?:$|[^\p{{L}}\p{{M}}\p{{N}}])"
