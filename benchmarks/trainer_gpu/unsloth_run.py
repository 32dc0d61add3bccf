"""One run of Unsloth's SFTTrainer as its notebooks set it up, on our rows in our order from our adapter."""

# mypy: ignore-errors
# It drives libraries that are installed on the measured machine only, and assigns to their methods.

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.trainer_gpu.variants import Unsloth

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def run(root: Path, variant: Unsloth, *, steps: int, stop: int, rate: float) -> dict[str, Any]:
    """Train with a schedule of `steps` steps, leave after `stop`; return times, losses and memory."""
    started = time.perf_counter()
    os.environ.update({"UNSLOTH_DISABLE_STATISTICS": "1", "HF_HUB_OFFLINE": "1"})
    os.chdir(tempfile.mkdtemp())  # it writes a cache of generated code where it is started
    import unsloth  # noqa: I001 - it must come before transformers, which it changes
    import torch
    from datasets import Dataset
    from safetensors.torch import load_file
    from torch.utils.data import SequentialSampler
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    imported = time.perf_counter()
    model, tokenizer = unsloth.FastLanguageModel.from_pretrained(
        model_name=str(root / "base"), max_seq_length=2048, dtype=None, load_in_4bit=True, local_files_only=True
    )
    model = unsloth.FastLanguageModel.get_peft_model(
        model,
        r=16,
        target_modules=TARGETS,
        lora_alpha=16,
        lora_dropout=0,
        bias="none",
        use_gradient_checkpointing=variant.checkpointing,
        random_state=3407,
    )
    start = load_file(root / "adapter.safetensors")
    found = 0
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.copy_(start[name.replace(".default", "")])
                found += 1
    assert found == len(start)
    opened = time.perf_counter()
    losses: list[float] = []
    marks: list[tuple[int, float]] = []
    begun = [0.0]

    class Watch(TrainerCallback):
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            begun[0] = time.perf_counter()

        def on_step_end(self, _args: Any, state: Any, control: Any, **_: Any) -> Any:
            if state.global_step in (1, 5) or state.global_step % 10 == 0:
                torch.cuda.synchronize()
                marks.append((state.global_step, round(time.perf_counter() - begun[0], 3)))
            control.should_training_stop = state.global_step >= stop
            return control

        def on_log(self, *_: Any, logs: Any = None, **__: Any) -> None:
            if logs and "loss" in logs:
                losses.append(float(logs["loss"]))

    rows = [json.loads(line) for line in (root / "rows.jsonl").open(encoding="utf-8")]
    config = SFTConfig(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=variant.batch,
        gradient_accumulation_steps=variant.accumulation,
        max_steps=steps,
        warmup_steps=5,
        learning_rate=rate,
        logging_steps=1,
        optim="adamw_8bit",
        weight_decay=0.001,
        lr_scheduler_type="linear",
        seed=3407,
        report_to="none",
        save_strategy="no",
        max_length=2048,
        completion_only_loss=True,
        bf16=True,
        dataset_num_proc=1,
    )
    trainer = SFTTrainer(model=model, train_dataset=Dataset.from_list(rows), args=config, processing_class=tokenizer)
    trainer._get_train_sampler = lambda *_, **__: SequentialSampler(trainer.train_dataset)
    trainer.add_callback(Watch())
    shapes: list[Any] = []
    original = trainer.training_step

    def watched(model: Any, inputs: Any, *arguments: Any, **options: Any) -> Any:
        if not shapes:
            shapes.append({key: list(value.shape) for key, value in inputs.items() if hasattr(value, "shape")})
        return original(model, inputs, *arguments, **options)

    trainer.training_step = watched
    trainer.train()
    torch.cuda.synchronize()
    done = marks[-1][0] * variant.batch * variant.accumulation
    return {
        "import_s": round(imported - started, 1),
        "load_s": round(opened - imported, 1),
        "marks": marks,
        "seconds": marks[-1][1],
        "samples": done,
        "tokens": sum(len(row["input_ids"]) for row in rows[:done]),
        "losses": losses,
        "first_batch": shapes,
        "peak_gb": round(torch.cuda.max_memory_allocated() / 1e9, 2),
        "reserved_gb": round(torch.cuda.max_memory_reserved() / 1e9, 2),
    }
