"""Which decisions make sense about a row."""

from typing import Final

from datakit.decisions.decision import NEEDS_TEXT, NEVER, READ

_WHOLE_FILE: Final = frozenset(["file", ""])
"""Locators of rejects that stand for a whole file: there is no row to mend."""


def offered(stage: str | None, reason: str | None, locator: str | None) -> tuple[str, ...]:
    """Return the actions that may be taken on a row, of `accept`, `reject` and `edit`; a kept row has no reason."""
    if reason is None:
        return ("accept", "reject", "edit")
    if reason in NEVER or (stage == READ and (locator or "") in _WHOLE_FILE):
        return ()
    if reason in NEEDS_TEXT or stage == READ:
        return ("reject", "edit")
    return ("accept", "reject", "edit")
