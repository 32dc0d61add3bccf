"""Precision and recall of the grounding check over the marked pairs, with plain word overlap beside it.

    python -m benchmarks.grounding [--write] [--show dev]

A positive is an answer that the check lets through. Pairs of every second span (dev) were looked at while the rules
were written; those of the others (held out) were not. The peer is what others do: every word of the answer, split at
spaces, must occur in the span (strict), or half of them must (overlap).
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

from datakit.synthesize.grounding import check

PAIRS: Final = Path(__file__).parents[1] / "tests" / "synthesize" / "grounding.txt"
RESULTS: Final = Path(__file__).parent / "results" / "grounding.json"


class Pair(NamedTuple):
    """One marked pair: `changed` is empty where the span grounds the answer; `span_number` counts from 0."""

    span_number: int
    span: str
    answer: str
    changed: str


def read_pairs(path: Path = PAIRS) -> Iterator[Pair]:
    """Yield the marked pairs of the file."""
    number, span = -1, ""
    for line in path.read_text("utf-8").splitlines():
        mark, _, text = line.partition(" ")
        if mark == "S":
            number, span = number + 1, text
        elif mark == "+":
            yield Pair(number, span, text, "")
        elif mark == "-":
            changed, _, answer = text.partition(": ")
            yield Pair(number, span, answer, changed)


def words(text: str) -> list[str]:
    """Return the words between spaces without the punctuation around them."""
    return [word for part in text.split() if (word := part.strip(".,;:'\"()?!"))]


def strict(answer: str, span: str) -> bool:
    """Tell whether every word of the answer occurs in the span as it is spelt."""
    return set(words(answer)) <= set(words(span))


def half(answer: str, span: str) -> bool:
    """Tell whether half of the answer's words occur in the span as they are spelt."""
    mine, theirs = words(answer), set(words(span))
    return sum(word in theirs for word in mine) >= len(mine) / 2


def score(pairs: list[Pair], grounded: Callable[[str, str], bool]) -> dict[str, float | int]:
    """Return counts, precision, recall and F1 of letting grounded answers through."""
    verdicts = [(pair.changed == "", grounded(pair.answer, pair.span)) for pair in pairs]
    right = sum(good and said for good, said in verdicts)
    wrong = sum(not good and said for good, said in verdicts)
    lost = sum(good and not said for good, said in verdicts)
    precision, recall = right / ((right + wrong) or 1), right / ((right + lost) or 1)
    return {
        "pairs": len(pairs), "let_through_right": right, "let_through_wrong": wrong, "lost": lost,
        "precision": round(precision, 4), "recall": round(recall, 4),
        "f1": round(2 * precision * recall / ((precision + recall) or 1), 4),
    }  # fmt: skip


def main() -> None:
    """Score the check and its peers over all pairs and over both halves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the results file")
    parser.add_argument("--show", choices=("dev", "held_out", "all"), help="list what was judged wrongly")
    arguments = parser.parse_args()
    pairs = list(read_pairs())
    halves = {
        "all": pairs,
        "dev": [pair for pair in pairs if pair.span_number % 2 == 0],
        "held_out": [pair for pair in pairs if pair.span_number % 2],
    }
    judges = {
        "grounding check": lambda answer, span: check(answer, span).grounded,
        "every word as spelt": strict,
        "half of the words as spelt": half,
    }
    check(pairs[0].answer, pairs[0].span)  # the tables are read once; their time is not the check's
    began = time.process_time()
    for pair in pairs:
        check(pair.answer, pair.span)
    spent = time.process_time() - began
    result = {
        "command": "python -m benchmarks.grounding --write",
        "python": sys.version.split()[0],
        "polars": version("polars"),
        "cpu_ms_per_pair": round(1000 * spent / len(pairs), 3),
        "scores": {
            name: {half_: score(part, judge) for half_, part in halves.items()} for name, judge in judges.items()
        },
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))
    if arguments.show:
        for pair in halves[arguments.show]:
            found = check(pair.answer, pair.span)
            if found.grounded != (pair.changed == ""):
                verdict = f"WRONG [{pair.changed}]" if pair.changed else "LOST"
                print(f"{verdict} {pair.answer}\n  S {pair.span}\n  {found.told()}")
    if arguments.write:
        RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
