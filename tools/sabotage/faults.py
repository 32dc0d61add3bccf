"""The faults: each one line of the source, each a mistake that somebody could make in good faith."""

from typing import Final

from tools.sabotage.fault import Fault

FAULTS: Final = (
    Fault(
        name="canonical JSON keeps the keys in the order they came",
        file="datakit/lineage/identity.py",
        old="sort_keys=True",
        new="sort_keys=False",
        tests=("tests/lineage",),
    ),
    Fault(
        name="canonical JSON does not compose letters",
        file="datakit/lineage/identity.py",
        old='        return unicodedata.normalize("NFC", value)',
        new="        return value",
        tests=("tests/lineage",),
    ),
    Fault(
        name="verify looks at sizes and not at digests",
        file="datakit/lineage/manifest.py",
        old='(found := sha256_file(path)) != entry["sha256"]',
        new='(found := entry["sha256"]) != entry["sha256"]',
        tests=("tests/lineage",),
    ),
    Fault(
        name="verify overlooks a file that was added",
        file="datakit/lineage/manifest.py",
        old="sorted(present - known)",
        new="sorted(known - present - known)",
        tests=("tests/lineage",),
    ),
    Fault(
        name="the root of a split depends on the order of its rows",
        file="datakit/lineage/identity.py",
        old="for digest in sorted(digests)",
        new="for digest in digests",
        tests=("tests/lineage",),
    ),
)
