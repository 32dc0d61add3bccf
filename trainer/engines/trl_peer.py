"""TRL's SFTTrainer on the same examples, order and first adapter: the peer that tests and benchmarks hold ours against.

It runs a whole training by itself, so it is no engine; `trainer run` never uses it. Rows go in as `input_ids` and
`completion_mask`, already in the order of the steps.
"""

import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from datakit.errors import MissingDependencyError
from trainer.adapter import initialise
from trainer.base import Base
from trainer.batches import DataOrder
from trainer.config import Config
from trainer.engine import EngineOptions, Lora
from trainer.engines.hf import load_model
from trainer.examples import Example
from trainer.schedule import warmup_steps


def train_with_trl(
    base: Base, config: Config, examples: Sequence[Example], *, steps: int, micro_batch: int, device: str = "cpu"
) -> list[float]:
    """Return the loss of each step. Padded micro-batches of `micro_batch` rows, as many as make a step.

    Only a linear or constant schedule is the same on both sides. Errors: `MissingDependencyError` without trl.
    """
    try:
        from datasets import Dataset  # type: ignore[import-untyped]
        from peft import LoraConfig
        from trl import SFTConfig, SFTTrainer  # type: ignore[attr-defined]
    except ImportError as error:
        raise MissingDependencyError(f"{error.name} is not installed; pip install 'ancient-aurora[train]'") from error
    lora = Lora(rank=config.rank, alpha=config.alpha, targets=config.targets)
    model = load_model(base, device=device, options=EngineOptions(dtype="fp32" if device == "cpu" else "bf16"))
    order = DataOrder(
        row_ids=tuple(row.row_id for row in examples), seed=config.seed, rows_per_step=config.rows_per_step
    )
    rows = [examples[index] for number in range(steps) for index in order.step(number)]
    data = Dataset.from_list(
        [{"input_ids": list(row.input_ids), "completion_mask": list(row.completion_mask)} for row in rows]
    )
    with tempfile.TemporaryDirectory(prefix="trl-") as folder:
        trainer = _trainer_class(SFTTrainer)(
            model=model,
            train_dataset=data,
            processing_class=base.tokenizer,
            peft_config=LoraConfig(
                r=lora.rank,
                lora_alpha=lora.alpha,
                lora_dropout=0.0,
                bias="none",
                target_modules=list(lora.targets),
                task_type="CAUSAL_LM",
            ),
            args=SFTConfig(
                output_dir=folder,
                per_device_train_batch_size=micro_batch,
                gradient_accumulation_steps=config.rows_per_step // micro_batch,
                max_steps=steps,
                learning_rate=config.learning_rate,
                weight_decay=config.weight_decay,
                lr_scheduler_type="linear" if config.schedule == "linear" else "constant_with_warmup",
                warmup_steps=warmup_steps(config, steps),
                max_grad_norm=1.0,
                optim="adamw_torch",
                logging_steps=1,
                report_to="none",
                save_strategy="no",
                completion_only_loss=True,
                max_length=None,
                use_cpu=device == "cpu",
                bf16=device != "cpu",
                fp16=False,
                gradient_checkpointing=False,
                dataloader_pin_memory=device != "cpu",
                train_sampling_strategy="sequential",
                seed=config.seed,
                disable_tqdm=True,
            ),
        )
        wrapped: Any = trainer.model
        parameters: dict[str, Any] = {
            name.replace(".default.", "."): tensor
            for name, tensor in wrapped.named_parameters()
            if tensor.requires_grad
        }
        initialise(parameters, seed=config.seed)
        trainer.train()
        return [float(line["loss"]) for line in trainer.state.log_history if "loss" in line]


def _trainer_class(plain: Any) -> Any:
    """Return SFTTrainer, or where Triton is missing one whose loss is plain cross-entropy: TRL 1.15 has no other."""
    if find_spec("triton") is not None:
        return plain

    class PlainLoss(plain):  # type: ignore[misc]
        def compute_loss(
            self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            labels = inputs.pop("labels")
            from transformers.loss.loss_utils import ForCausalLMLoss

            outputs = model(**inputs, use_cache=False)
            loss = ForCausalLMLoss(
                outputs.logits, labels, vocab_size=outputs.logits.shape[-1], num_items_in_batch=num_items_in_batch
            )
            return (loss, outputs) if return_outputs else loss

    return PlainLoss
