"""Connected groups of names."""

from hypothesis import given
from hypothesis import strategies as st

from datakit.matching.groups import connected

PAIRS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=12)


def test_groups_join_through_a_third() -> None:
    """A chain of pairs is one group; what no pair connects stays apart; the largest comes first."""
    assert connected([("x", "y"), ("b", "a"), ("b", "c")]) == [["a", "b", "c"], ["x", "y"]]
    assert connected([]) == []


@given(PAIRS)
def test_groups_share_nothing_and_no_pair_straddles(pairs: list[tuple[str, str]]) -> None:
    """Each name is in one group, and both names of a pair are in the same, whatever the order of the pairs."""
    groups = connected(pairs)
    home = {name: number for number, group in enumerate(groups) for name in group}
    assert sum(map(len, groups)) == len(home) == len({name for pair in pairs for name in pair})
    assert all(home[one] == home[two] for one, two in pairs)
    assert connected(list(reversed(pairs))) == groups
