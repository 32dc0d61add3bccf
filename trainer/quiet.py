"""Telemetry off, network off: what is set before any model library is imported."""

import os
from typing import Final

_SILENCE: Final = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "UNSLOTH_DISABLE_STATISTICS": "1",  # its mere presence keeps unsloth from asking a statistics repository
    "DISABLE_TELEMETRY": "1",
    "WANDB_DISABLED": "true",
    "PYTORCH_ALLOC_CONF": "expandable_segments:True",  # steps differ in length: fixed segments leave gaps between them
    "TOKENIZERS_PARALLELISM": "false",  # forked workers of a parallel tokenizer hang
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",  # our own lines say how far a run is; theirs would fill a log
}
_OFFLINE: Final = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


def silence(*, allow_download: bool = False) -> None:
    """Switch off every library's telemetry and, unless a download was asked for, its network.

    Call it before the first import of a model library: they read these at import.
    """
    for name, value in _SILENCE.items():
        os.environ.setdefault(name, value)
    for name, value in _OFFLINE.items():
        if allow_download:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    os.environ.setdefault("GOMP_SPINCOUNT", "0")  # threads that wait give their core away: shared machines stall else
