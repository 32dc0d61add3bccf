"""Two ways between Latin and Devanagari that training needs: colloquial romanisation out, SLP1 in.

The first makes romanised Marathi and Hindi the way people type it (aahe, ahe; mulga, mulaga), so that the model
knows it without a corpus of chat messages. Written for this project.
"""

import re
from random import Random
from typing import Final

CONSONANTS: Final = dict(
    zip(
        "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळऱ",
        re.findall(r"\w+", "k kh g gh n ch chh j jh n t th d dh n t th d dh n p ph b bh m y r l v sh sh s h l r"),
        strict=True,
    )
)
NUKTA: Final = {"क": "q", "ख": "kh", "ग": "g", "ज": "z", "ड": "d", "ढ": "dh", "फ": "f", "य": "y"}
VOWEL_SOUNDS: Final = ("aa", "i", "i", "u", "u", "ru", "e", "ai", "o", "au", "o", "a")
VOWELS: Final = dict(zip("अआइईउऊऋएऐओऔऑॲऍ", ("a", *VOWEL_SOUNDS, "e"), strict=True))
SIGNS: Final = dict(zip("ािीुूृेैोौॉॅ", VOWEL_SOUNDS, strict=True))
HABITS: Final = (
    ("aa", "a", 0.75), ("v", "w", 0.2), ("chh", "ch", 0.4), ("ph", "f", 0.4), ("ksh", "x", 0.2), ("i", "ee", 0.06),
    ("u", "oo", 0.05), ("dny", "gy", 0.3), ("ai", "ay", 0.1),
)  # fmt: skip
"""What a person may type instead, and how often; one habit holds for a whole text."""


def romanise(text: str, random: Random) -> str:
    """Return Devanagari text as someone might type it on a Latin keyboard; other characters stay."""
    habits = [(old, new) for old, new, chance in HABITS if random.random() < chance]
    drops_medial = random.random() < 0.6  # mulgaa rather than mulagaa
    words = (_word(word, drops_medial=drops_medial) for word in text.split())
    line = " ".join(words)
    for old, new in habits:
        line = line.replace(old, new)
    return line


def _word(word: str, *, drops_medial: bool) -> str:
    pieces: list[list[str]] = []  # consonant (or other) and its vowel; "A" stands for a vowel that may be dropped
    for char in word.replace("ज्ञ", "द्न्य"):
        if char in CONSONANTS:
            pieces.append([CONSONANTS[char], "A"])
        elif char == "़" and pieces:
            continue
        elif char in SIGNS and pieces:
            pieces[-1][1] = SIGNS[char]
        elif char == "्" and pieces:
            pieces[-1][1] = ""
        elif char in VOWELS:
            pieces.append(["", VOWELS[char]])
        elif char in "ंँ":
            pieces.append(["n", ""])
        elif char == "ः":
            pieces.append(["h", ""])
        elif char not in "\u200c\u200d":
            pieces.append([chr(ord("0") + ord(char) - 0x0966) if "०" <= char <= "९" else char, ""])
    last = len(pieces) - 1
    for place, piece in enumerate(pieces):
        if piece[1] != "A":
            continue
        before = place > 0 and pieces[place - 1][1] not in ("", "A")
        after = place < last and pieces[place + 1][1] not in ("", "A")
        silent = place == last and place > 0 and pieces[place - 1][1] != ""
        piece[1] = "" if silent or (drops_medial and 0 < place < last and before and after) else "a"
    return "".join(consonant + vowel for consonant, vowel in pieces)
