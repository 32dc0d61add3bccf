"""From input files to finished parts, in order: read what is new, find again what is there."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.errors import InputError
from datakit.lineage import sha256_text
from datakit.pipeline.parts import Part, find_part, finished_parts, part_key, rules_digest, write_done
from datakit.pipeline.progress import Progress
from datakit.pipeline.rows import READ
from datakit.pipeline.withdrawn import mark_withdrawn
from datakit.pipeline.workers import Executor, Slot, Task
from datakit.readers import Input, read
from datakit.readers.extra import absent
from datakit.readers.limits import BATCH_BYTES
from datakit.readers.ocr import NEED_OCR, Ocr, tesseract_version
from datakit.readers.scraped import with_url
from datakit.readers.sources import Sources
from datakit.recipe import Recipe
from datakit.record import frame
from datakit.store import Tombstone

_HASHING: Final = 4  # threads; hashlib lets others run meanwhile, and a disk gives four streams as fast as more


@dataclass
class _File:
    """One input and how far it has come."""

    source: Input
    folder: Path
    parts: dict[int, Part] = field(default_factory=dict)
    count: int | None = None  # how many parts it has; None until it was read to its end
    noted: bool = False

    def finish(self) -> bool:
        return self.count is not None and len(self.parts) == self.count


@dataclass(frozen=True)
class Feed:
    """What decides about parts, beside the recipe."""

    recipe: Recipe
    sources: Sources
    work: Path
    batch_rows: int
    max_rows_per_file: int | None = None
    """For a sample run: read no more rows than this from each file."""
    tombstones: Sequence[Tombstone] = ()
    """Sources that were withdrawn: their rows are counted, their text goes no further than the reader."""
    _known_keys: dict[Path, str] = field(default_factory=dict, repr=False, compare=False)
    """Keys by input: the bytes of an input are hashed once."""

    def keys(self, inputs: Sequence[Input]) -> list[str]:
        """Return, for each input, the name of the folder of its parts: a hash of all that decides about its rows."""
        resolved = self.recipe.resolved()
        new = [source for source in inputs if source.path not in self._known_keys]
        decided = [self._decided_by(source, resolved) for source in new]
        paths = [source.path for source in new]
        rules_digest()  # remembered, so that not every thread works it out
        with ThreadPoolExecutor(_HASHING) as threads:
            self._known_keys.update(zip(paths, threads.map(part_key, paths, decided), strict=True))
        return [self._known_keys[source.path] for source in inputs]

    def parts(self, inputs: Sequence[Input], workers: Executor, progress: Progress) -> list[Part]:
        """Return the parts of all inputs, in the order of the inputs and of their rows."""
        files = [_File(source, self.work / key) for source, key in zip(inputs, self.keys(inputs), strict=True)]
        waiting: deque[tuple[_File, int]] = deque()
        for part in workers.map(self._together(self._new(files, waiting, progress))):
            file, number = waiting.popleft()
            file.parts[number] = part
            progress.advance(file.source.name, part.height)
            self._note(file, progress)
        for file in files:
            self._note(file, progress)
        return [file.parts[number] for file in files for number in sorted(file.parts)]

    def _note(self, file: _File, progress: Progress) -> None:
        if file.finish() and not file.noted:
            file.noted = True
            write_done(file.folder, len(file.parts))
            progress.finish(file.source.name, f"{sum(part.height for part in file.parts.values()):,} rows")

    def _new(
        self, files: list[_File], waiting: deque[tuple[_File, int]], progress: Progress
    ) -> Iterator[tuple[pl.DataFrame, Slot]]:
        """Yield the batches that have no part yet; whose part it will be is put in `waiting`, in the same order."""
        for file in files:
            progress.start(file.source.name, None)
            known = finished_parts(file.folder)
            if known is not None:
                file.parts = dict(enumerate(known))
                file.count, file.noted = len(known), True
                progress.finish(file.source.name, f"{sum(part.height for part in known):,} rows, as before")
                continue
            number = -1
            for number, batch in enumerate(self._batches(file.source)):
                part = find_part(file.folder, number)
                if part is not None:
                    file.parts[number] = part
                    progress.advance(file.source.name, part.height)
                    continue
                waiting.append((file, number))
                yield batch, (file.folder, number, batch.height)
            file.count = number + 1

    def _together(self, new: Iterator[tuple[pl.DataFrame, Slot]]) -> Iterator[Task]:
        """Join the batches of small files into tasks of up to `batch_rows` rows: a call costs more than a row."""
        batches: list[pl.DataFrame] = []
        slots: list[Slot] = []
        rows = size = 0
        for batch, slot in new:
            more = int(batch.estimated_size())
            if batches and (rows + batch.height > self.batch_rows or size + more > BATCH_BYTES):
                yield pl.concat(batches), slots
                batches, slots, rows, size = [], [], 0, 0
            batches.append(batch)
            slots.append(slot)
            rows += batch.height
            size += more
        if batches:
            yield pl.concat(batches), slots

    def _batches(self, source: Input) -> Iterator[pl.DataFrame]:
        declared = self.sources.of(source.name)
        left = self.max_rows_per_file
        try:
            ocr = Ocr(mode=self.recipe.ocr, cache=self.work.with_name(".ocr"))
            for batch in read(source, columns=self.recipe.columns or None, batch_rows=self.batch_rows, ocr=ocr):
                taken = batch if left is None else batch.head(left)
                named = taken.with_columns(
                    pl.lit(declared.id).alias("source_id"),
                    pl.lit(declared.licence, pl.String).alias("licence"),
                    pl.lit(declared.priority, pl.Int32).alias("priority"),
                )
                yield mark_withdrawn(with_url(named, declared.page), self.tombstones)
                if left is not None:
                    left -= taken.height
                    if left <= 0:
                        return
        except InputError as error:
            named = _unreadable(source, str(error)).with_columns(
                pl.lit(declared.id).alias("source_id"), pl.lit(declared.licence, pl.String).alias("licence")
            )
            yield mark_withdrawn(named, self.tombstones)

    def _decided_by(self, source: Input, resolved: dict[str, Any]) -> dict[str, Any]:
        declared = self.sources.of(source.name)
        stones = {"tombstones": [stone.identity() for stone in self.tombstones]} if self.tombstones else {}
        return {
            "name": source.name,
            "source": [declared.id, declared.licence, declared.priority],
            **({"page": declared.page} if declared.page else {}),
            **({"without": absent()} if absent() else {}),
            **({"ocr": tesseract_version()} if source.format in NEED_OCR else {}),
            "recipe": resolved,
            "batch_rows": self.batch_rows,
            "max_rows": self.max_rows_per_file,
            **stones,
        }


def _unreadable(source: Input, message: str) -> pl.DataFrame:
    row = {
        "file": source.name,
        "locator": "file",
        "raw_sha256": sha256_text(source.name),
        "reject_stage": READ,
        "reject_reason": "unreadable_file",
        "reject_detail": message,
    }
    return frame([row])
