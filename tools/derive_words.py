"""Write what is worked out from the word list and the word tables, `datakit/matching/worked_out/`.

python -m tools.derive_words

Run it after a change of the word list, of a table of `datakit/matching/tables/` or of how words are folded.
"""

from datakit.matching.derive import write_derived
from datakit.matching.derived import DERIVED

if __name__ == "__main__":
    write_derived(DERIVED)
    for path in sorted(DERIVED.iterdir()):
        print(f"{path.name}: {path.stat().st_size:,} bytes")
