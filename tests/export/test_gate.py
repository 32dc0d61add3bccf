"""The gate refuses what is wrong and passes what is right: fifteen faults, on a small model with a real tokenizer."""

import json
from pathlib import Path
from typing import Any

import pytest

from export.source import open_source
from export.verify.check import FileReport
from export.write import write_gguf
from tests.export.conftest import TinyModel
from tests.export.faults import KEY_FAULTS, WEIGHT_FAULTS, rewrite

pytestmark = pytest.mark.slow

SEEN_BY = {
    "pre is gpt-2": {"tokens"},
    "pre is llama-bpe": {"tokens", "special tokens"},
    "template dropped": {"chat template"},
    "add_bos": {"special tokens"},
    "wrong EOS": {"special tokens"},
    "special tokens typed normal": {"tokens"},
    "generic template": {"chat template"},
    "merges cut short": {"tokens"},
    "vocabulary shifted": {"tokens"},
    "q and k not permuted": {"fidelity"},
    "rope theta": {"fidelity"},
    "layers swapped": {"fidelity"},
    "rows lost": {"fidelity"},
    "norm plus one": {"fidelity"},
}
"""The check that has to see each fault: one that is caught by accident elsewhere is not caught."""


def failed(report: FileReport) -> dict[str, str]:
    """The checks that failed, with what they say."""
    return {check.name: check.says for check in report.checks if not check.passed}


@pytest.mark.parametrize("type", ["f16", "bf16"])
def test_a_clean_file_passes(tiny_gate: Any, tiny_model: TinyModel, tmp_path: Path, type: str) -> None:
    """No clean export is refused, and every check was made.

    Quantized files are not asked for here: random weights lose more by it than trained ones, for which the limits are.
    """
    out = tmp_path / f"clean-{type}.gguf"
    write_gguf(open_source(tiny_model.base, adapter=tiny_model.adapter), out, type=type, metadata={})
    report = tiny_gate.judge(out, type=type)
    assert failed(report) == {}
    names = [check.name for check in report.checks]
    assert names == ["fidelity", "adapter", "tokens", "special tokens", "chat template", "TEMPLATE", "answers"]


def test_a_rewritten_file_without_a_fault_passes(tiny_gate: Any, clean_file: Path, tmp_path: Path) -> None:
    """The rewriting itself is no fault: what the other tests find is what they put in."""
    same = rewrite(clean_file, tmp_path / "same.gguf", lambda *_: None)
    assert failed(tiny_gate.judge(same, type="f16")) == {}


@pytest.mark.parametrize("name", [*KEY_FAULTS, *WEIGHT_FAULTS])
def test_a_fault_is_refused_by_the_check_for_it(tiny_gate: Any, clean_file: Path, tmp_path: Path, name: str) -> None:
    """Each injected fault fails the check that is there for it."""
    fault = {**KEY_FAULTS, **WEIGHT_FAULTS}[name]
    broken = rewrite(clean_file, tmp_path / "broken.gguf", fault)
    report = tiny_gate.judge(broken, type="f16")
    assert not report.passed
    assert SEEN_BY[name] & set(failed(report)), failed(report)


def test_the_base_alone_is_refused(tiny_gate: Any, tiny_model: TinyModel, tmp_path: Path) -> None:
    """A file without its adapter is seen as such, in words."""
    out = tmp_path / "base.gguf"
    write_gguf(open_source(tiny_model.base), out, type="f16", metadata={})
    problems = failed(tiny_gate.judge(out, type="f16"))
    assert "the base was written instead" in problems["adapter"]


def test_a_misread_alpha_is_refused(tiny_gate: Any, tiny_model: TinyModel, tmp_path: Path) -> None:
    """An adapter merged at half its strength is refused: alpha was taken for the rank."""
    halved = tmp_path / "adapter"
    halved.mkdir()
    for path in tiny_model.adapter.iterdir():
        (halved / path.name).write_bytes(path.read_bytes())
    config = json.loads((halved / "adapter_config.json").read_text())
    (halved / "adapter_config.json").write_text(json.dumps(config | {"lora_alpha": config["lora_alpha"] / 2}))
    out = tmp_path / "half.gguf"
    write_gguf(open_source(tiny_model.base, adapter=halved), out, type="f16", metadata={})
    problems = failed(tiny_gate.judge(out, type="f16"))
    assert "alpha was misread" in problems["adapter"]


def test_a_file_that_is_cut_off_fails_with_the_words_of_llama_cpp(
    tiny_gate: Any, clean_file: Path, tmp_path: Path
) -> None:
    """A torn file ends in a failed check that quotes llama.cpp, not in the end of the gate's own process."""
    torn = tmp_path / "torn.gguf"
    torn.write_bytes(clean_file.read_bytes()[:-1000])
    problems = failed(tiny_gate.judge(torn, type="f16"))
    assert "llama.cpp cannot load this file" in problems["llama.cpp"]


def test_not_a_number_is_refused(tiny_gate: Any, clean_file: Path, tmp_path: Path) -> None:
    """Weights that are no numbers are named as damaged, whatever a mean over them would say."""

    def fault(_: Any, tensors: Any) -> None:
        tensors["blk.0.ffn_up.weight"][0, 0] = float("nan")

    broken = rewrite(clean_file, tmp_path / "nan.gguf", fault)
    problems = failed(tiny_gate.judge(broken, type="f16"))
    assert "not finite" in " ".join(problems.values())
