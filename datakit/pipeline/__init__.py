"""The pipeline: raw files in, one immutable version out."""

from datakit.pipeline.curate import Result, curate
from datakit.pipeline.progress import Progress, Silent

__all__ = ["Progress", "Result", "Silent", "curate"]
