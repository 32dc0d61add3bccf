"""What was made of the last columns of a batch: made once for equal content, made anew for all else."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.devanagari.recent import Recent

COLUMNS = st.lists(st.lists(st.one_of(st.none(), st.text("रायगड", max_size=3)), max_size=3), max_size=8)


@given(COLUMNS, st.integers(1, 3))
def test_what_is_returned_is_always_made_of_equal_content(columns: list[list[str | None]], count: int) -> None:
    """In whatever order columns are asked for, each gets what the function makes of it, and null is not empty."""
    recent = Recent(pl.Series.to_list, count)
    assert [recent(pl.Series(texts, dtype=pl.String)) for texts in columns] == columns


@pytest.mark.parametrize("count", [1, 2, 3])
def test_so_many_columns_are_held_and_the_oldest_goes_first(count: int) -> None:
    """A column among the last `count` costs no call; one column more, and the first of them is made again."""
    calls: list[int] = []
    recent = Recent(lambda column: calls.append(column[0]) or column[0], count)  # type: ignore[func-returns-value]
    held = list(range(count))
    for number in [*held, *held]:
        assert recent(pl.Series([number])) == number
    assert calls == held
    recent(pl.Series([99]))
    recent(pl.Series([held[-1]] if count > 1 else [99]))
    assert calls == [*held, 99]
    recent(pl.Series([0]))
    assert calls == [*held, 99, 0]


def test_frames_are_known_again_too() -> None:
    """A frame of equal columns is the same frame; another name or another value is another."""
    made: list[tuple[str, ...]] = []
    recent = Recent(lambda frame: made.append(tuple(frame.columns)), 1)
    recent(pl.DataFrame({"place": ["रायगड"]}))
    recent(pl.DataFrame({"place": ["रायगड"]}))
    assert made == [("place",)]
    recent(pl.DataFrame({"fort": ["रायगड"]}))
    recent(pl.DataFrame({"fort": ["राजगड"]}))
    assert made == [("place",), ("fort",), ("fort",)]


def test_an_error_is_not_remembered() -> None:
    """Where the function raises, nothing is held: the same column is tried again."""
    answers = iter([ValueError("no"), "made"])

    def make(_: pl.Series) -> str:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    recent = Recent(make, 1)
    with pytest.raises(ValueError, match="no"):
        recent(pl.Series(["रायगड"]))
    assert recent(pl.Series(["रायगड"])) == "made"
