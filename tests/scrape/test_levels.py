"""The order and the end of a crawl."""

import random

from hypothesis import given
from hypothesis import strategies as st

from datakit.scrape.levels import Levels


def test_the_next_level_follows_the_pages() -> None:
    """Links come in the order of the pages that hold them and of their place there, whoever was noted first."""
    levels = Levels(max_pages=100)
    assert levels.begin(["a", "b", "a"]) == ["a", "b"]
    levels.note(1, ["x", "a", "y"])
    levels.note(0, ["z", "x"])
    assert levels.next() == ["z", "x", "y"]
    assert levels.next() == []


def test_the_limit_counts_all_levels() -> None:
    """`max_pages` bounds the source, not the level; what is cut is what comes last."""
    levels = Levels(max_pages=4)
    levels.begin("a")
    levels.note(0, "bcdef")
    assert (levels.room, levels.next(), levels.room) == (3, ["b", "c", "d"], 0)
    levels.note(0, "xyz")
    assert levels.next() == []
    assert Levels(max_pages=2).begin("abc") == ["a", "b"]


PAGES = st.lists(st.lists(st.integers(0, 40).map(str), max_size=12), min_size=1, max_size=8)


@given(pages=PAGES, seed=st.integers(0, 1000), room=st.integers(1, 30))
def test_speed_does_not_change_a_level(pages: list[list[str]], seed: int, room: int) -> None:
    """Whichever page answers first, the next level is what one reader would choose."""
    names = [f"p{number}" for number in range(len(pages))]
    levels = Levels(max_pages=room + len(names))
    levels.begin(names)
    for number, links in random.Random(seed).sample(list(enumerate(pages)), len(pages)):
        levels.note(number, links)
    patient = list(dict.fromkeys(link for links in pages for link in links))
    assert levels.next() == patient[:room]


def test_memory_follows_the_limit_not_the_links() -> None:
    """A trap that offers new links without end is held to a few times the limit, and the first of them win."""
    levels = Levels(max_pages=50)
    levels.begin(f"p{number}" for number in range(40))
    for page in reversed(range(40)):
        levels.note(page, [f"trap-{page}-{link}" for link in range(5_000)])
        assert len(levels._found) <= 2 * levels.room + 1_000
    assert levels.next() == [f"trap-0-{link}" for link in range(10)]
