"""Find text that says the same thing again and again, as broken pages and language models in a loop do."""

import re
from collections import Counter
from typing import Final

import numpy as np

MIN_WORDS: Final = 8
"""Shorter answers may well repeat: हर हर महादेव, जय जय रघुवीर समर्थ."""

MAX_TOP_SHARE: Final = 0.30
"""Characters in the most frequent 3- to 6-gram of words, as a share of all words' characters.

Rae et al. 2021 (Gopher, arXiv 2112.11446, table A1) take 0.18 for 3-grams and 0.16 for 4-grams; on 84,002 real Marathi
answers that rejects 586, nearly all good ones that repeat a name or `प्रश्न उद्भवत नाही` (benchmarks/quality.py).
"""

MIN_LOOP_WORDS: Final = 10
"""A war cry called three times (हर हर महादेव) has nine."""

MIN_TIMES: Final = 4
MIN_WORDS_FOR_SHARES: Final = 30
"""Below this many words one repeated name passes the share."""

MAX_PERIOD_WORDS: Final = 20
_WORD: Final = re.compile(r"[^\s.,;:!?।॥()\"'“”‘’]+")


def repetition(text: str) -> str | None:
    """Return what is repeated; None for text that repeats nothing beyond the ordinary.

    Two signs: one phrase of up to twenty words three times in a row (a single word: five times) that makes up half of
    the text, or one short phrase that holds too much of it. Numbers are left out: tables of figures repeat them.
    """
    words = [word for word in _WORD.findall(text.casefold()) if not word.isdecimal()]
    if len(words) < MIN_WORDS:
        return None
    return _loop(words) or (_top_phrase(words) if len(words) >= MIN_WORDS_FOR_SHARES else None)


def _loop(words: list[str]) -> str | None:
    number = {word: at for at, word in enumerate(words)}
    numbers = np.array([number[word] for word in words])
    for period in range(1, min(MAX_PERIOD_WORDS, len(words) // 3) + 1):
        same = numbers[period:] == numbers[:-period]
        if (np.count_nonzero(same) + period) * 2 < len(words):
            continue  # a run of them cannot make up half of the text; most texts end here
        run = longest = end = 0
        for at, equal in enumerate(same.tolist(), start=period):
            run = run + 1 if equal else 0
            if run > longest:
                longest, end = run, at
        times = longest // period + 1
        if (
            times >= (5 if period == 1 else 3)
            and longest + period >= MIN_LOOP_WORDS
            and (longest + period) * 2 >= len(words)
        ):
            return " ".join(words[end - period + 1 : end + 1])
    return None


def _top_phrase(words: list[str]) -> str | None:
    sizes = [len(word) for word in words]
    least, longest = MAX_TOP_SHARE * sum(sizes), max(sizes)
    for size in range(3, 7):
        counts = Counter(zip(*(words[at:] for at in range(size)), strict=False))
        if max(counts.values()) < MIN_TIMES:
            return None  # nor does any longer phrase come so often
        # Only a phrase that could hold too much is worth adding up: nearly all stand there once.
        often = {phrase: count for phrase, count in counts.items() if count * size * longest > least}
        held = {phrase: count * sum(map(len, phrase)) for phrase, count in often.items()}
        phrase = max(held, key=held.__getitem__, default=None)
        if phrase is not None and often[phrase] >= MIN_TIMES and held[phrase] > least:
            return " ".join(phrase)
    return None
