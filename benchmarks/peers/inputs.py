"""The two inputs of every comparison, written once: documents with planted near-duplicates, and questions with answers.

Our pipeline curates questions and answers, the peers documents. So each document is cut in the middle: its first words
become the question, the others the answer, and the peers' text is the two with a line break between: the same bytes.
"""

import contextlib
import hashlib
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import zstandard

from benchmarks.dedup_variants import VARIANTS
from benchmarks.peers.generated import documents, line, questions

CORPUS: Final = "marathi_corpus.jsonl.zst"
QA: Final = "marathi_qa.jsonl.zst"
COPY_EVERY: Final = 22  # 145,455 documents and 6.6k planted copies: the 152k of the figures to beat
_VARIANTS: Final = ("typo", "punctuation", "joiners", "digits")
SEED: Final = 7
_FILES: Final = 4
GENERATED_DOCUMENTS: Final = 40_000
GENERATED_QUESTIONS: Final = 8_000


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input on disk, in the shape ours reads and in the shape the peers read."""

    name: str
    what: str
    """Where the rows come from and how many there are."""
    ours: Path
    """A folder for `datakit curate`, one file in it."""
    theirs: Path
    """A folder of JSON Lines {id, text}: four files, so that a peer that gives each worker files of its own can."""
    rows: int
    mb: float
    """Megabytes (10^6) that speed is counted in: UTF-8 text of documents; of questions the whole file."""
    sha256: str
    """Of the file in `ours`."""

    def summary(self) -> dict[str, Any]:
        """Return what the results say of it."""
        return {"what": self.what, "rows": self.rows, "mb": round(self.mb, 3), "sha256": self.sha256}


def prepare(data: Path | None, raw: Path, work: Path, *, max_mb: float | None = None) -> dict[str, Input]:
    """Write both inputs below `work` and return them by name.

    `data` is the folder of real data, None for the generated corpus (seeded, out of the sample in `raw`). `max_mb` cuts
    both after so many megabytes. Documents are shuffled, so that a cut is a fair sample.
    """
    if data is None:
        rows: Iterable[dict[str, Any]] = documents(raw, GENERATED_DOCUMENTS)
        asked: Iterable[dict[str, Any]] = questions(raw, GENERATED_QUESTIONS)
        told = "generated from the sample's words, seed 1 and 2"
    else:
        rows, asked = read_packed(data / CORPUS), read_packed(data / QA)
        told = "real, not part of the project"
    mixed = planted(rows)
    random.Random(SEED).shuffle(mixed)
    return {
        "documents": _write(work, "documents", f"{told}; one row in {COPY_EVERY} planted", map(halved, mixed), max_mb),
        "qa": _write(work, "qa", told, asked, max_mb),
    }


def slice_of(whole: Input, work: Path, max_mb: float) -> Input:
    """Return the first megabytes of an input as an input of its own."""
    with next(whole.ours.iterdir()).open("rb") as file:
        rows = (json.loads(one) for one in file)
        return _write(work, f"{whole.name}-{max_mb:g}mb", f"the first rows of {whole.name}", rows, max_mb)


def planted(rows: Iterable[dict[str, Any]], *, seed: int = SEED) -> list[dict[str, Any]]:
    """Return the rows, and after every 22nd a copy of it with one slip, sign, joiner or digit changed."""
    rng, found = random.Random(seed), []
    for number, row in enumerate(rows):
        found.append({"id": row["id"], "text": row["text"]})
        if number % COPY_EVERY == 0:
            kinds = rng.sample(_VARIANTS, len(_VARIANTS))
            texts = (VARIANTS[kind](row["text"], rng) for kind in kinds)
            if (text := next((text for text in texts if text is not None), None)) is not None:
                found.append({"id": f"{row['id']}-copy", "text": text})
    return found


def halved(row: dict[str, Any]) -> dict[str, Any]:
    """Return a document as question and answer: cut in the middle, a question mark at the cut, where there is none."""
    words = row["text"].split()
    middle = max(1, len(words) // 2)
    question = " ".join(words[:middle])
    return {
        "id": row["id"],
        "question": question if question.endswith("?") else f"{question}?",
        "answer": " ".join(words[middle:]),
    }


def read_packed(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a zstd-compressed JSON Lines file.

    Errors: `FileNotFoundError` with what to do, where it is absent.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: not found; expected the real data, or no AURORA_DATA for a generated corpus")
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
        rest = b""
        while chunk := stream.read(1 << 20):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from map(json.loads, whole)
        if rest:
            yield json.loads(rest)


def _write(work: Path, name: str, what: str, rows: Iterable[dict[str, Any]], max_mb: float | None) -> Input:
    ours, theirs = work / name / "raw", work / name / "text"
    for folder in (ours, theirs):
        folder.mkdir(parents=True, exist_ok=True)
    digest, count, text_bytes, file_bytes = hashlib.sha256(), 0, 0, 0
    limit = float("inf") if max_mb is None else max_mb * 1e6
    with contextlib.ExitStack() as stack:
        own = stack.enter_context((ours / "rows.jsonl").open("wb"))
        others = [stack.enter_context((theirs / f"rows-{n}.jsonl").open("wb")) for n in range(_FILES)]
        for row in rows:
            if file_bytes >= limit:
                break
            packed = line(row)
            text = f"{row['question']}\n{row['answer']}"
            digest.update(packed)
            file_bytes += own.write(packed)
            others[count % _FILES].write(line({"id": row["id"], "text": text}))
            text_bytes += len(text.encode())
            count += 1
    counted = file_bytes if name.startswith("qa") else text_bytes
    return Input(
        name=name,
        what=f"{count:,} rows, {what}",
        ours=ours,
        theirs=theirs,
        rows=count,
        mb=counted / 1e6,
        sha256=digest.hexdigest(),
    )
