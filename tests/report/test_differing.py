"""Words that differ are marked, and only they."""

import re

import pytest

from datakit.report.differing import differing
from tests.report.hostile import HOSTILE


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("त्यांनी सदैव पाठिंबा दिला", "त्यांनी कायम पाठिंबा दिला", "त्यांनी <mark>सदैव</mark> पाठिंबा दिला"),
        ("जन्म १६३०", "जन्म १६२७", "जन्म <mark>१६३०</mark>"),
        ("रायगड किल्ला", "रायगड", "रायगड<mark> किल्ला</mark>"),
        ("रायगड", "रायगड किल्ला", "रायगड"),
        ("रायगड", "रायगड", "रायगड"),
        ("एक\nदोन", "एक दोन", "एक\nदोन"),
    ],
)
def test_the_words_of_the_first_text_are_marked(text: str, other: str, expected: str) -> None:
    """What the other text does not have in that place is marked; what only the other has is not shown."""
    assert differing(text, other) == expected


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_marked_as_text(text: str) -> None:
    """Marking lets no markup through but its own."""
    tags = set(re.findall(r"<(/?\w+)", differing(text, "शिवाजी महाराज")))
    assert tags <= {"mark", "/mark", "span", "/span"}


def test_very_long_texts_are_left_unmarked() -> None:
    """Texts of thousands of words are shown as they are: comparing them would take longer than reading them."""
    long = " ".join(f"शब्द{n}" for n in range(3_000))
    assert differing(long, long.replace("शब्द7", "पद7")) == long
