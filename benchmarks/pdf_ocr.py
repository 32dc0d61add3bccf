"""Measure OCR of Marathi pages of known text, and how the pages of real PDFs are read.

    python -m benchmarks.pdf_ocr [FOLDER]

Known text: pages set by Chromium from raw/, each clean, at 150 dpi, skewed, noisy and faint (benchmarks/ocr_pages.py).
The character error rate is the edit distance over the length of the true text, both normalized as curation does. FOLDER
holds real PDFs (default: pdf/ below AURORA_DATA): every page is counted as right text, a legacy font turned, OCR text
with its confidence, or a named damage.
"""

import json
import os
import sys
import time
from collections import Counter, defaultdict
from difflib import SequenceMatcher
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, Final

HERE: Final = Path(__file__).parent
OUT: Final = HERE / "results" / "pdf_ocr.json"
sys.path[:0] = [str(HERE.parent), str(HERE)]

PAGES: Final = 5
BINS: Final = (0, 50, 60, 70, 80, 90)


def distance(first: str, second: str) -> int:
    """Return the edit distance of two texts."""
    above = list(range(len(second) + 1))
    for row, letter in enumerate(first, start=1):
        here = [row]
        for column, other in enumerate(second, start=1):
            here.append(min(above[column] + 1, here[-1] + 1, above[column - 1] + (letter != other)))
        above = here
    return above[-1]


def known_pages() -> dict[str, Any]:
    """Read the pages of known text in every condition."""
    from benchmarks.ocr_pages import drawn
    from datakit.devanagari import normalize
    from datakit.readers.ocr import pages_of, recognise

    by_condition: dict[str, list[dict[str, float]]] = defaultdict(list)
    words: dict[str, dict[int, Counter[str]]] = {"all": defaultdict(Counter), "with a digit": defaultdict(Counter)}
    for page in drawn(PAGES):
        began, cpu = time.perf_counter(), os.times()
        table = recognise(page.picture, dpi=page.dpi)
        after = os.times()
        seconds = after.children_user + after.children_system - cpu.children_user - cpu.children_system
        read = [word for seen in pages_of(table, dpi=page.dpi) for line in seen.lines for word in line.words]
        true = normalize(" ".join(page.text.split()))
        text = normalize(" ".join(word.text for word in read))
        letters = sum(len(word.text) for word in read)
        by_condition[page.condition].append(
            {
                "cer": distance(true, text) / len(true),
                "confidence": sum(len(word.text) * (word.confidence or 0) for word in read) / letters,
                "cpu_s": seconds,
                "wall_s": time.perf_counter() - began,
            }
        )
        given, own = true.split(), [word.text for word in read]
        right: set[int] = set()
        for block in SequenceMatcher(None, given, own, autojunk=False).get_matching_blocks():
            right.update(range(block.b, block.b + block.size))
        for place, word in enumerate(read):
            low = max(bound for bound in BINS if bound <= (word.confidence or 0) * 100)
            kinds = ["all", *(["with a digit"] if any(char.isdecimal() for char in word.text) else [])]
            for kind in kinds:
                words[kind][low].update(words=1, right=place in right)
    return {
        "pages": {
            condition: {name: round(sum(one[name] for one in found) / len(found), 4) for name in found[0]}
            | {"pages": len(found), "worst_cer": round(max(one["cer"] for one in found), 4)}
            for condition, found in by_condition.items()
        },
        "pages_per_cpu_s": round(
            sum(map(len, by_condition.values()))
            / sum(one["cpu_s"] for found in by_condition.values() for one in found),
            3,
        ),
        "words_by_confidence": {
            kind: {
                f"{low}+": {**count, "right_share": round(count["right"] / count["words"], 3)}
                for low, count in sorted(found.items())
            }
            for kind, found in words.items()
        },
    }


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")


def real_pages(folder: Path) -> dict[str, Any]:
    """Count how the pages of real PDFs are read."""
    from datakit.readers.document import Document
    from datakit.readers.ocr import Ocr
    from datakit.readers.page_damage import page_damage
    from datakit.readers.pdf import pages

    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.pdf")):
        document = Document(name=path.name, format="pdf", open=partial(_opened, path), path=path)
        told = Counter(
            f"{page.origin if page.fault is None else page.fault[0]}" for page in pages(document, Ocr(mode="never"))
        )
        read = list(pages(document, Ocr()))
        sure = [page.confidence for page in read if page.confidence is not None]
        found[path.name] = {
            "pages": len(read),
            "without OCR": dict(told),
            "with OCR": dict(Counter(page.origin if page.fault is None else page.fault[0] for page in read)),
            "ocr_confidence": [round(min(sure), 3), round(sum(sure) / len(sure), 3)] if sure else None,
            "pages of OCR text with signs of damage": sum(
                page.origin == "ocr" and page.fault is None and page_damage(page.text) is not None for page in read
            ),
            "pages with ववषय": sum("ववषय" in page.text for page in read),
        }
    return found


def main() -> None:
    """Measure, write the result and print it."""
    from datakit.readers.ocr import engine, require_tesseract

    data = Path(os.environ.get("AURORA_DATA", HERE.parents[1] / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "pdf"
    report = {
        "command": "python -m benchmarks.pdf_ocr",
        "known text": known_pages(),
        "real PDFs": real_pages(folder),
        "versions": {
            "python": sys.version.split()[0],
            "engine": engine(require_tesseract()),
            "pypdfium2": version("pypdfium2"),
        },
    }
    OUT.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
