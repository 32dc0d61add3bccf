"""What is recorded beside a version and never hashed into its id: when, where, with which packages, how long."""

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from datakit.lineage import git_commit
from datakit.readers.ocr import version_asked_for

_PACKAGES = (
    *("ancient-aurora", "polars", "numpy", "orjson", "lxml", "fastexcel", "pycld2", "regex", "xxhash"),
    *("hinlegacy", "pypdfium2", "python-docx", "trafilatura"),
)


def tools() -> dict[str, str]:
    """Return the versions of Python and of the packages that take part."""
    found = {"python": platform.python_version(), **_versions()}
    if (tesseract := version_asked_for()) is not None:
        found["tesseract"] = tesseract
    return found


@cache
def _versions() -> dict[str, str]:
    """Return the versions of the packages that are there; a run asks four times, and each takes 6 ms."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def write_provenance(folder: Path, seconds_by_stage: Mapping[str, float], seconds: float) -> None:
    """Write `provenance.json`: clock, host, code revision and timings of the run that published the version."""
    body = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": platform.node(),
        "platform": platform.platform(),
        "git_commit": git_commit(),
        "seconds": round(seconds, 3),
        "seconds_by_stage": dict(seconds_by_stage),
    }
    (folder / "provenance.json").write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
