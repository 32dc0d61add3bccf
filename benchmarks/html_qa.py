"""Measure question and answer extraction from pages: precision and recall on the pages marked by hand.

    python -m benchmarks.html_qa

The pages are tests/readers/html_pages/*.html, written for this project with true statements of Marathi history. A pair
counts as right when question and answer are the marked ones, white space aside.
"""

import json
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
OUT: Final = Path(__file__).parent / "results" / "html_qa.json"


def measure() -> dict[str, Any]:
    """Return pages, pairs, precision and recall, in all and by form; the faults by page."""
    from tests.readers.hand_marked import found_pairs, marked_pages

    totals: dict[str, Counter[str]] = {}
    faults = []
    for page in marked_pages():
        found, gold = Counter(found_pairs(page.html)), Counter(page.gold)
        right = (found & gold).total()
        for form in (page.form, "all"):
            totals.setdefault(form, Counter()).update(pages=1, right=right, found=found.total(), marked=gold.total())
        faults += [{"page": f"{page.form}: {page.name}", "not found": pair} for pair in gold - found]
        faults += [{"page": f"{page.form}: {page.name}", "wrong": pair} for pair in found - gold]
    shown = {
        form: {
            **count,
            "precision": round(count["right"] / max(1, count["found"]), 4),
            "recall": round(count["right"] / max(1, count["marked"]), 4),
        }
        for form, count in sorted(totals.items())
    }
    return {"forms": shown, "faults": faults}


def main() -> None:
    """Measure, write the result and print it."""
    found = measure()
    report = {
        "command": "python -m benchmarks.html_qa",
        **found,
        "versions": {"python": sys.version.split()[0], "lxml": version("lxml")},
    }
    OUT.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for form, count in found["forms"].items():
        print(
            f"{form:10} {count['pages']:3} pages {count['marked']:3} marked {count['found']:3} found"
            f"  precision {count['precision']:.3f}  recall {count['recall']:.3f}"
        )
    for fault in found["faults"]:
        print(fault)


if __name__ == "__main__":
    main()
