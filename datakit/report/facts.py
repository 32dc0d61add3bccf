"""Everything the report says, gathered once: the page, Markdown and JSON show the same facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datakit.gate import Outcome, read_outcome
from datakit.lineage import Manifest
from datakit.report.asked import question_kinds
from datakit.report.changes import Changes, changes
from datakit.report.decided import Decisions, decisions
from datakit.report.disputes import Disputes, disputes
from datakit.report.doubts import Doubt, doubts, flagged
from datakit.report.funnel import Step, steps
from datakit.report.kinship import Kinship, kinship
from datakit.report.leaks import Leakage, leakage
from datakit.report.lengths import Histogram, histograms
from datakit.report.looked import look
from datakit.report.merges import Merges, merges
from datakit.report.mix import Facet, Share, Source, facets, languages, licences, sources
from datakit.report.origins import Origins, origins
from datakit.report.rejects import Reason, reasons
from datakit.report.release import Release
from datakit.report.repairs import Repairs, repairs, touched
from datakit.report.tokens import MAX_TOKENS, Tokens, tokens
from datakit.report.verdict import Verdict, judge
from datakit.trace.draw import version_graph
from datakit.trace.places import Places


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What there is to say of a version. None, or an empty list, stands for a section that has nothing to say."""

    name: str
    version: str
    counts: Mapping[str, Any]
    """`in, kept, rejected, splits` of the manifest."""
    verdict: Verdict
    funnel: list[Step]
    reasons: list[Reason]
    doubts: list[Doubt]
    disputes: Disputes | None
    merges: Merges | None
    repairs: Repairs | None
    sources: list[Source]
    licences: list[Share]
    facets: list[Facet]
    languages: list[Share]
    question_kinds: list[Share]
    lengths: list[Histogram]
    tokens: Tokens | None
    """None: nobody chose a tokenizer."""
    splits: Mapping[str, int]
    leakage: Leakage
    changes: Changes | None
    expectations: Outcome | None
    """None: no release gate was run."""
    decisions: Decisions | None
    origins: Origins
    kinship: Kinship
    recipe: Mapping[str, Any]
    row_roots: Mapping[str, str]
    tools: Mapping[str, str]


def gather(
    folder: Path,
    manifest: Manifest,
    *,
    previous: Path | None = None,
    tokenizer: Path | None = None,
    max_tokens: int = MAX_TOKENS,
    places: Places | None = None,
) -> Facts:
    """Read the facts from a version's Parquet files; `previous` is the folder of the version to compare with.

    `tokenizer` is a `tokenizer.json`, or a folder with one, to count tokens with; `places` are where runs and models of
    the version may lie. Columns are aggregated lazily and text is fetched for samples only. The manifest need not lie
    in the folder yet.
    """
    release = Release(folder, manifest)
    found = sources(release)
    shares = licences(found)
    flags, rules = flagged(release), touched(release)
    looked = look(release, [*flags["id"].explode().drop_nulls(), *rules["ids"].explode().drop_nulls()])
    leaks = leakage(release, looked.seen)
    disagreements = disputes(release)
    lineage = origins(release)
    return Facts(
        name=manifest.identity["name"],
        version=manifest.id,
        counts={name: manifest.counts[name] for name in ("in", "kept", "rejected", "splits")},
        verdict=judge(manifest, found, shares, leaks, disagreements, lineage),
        funnel=steps(manifest),
        reasons=reasons(release),
        doubts=doubts(flags, looked.rows),
        disputes=disagreements,
        merges=merges(release),
        repairs=repairs(rules, looked.rows),
        sources=found,
        licences=shares,
        facets=facets(release),
        languages=languages(release),
        question_kinds=question_kinds(looked.seen),
        lengths=histograms(looked.seen),
        tokens=tokens(release, tokenizer, max_tokens=max_tokens) if tokenizer else None,
        splits={split: manifest.counts["splits"][split] for split in release.splits},
        leakage=leaks,
        changes=changes(release, previous) if previous else None,
        expectations=read_outcome(folder),
        decisions=decisions(release),
        origins=lineage,
        kinship=kinship(version_graph(folder, manifest, places=places)),
        recipe=manifest.identity["recipe"],
        row_roots=manifest.identity["row_roots"],
        tools=manifest.tools,
    )
