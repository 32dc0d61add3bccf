"""The model card, the report and the manifest: every figure in them is the gate's, every name the manifests'."""

import json
import re
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

from datakit.lineage import Manifest, check_files, read_manifest, sha256_text, version_id
from export.card import model_card
from export.manifest import seal
from export.subject import Subject
from export.verify.check import Check, FileReport
from export.verify.report import markdown, passed, write_report
from export.write import Written

ROWS = {"root": "d" * 64, "rows": 1_234}


def manifest(kind: str, identity: Mapping[str, Any]) -> Manifest:
    """A manifest with its own id."""
    return Manifest(kind=kind, id=version_id(identity), identity=identity)


DATASET = manifest(
    "dataset",
    {
        "name": "मराठा-इतिहास",
        "recipe": {"a": 1},
        "sources": [{"id": "wiki", "licence": "CC-BY-SA-4.0"}, {"id": "scan", "licence": None}, {"id": "own"}],
    },
)
RUN = manifest(
    "run",
    {
        "dataset": {"name": "मराठा-इतिहास", "id": DATASET.id},
        "rows": {"train": ROWS, "validation": {"root": "e" * 64, "rows": 5}},
    },
)


def subject(*, run: Manifest | None = RUN, dataset: Manifest | None = DATASET) -> Subject:
    """A run with its dataset, unless one is left out."""
    return Subject(
        name="मराठा",
        base=Path("base"),
        base_identity={"name": 'Smol "LM" 2', "sha256": "b" * 64, "architecture": "LlamaForCausalLM", "form": "gguf"},
        adapter=None,
        tokenizer=Path("base"),
        run=run,
        version=None,
        dataset=dataset,
    )


def written(name: str, *, type: str = "f16", size: int = 1_500_000, folder: Path = Path()) -> Written:
    """A written file."""
    return Written(
        path=folder / name, type=type, bytes=size, sha256=sha256_text(name), tensors=3, types={"F16": 2, "F32": 1},
        seconds=1.0, engine="numpy",
    )  # fmt: skip


def report(name: str, *checks: Check, type: str = "f16") -> FileReport:
    """A report on a file."""
    return FileReport(file=name, type=type, bytes=2_600_000, seconds=12.6, checks=checks)


FIDELITY = Check(name="fidelity", passed=True, says="near", figures={"kl_mean": 0.000123, "top1": 0.98765})
FILES = (written("m-f16.gguf", size=270_400_000), written("m-q4_k_m.gguf", type="q4_k_m", size=105_500_000))


def card(**changes: Any) -> str:
    """A card; a change replaces what is said by default."""
    told: dict[str, Any] = {
        "title": "maratha", "licence": "apache-2.0", "files": FILES, "reports": [report("m-f16.gguf", FIDELITY)],
        "system": None,
    }  # fmt: skip
    about = changes.pop("about", subject())
    return model_card(about, **(told | changes))


def front(text: str) -> list[str]:
    """The lines between the two rulers."""
    assert text.startswith("---\n")
    return text.split("---\n")[1].splitlines()


def test_the_front_matter_names_base_dataset_and_licence() -> None:
    """Texts that hold quotes or colons stay one value each: they are written as JSON, which is YAML."""
    lines = front(card(licence="other: see\nLICENSE"))
    assert lines[:3] == ["language:", "- mr", 'license: "other: see\\nLICENSE"']
    assert lines[lines.index("base_model:") + 1] == '- "Smol \\"LM\\" 2"'
    assert json.loads(lines[lines.index("datasets:") + 1][2:]) == "मराठा-इतिहास"
    assert "pipeline_tag: text-generation" in lines
    assert "library_name: gguf" in lines
    assert "datasets:" not in front(card(about=subject(run=None)))


def test_a_run_leads_back_to_its_rows() -> None:
    """Base, version, row root, run and every source with its licence stand in the card."""
    text = card()
    assert "with a LoRA adapter merged in: trained on 1234 rows of मराठा-इतिहास." in text
    for line in (
        f'| base | Smol "LM" 2, weights `{"b" * 64}` |',
        f"| dataset | मराठा-इतिहास, version `{DATASET.id}` |",
        f"| rows learned from | 1234, root `{'d' * 64}` |",
        f"| run | `{RUN.id}` |",
        "| source | wiki, CC-BY-SA-4.0 |",
        "| source | scan, licence not stated |",
        "| source | own, licence not stated |",
    ):
        assert line in text.splitlines()


def test_a_bare_model_claims_no_training() -> None:
    """A model without a run is called that, and no row is claimed for it."""
    text = card(about=subject(run=None, dataset=None))
    assert 'GGUF files of Smol "LM" 2 (LlamaForCausalLM), no adapter merged.' in text
    for word in ("trained on", "| run |", "| dataset |", "| rows", "| source |"):
        assert word not in text


def test_figures_are_the_gate_s_and_only_for_what_it_checked() -> None:
    """A file without a report, or without a measure, is called not checked; sizes are in millions of bytes."""
    lines = card().splitlines()
    assert f"| m-f16.gguf | 270 MB | 0.00012 | 98.8% | `{sha256_text('m-f16.gguf')}` |" in lines
    other = f"| m-q4_k_m.gguf | 106 MB | not checked | not checked | `{sha256_text('m-q4_k_m.gguf')}` |"
    assert other in lines
    died = report("m-q4_k_m.gguf", Check(name="llama.cpp", passed=False, says="died"))
    assert other in card(reports=[died]).splitlines()
    assert "see verify.md." in card()
    assert "NOT verified" not in card()


def test_without_reports_nobody_takes_it_for_checked() -> None:
    """With no report at all the card says that the files were not verified."""
    text = card(reports=[])
    assert "These files were NOT verified (`--no-verify`)." in text
    assert "verify.md" not in text


def test_the_commands_name_the_last_file_and_the_model() -> None:
    """The first lines to copy are for a file that is there."""
    text = card()
    assert "```\ngguf-export chat m-q4_k_m.gguf\nollama create maratha -f Modelfile\n```" in text
    assert "# maratha\n" in text


def test_every_line_of_the_system_prompt_is_quoted() -> None:
    """A system prompt of several lines stays a quotation; without one there is no heading for it."""
    assert "## System prompt\n\n> शिक्षक व्हा.\n> \n> # नेमके\n\n## Where" in card(system="शिक्षक व्हा.\n\n# नेमके")
    assert "System prompt" not in card()


FACTS = {"dataset": "d 1", "reference_dtype": "bfloat16", "conversations_compared": 8, "tokens_compared": 768}
BAD = Check(name="tokens", passed=False, says="2 differ | <b>\nnext", differences=["`a`\nb", "c"])


def test_the_report_says_what_was_compared() -> None:
    """Name, verdict, what it rests on and each file with its size and time are in the report for people."""
    text = markdown([report("m-f16.gguf", FIDELITY)], facts=FACTS, name="m-1")
    assert text.startswith("# Verification of m-1: passed\n")
    assert "in bfloat16, on 8 conversations (768 tokens) and the texts of d 1." in text
    assert "## m-f16.gguf\n\nf16, 3 MB, checked in 13 s\n" in text
    assert "| fidelity | ok | near |" in text
    assert "Greedy" not in text


def test_a_failure_is_told_with_its_places_and_breaks_no_table() -> None:
    """What a check says stays in its cell, whatever letters it holds; differences are shown for failures alone."""
    good = Check(name="special tokens", passed=True, says="well", differences=["not shown"])
    text = markdown([report("m.gguf", BAD, good)], facts={}, name="m")
    assert text.startswith("# Verification of m: FAILED: nothing was published\n")
    assert "| tokens | FAILED | 2 differ \\| &lt;b> next |" in text.splitlines()
    assert "- tokens: `'a' b`" in text.splitlines()
    assert "- tokens: `c`" in text.splitlines()
    assert "not shown" not in text
    assert "in float32, on 0 conversations (0 tokens) and the texts of no dataset." in text


def test_the_answers_of_the_first_file_are_shown() -> None:
    """Questions and greedy answers stand below the tables, with a warning; those of a second file do not."""
    answers = [{"question": "कोठे <b>?", "file": "रायगड|वर\nहोय"}]
    told = Check(name="answers", passed=True, says="", figures={"answers": answers})
    later = Check(name="answers", passed=True, says="", figures={"answers": [{"question": "x", "file": "SECOND"}]})
    text = markdown([report("a.gguf", told), report("b.gguf", later)], facts=FACTS, name="m")
    assert "- कोठे &lt;b>?\n  → रायगड\\|वर होय\n" in text
    assert "What a model says is not thereby true" in text
    assert "SECOND" not in text


@pytest.mark.parametrize(
    ("files", "wanted"),
    [([], False), ([report("a", FIDELITY)], True), ([report("a", FIDELITY), report("b", BAD)], False)],
)
def test_nothing_checked_is_not_passed(files: list[FileReport], wanted: bool) -> None:
    """A gate that saw no file has passed nothing."""
    assert passed(files) is wanted


def test_the_report_for_programs_holds_everything(tmp_path: Path) -> None:
    """verify.json has the verdict, the facts, and every check with its figures and differences, in UTF-8."""
    write_report(tmp_path, [report("m.gguf", FIDELITY, BAD)], facts=FACTS, name="मराठा")
    raw = (tmp_path / "verify.json").read_text(encoding="utf-8")
    body = json.loads(raw)
    assert "मराठा" in raw
    assert {name: body[name] for name in ("name", "passed", *FACTS)} == {"name": "मराठा", "passed": False, **FACTS}
    (file,) = body["files"]
    assert (file["file"], file["type"], file["bytes"], file["passed"]) == ("m.gguf", "f16", 2_600_000, False)
    assert file["checks"][0]["figures"] == FIDELITY.figures
    assert file["checks"][1]["differences"] == BAD.differences
    assert (tmp_path / "verify.md").read_text(encoding="utf-8").startswith("# Verification of मराठा: FAILED")


def sealed(folder: Path, *, about: Subject | None = None, gate: str = "passed", seconds: float = 1.6) -> Manifest:
    """Seal a folder with one model and a file beside it."""
    folder.mkdir(exist_ok=True)
    (folder / "m-f16.gguf").write_bytes(b"model")
    (folder / "README.md").write_text("card", encoding="utf-8")
    (folder / ".lock").write_text("")
    return seal(folder, about or subject(), [written("m-f16.gguf", folder=folder)], gate=gate, seconds=seconds)


def test_the_manifest_lists_what_lies_there(tmp_path: Path) -> None:
    """Every file but the lock is in it; a model's hash is the one that writing found, the others are computed."""
    found = sealed(tmp_path / "m")
    assert set(found.files) == {"m-f16.gguf", "README.md"}
    assert found.files["m-f16.gguf"] == {"sha256": sha256_text("m-f16.gguf"), "bytes": 5}
    assert found.files["README.md"] == {"sha256": sha256_text("card"), "bytes": 4}
    assert read_manifest(tmp_path / "m") == found
    (tmp_path / "m" / ".lock").unlink()
    assert [problem.split("sha256")[0] for problem in check_files(tmp_path / "m", found)] == [
        f"{tmp_path / 'm' / 'm-f16.gguf'}: "
    ], "a model that is not what was written is found"


def test_the_identity_is_what_it_was_made_of(tmp_path: Path) -> None:
    """Run, dataset, base and files make the id; the clock, the gate and the folder do not."""
    first = sealed(tmp_path / "a")
    again = sealed(tmp_path / "b", gate="skipped", seconds=99.0)
    assert first.id == again.id == version_id(first.identity)
    assert (first.kind, first.counts["gate"], again.counts["gate"]) == ("gguf", "passed", "skipped")
    assert (first.counts["seconds"], again.counts["seconds"]) == (2, 99)
    assert first.counts["tensors"] == {"f16": {"F16": 2, "F32": 1}}
    assert first.counts["engines"] == {"f16": "numpy"}
    assert first.identity == {
        "format": 1,
        "run": RUN.id,
        "dataset": DATASET.id,
        "base": subject().base_identity,
        "quants": {"f16": sha256_text("m-f16.gguf")},
    }
    bare = sealed(tmp_path / "c", about=subject(run=None, dataset=None))
    assert (bare.identity["run"], bare.identity["dataset"]) == (None, None)
    assert bare.id != first.id


def test_the_packages_that_wrote_it_are_named(tmp_path: Path) -> None:
    """Versions of what is installed are recorded; what is not installed is left out."""
    (tmp_path / "m" / "folder").mkdir(parents=True)
    made = sealed(tmp_path / "m")
    assert "folder" not in made.files
    tools = made.tools
    wanted = ("ancient-aurora", "gguf", "libgguf", "xllamacpp", "torch", "transformers", "tokenizers", "peft")
    assert list(tools) == [name for name in wanted if name in tools]
    there = {found.metadata["Name"].lower() for found in distributions()}
    assert set(tools) == {name for name in wanted if name in there}
    assert all(re.match(r"\d", version) for version in tools.values())


def test_the_keys_in_the_file_say_where_it_comes_from() -> None:
    """A run's keys name version, rows, run and the recipe's hash; a bare model's name the base alone."""
    whole, bare = subject().keys(), subject(run=None).keys()
    assert whole == bare | {
        "general.dataset.count": 1,
        "general.dataset.0.name": "मराठा-इतिहास",
        "general.dataset.0.version": DATASET.id,
        "general.dataset.0.description": "1234 rows of this version's train split were learned from",
        "aurora.version_id": DATASET.id,
        "aurora.dataset_name": "मराठा-इतिहास",
        "aurora.row_root": "d" * 64,
        "aurora.run_id": RUN.id,
        "aurora.recipe": sha256_text('{"a":1}'),
    }
    assert bare == {
        "general.name": "मराठा", "general.base_model.count": 1, "general.base_model.0.name": 'Smol "LM" 2',
        "aurora.format": 1, "aurora.base_sha256": "b" * 64,
    }  # fmt: skip
    assert "aurora.recipe" not in subject(dataset=None).keys()  # noqa: SIM118 - `keys` is its own method


def test_what_tells_exports_apart() -> None:
    """A run's id, else the base's hash, begins the folder's name; the dataset's id is the run's before all."""
    assert (subject().short, subject(run=None).short) == (RUN.id[:8], "b" * 8)
    assert subject().dataset_id == DATASET.id
    assert subject(run=None).dataset_id == DATASET.id
    assert subject(run=None, dataset=None).dataset_id is None
    other = manifest("dataset", {"name": "दुसरा"})
    assert subject(dataset=other).dataset_id == DATASET.id


@pytest.mark.parametrize("text", [card(), card(reports=[]), markdown([report("m.gguf", BAD)], facts={}, name="m")])
def test_every_table_is_one(text: str) -> None:
    """A table stands after an empty line, with a head and a ruler of as many cells as each row, and ends with one."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith("|") and not lines[n - 1].startswith("|")]
    assert starts
    for start in starts:
        assert lines[start - 1] == ""
        end = next((n for n in range(start, len(lines)) if not lines[n].startswith("|")), len(lines))
        assert end == len(lines) or lines[end] == ""
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in lines[start:end]}
        assert len(cells) == 1, lines[start:end]
        assert re.fullmatch(r"[|:-]+", lines[start + 1])


def test_a_heading_stands_by_itself() -> None:
    """Every heading has an empty line before and after it, so that no reader takes it for text."""
    for text in (card(system="क"), markdown([report("m.gguf", FIDELITY)], facts=FACTS, name="m")):
        lines = ["", *text.removeprefix("---\n").partition("---\n")[2 if text.startswith("---") else 0].splitlines()]
        for number, line in enumerate(lines):
            if line.startswith("#"):
                assert (lines[number - 1], lines[number + 1]) == ("", ""), line


def test_the_card_warns_of_what_the_model_says() -> None:
    """What a reader must know stands in every card: an answer is a lead, and how to come from the file to its rows."""
    for text in (card(), card(about=subject(run=None, dataset=None), reports=[])):
        assert "It can state what is false with full confidence, dates above all." in text
        assert "An answer is a lead to a source, never a source" in text
        assert "`datakit trace FILE.gguf`" in text
    assert front(card())[-4:] == ["tags:", "- gguf", "- marathi", "- history"]
