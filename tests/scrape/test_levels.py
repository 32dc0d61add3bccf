"""The order and the end of a crawl, and going on with it."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from datakit.scrape.levels import Levels


def test_the_next_level_follows_the_pages(tmp_path: Path) -> None:
    """Links come in the order of the pages that hold them and of their place there, whoever was noted first."""
    levels = Levels(tmp_path, max_pages=100)
    assert levels.choose(0, ["a", "b", "a"]) == ["a", "b"]
    levels.note(1, ["x", "a", "y"])
    levels.note(0, ["z", "x"])
    assert levels.choose(1) == ["z", "x", "y"]
    levels.close()


def test_the_limit_counts_all_levels(tmp_path: Path) -> None:
    """`max_pages` bounds the source, not the level; what is cut is what comes last."""
    levels = Levels(tmp_path, max_pages=4)
    levels.choose(0, ["a"])
    levels.note(0, list("bcdef"))
    assert (levels.room, levels.choose(1), levels.room) == (3, ["b", "c", "d"], 0)
    levels.close()
    other = Levels(tmp_path / "other", max_pages=2)
    assert other.choose(0, list("abc")) == ["a", "b"]
    other.close()


def test_a_stopped_level_is_found_again(tmp_path: Path) -> None:
    """Another process finds the level and the links noted so far; a torn last note is cut off and noted anew."""
    first = Levels(tmp_path, max_pages=100)
    first.choose(0, ["a", "b"])
    first.note(0, ["x", "y"])
    first.note(1, ["z"])
    first.close()
    notes = tmp_path / "0.links"
    notes.write_bytes(notes.read_bytes()[:-4])
    second = Levels(tmp_path, max_pages=100)
    assert second.open(0) == ["a", "b"]
    second.note(1, ["z", "w"])
    assert second.choose(1) == ["x", "y", "z", "w"]
    second.close()
    third = Levels(tmp_path, max_pages=100)
    assert (third.open(0), third.open(1), third.open(2)) == (["a", "b"], ["x", "y", "z", "w"], None)
    third.close()


PAGES = st.lists(st.lists(st.integers(0, 40).map(str), max_size=12), min_size=1, max_size=8)


@given(pages=PAGES, order=st.randoms(use_true_random=False), room=st.integers(1, 30), stop=st.integers(0, 8))
def test_neither_speed_nor_kills_change_a_level(
    pages: list[list[str]], order: object, room: int, stop: int, tmp_path_factory: object
) -> None:
    """Whichever page answers first, whenever a kill comes, the next level is what one reader would choose."""
    folder = tmp_path_factory.mktemp("levels")  # type: ignore[attr-defined]
    names = [f"p{number}" for number in range(len(pages))]
    shuffled = list(enumerate(pages))
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    limit = room + len(names)
    levels = Levels(folder, max_pages=limit)
    levels.choose(0, names)
    for count, (number, links) in enumerate(shuffled):
        if count == stop:
            levels.close()
            levels = Levels(folder, max_pages=limit)
            levels.open(0)
        levels.note(number, links)
    patient = list(dict.fromkeys(link for links in pages for link in links))
    assert levels.choose(1) == patient[:room]
    levels.close()


def test_memory_follows_the_limit_not_the_links(tmp_path: Path) -> None:
    """A trap that offers new links without end is held to a few times the limit."""
    levels = Levels(tmp_path, max_pages=50)
    levels.choose(0, [f"p{number}" for number in range(40)])
    for page in reversed(range(40)):
        levels.note(page, [f"trap-{page}-{link}" for link in range(500)])
        assert len(levels._found) <= 2 * levels.room + 1_500
    assert levels.choose(1) == [f"trap-0-{link}" for link in range(10)]
    levels.close()
