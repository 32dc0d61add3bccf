"""A corpus for machines without the real data: Marathi-like questions and answers out of the sample's own words.

Words follow each other as they do in `raw/` (a chain over pairs of words), so letters, word lengths and the share of
common words are those of real Marathi; meaning there is none. The same seed and sample give the same bytes.
"""

import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

_WORD: Final = re.compile(r"[\u0900-\u097f]+[,.।?]?")
_TEXT_FILES: Final = ("*.jsonl", "*.json", "*.csv", "*.tsv", "*.txt", "*.md")
_STARTS: Final = ("", "")  # before a text's first word


class Chain:
    """Which words follow a pair of words in the sample."""

    def __init__(self, texts: Iterable[list[str]]) -> None:
        self._after: dict[tuple[str, str], list[str]] = {}
        for words in texts:
            pair = _STARTS
            for word in words:
                self._after.setdefault(pair, []).append(word)
                pair = (pair[1], word)

    def text(self, length: int, rng: random.Random) -> str:
        """Return so many words; where the sample goes no further, the chain begins again."""
        words: list[str] = []
        pair = _STARTS
        while len(words) < length:
            following = self._after.get(pair)
            if following is None:
                pair = _STARTS
                continue
            word = rng.choice(following)
            words.append(word)
            pair = (pair[1], word)
        return " ".join(words)


def sample_texts(raw: Path) -> Iterator[list[str]]:
    """Yield the Marathi words of each line of the sample's text files.

    Errors: `ValueError` where the folder holds no Marathi line.
    """
    empty = True
    for pattern in _TEXT_FILES:
        for path in sorted(raw.glob(pattern)):
            for line in _lines(path):
                words = _WORD.findall(line)
                if len(words) >= 3:
                    empty = False
                    yield words
    if empty:
        raise ValueError(f"{raw}: found no line with three Marathi words, expected the project's sample")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:  # the sample holds UTF-16 on purpose; the others are words enough
        return []


def documents(raw: Path, rows: int, *, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield documents {id, text, source}: 3 to 60 words, most of them short, as in the real corpus (mean 24)."""
    chain, rng = Chain(sample_texts(raw)), random.Random(seed)
    for number in range(rows):
        yield {"id": f"g{number:07}", "text": chain.text(_length(rng, 3, 60, 24), rng), "source": "generated"}


def questions(raw: Path, rows: int, *, seed: int = 2) -> Iterator[dict[str, Any]]:
    """Yield long questions and answers as of a legislature: 20 to 400 words each (mean 130), a title and a year."""
    chain, rng = Chain(sample_texts(raw)), random.Random(seed)
    for number in range(rows):
        yield {
            "id": f"gq{number:06}",
            "question": chain.text(_length(rng, 20, 400, 130), rng) + "?",
            "answer": chain.text(_length(rng, 20, 400, 130), rng),
            "source": "generated",
            "title": chain.text(12, rng),
            "year": str(rng.randint(1960, 2024)),
        }


def _length(rng: random.Random, least: int, most: int, mean: int) -> int:
    return min(most, least + int(rng.expovariate(1 / (mean - least))))


def line(row: dict[str, Any]) -> bytes:
    """Return a row as one line of JSON Lines."""
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"
