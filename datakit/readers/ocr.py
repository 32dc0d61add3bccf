"""Reading letters off a picture of a page, by Tesseract from the system's packages.

Tesseract is a program of its own: it gets a picture on its standard input and answers a table of words with their
places and confidences. One thread a call, so that the same picture gives the same words everywhere; several calls run
side by side.
"""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from datakit.devanagari import normalize
from datakit.errors import MissingDependencyError
from datakit.readers.page import PageLine, Word

Mode = Literal["auto", "always", "never"]

MODES: Final[tuple[Mode, ...]] = ("auto", "always", "never")

NEED_OCR: Final = ("pdf", "picture", "zip")
"""Formats whose rows may change when Tesseract is installed or replaced."""

LANGUAGES: Final = "mar+eng"

DPI: Final = 300
"""What Tesseract's models were trained at; benchmarks/pdf_ocr.py compares it with 150 and 200."""

CPU_S: Final = 120
"""A page takes 2 to 3 s of one core. CPU time, not the clock: a busy machine must not change what is read."""

TIMEOUT_S: Final = 3600
"""Where CPU time cannot be limited, and for a program that waits for ever."""

TRIES: Final = 2
"""A program that a full machine stopped gets a second chance; a picture that it cannot read fails twice."""

MEMORY_BYTES: Final = 3 << 30
"""A page of A4 at 300 dpi takes 0.3 GiB; a picture that needs more is a trap."""

INSTALL: Final = (
    "apt install tesseract-ocr tesseract-ocr-mar (Debian, Ubuntu), brew install tesseract tesseract-lang (macOS)"
)


@dataclass(frozen=True, kw_only=True)
class Ocr:
    """When to read pictures of pages, and where to keep what was read.

    `auto`: pages whose text layer is missing or damaged, where Tesseract is installed; `always`: every page, and
    without Tesseract an error; `never`: such pages are rejected. `cache` is a folder for what was read (None: nowhere).
    """

    mode: Mode = "auto"
    cache: Path | None = None


class OcrFailed(Exception):  # noqa: N818 - it is turned into a reject row
    """Tesseract gave no answer for one picture; the message says why."""


@cache
def tesseract_version() -> str | None:
    """Return the version of an installed Tesseract that can read Marathi; None where there is none."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True)
        languages = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    if not set(LANGUAGES.split("+")) <= set(languages.stdout.split()):
        return None
    return (told.stdout or told.stderr).split("\n", 1)[0].removeprefix("tesseract").strip()


def version_asked_for() -> str | None:
    """Return the version if anything in this process has asked for it: what a run records beside its rows."""
    return tesseract_version() if tesseract_version.cache_info().currsize else None


def require_tesseract() -> str:
    """Return its version. Errors: `MissingDependencyError` with the install line."""
    version = tesseract_version()
    if version is None:
        raise MissingDependencyError(
            "tesseract: found no program that reads Marathi (mar) and English (eng); --ocr always needs it;"
            f" install it with {INSTALL}, or use --ocr auto to do without"
        )
    return version


def engine(version: str) -> str:
    """Return how rows name what read them."""
    return f"Tesseract {version} {LANGUAGES}"


def recognise(picture: bytes, *, dpi: int) -> str:
    """Return Tesseract's table of words (TSV) for a picture in any format it knows. Errors: `OcrFailed`."""
    for left in range(TRIES - 1, -1, -1):
        try:
            return _recognise(picture, dpi)
        except OcrFailed:
            if not left:
                raise
    raise AssertionError("a last try either returns or raises")


def _recognise(picture: bytes, dpi: int) -> str:
    command = ["tesseract", "stdin", "stdout", "-l", LANGUAGES, "--dpi", str(dpi), "--psm", "3", "tsv"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"}
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
    except OSError as error:
        raise OcrFailed(f"Tesseract cannot be started ({error.strerror})") from None
    with process:
        _limit(process.pid)
        try:
            out, told = process.communicate(picture, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise OcrFailed(f"Tesseract found no end after {TIMEOUT_S} s") from None
    if process.returncode:
        last = told.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        raise OcrFailed(f"Tesseract ended with {process.returncode} ({last or 'no message'})")
    return out.decode("utf-8", "replace")


def _limit(pid: int) -> None:
    """Bound memory and CPU time of the program, on systems that can."""
    import resource

    if hasattr(resource, "prlimit"):
        with suppress(ProcessLookupError, PermissionError):  # it may have ended already
            resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            resource.prlimit(pid, resource.RLIMIT_CPU, (CPU_S, CPU_S))


MARK: Final = re.compile(r"^(प्रश्न|उत्तर|उतारा|स्पष्टीकरण|उत्तरे)(?:[:\u0903;]+[!|.]?|\s*[!|])$")
"""A mark whose colon was read as a visarga (उत्तरः) or a stroke: seen on every other page of questions."""


def mended(text: str) -> str:
    """Return a word with the spelling that Tesseract's model gives it put right: joiners, colons behind marks."""
    plain = normalize(text)
    return MARK.sub(r"\1:", plain)


@dataclass(frozen=True)
class Seen:
    """One page of Tesseract's table; `width` and `height` in points."""

    width: float
    height: float
    lines: tuple[PageLine, ...]


def pages_of(table: str, *, dpi: int) -> list[Seen]:
    """Return the pages of Tesseract's table with their lines in its reading order; places in points."""
    scale = 72 / dpi
    sizes: dict[str, tuple[float, float]] = {}
    lines: dict[str, dict[tuple[str, str, str], list[_Placed]]] = {}
    for row in table.split("\n")[1:]:
        fields = row.split("\t")
        if len(fields) != 12:
            continue
        left, top, width, height = (float(field) * scale for field in fields[6:10])
        page = fields[1]
        if fields[0] == "1":
            sizes[page], lines[page] = (width, height), {}
        elif fields[0] == "5" and (text := mended(fields[11].strip())):
            word = Word(text=text, left=left, right=left + width, confidence=max(0.0, float(fields[10])) / 100)
            lines.setdefault(page, {}).setdefault((fields[2], fields[3], fields[4]), []).append(
                (word, top, top + height)
            )
    return [Seen(*sizes.get(page, (0.0, 0.0)), _lines(found)) for page, found in lines.items()]


_Placed = tuple[Word, float, float]


def _lines(found: dict[tuple[str, str, str], list[_Placed]]) -> tuple[PageLine, ...]:
    return tuple(
        PageLine(
            number=number,
            words=tuple(word for word, _, _ in words),
            top=min(top for _, top, _ in words),
            bottom=max(bottom for _, _, bottom in words),
            block=int(key[0]),
        )
        for number, (key, words) in enumerate(found.items(), start=1)
    )
