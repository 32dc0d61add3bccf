"""A run with its dataset, and what the gate said of its files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datakit.lineage import Manifest, sha256_text, version_id
from export.card import model_card
from export.subject import Subject
from export.verify.check import Check, FileReport
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


FACTS = {"dataset": "d 1", "reference_dtype": "bfloat16", "conversations_compared": 8, "tokens_compared": 768}


BAD = Check(name="tokens", passed=False, says="2 differ | <b>\nnext", differences=["`a`\nb", "c"])
