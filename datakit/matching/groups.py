"""Sets of names that are connected by pairs."""

from collections import defaultdict
from collections.abc import Iterable


def connected(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the names that pairs connect, directly or through others: the largest group first, names sorted."""
    near: defaultdict[str, set[str]] = defaultdict(set)
    for one, two in pairs:
        near[one].add(two)
        near[two].add(one)
    groups: list[list[str]] = []
    seen: set[str] = set()
    for start in sorted(near):
        if start in seen:
            continue
        group, todo = {start}, [start]
        while todo:
            new = near[todo.pop()] - group
            group |= new
            todo += new
        seen |= group
        groups.append(sorted(group))
    return sorted(groups, key=lambda group: (-len(group), group))
