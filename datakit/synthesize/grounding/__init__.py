"""Grounding: do the numbers, dates and names of an answer occur in the text it was made from?"""

from datakit.synthesize.grounding.check import Finding, check

__all__ = ["Finding", "check"]
