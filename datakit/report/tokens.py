"""How long kept rows are in tokens of a tokenizer that somebody chose."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from datakit.errors import InputError, MissingDependencyError
from datakit.lineage import sha256_file
from datakit.report.release import Release

if TYPE_CHECKING:
    from tokenizers import Tokenizer

EDGES: Final = (0, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
"""Tokens, doubling, as the lengths in characters."""
MAX_TOKENS: Final = 2048
"""What a row may have before it counts as too long, as the trainer's own default (trainer/config.py)."""
MAX_ROWS: Final = 20_000
"""Rows that are counted, those with the lowest ids, which are digests: a share measured on so many is right within 0.7
points nineteen times in twenty (1.96 × √(¼ / 20000))."""
_BATCH: Final = 2_000  # rows whose texts are in memory at a time
_FILE: Final = "tokenizer.json"


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Lengths in tokens: the contents of all turns of a row together, without what a chat template adds."""

    tokenizer: str
    """The name of its folder or file."""
    sha256: str
    """Of `tokenizer.json`."""
    rows: int
    """Rows that were counted."""
    of: int
    """Rows that there are."""
    bins: tuple[int, ...]
    median: int
    p95: int
    longest: int
    max_tokens: int
    over: int
    """Rows counted with more than `max_tokens`."""
    per_word: float
    """Tokens for each word, that is each run without a space, in all counted turns."""
    vocabulary: int


def tokens(release: Release, tokenizer: Path, *, max_tokens: int = MAX_TOKENS) -> Tokens:
    """Count the kept rows' tokens; `tokenizer` is a `tokenizer.json` or a folder that holds one.

    Errors: `InputError` for a file that is no tokenizer, `MissingDependencyError` without the package.
    """
    path = tokenizer / _FILE if tokenizer.is_dir() else tokenizer
    engine = _load(path)
    ids = release.kept("id").select("id").collect()["id"]
    chosen = ids.sort().head(MAX_ROWS)
    lengths: list[int] = []
    words = 0
    for start in range(0, chosen.len(), _BATCH):
        batch = chosen.slice(start, _BATCH)
        contents = (
            release.kept("id", "messages")
            .filter(pl.col("id").is_in(batch.implode()))
            .select(pl.col("messages").list.eval(pl.element().struct.field("content")).alias("content"))
            .drop_nulls()
            .collect()["content"]
        )
        counted = _count(engine, contents)
        lengths += counted
        words += int(contents.explode().str.count_matches(r"\S+").sum() or 0)
    found = pl.Series("tokens", lengths, dtype=pl.UInt32)
    total = int(found.sum() or 0)
    return Tokens(
        tokenizer=tokenizer.name or str(tokenizer),
        sha256=sha256_file(path),
        rows=found.len(),
        of=ids.len(),
        bins=_bins(found),
        median=int(found.quantile(0.5, "nearest") or 0),
        p95=int(found.quantile(0.95, "nearest") or 0),
        longest=int(found.max() or 0),  # type: ignore[arg-type]
        max_tokens=max_tokens,
        over=int((found > max_tokens).sum()),
        per_word=round(total / words, 2) if words else 0.0,
        vocabulary=engine.get_vocab_size(with_added_tokens=True),
    )


def token_labels() -> list[str]:
    """Return the name of each bin: `0–15`, …, `8192+`."""
    return [f"{low}–{high - 1}" for low, high in pairwise(EDGES)] + [f"{EDGES[-1]}+"]


def _load(path: Path) -> "Tokenizer":
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingDependencyError("--tokenizer needs tokenizers: pip install 'ancient-aurora[export]'") from error
    if not path.is_file():
        raise InputError(f"{path}: not found; expected a {_FILE}, or a folder that holds one")
    try:
        engine = Tokenizer.from_file(str(path))
    except Exception as error:  # the package raises plain Exception for whatever it cannot read
        raise InputError(f"{path}: not a tokenizer ({error}); expected a {_FILE} of the tokenizers package") from error
    engine.no_truncation()  # a file may carry limits of its own
    engine.no_padding()
    return engine


def _count(engine: "Tokenizer", contents: pl.Series) -> list[int]:
    """Return the tokens of each row; a text that stands in many rows, as a system prompt does, is encoded once."""
    texts = Counter(text for row in contents for text in row)
    encoded = engine.encode_batch(list(texts), add_special_tokens=False)
    length = {text: len(one.ids) for text, one in zip(texts, encoded, strict=True)}
    return [sum(length[text] for text in row) for row in contents]


def _bins(lengths: pl.Series) -> tuple[int, ...]:
    ends = (*EDGES[1:], None)
    return tuple(
        int(((lengths >= low) & (lengths < high)).sum() if high else (lengths >= low).sum())
        for low, high in zip(EDGES, ends, strict=True)
    )
