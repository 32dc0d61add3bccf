"""The model card: every figure in it is the gate's, every name the manifests'."""

import json

from tests.export.lineage import (
    DATASET,
    RUN,
    card,
    front,
    subject,
)


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
