"""The corpus on disk: what corpus stages see of the parts, and the verdicts they have given so far."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.pipeline.apart import Apart
from datakit.pipeline.bins import Bins, compact
from datakit.pipeline.crew import Alone, Crew
from datakit.pipeline.packed_keys import pack_keys, packed_keys
from datakit.pipeline.parts import Part
from datakit.stage import VERDICT, CorpusStage, Found, Job, flat_hashes

_KEPT_KEYS: Final = 200_000  # rows: up to here all keys are held (80 MB at most) instead of read again by each stage
_BIN_ROWS: Final = 200_000  # rows of the corpus to a bin of hashes: up to 45 hashes a row are 100 MB
_HASHES: Final = 2**61 - 1  # a prime: bins must not follow the low bits, by which some hashes are spread already
_REJECTION: Final = ("reject_reason", "reject_detail", "of", "score")
_CLUSTER: Final = {"row": pl.UInt32, "cluster": pl.UInt32}


class DiskCorpus:
    """Parts in order; row numbers run through all of them, rejected rows included."""

    def __init__(
        self,
        parts: Sequence[Part],
        previous: pl.DataFrame | None = None,
        accepted: Mapping[str, frozenset[int]] | None = None,
        *,
        spill: Path | None = None,
        crew: Crew | None = None,
        apart: Apart | None = None,
    ) -> None:
        """Take the parts in order; what does not fit in memory goes below the folder `spill`, else where the system
        keeps temporary files. `crew` does what stages ask of `each`; without one it is done here. `apart` knows
        pairs that need not be compared again."""
        self._spill = spill
        self._crew = crew or Alone()
        self._apart = apart
        self._parts = list(parts)
        heights = np.array([part.height for part in self._parts], dtype=np.int64)
        self._starts: NDArray[np.int64] = np.concatenate([[0], np.cumsum(heights)])
        self._live = np.zeros(int(self._starts[-1]), dtype=np.bool_)
        self._rejections: list[pl.DataFrame] = []
        self._clusters: list[pl.DataFrame] = []
        self._written: list[pl.DataFrame] = []
        small = sum(part.live for part in self._parts) <= _KEPT_KEYS
        self._packed: list[Path] | None = None
        self._all_keys = self._read_keys(None) if small else None
        if not small and spill is not None:
            self._packed = pack_keys(self._key_parts(None), Path(tempfile.mkdtemp(prefix="keys-", dir=spill)))
        kept = self._all_keys if self._all_keys is not None else self._read_keys(())
        self._live[kept["row"].to_numpy()] = True
        self.previous = previous
        self._accepted = accepted or {}

    @property
    def height(self) -> int:
        """How many rows there are, rejected ones included."""
        return int(self._starts[-1])

    @property
    def live_count(self) -> int:
        """How many rows no stage has rejected so far."""
        return int(self._live.sum())

    def keys(self, *columns: str) -> pl.DataFrame:
        found = self._all_keys if self._all_keys is not None else self._read_keys(columns)
        return found.filter(pl.Series(self._live[found["row"].to_numpy()])).select("row", *columns)

    def _read_keys(self, columns: Sequence[str] | None) -> pl.DataFrame:
        """Return `row` and the named key columns, or all of them, of the rows that the row stages kept."""
        frames = list(self._key_parts(columns))
        if not frames:
            schema = pl.read_parquet_schema(self._parts[0].keys) if self._parts else {}
            names = [name for name in schema if name != "row"] if columns is None else columns
            return pl.DataFrame(schema={"row": pl.UInt32, **{name: schema.get(name, pl.Null) for name in names}})
        return pl.concat(frames)

    def _key_parts(self, columns: Sequence[str] | None) -> Iterator[pl.DataFrame]:
        wanted = None if columns is None else ["row", *columns]
        if self._packed is not None:
            yield from packed_keys(self._packed, wanted)
            return
        for start, part in zip(self._starts, self._parts, strict=False):
            if part.live:
                frame = pl.read_parquet(part.keys, columns=wanted, memory_map=False)
                yield frame.with_columns((pl.col("row") + int(start)).cast(pl.UInt32))

    def hashes(self, column: str) -> Iterator[pl.DataFrame]:
        count = 1 + self.live_count // _BIN_ROWS
        if count == 1 or self._all_keys is not None:
            yield flat_hashes(self.keys(column))
            return
        with tempfile.TemporaryDirectory(dir=self._spill) as folder:
            bins = Bins(Path(folder))
            for keys in self._key_parts([column]):
                found = flat_hashes(keys.filter(pl.Series(self._live[keys["row"].to_numpy()])))
                bins.put(found, found[column].to_numpy() % np.uint64(_HASHES) % np.uint64(count))
            for number in range(count):
                frame = bins.take(number)
                if frame is not None:
                    yield frame

    def fetch(self, rows: pl.Series, *columns: str) -> pl.DataFrame:
        frames = [frame for _, frame in self._fetched(np.unique(rows.to_numpy().astype(np.int64)), columns)]
        return pl.concat(frames) if frames else self._nothing(columns)

    def _fetched(self, wanted: NDArray[np.int64], columns: Sequence[str]) -> Iterator[tuple[slice, pl.DataFrame]]:
        """Yield `row` and columns of the wanted rows part by part, and which of the wanted they are.

        `wanted` is ascending; where a row is named twice it is there twice.
        """
        cuts = np.searchsorted(wanted, self._starts)
        for number, part in enumerate(self._parts):
            inside = wanted[cuts[number] : cuts[number + 1]]
            if len(inside):
                frame = pl.read_parquet(part.rows, columns=list(columns), memory_map=False)
                found = compact(frame.select(pl.all().gather(inside - self._starts[number])))
                named = found.select(pl.Series("row", inside, dtype=pl.UInt32), *columns)
                yield slice(int(cuts[number]), int(cuts[number + 1])), named

    def _nothing(self, columns: Sequence[str]) -> pl.DataFrame:
        schema = pl.read_parquet_schema(self._parts[0].rows) if self._parts else {}
        return pl.DataFrame(schema={"row": pl.UInt32, **{name: schema.get(name, pl.Null) for name in columns}})

    def each(
        self,
        work: Callable[[Job, pl.DataFrame], Found],
        jobs: Sequence[tuple[pl.Series, Job]],
        *columns: str,
    ) -> Iterator[Found]:
        fetched = self._fetch_each([rows for rows, _ in jobs], columns)
        yield from self._crew.each(work, ((job, read) for (_, job), read in zip(jobs, fetched, strict=True)), len(jobs))

    def _fetch_each(self, lists: Sequence[pl.Series], columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Yield what `fetch` returns for each list of rows, in their order."""
        if len(lists) < 2:
            yield from (self.fetch(rows, *columns) for rows in lists)
            return
        distinct = [np.unique(rows.to_numpy()).astype(np.int64) for rows in lists]
        wanted = np.concatenate(distinct)
        order = np.argsort(wanted, kind="stable")
        belongs = np.repeat(np.arange(len(distinct), dtype=np.uint32), [len(rows) for rows in distinct])[order]
        with tempfile.TemporaryDirectory(dir=self._spill) as folder:
            bins = Bins(Path(folder))
            for place, frame in self._fetched(wanted[order], columns):
                bins.put(frame, belongs[place])
            for number in range(len(distinct)):
                found = bins.take(number)
                yield found if found is not None else self._nothing(columns)

    def known_apart(self, stage: str, pairs: NDArray[np.uint64]) -> NDArray[np.bool_]:
        return np.zeros(len(pairs), dtype=np.bool_) if self._apart is None else self._apart.holds(stage, pairs)

    def note_apart(self, stage: str, pairs: NDArray[np.uint64]) -> None:
        if self._apart is not None:
            self._apart.note(stage, pairs)

    def clusters(self) -> pl.DataFrame:
        return pl.concat(self._clusters) if self._clusters else pl.DataFrame(schema=_CLUSTER)

    def accepted(self, fault: str) -> frozenset[int]:
        return self._accepted.get(fault, frozenset())

    def _let_stand(self, stage: CorpusStage, verdict: pl.DataFrame) -> pl.DataFrame:
        """Take the rejection out of the verdicts that people overruled; the cluster stays, so splits keep it whole."""
        for reason in stage.reasons:
            rows = self.accepted(f"{stage.name}.{reason}")
            if rows:
                stands = (pl.col("reject_reason") == reason) & pl.col("row").is_in(sorted(rows))
                verdict = verdict.with_columns(
                    pl.when(~stands.fill_null(False)).then(pl.col(name)).alias(name) for name in _REJECTION
                )
        return verdict

    def judge(self, stage: CorpusStage) -> dict[str, int]:
        """Let a stage decide, keep its verdicts, and return how many rows it rejected by reason.

        Errors: `AssertionError` where the stage rejects with a reason it has not declared, or names a row twice.
        """
        verdict = stage.apply(self)
        missing = [pl.lit(None, dtype).alias(name) for name, dtype in VERDICT.items() if name not in verdict.columns]
        verdict = verdict.with_columns(missing).with_columns(
            pl.col(name).cast(dtype) for name, dtype in VERDICT.items()
        )
        verdict = self._let_stand(stage, verdict)
        bad = verdict.filter(pl.col("reject_reason").is_not_null())
        strange = set(bad["reject_reason"].unique()) - set(stage.reasons)
        if strange or verdict["row"].is_duplicated().any():
            raise AssertionError(f"stage {stage.name}: undeclared reasons {sorted(strange)} or a row judged twice")
        self._live[bad["row"].to_numpy()] = False
        self._rejections.append(bad.select(*VERDICT, pl.lit(stage.name).alias("stage")))
        self._clusters.append(verdict.select(_CLUSTER.keys()).drop_nulls())
        if stage.writes:  # of a verdict no more is kept than it says: most rows of most stages get none
            self._written.append(verdict.select("row", *stage.writes).sort("row"))
        return dict(bad["reject_reason"].value_counts(sort=True).iter_rows())

    def rejections(self) -> pl.DataFrame:
        """Return the verdicts that reject, of all stages: VERDICT's columns and `stage`, each row once at most."""
        return pl.concat([pl.DataFrame(schema={**VERDICT, "stage": pl.String}), *self._rejections])

    def written(self, *columns: str) -> pl.DataFrame:
        """Return `row` and columns that a stage wrote, sorted by `row`; no rows where none did."""
        found = [frame.select("row", *columns) for frame in self._written if set(columns) <= set(frame.columns)]
        return (
            pl.concat(found) if found else pl.DataFrame(schema={"row": pl.UInt32, **dict.fromkeys(columns, pl.String)})
        )

    def parts(self) -> list[tuple[int, Part]]:
        """Return each part with the number of its first row."""
        return [(int(start), part) for start, part in zip(self._starts, self._parts, strict=False)]
