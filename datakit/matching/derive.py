"""Working out the files of `derived.py`: how often a skeleton is written, and what misprints of closed words look like.

A word of a closed class (who, not, was) must be equal in near duplicates, so a slip in one has to be seen through. Each
spelling one slip away is taken for a misprint, unless the word list has it often enough to be a word.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl
import zstandard

from datakit.matching.derived import COUNTS, MISPRINTS
from datakit.matching.lexemes import table
from datakit.matching.stems import SIGNS, folded, skeleton, skeletons
from datakit.screening.known_words import word_counts

_MISPRINT: Final = 100  # so much rarer than the word it is one slip from, a spelling of the word list is a misprint
_SEEN_THROUGH: Final = frozenset({"question", "negation", "tense", "function", "number", "honorific"})
_LEVEL: Final = 19  # of zstd, as the word list


def derive_counts() -> dict[str, int]:
    """Return what `skeleton_counts` returns, from the word list."""
    return _counted(folded(word_counts()["word"])[1])


def derive_misspelt() -> dict[str, list[str]]:
    """Return what `misspelt` returns, from the word list and the word tables."""
    entries = table()
    counts = _counted(skeletons(word_counts()["word"]))
    known = {skeleton(word) for word in entries}
    taken: set[str] = set()
    found: dict[str, list[str]] = {}
    for word, (kind, _, _) in entries.items():
        if kind not in _SEEN_THROUGH or len(word) <= 2:
            continue
        plain = skeleton(word)
        limit = counts.get(plain, 0) / _MISPRINT - (kind == "honorific")  # भगवा is no misprint of a rare भगवान
        shortest = 2 if kind == "tense" else 3
        variants = {
            slip for slip in _slips(plain) - known - taken if counts.get(slip, 0) <= limit and len(slip) >= shortest
        }
        if variants:
            found[word] = sorted(variants)
            taken |= variants
    return found


def _slips(word: str) -> set[str]:
    """Every spelling one slip away: a code point lost, doubled, swapped with the next, or one sign for another."""
    cuts = range(len(word))
    lost = {word[:n] + word[n + 1 :] for n in cuts if n}
    doubled = {word[:n] + word[n] + word[n:] for n in cuts}
    swapped = {word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in cuts[:-1]}
    signs = {word[:n] + sign + word[n + 1 :] for n in cuts if word[n] in SIGNS for sign in SIGNS}
    return lost | doubled | swapped | signs


def _counted(forms: pl.Series) -> dict[str, int]:
    """Return form → count, where `forms` are what stands for each word of the word list, in its order."""
    words = pl.DataFrame([forms.alias("form"), word_counts()["count"].cast(pl.Int64)])
    sums = words.group_by("form").agg(pl.col("count").sum()).sort(["count", "form"], descending=[True, False])
    return dict(zip(sums["form"].to_list(), sums["count"].to_list(), strict=True))


def write_derived(folder: Path) -> None:
    """Write both files into a folder; what they hold depends on the word list and the tables only."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / COUNTS, {form: str(count) for form, count in derive_counts().items()})
    _write(folder / MISPRINTS, {word: " ".join(variants) for word, variants in derive_misspelt().items()})


def _write(path: Path, cells: Mapping[str, str]) -> None:
    text = "".join(f"{key}\t{value}\n" for key, value in cells.items())
    path.write_bytes(zstandard.ZstdCompressor(level=_LEVEL).compress(text.encode()))
