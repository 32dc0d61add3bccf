"""The pipeline: raw files in, one immutable version out."""

from datakit.pipeline.curate import curate
from datakit.pipeline.progress import Progress, Silent
from datakit.pipeline.result import Result

__all__ = ["Progress", "Result", "Silent", "curate"]
