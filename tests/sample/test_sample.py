"""The sample under raw/ and its answer key: every planted defect meets its fate, every clean row passes untouched."""

import json
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datakit.lineage import read_manifest
from datakit.pipeline.curate import curate
from datakit.pipeline.result import Result
from datakit.readers import discover, inspect, load_sources, read
from datakit.recipe import load
from datakit.stages import STAGES

PROJECT = Path(__file__).parents[2]
RAW = PROJECT / "raw"
SPLITS = ("train", "validation", "test")

Place = tuple[str, str]
Line = Mapping[str, Any]


def place_of(line: Line) -> Place:
    """Return the file and the locator of a key line, a lineage row or a rejected row."""
    return line["file"], line["locator"]


KEY: list[Line] = [
    json.loads(line) for line in (Path(__file__).parent / "answer_key.jsonl").read_text("utf-8").splitlines()
]
BY_FATE = {
    fate: [line for line in KEY if line["expect"] == fate] for fate in ("repaired", "rejected", "merged", "kept")
}
CONFLICTS = [line for line in BY_FATE["rejected"] if line["reason"] == "conflicting_answer"]


def named(line: Line) -> str:
    """Name a case so that a failure tells where to look."""
    return f"{line['kind']}: {line['file']} {line['locator']}".encode("ascii", "replace").decode()


@dataclass(frozen=True)
class Run:
    """One curation of the sample: what it says, what it released and what it rejected, by place."""

    result: Result
    kept: dict[Place, Line]
    rejected: dict[Place, Line]
    lineage: dict[Place, Line]
    read: dict[Place, Line]

    def fate(self, place: Place) -> str:
        """Say in words what became of a row."""
        if place in self.rejected:
            row = self.rejected[place]
            return f"rejected by {row['reject_stage']}: {row['reject_reason']} ({row['reject_detail']})"
        if place in self.kept:
            return f"kept as {self.kept[place]['question']!r} → {self.kept[place]['answer']!r}"
        return "absent: no row was read from there"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The default recipe over the whole of raw/."""
    result = curate(RAW, tmp_path_factory.mktemp("curated"), recipe=load("marathi-history"), workers=1)
    assert result.path is not None
    lineage = pl.read_parquet(result.path / "lineage.parquet").to_dicts()
    released = {
        row["id"]: row for split in SPLITS for row in pl.read_parquet(result.path / f"{split}.parquet").to_dicts()
    }
    raw = (batch for source in discover(RAW) for batch in read(source))
    return Run(
        result=result,
        kept={place_of(row): released[row["row_id"]] for row in lineage if row["role"] == "kept"},
        rejected={place_of(row): row for row in pl.read_parquet(result.path / "rejected.parquet").to_dicts()},
        lineage={place_of(row): row for row in lineage},
        read={place_of(row): row for batch in raw for row in batch.to_dicts()},
    )


# The key itself.


def test_key_lines_are_whole() -> None:
    """Every key line says where, what, why, and what must come of it, and no place stands twice."""
    needed = {
        "repaired": {"question", "answer"},
        "kept": {"question", "answer"},
        "rejected": {"reason"},
        "merged": {"reason", "of"},
    }
    for line in KEY:
        fields = {"file", "locator", "kind", "why", "expect"} | needed[line["expect"]]
        assert fields <= line.keys(), f"{line}: lacks {fields - line.keys()}"
        assert line["why"].strip()
    twice = [place for place, count in Counter(map(place_of, KEY)).items() if count > 1]
    assert not twice, f"places with two key lines: {twice}"


def test_key_covers_the_kinds_of_damage() -> None:
    """The key has every kind of fate in number, and each reason that the stages and readers of the sample can give."""
    assert {
        fate: len(lines) >= least for (fate, lines), least in zip(BY_FATE.items(), (45, 60, 20, 15), strict=True)
    } == {
        "repaired": True,
        "rejected": True,
        "merged": True,
        "kept": True,
    }
    assert len(CONFLICTS) >= 8
    of_readers = {
        "invalid_json",
        "invalid_utf8",
        "not_text",
        "ragged_row",
        "answer_not_among_options",
        "no_answer_given",
        "turns_out_of_order",
    }
    # Not in the sample: they need an option, an answer of 8,000 characters, or an evaluation set.
    left_out = {"licence_missing", "answer_too_long", "in_evaluation_set"}
    of_stages = {reason for stage in STAGES.values() for reason in stage.reasons} - left_out
    missing = (of_readers | of_stages) - {line.get("reason") for line in KEY}
    assert not missing, f"reasons with no planted row: {sorted(missing)}"


def test_expected_texts_are_normal_marathi() -> None:
    """What the key expects of a kept row is NFC text without invisible characters, so that a reader can check it."""
    for line in (*BY_FATE["repaired"], *BY_FATE["kept"]):
        for text in (line["question"], line["answer"]):
            assert unicodedata.is_normalized("NFC", text), text
            hidden = [c for c in text if unicodedata.category(c) in ("Cf", "Cc", "Co", "Cn") and c != "\n"]
            assert not hidden, f"{text!r}: holds {hidden}"


# The files.


def test_every_form_is_there() -> None:
    """raw/ holds every form that users have: each extension, each shape, and the encodings that spreadsheets write."""
    found = [inspect(source) for source in discover(RAW)]
    suffixes = {Path(one.name).suffix for one in found}
    wanted = {".jsonl", ".json", ".csv", ".tsv", ".xlsx", ".parquet", ".md", ".txt", ".html", ".gz", ".zip"}
    assert wanted <= suffixes, f"no file of: {sorted(wanted - suffixes)}"
    shapes = {shape for one in found for shape in one.shapes}
    kinds = {
        "question/answer",
        "options",
        "squad",
        "alpaca",
        "sharegpt",
        "messages",
        "blocks",
        "details",
        "faq (JSON-LD)",
    }
    assert kinds <= shapes, f"no source of the shape: {sorted(kinds - shapes)}"
    assert {"utf-8-sig", "utf-16-le-sig"} <= {one.encoding for one in found}
    assert any(name in one.columns.values() for one in found for name in ("प्रश्न",)), "no table with Marathi headers"


def test_a_spreadsheet_csv_as_spreadsheets_write_it() -> None:
    """The CSV with Marathi headers has a byte order mark, CRLF line ends and line breaks inside quoted answers."""
    path = RAW / "यादव-काळ-आणि-संत.csv"
    data = path.read_bytes()
    assert data.startswith("\ufeffप्रश्न,उत्तर,विषय,कालखंड\r\n".encode())
    source = next(source for source in discover(RAW) if source.path == path)
    rows = pl.concat(list(read(source)))
    assert rows["answer"].str.contains("\n").sum() >= 5
    assert rows["reject_reason"].null_count() == rows.height, "a quoted line break cut a row in two"


def test_every_file_is_declared() -> None:
    """Each file below raw/ belongs to a declared source with a title, an author, a licence and a priority."""
    sources = load_sources(RAW)
    for found in discover(RAW):
        source = sources.of(found.name)
        assert source in sources.declared, f"{found.name}: in no [[source]] of raw/sources.toml"
        assert source.title, f"source {source.id}: no title"
        assert source.author == "Ancient Aurora", f"source {source.id}: author {source.author!r}"
    licences = Counter(source.licence for source in sources.declared)
    assert licences.keys() == {"CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0"}, f"found {dict(licences)}"
    assert licences.most_common(1)[0][0] == "CC-BY-4.0"
    planted = {sources.of(line["file"]).priority for line in KEY if line["file"].startswith("sangrah/")}
    good = {source.priority for source in sources.declared if not source.files[0].startswith("sangrah/")}
    assert max(planted) < min(good), "a collection of damaged rows outranks a good source"


# The run.


def test_no_row_is_lost(run: Run) -> None:
    """Rows in = rows kept + rows rejected, in the result, in the manifest and in the files."""
    result = run.result
    assert result.rows_in == result.kept + sum(result.rejected.values()) == len(run.read) == len(run.lineage)
    assert len(run.kept) == result.kept == sum(result.splits.values())
    assert len(run.rejected) == sum(result.rejected.values())
    assert result.path is not None
    counts = read_manifest(result.path).counts
    assert (counts["in"], counts["kept"], counts["rejected"]) == (result.rows_in, result.kept, dict(result.rejected))


def test_sample_is_large_enough(run: Run) -> None:
    """At least 400 good pairs stay, in all three splits and out of every good source."""
    assert len(run.kept) >= 400
    assert all(count > 0 for count in run.result.splits.values()), f"an empty split: {dict(run.result.splits)}"
    declared = {source.id for source in load_sources(RAW).declared if not source.files[0].startswith("sangrah/")}
    assert declared <= {row["source_id"] for row in run.kept.values()}


@pytest.mark.parametrize("line", BY_FATE["repaired"], ids=named)
def test_planted_damage_is_repaired(run: Run, line: Line) -> None:
    """A damaged spelling becomes exactly the clean text, was really damaged before, and the lineage names the rules."""
    place = place_of(line)
    raw = run.read[place]
    assert (raw["question"], raw["answer"]) != (line["question"], line["answer"]), (
        f"{place}: no defect is planted there"
    )
    expected = f"kept as {line['question']!r} → {line['answer']!r}"
    assert run.fate(place) == expected, f"{place} ({line['why']})\nexpected {expected}\nfound    {run.fate(place)}"
    assert run.lineage[place]["changes"], f"{place}: repaired, and the lineage names no rule"


@pytest.mark.parametrize("line", BY_FATE["rejected"], ids=named)
def test_planted_defect_is_rejected(run: Run, line: Line) -> None:
    """A row that cannot be used is rejected for the reason that fits, with a detail for people."""
    place = place_of(line)
    found = run.rejected.get(place, {}).get("reject_reason")
    assert found == line["reason"], f"{place} ({line['why']})\nexpected {line['reason']}\nfound    {run.fate(place)}"
    assert run.rejected[place]["reject_detail"], f"{place}: rejected without a word why"
    assert run.lineage[place]["role"] == "rejected"


@pytest.mark.parametrize("line", BY_FATE["merged"], ids=named)
def test_planted_copy_is_merged(run: Run, line: Line) -> None:
    """A copy is merged into the row of the better source, and the lineage of both says so."""
    place, better = place_of(line), place_of(line["of"])
    found = run.rejected.get(place, {}).get("reject_reason")
    assert found == line["reason"], f"{place} ({line['why']})\nexpected {line['reason']}\nfound    {run.fate(place)}"
    assert better in run.kept, f"{better}: it should stay for its copy at {place}; found {run.fate(better)}"
    copy = run.lineage[place]
    assert (copy["role"], copy["of"]) == ("duplicate_of", run.lineage[better]["row_id"])
    assert 0.9 <= copy["score"] <= 1


@pytest.mark.parametrize("line", CONFLICTS, ids=named)
def test_planted_contradiction_loses(run: Run, line: Line) -> None:
    """Of two rows that disagree the one from the better source stays, and the rejected one points to it."""
    place, right = place_of(line), place_of(line["of"])
    assert right in run.kept, f"{right}: the right answer should stay; found {run.fate(right)}"
    assert run.kept[right]["answer"] != run.read[place]["answer"]
    assert run.lineage[place]["of"] == run.lineage[right]["row_id"], f"{place}: found {run.fate(place)}"


@pytest.mark.parametrize("line", BY_FATE["kept"], ids=named)
def test_look_alike_stays(run: Run, line: Line) -> None:
    """A row that only looks like a fault, a copy or a contradiction is kept with every character it had."""
    place = place_of(line)
    expected = f"kept as {line['question']!r} → {line['answer']!r}"
    assert run.fate(place) == expected, f"{place} ({line['why']})\nexpected {expected}\nfound    {run.fate(place)}"


def test_nothing_else_is_rejected(run: Run) -> None:
    """The rejected rows are the planted ones and no other: no clean row is lost."""
    planted = {place_of(line) for line in KEY if line["expect"] in ("rejected", "merged")}
    lost = [
        f"{place}: {run.fate(place)}: {run.read[place]['question']}" for place in run.rejected if place not in planted
    ]
    assert not lost, "clean rows rejected:\n" + "\n".join(lost)


def test_clean_rows_pass_unchanged(run: Run) -> None:
    """A row without a planted defect comes out with the text it went in with: the sample's Marathi needs no repair."""
    planted = {place_of(line) for line in KEY}
    changed = [
        f"{place}: {run.lineage[place]['changes']}: {run.read[place]['question']!r} → {row['question']!r}"
        for place, row in run.kept.items()
        if place not in planted
        and (row["question"], row["answer"]) != (run.read[place]["question"], run.read[place]["answer"])
    ]
    assert not changed, "clean rows changed:\n" + "\n".join(changed)


def test_follow_up_questions_keep_their_history(run: Run) -> None:
    """A later exchange of a conversation carries the earlier ones, and all exchanges of one lie in one split."""
    talks = [place for place in run.kept if place[0] == "samvad-sharegpt.json" and " exchange " in place[1]]
    assert len(talks) >= 16
    splits: dict[str, set[str]] = {}
    for place in talks:
        talk, number = place[1].split(" exchange ")
        roles = [turn["role"] for turn in run.kept[place]["messages"]]
        assert roles == ["system", *["user", "assistant"] * int(number)], f"{place}: found the roles {roles}"
        splits.setdefault(talk, set()).add(run.lineage[place]["split"])
    assert all(len(found) == 1 for found in splits.values()), f"conversations torn apart: {splits}"


def test_passages_reach_the_model(run: Run) -> None:
    """A SQuAD question is asked together with its passage, and the answer is a span of it."""
    rows = [row for place, row in run.kept.items() if place[0] == "utare-squad.json"]
    assert len(rows) == 40
    for row in rows:
        assert row["answer"] in row["context"]
        asked = next(turn["content"] for turn in row["messages"] if turn["role"] == "user")
        assert row["context"] in asked
        assert row["question"] in asked
