"""A pipeline as people write it around datasketch: read, NFC, drop very short and repeated texts, MinHash LSH, write.

    python -m benchmarks.peers.runners.datasketch_pipeline TEXTS WORK

One process: the index cannot be shared.
"""

import json
import sys
import unicodedata
from pathlib import Path

from benchmarks.peers.runners.minhash import datasketch_lsh
from benchmarks.peers.runners.texts import report, rows


def main() -> None:
    """Run the pipeline; print rows in and kept."""
    texts, work = Path(sys.argv[1]), Path(sys.argv[2])
    seen: set[str] = set()
    waiting = []
    count = 0
    for row in rows(texts):
        count += 1
        text = unicodedata.normalize("NFC", row["text"]).strip()
        if len(text) >= 10 and text not in seen:
            seen.add(text)
            waiting.append({**row, "text": text})
    found = datasketch_lsh(0.8)([row["text"] for row in waiting])
    with (work / "kept.jsonl").open("w", encoding="utf-8") as out:
        for number, row in enumerate(waiting):
            if number not in found:
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    report(rows_in=count, rows_kept=len(waiting) - len(found))


if __name__ == "__main__":
    main()
