"""Review: a local page on which people decide the rows that no rule decides well."""

from datakit.review.queue import Queue, build_queue
from datakit.review.session import Session

__all__ = ["Queue", "Session", "build_queue"]
