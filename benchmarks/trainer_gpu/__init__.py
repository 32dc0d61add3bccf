"""Training speed on a GPU: our step beside Unsloth's, on the same weights, rows, order and adapter.

    python -m benchmarks.trainer_gpu prepare --root DIR    an 8B-shaped base with random weights in NF4, and QA rows
    python -m benchmarks.trainer_gpu run --root DIR --variants unsloth,held,nf4-24gb,nf4-16gb --out results.json

Each variant is a process of its own. Weights are random: speed and memory do not depend on what a model knows.
"""
