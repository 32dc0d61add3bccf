"""`--engine ray`: row stages and the near-duplicate shuffle on a Ray cluster; all else where the command runs.

Files are read where they are processed, many small ones to a task. One that alone would keep a worker busy for long is
read here and sent out batch by batch. Parts go to the work folder, which every node must see: it is the checkpoint, and
a task that is started again after its worker died finds the parts that were done.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.engines.cluster import cluster, needed
from datakit.engines.near_dedup import NearDedupOnRay
from datakit.engines.results import AHEAD, in_order, result
from datakit.engines.tasks import RETRIES, Looked, curate_files, fill_batch, look, work_on
from datakit.errors import DatakitError, MissingDependencyError, UsageError
from datakit.pipeline.crew import Alone, Crew
from datakit.pipeline.feed import Feed
from datakit.pipeline.parts import Part, rules_digest
from datakit.pipeline.progress import Progress
from datakit.pipeline.workers import Task, pack
from datakit.readers import Input
from datakit.recipe import Recipe
from datakit.stage import CorpusStage, Found, Job, options
from datakit.stages.near_dedup import NearDedup

_BUNDLE_BYTES: Final = 64 << 20  # files of one task: some ten seconds of work, which is what a dead worker costs
_SHARE: Final = 4  # a file that is more than this part of a CPU's share of the input is not left to one worker
_LEAST_BYTES: Final = 4 << 20  # below this a task costs more than it saves


class OnRay:
    """The engine, a context manager: its cluster is left, or ended if it was started for it, at the end."""

    def __init__(self, *, address: str | None = None, workers: int | None = None) -> None:
        """Take what `cluster` takes; `workers` limits how many tasks run at a time. A local one starts when needed."""
        self._address = address
        self._workers = workers
        self._running: int | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "OnRay":
        needed()
        if self._address is not None:
            self._cpus()  # a wrong address is told before anything is read
        return self

    def __exit__(self, *raised: Any) -> None:
        self._running = None
        self._stack.close()

    def _cpus(self) -> int:
        if self._running is None:
            self._running = self._stack.enter_context(cluster(address=self._address, cpus=self._workers))
        return self._running

    def parts(self, feed: Feed, inputs: Sequence[Input], progress: Progress) -> list[Part]:
        """Return the parts of all inputs, in the order of the inputs and of their rows.

        Errors: as a local run; `UsageError` where a node does not see the files, `MissingDependencyError` where its
        program is another one.
        """
        cpus = self._cpus()
        feed.work.mkdir(parents=True, exist_ok=True)
        there = replace(feed, work=feed.work.resolve())
        placed = [replace(source, path=source.path.absolute()) for source in inputs]
        if self._address is not None:
            self._ask_nodes([str(there.work), *(str(source.path) for source in placed[:1])])
        largest = max(sum(source.size for source in inputs) // (cpus * _SHARE), _LEAST_BYTES)
        runs = [(large, list(run)) for large, run in groupby(placed, key=lambda source: source.size > largest)]
        bundles = [bundle for large, run in runs if not large for bundle in _bundles(run, min(largest, _BUNDLE_BYTES))]
        done = {
            bundle[0].name: parts
            for bundle, parts in zip(bundles, self._bundles(there, bundles, progress), strict=True)
        }
        found: list[Part] = []
        for large, run in runs:
            if large:
                found += there.parts(run, _Batches(there.recipe, cpus), progress)
            else:
                found += [part for source in run for part in done.get(source.name, ())]
        return [_named_from(feed.work, part) for part in found]

    def crew(self, recipe: Recipe, rows: int) -> Crew:  # noqa: ARG002 - a task brings along all it needs
        return _Tasks(self._cpus())

    def corpus_stages(self, stages: Sequence[CorpusStage]) -> Sequence[CorpusStage]:
        """Return the stages with the near-duplicate search spread over the cluster."""
        return [
            NearDedupOnRay(**options(stage), cpus=self._cpus()) if isinstance(stage, NearDedup) else stage
            for stage in stages
        ]

    def _bundles(self, feed: Feed, bundles: list[list[Input]], progress: Progress) -> Iterator[list[Part]]:
        ray = needed()
        task = ray.remote(curate_files).options(max_retries=RETRIES)
        shared = ray.put(feed)
        for parts, notes in in_order(task.remote, ((shared, one) for one in bundles), width=self._cpus() * AHEAD):
            for name, note in notes:
                progress.start(name, None)
                progress.finish(name, note)
            yield parts

    def _ask_nodes(self, paths: list[str]) -> None:
        ray = needed()
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        for node in ray.nodes():
            if not node["Alive"] or not node["Resources"].get("CPU"):
                continue
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            name = node.get("NodeManagerHostname") or node["NodeID"]
            try:
                seen: Looked = result(
                    ray.remote(look).options(scheduling_strategy=there, num_cpus=0).remote(name, paths)
                )
            except (ImportError, DatakitError, ray.exceptions.RayError) as error:
                raise MissingDependencyError(
                    f"node {name}: cannot load datakit ({type(error).__name__}); expected the same ancient-aurora as"
                    " here on every node; install it there"
                ) from error
            check(seen)


def check(seen: Looked) -> None:
    """Errors: `UsageError`, `MissingDependencyError`, both naming the node."""
    if seen.missing:
        raise UsageError(
            f"node {seen.node}: does not see {', '.join(seen.missing)}; expected the raw files and the curated folder"
            " at the same path on every node; mount a shared folder there (NFS, EFS, Lustre)"
        )
    if (seen.rules, seen.polars) != (rules_digest(), pl.__version__):
        raise MissingDependencyError(
            f"node {seen.node}: found rules {seen.rules[:12]} and polars {seen.polars}; expected {rules_digest()[:12]}"
            f" and {pl.__version__} as here, or its rows would differ; install the same ancient-aurora and polars there"
        )


def _bundles(inputs: Sequence[Input], most: int) -> Iterator[list[Input]]:
    """Cut inputs, in their order, into runs of up to `most` bytes."""
    bundle: list[Input] = []
    size = 0
    for source in inputs:
        if bundle and size + source.size > most:
            yield bundle
            bundle, size = [], 0
        bundle.append(source)
        size += source.size
    if bundle:
        yield bundle


def _named_from(work: Path, part: Part) -> Part:
    """Return a part with paths as the caller names the work folder."""
    folder = work / part.rows.parent.name
    return replace(part, rows=folder / part.rows.name, keys=folder / part.keys.name)


class _Tasks:
    """Jobs of corpus stages, each a task on the cluster; their texts are read here."""

    def __init__(self, cpus: int) -> None:
        self._cpus = cpus

    def each(
        self, work: Callable[[Job, pl.DataFrame], Found], jobs: Iterable[tuple[Job, pl.DataFrame]], count: int
    ) -> Iterator[Found]:
        if count < self._cpus:
            return Alone().each(work, jobs, count)
        submit = needed().remote(work_on).options(max_retries=RETRIES).remote
        return in_order(submit, ((work, *given) for given in jobs), width=self._cpus * AHEAD)

    def rest(self) -> None:
        """Ray's workers are Ray's."""


class _Batches:
    """Batches of a large file, read here and processed on the cluster."""

    def __init__(self, recipe: Recipe, cpus: int) -> None:
        self._recipe = recipe
        self._cpus = cpus

    def map(self, tasks: Iterable[Task]) -> Iterator[Part]:
        ray = needed()
        recipe: Any = ray.put(self._recipe)
        submit = ray.remote(fill_batch).options(max_retries=RETRIES).remote
        calls = ((pack(batch), slots, recipe) for batch, slots in tasks)
        for parts in in_order(submit, calls, width=self._cpus * AHEAD):
            yield from parts
