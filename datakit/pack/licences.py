"""Licences as the hub and Croissant name them."""

import re
from collections.abc import Iterable
from typing import Final

HUB: Final = frozenset(
    (
        *("apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-3.0", "cc-by-2.0", "cc-by-sa-4.0", "cc-by-sa-3.0"),
        *("cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "cc-by-nd-4.0", "gpl-3.0", "odbl", "odc-by", "pddl"),
    )
)
"""Licence names of the Hugging Face hub that sources are likely to state; any other is `other` there."""

_SPDX: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
_HUB_NAMES: Final = {"odbl-1.0": "odbl", "odc-by-1.0": "odc-by", "pddl-1.0": "pddl", "gpl-3.0-only": "gpl-3.0"}


def hub_licences(stated: Iterable[str | None]) -> list[str]:
    """Return the hub's names of these SPDX ids, each once: `unknown` for none, `other` for one it does not know."""
    found = set()
    for licence in stated:
        name = (licence or "unknown").lower()
        name = _HUB_NAMES.get(name, name)
        found.add(name if name in HUB or name == "unknown" else "other")
    return sorted(found)


def licence_url(licence: str) -> str:
    """Return the page of an SPDX id; any other text stays as it is."""
    if licence.startswith("LicenseRef-") or not _SPDX.fullmatch(licence):
        return licence
    return f"https://spdx.org/licenses/{licence}.html"
