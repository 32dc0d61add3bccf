"""From input files to finished parts, in order: read what is new, find again what is there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from datakit.errors import InputError
from datakit.lineage import sha256_text
from datakit.pipeline.parts import Part, find_part, finished_parts, part_key, write_done
from datakit.pipeline.progress import Progress
from datakit.pipeline.rows import READ
from datakit.pipeline.workers import Task, Workers
from datakit.readers import Input, read
from datakit.readers.sources import Sources
from datakit.recipe import Recipe
from datakit.record import frame


@dataclass
class _File:
    """One input and how far it has come."""

    source: Input
    folder: Path
    parts: dict[int, Part] = field(default_factory=dict)
    count: int | None = None  # how many parts it has; None until it was read to its end

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

    def parts(self, inputs: Sequence[Input], workers: Workers, progress: Progress) -> list[Part]:
        """Return the parts of all inputs, in the order of the inputs and of their rows; unused part folders go."""
        files = [_File(source, self.work / self._key(source)) for source in inputs]
        waiting: list[tuple[_File, int]] = []
        for number, part in enumerate(workers.map(self._tasks(files, waiting, progress))):
            file, place = waiting[number]
            file.parts[place] = part
            progress.advance(file.source.name, part.height)
            self._note(file, progress)
        for file in files:
            self._note(file, progress)
        return [file.parts[number] for file in files for number in sorted(file.parts)]

    def _note(self, file: _File, progress: Progress) -> None:
        if file.finish() and finished_parts(file.folder) is None:
            write_done(file.folder, len(file.parts))
            progress.finish(file.source.name, f"{sum(part.height for part in file.parts.values()):,} rows")

    def _tasks(self, files: list[_File], waiting: list[tuple[_File, int]], progress: Progress) -> Iterator[Task]:
        for file in files:
            progress.start(file.source.name, None)
            known = finished_parts(file.folder)
            if known is not None:
                file.parts = dict(enumerate(known))
                file.count = len(file.parts)
                progress.finish(
                    file.source.name, f"{sum(part.height for part in file.parts.values()):,} rows, as before"
                )
                continue
            number = -1
            for number, batch in enumerate(self._batches(file.source)):
                part = find_part(file.folder, number)
                if part is not None:
                    file.parts[number] = part
                    progress.advance(file.source.name, part.height)
                    continue
                waiting.append((file, number))
                yield batch, file.folder, number
            file.count = number + 1

    def _batches(self, source: Input) -> Iterator[pl.DataFrame]:
        declared = self.sources.of(source.name)
        left = self.max_rows_per_file
        try:
            for batch in read(source, columns=self.recipe.columns or None, batch_rows=self.batch_rows):
                taken = batch if left is None else batch.head(left)
                yield taken.with_columns(
                    pl.lit(declared.id).alias("source_id"),
                    pl.lit(declared.licence, pl.String).alias("licence"),
                    pl.lit(declared.priority, pl.Int32).alias("priority"),
                )
                if left is not None:
                    left -= taken.height
                    if left <= 0:
                        return
        except InputError as error:
            yield _unreadable(source, str(error)).with_columns(
                pl.lit(declared.id).alias("source_id"), pl.lit(declared.licence, pl.String).alias("licence")
            )

    def _key(self, source: Input) -> str:
        declared = self.sources.of(source.name)
        return part_key(
            source.path,
            {
                "name": source.name,
                "source": [declared.id, declared.licence, declared.priority],
                "recipe": self.recipe.resolved_rows(),
                "batch_rows": self.batch_rows,
                "max_rows": self.max_rows_per_file,
            },
        )


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
