"""Withdrawals from random corpora, held against a model that knows nothing of the program: plain loops over rows."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datakit.devanagari import dedup_key
from datakit.lineage import read_manifest, row_id
from datakit.pipeline.curate import curate
from datakit.recipe import Recipe, parse
from datakit.store import find, verify
from datakit.trace import Folders, Places
from datakit.trace.fates import read_lines
from datakit.withdraw import withdraw
from tests.rows import write_rows
from tests.trace.made import base_of, make_model, make_run

RECIPE = """
name = "laws"
[[stage]]
use = "chat"
[[stage]]
use = "exact_dedup"
[[stage]]
use = "split"
train = 50
validation = 25
test = 25
"""
PRIORITIES = {"a": 3, "b": 2, "c": 2, "d": 9}
SOURCES = tuple(PRIORITIES)
QUESTIONS = [f"{fort} कोणी जिंकला?" for fort in ("शिवनेरी", "सिंहगड", "प्रतापगड", "पन्हाळा", "रायगड", "तोरणा", "पुरंदर")]
ANSWERS = ("शिवाजी महाराज", "१६७४ मध्ये", "1674 मध्ये", "तानाजी मालुसरे")  # two of them have one dedup key


@dataclass(frozen=True)
class Pair:
    source: str
    question: str
    answer: str
    parents: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return row_id([{"role": "user", "content": self.question}, {"role": "assistant", "content": self.answer}])

    @property
    def key(self) -> tuple[str, str]:
        return dedup_key(self.question), dedup_key(self.answer)

    def raw(self) -> dict[str, Any]:
        made = {"derived_from": ", ".join(self.parents)} if self.parents else {}
        return {"question": self.question, "answer": self.answer, **made}


@st.composite
def corpora(draw: st.DrawFn) -> list[Pair]:
    """Rows of four sources with many equal texts; some rows were made from another row, some from a whole source."""
    base = draw(
        st.lists(
            st.builds(Pair, st.sampled_from(SOURCES), st.sampled_from(QUESTIONS), st.sampled_from(ANSWERS)),
            min_size=4, max_size=24,
        )
    )  # fmt: skip
    made: list[Pair] = []
    for number in range(draw(st.integers(0, 5))):
        parent = draw(st.sampled_from([*base, *made]))
        named = draw(st.sampled_from([parent.id, parent.source]))
        source = draw(st.sampled_from(SOURCES))
        made.append(Pair(source, f"नवीन प्रश्न {'क' * (number + 1)}?", draw(st.sampled_from(ANSWERS)), (named,)))
    return base + made


def gone_pairs(pairs: list[Pair], gone: set[str]) -> set[int]:
    """Return which rows go: by their source, by a source they were made from, or by a parent that nobody has left."""
    out = {n for n, pair in enumerate(pairs) if pair.source in gone or gone & set(pair.parents)}
    while True:
        there = {pair.id for pair in pairs}
        left = {pair.id for n, pair in enumerate(pairs) if n not in out}
        more = {n for n, pair in enumerate(pairs) if n not in out and (there - left) & set(pair.parents)}
        if not more:
            return out
        out |= more


def write(raw: Path, pairs: list[Pair]) -> None:
    for source in SOURCES:
        rows = [pair.raw() for pair in pairs if pair.source == source]
        if rows:
            write_rows(raw / f"{source}.jsonl", rows)
    tables = [
        f'[[source]]\nid = "{name}"\ntitle = "{name}"\nfiles = ["{name}.jsonl"]\nlicence = "CC0-1.0"\n'
        f"priority = {PRIORITIES[name]}\n"
        for name in SOURCES
        if (raw / f"{name}.jsonl").exists()
    ]
    (raw / "sources.toml").write_text("\n".join(tables), encoding="utf-8")


def expected_label(pairs: list[Pair], out: set[int], trained: set[str], held: set[str], test: set[str]) -> str:
    left = {pair.id for n, pair in enumerate(pairs) if n not in out}
    lost = {pairs[n].id for n in out} - left
    shared = {pairs[n].id for n in out} & left
    if trained & lost:
        return "must_retrain"
    if (held | test) & lost:
        return "metrics_only"
    return "re_attribute" if (trained | held) & shared else "clean"


@pytest.mark.slow
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    corpora(),
    st.lists(st.sampled_from(SOURCES), min_size=1, max_size=2, unique=True),
    st.randoms(use_true_random=False),
)
def test_withdrawals_agree_with_plain_loops_over_the_rows(pairs: list[Pair], order: list[str], chance: Any) -> None:
    """Kept rows, attribution, labels and the id: as the loops say, and as a run over raw/ under the tombstones says."""
    recipe = parse(RECIPE)
    home = Path(tempfile.mkdtemp())
    try:
        check(home, recipe, pairs, order, chance)
    finally:
        shutil.rmtree(home)


def check(home: Path, recipe: Recipe, pairs: list[Pair], order: list[str], chance: Any) -> None:
    write(home / "raw", pairs)
    first = curate(home / "raw", home / "curated", recipe=recipe, workers=1)
    assert first.path is not None
    chosen = {pair.id for pair in pairs if chance.random() < 0.5}
    run = make_run(home / "runs", first.path, uses=lambda row: row["row_id"] in chosen)
    model = make_model(home / "models", run)
    heir = make_run(home / "runs", first.path, uses=lambda _: False, base=base_of(model), seed=2)
    lines = read_lines(first.path).filter(role="kept")
    ids = {split: set(lines.filter(split=split)["row_id"]) for split in ("train", "validation", "test")}
    held_out = ids["validation"] | ids["test"]
    places = Places(Folders(curated=home / "curated", runs=home / "runs", models=home / "models"))
    gone: set[str] = set()
    present = {pair.source for pair in pairs}
    for source in (name for name in order if name in present):
        gone.add(source)
        out = gone_pairs(pairs, gone)
        done = withdraw(source, Places(places.folders))
        label = expected_label(pairs, out, ids["train"] & chosen, ids["validation"] & chosen, held_out)
        found = {one.path: one.label for one in done.plan.labels}
        assert found[run] == found[model] == label, (found, label)
        own = expected_label(pairs, out, set(), set(), held_out)
        assert found[heir] == ("inherits" if label == "must_retrain" else own)
        left = [pair for n, pair in enumerate(pairs) if n not in out]
        lost = {pairs[n].id for n in out} - {pair.id for pair in left}
        newest = find(home / "curated", "laws") if left else None
        for version in (home / "curated" / "laws").iterdir():
            if version.is_symlink():
                continue
            verify(version)
            kept = set(read_lines(version).filter(role="kept")["row_id"])
            if (version / "train.parquet").exists() and newest is not None and version == newest.path:
                assert {pair.key for pair in left} == {pair.key for pair in left if pair.id in kept}
                assert not kept & lost
                assert set(read_kept(version).rows()) <= {(pair.id, pair.source) for pair in left}
            else:
                assert not list(version.glob("t*.parquet"))
        if newest is not None:
            again = curate(home / "raw", home / "curated", recipe=recipe, workers=1)
            assert again.version_id == newest.id
            assert again.new is False


def read_kept(version: Path) -> pl.DataFrame:
    splits = read_manifest(version).identity["row_roots"]
    return pl.concat(pl.read_parquet(version / f"{name}.parquet", columns=["id", "source_id"]) for name in splits)
