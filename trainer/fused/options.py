"""What the fused engine may trade: memory against time. None of it changes what is learned but for rounding."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """Chosen by the planner from the memory that is free."""

    nf4: bool = True
    """Train on the base's NF4 values; False keeps its 16-bit weights."""
    hold_16bit: bool = True
    """Hold the NF4 values in 16 bits: four times the memory, no expansion at every use."""
    checkpointed_layers: int = 0
    """Layers, from the first, that keep only their input and run forward again in the backward pass."""
    embedding_on_cpu: bool = False
    """Keep the embedding in the computer's memory and send the rows of each batch; not possible where it is tied."""
