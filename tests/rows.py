"""Rows and raw files that tests make."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path


def write_rows(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows as JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def numbered_rows(count: int, start: int = 0) -> list[dict[str, object]]:
    """Return rows that are all kept by the default recipe's row stages and resemble each other in nothing but form."""
    places = ("शिवनेरी", "सिंहगड", "प्रतापगड", "पन्हाळा", "रायगड", "तोरणा", "पुरंदर", "विशाळगड", "जंजिरा", "साल्हेर")
    return [
        {"question": f"{places[n % 10]} येथील घटना क्रमांक {n} कोणत्या वर्षी घडली?", "answer": f"इ. स. {1000 + n}"}
        for n in range(start, start + count)
    ]
