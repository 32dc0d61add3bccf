"""The grounding check of one answer against the text it claims to come from."""

from dataclasses import dataclass
from typing import Final

from datakit.synthesize.grounding.numbers import foreign_numbers
from datakit.synthesize.grounding.words import overlap

MIN_SHARE: Final = 0.3
"""Least part of an answer's content words that its span must have; see benchmarks/results/grounding.json."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found about one answer; all empty and `share` high where it is grounded."""

    numbers: tuple[str, ...] = ()
    """Numbers and dates that the span does not state."""
    names: tuple[str, ...] = ()
    """Names, or words that may be names, that the span does not have."""
    share: float = 1.0
    """Which part of the answer's content words the span has."""
    min_share: float = MIN_SHARE

    @property
    def grounded(self) -> bool:
        """Tell whether nothing of the answer is foreign to the span."""
        return not self.numbers and not self.names and self.share >= self.min_share

    def told(self) -> str:
        """Say in words what is not in the span."""
        parts = []
        if self.numbers:
            parts.append(f"numbers or dates {', '.join(self.numbers)}")
        if self.names:
            parts.append(f"names or rare words {', '.join(self.names)}")
        if self.share < self.min_share:
            parts.append(f"{1 - self.share:.0%} of its words")
        return f"not in the span: {'; '.join(parts)}" if parts else "all in the span"


def check(answer: str, span: str, *, min_share: float = MIN_SHARE) -> Finding:
    """Compare an answer with its span: every number, date and name, and at least `min_share` of its words.

    Digits of any script, number words, case endings and other names of one person count as equal. What it cannot see:
    a wrong relation between things that are all in the span.
    """
    words = overlap(answer, span)
    return Finding(
        numbers=tuple(foreign_numbers(answer, span)), names=words.foreign, share=words.share, min_share=min_share
    )
