"""Curation from end to end: read, row stages, corpus stages, release, publish."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from datakit.decisions import DecisionLog, decisions_file
from datakit.errors import GateError, InputError, IntegrityError, OutputError, UsageError
from datakit.gate import Outcome, check_ready, check_release, raise_for_failures
from datakit.lineage import Manifest, check_files, read_manifest, sha256_file
from datakit.pipeline.apart import Apart, apart_file, rules_of
from datakit.pipeline.card import write_card
from datakit.pipeline.corpus import DiskCorpus
from datakit.pipeline.decided import lay_over
from datakit.pipeline.engine import Engine, Local
from datakit.pipeline.feed import Feed
from datakit.pipeline.identity import dataset_manifest, previous_splits
from datakit.pipeline.only_here import only_here
from datakit.pipeline.parts import Part
from datakit.pipeline.person import with_person
from datakit.pipeline.progress import Progress, Silent
from datakit.pipeline.provenance import write_provenance
from datakit.pipeline.release import write_release
from datakit.pipeline.result import Result
from datakit.pipeline.rows import Tally, merge
from datakit.pipeline.unchanged import fingerprint, recall, remember
from datakit.readers import Input, discover
from datakit.readers.extra import require_readers
from datakit.readers.sources import load_sources
from datakit.recipe import Recipe
from datakit.report import write_report
from datakit.stage import CorpusStage
from datakit.store import (
    Tombstone,
    Version,
    build_folder,
    clear,
    latest_with_rows,
    lock,
    publish,
    read_tombstones,
    sweep,
    work_folder,
)

BATCH_ROWS: Final = 8192  # 16 MiB of text cut a batch of long rows earlier; of short ones 2,048 took half as long again


def curate(
    raw: Path,
    curated: Path,
    *,
    recipe: Recipe,
    name: str | None = None,
    workers: int | None = None,
    engine: Engine | None = None,
    batch_rows: int = BATCH_ROWS,
    sample: int | None = None,
    dry_run: bool = False,
    report: bool = True,
    progress: Progress | None = None,
) -> Result:
    """Curate everything under `raw` and publish one version below `curated/<name>/`.

    Where nothing has changed since the latest version, that one is found again and no row is looked at.
    `workers` None decides by the size of the input; an `engine` runs the work elsewhere than in processes here. The
    version depends neither on them nor on `batch_rows`, nor on whether its `report` is written. A `sample`
    takes about that many rows, spread over the files, and goes to `<name>-sample`. Errors: `UsageError` where `curated`
    lies inside `raw`, `InputError` where there is nothing to read, `GateError` where no row survives
    or the release gate fails, `IntegrityError` where the same version lies there damaged.
    """
    began = time.perf_counter()
    if curated.resolve().is_relative_to(raw.resolve()):
        raise UsageError(
            f"{curated}: lies inside {raw}, so its versions would be read as sources; name a folder outside {raw}"
        )
    inputs = discover(raw)
    if not inputs:
        raise InputError(f"{raw}: no input found; expected files such as .jsonl, .csv, .md or .html in it")
    require_readers(inputs)
    if recipe.gate is not None:
        check_ready(recipe.gate)
    name = name or recipe.name
    per_file = None
    if sample is not None:
        name, per_file = f"{name}-sample", -(-sample // len(inputs))
    feed = Feed(recipe, load_sources(raw), work_folder(curated, name), batch_rows, per_file, read_tombstones(curated))
    try:
        with lock(curated, name), contextlib.ExitStack() as stack:
            chosen = engine or stack.enter_context(Local(workers=workers))
            result = _run(
                feed, inputs, curated, name, chosen, dry_run=dry_run, report=report, progress=progress or Silent()
            )
    except (OSError, pl.exceptions.PolarsError) as error:
        if isinstance(error, OSError) or "os error" in str(error):  # polars wraps what the disk said
            message = "nothing was published. Make room or mend the disk: the same command goes on from there"
            raise OutputError(f"{curated}: {error}; {message}") from error
        raise
    return replace(result, seconds=round(time.perf_counter() - began, 3))


def _run(
    feed: Feed,
    inputs: list[Input],
    curated: Path,
    name: str,
    engine: Engine,
    *,
    dry_run: bool,
    report: bool,
    progress: Progress,
) -> Result:
    recipe, stones = feed.recipe, feed.tombstones
    sweep(curated, name)
    keys = feed.keys(inputs)
    digest = fingerprint(curated, name, keys, recipe, stones)
    before = recall(curated, name, feed.work, digest, dry_run=dry_run)
    if before is not None:
        return before
    parts = engine.parts(feed, inputs, progress)
    result = finish(
        parts,
        curated,
        name,
        recipe=recipe,
        tombstones=stones,
        engine=engine,
        dry_run=dry_run,
        report=report,
        progress=progress,
    )
    _prune(feed.work, {part.rows.parent for part in parts})
    if digest == fingerprint(curated, name, keys, recipe, stones):  # nobody has decided anything meanwhile
        remember(feed.work, digest, result)
    return result


def finish(
    parts: list[Part],
    curated: Path,
    name: str,
    *,
    recipe: Recipe,
    engine: Engine,
    tombstones: Sequence[Tombstone] = (),
    dry_run: bool = False,
    report: bool = True,
    progress: Progress,
) -> Result:
    """Run the corpus stages over finished parts and publish the version; call it under `lock`.

    Errors: as `curate`.
    """
    began = time.perf_counter()
    standing = DecisionLog(decisions_file(curated, name)).standing()
    laid = work_folder(curated, name) / "decided"
    build = build_folder(curated, name)
    spill = build.with_name(build.name + "-spill")
    try:
        clear(spill)
        spill.mkdir()
        decided = lay_over(parts, standing, recipe, laid)
        crew = engine.crew(recipe, sum(part.live for part in decided.parts))
        before = previous_splits(curated, name, recipe)
        apart = Apart(apart_file(work_folder(curated, name)), rules_of(recipe))
        corpus = DiskCorpus(decided.parts, before, decided.accepted, spill=spill, crew=crew, apart=apart)
        tallies = merge([part.tallies for part in decided.parts])
        _judge(corpus, engine.corpus_stages(with_person(recipe.corpus_stages, decided)), tallies, progress)
        apart.save()
        if not corpus.live_count:
            raise GateError(f"none of {corpus.height:,} rows is left{_why(tallies)}; nothing was published")
        crew.rest()  # the release needs memory, and nobody to help
        progress.start("release", None)
        released = write_release(corpus, recipe.chat, build, spill)
        manifest = dataset_manifest(name, recipe, released, corpus, tallies, decided, tombstones)
        alone = only_here(build / "rejected.parquet", recipe)
        manifest = replace(manifest, counts={**manifest.counts, "only_here": alone})
        gated = _gate(build, manifest, recipe, latest_with_rows(curated, name), tallies, progress)
        version, new = _publish(build, curated, name, manifest, tallies, began, dry_run=dry_run, report=report)
    finally:
        clear(spill)
        clear(build)
        clear(laid)
    progress.finish("release", f"{sum(released.rows.values()):,} rows")
    return Result(
        version_id=manifest.id,
        path=version.path if version else None,
        new=new,
        rows_in=corpus.height,
        kept=manifest.counts["kept"],
        rejected=manifest.counts["rejected"],
        splits=released.rows,
        seconds=0.0,
        tallies=tallies,
        gate=gated,
        decisions=decided.counts,
    )


def _judge(corpus: DiskCorpus, stages: Sequence[CorpusStage], tallies: dict[str, Tally], progress: Progress) -> None:
    for stage in stages:
        progress.start(stage.name, None)
        began = time.perf_counter()
        rows_in = corpus.live_count
        reasons = corpus.judge(stage)
        tallies.setdefault(stage.name, Tally()).add(Tally(rows_in, reasons, time.perf_counter() - began))
        progress.finish(stage.name, f"{rows_in - corpus.live_count:,} rejected")


def _gate(
    build: Path,
    manifest: Manifest,
    recipe: Recipe,
    before: Version | None,
    tallies: dict[str, Tally],
    progress: Progress,
) -> Outcome | None:
    """Run the release gate where the recipe asks for one; its time is booked as a stage's."""
    if recipe.gate is None:
        return None
    progress.start("gate", None)
    previous = before.path if before else None
    found = check_release(build, manifest, options=recipe.gate, previous=previous, write_to=build)
    tallies["gate"] = Tally(0, {}, found.seconds or 0.0)
    raise_for_failures(found, consequence="nothing was published")
    progress.finish("gate", f"{len(found.checked)} expectations")
    return found


def _publish(
    build: Path,
    curated: Path,
    name: str,
    manifest: Manifest,
    tallies: Mapping[str, Tally],
    began: float,
    *,
    dry_run: bool,
    report: bool,
) -> tuple[Version | None, bool]:
    final = curated / name / manifest.id
    if dry_run:
        return None, not final.exists()
    if final.exists():
        problems = check_files(final, read_manifest(final))
        if problems:
            listed = "\n  ".join(problems[:10])
            raise IntegrityError(
                f"this version exists already, but damaged; move the folder away and run again:\n  {listed}"
            )
        return publish(build, curated, name, manifest)
    with ThreadPoolExecutor(1) as beside:
        rows = {path: beside.submit(sha256_file, path) for path in build.glob("*.parquet")}
        write_card(build, manifest)
        if report:
            before = latest_with_rows(curated, name)
            write_report(build, manifest, previous=before.path if before else None)
        write_provenance(
            build, {stage: round(tally.seconds, 4) for stage, tally in tallies.items()}, time.perf_counter() - began
        )
        files = {
            path.relative_to(build).as_posix(): {
                "sha256": rows[path].result() if path in rows else sha256_file(path),
                "bytes": path.stat().st_size,
            }
            for path in sorted(build.rglob("*"))
            if path.is_file()
        }
    whole = Manifest(
        kind=manifest.kind,
        id=manifest.id,
        identity=manifest.identity,
        counts=manifest.counts,
        tools=manifest.tools,
        files=files,
    )
    return publish(build, curated, name, whole)


def _why(tallies: Mapping[str, Tally]) -> str:
    reasons = {reason: count for tally in tallies.values() for reason, count in tally.rejected.items()}
    most = sorted(reasons.items(), key=lambda item: -item[1])[:3]
    return " (" + ", ".join(f"{reason} {count:,}" for reason, count in most) + ")" if most else ""


def _prune(work: Path, used: set[Path]) -> None:
    """Delete parts that this run did not need: inputs or rules that are gone."""
    for folder in work.iterdir() if work.exists() else ():
        if folder not in used:
            clear(folder)
