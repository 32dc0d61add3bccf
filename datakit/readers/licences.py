"""Licence identifiers as SPDX writes them: those that texts, data and code carry most. Source: spdx.org/licenses."""

import re
from difflib import get_close_matches
from typing import Final

IDS: Final = frozenset({
    "0BSD", "AFL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause",
    "BSD-3-Clause", "BSL-1.0", "C-UDA-1.0", "CC-BY-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-2.5-IN", "CC-BY-3.0",
    "CC-BY-4.0", "CC-BY-NC-1.0", "CC-BY-NC-2.0", "CC-BY-NC-2.5", "CC-BY-NC-3.0", "CC-BY-NC-4.0", "CC-BY-NC-ND-1.0",
    "CC-BY-NC-ND-2.0", "CC-BY-NC-ND-2.5", "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-1.0",
    "CC-BY-NC-SA-2.0", "CC-BY-NC-SA-2.5", "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-1.0", "CC-BY-ND-2.0",
    "CC-BY-ND-2.5", "CC-BY-ND-3.0", "CC-BY-ND-4.0", "CC-BY-SA-1.0", "CC-BY-SA-2.0", "CC-BY-SA-2.5", "CC-BY-SA-3.0",
    "CC-BY-SA-4.0", "CC-PDDC", "CC0-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0",
    "ECL-2.0", "EPL-2.0", "EUPL-1.2", "GFDL-1.1-or-later", "GFDL-1.2-only", "GFDL-1.2-or-later", "GFDL-1.3-only",
    "GFDL-1.3-or-later", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "ISC",
    "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0",
    "ODbL-1.0", "ODC-By-1.0", "OGL-UK-3.0", "OSL-3.0", "PDDL-1.0", "Unlicense", "WTFPL", "Zlib",
})  # fmt: skip

OWN: Final = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
"""SPDX's form for a licence that is not on its list: `LicenseRef-GODL-India`."""


def licence_problem(text: str) -> str | None:
    """Return what is wrong with a licence expression such as `CC0-1.0 OR MIT`, None where nothing is."""
    words = re.split(r"\s+(?:AND|OR|WITH)\s+", text.strip().strip("()"))
    for word in (word.strip("() ") for word in words):
        if word in IDS or OWN.fullmatch(word):
            continue
        same = next((known for known in IDS if known.casefold() == word.casefold()), None)
        near = [same] if same else get_close_matches(word, IDS, n=1)
        step = f"did you mean {near[0]}?" if near else "write LicenseRef-<name> for a licence of your own"
        return f"found {word!r}, expected an SPDX licence id; {step}"
    return None
