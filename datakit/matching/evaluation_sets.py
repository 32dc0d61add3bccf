"""Evaluation sets: files of questions and answers that must not be trained on, and the digest that stands for each."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl

from datakit.errors import InputError

_QUESTION: Final = ("question", "प्रश्न", "instruction", "prompt", "query")
_ANSWER: Final = ("answer", "उत्तर", "output", "response", "completion")
_READERS: Final[dict[str, Callable[[Path], pl.DataFrame]]] = {
    ".jsonl": pl.read_ndjson,
    ".json": pl.read_json,
    ".parquet": pl.read_parquet,
    ".csv": pl.read_csv,
}


def digest(path: str | Path) -> str:
    """Return the sha256 of a file's bytes: two equal files are one set, wherever they lie.

    Errors: InputError for a file that is missing or cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error


def load(path: str | Path) -> pl.DataFrame:
    """Return `question` and `answer` of an evaluation set in .jsonl, .json, .parquet or .csv.

    An answer column may be missing; lists of answers are joined by a space. Errors: InputError.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise _unreadable(path, f"found {path.suffix or 'no ending'}, expected {', '.join(sorted(_READERS))}")
    try:
        frame = reader(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unreadable(path, str(error).splitlines()[0]) from error
    question = next((name for name in _QUESTION if name in frame.columns), None)
    answer = next((name for name in _ANSWER if name in frame.columns), None)
    if question is None:
        found, expected = ", ".join(frame.columns) or "none", ", ".join(_QUESTION)
        raise _unreadable(path, f"found the columns {found}, expected one of {expected}")
    answers = _text(frame, answer) if answer else pl.lit(None, pl.String)
    return frame.select(_text(frame, question).alias("question"), answers.alias("answer"))


def _text(frame: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    if isinstance(frame.schema[name], pl.List):
        return column.cast(pl.List(pl.String)).list.join(" ")
    return column.cast(pl.String)


def _unreadable(path: str | Path, why: str) -> InputError:
    return InputError(f"evaluation set {path}: {why}; name a readable file in [decontaminate] against, or take it out")
