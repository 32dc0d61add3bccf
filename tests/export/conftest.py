"""A small real model for the export's tests: random weights, SmolLM2's own tokenizer, an adapter, a dataset."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")

Renderer = Callable[[Sequence[tuple[str, Mapping[str, Any]]]], list[str]]


@pytest.fixture(scope="session")
def go_render(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    """Go's own text/template as a function; skips where Go is not installed."""
    if shutil.which("go") is None:
        pytest.skip("Go is not installed (Debian: golang); the renderer cannot be held against the real one")
    folder = tmp_path_factory.mktemp("go")
    program = folder / "render"
    environment = {**os.environ, "GOCACHE": str(folder / "cache"), "GOFLAGS": "-mod=mod", "GOPROXY": "off"}
    subprocess.run(
        ["go", "build", "-o", str(program), "."], cwd=Path(__file__).parent / "go", env=environment, check=True
    )

    def render(jobs: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
        body = json.dumps([{"template": template, "values": dict(values)} for template, values in jobs])
        done = subprocess.run([str(program)], input=body.encode(), capture_output=True, check=True)
        results = json.loads(done.stdout)
        assert [result["error"] for result in results] == [""] * len(jobs)
        return [result["text"] for result in results]

    return render


@dataclass(frozen=True, kw_only=True)
class TinyModel:
    """A folder of safetensors with a tokenizer, and a PEFT adapter for it."""

    base: Path
    adapter: Path


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    """A Llama of two layers with SmolLM2's tokenizer and an adapter that changes it; no download."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    from trainer.base import smollm2_file
    from trainer.gguf_tokenizer import gguf_tokenizer

    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=64,
        intermediate_size=160,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 100000.0},
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        initializer_range=0.25,  # wide, so that attention is sharp and a fault in it is seen
    )
    model = LlamaForCausalLM(config).to(torch.bfloat16)
    model.save_pretrained(folder / "base")
    gguf_tokenizer(smollm2_file()).save_pretrained(folder / "base")
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")
    adapted = get_peft_model(model.float(), lora)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    adapted.save_pretrained(folder / "adapter")
    return TinyModel(base=folder / "base", adapter=folder / "adapter")


@pytest.fixture(scope="session")
def sample_version(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """A published version of the sample sources."""
    from datakit.pipeline.curate import curate
    from datakit.recipe import load

    result = curate(project / "raw", tmp_path_factory.mktemp("curated"), recipe=load("marathi-history"))
    assert result.path is not None
    return result.path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory, tiny_model: TinyModel, sample_version: Path) -> Path:
    """A sealed run folder as the trainer writes it, with the tiny model's adapter."""
    from datakit.lineage import Manifest, read_manifest, sha256_file, version_id, write_manifest
    from export.subject import weights_root

    run = tmp_path_factory.mktemp("runs") / "run"
    shutil.copytree(tiny_model.adapter, run / "adapter")
    (run / "tokenizer").mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copyfile(tiny_model.base / name, run / "tokenizer" / name)
    provenance = {"base_path": str(tiny_model.base), "version_path": str(sample_version)}
    (run / "provenance.json").write_text(json.dumps(provenance))
    dataset = read_manifest(sample_version)
    identity = {
        "format": 1,
        "dataset": {
            "name": dataset.identity["name"],
            "id": dataset.id,
            "row_roots": dataset.identity["row_roots"],
        },
        "rows": {"train": {"root": "a" * 64, "rows": 11}, "validation": {"root": "b" * 64, "rows": 3}},
        "base": {
            "name": "tiny-llama",
            "sha256": weights_root(tiny_model.base),
            "architecture": "LlamaForCausalLM",
            "form": "safetensors",
        },
        "template": {"name": "own", "sha256": "c" * 64},
        "engine": "hf",
        "config": {},
        "seed": 1,
    }
    files = {
        path.relative_to(run).as_posix(): {"sha256": sha256_file(path), "bytes": path.stat().st_size}
        for path in run.rglob("*")
        if path.is_file()
    }
    write_manifest(run, Manifest(kind="run", id=version_id(identity), identity=identity, files=files))
    return run


@pytest.fixture(scope="session")
def tiny_gate(tiny_model: TinyModel, sample_version: Path) -> Iterator[Any]:
    """The gate, opened once on the tiny model with its adapter and the sample's texts."""
    from export.chat_format import recognise
    from export.modelfile import settle
    from export.verify.gate import Gate
    from export.verify.reference import read_tokens
    from export.verify.texts import read_texts

    tokens = read_tokens(tiny_model.base)
    texts = read_texts(sample_version, expected_id=None)
    texts = replace(texts, plain=texts.plain[:300])  # enough for a wrong cut to show; the whole takes a second a file
    jinja = tokens.jinja(strips_bos=False)
    assert jinja is not None
    with Gate(
        tiny_model.base,
        adapter=tiny_model.adapter,
        tokens=tokens,
        texts=texts,
        chat=recognise(jinja),
        prompting=settle(recognise(jinja), texts.system),
    ) as gate:
        yield gate


@pytest.fixture(scope="session")
def clean_file(tmp_path_factory: pytest.TempPathFactory, tiny_model: TinyModel) -> Path:
    """The tiny model with its adapter merged, as F16."""
    from export.source import open_source
    from export.write import write_gguf

    out = tmp_path_factory.mktemp("clean") / "clean-f16.gguf"
    write_gguf(open_source(tiny_model.base, adapter=tiny_model.adapter), out, type="f16", metadata={})
    return out
