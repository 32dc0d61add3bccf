"""Planted variants of real rows: what near duplicates look like, made with a fixed seed."""

import random
from collections.abc import Mapping

from datakit.matching.lexemes import FIXED, lexemes

ZWJ, ZWNJ = "\u200d", "\u200c"
_DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
_ASCII = str.maketrans("०१२३४५६७८९", "0123456789")
_SIGNS = "ािीुूेैोौं"
_FILLERS = ("महत्त्वाचा", "मोठ्या", "विशेष", "अनेक", "तेव्हा", "लगेच", "प्रामुख्याने", "सर्वत्र")


def _words(text: str, least: int) -> list[int]:
    parts = text.split(" ")
    return [n for n, part in enumerate(parts) if len(part) >= least and not any(c.isdigit() for c in part)]


def typo(text: str, rng: random.Random) -> str | None:
    """One slip in a word of four or more code points: one lost, doubled, swapped, or one sign for another."""
    parts, at = text.split(" "), _words(text, 4)
    if not at:
        return None
    n = rng.choice(at)
    word = parts[n]
    kind = rng.choice(("lost", "doubled", "swapped", "sign"))
    k = rng.randrange(1, len(word) - 1)
    if kind == "lost":
        word = word[:k] + word[k + 1 :]
    elif kind == "doubled":
        word = word[:k] + word[k] + word[k:]
    elif kind == "swapped":
        word = word[:k] + word[k + 1] + word[k] + word[k + 2 :]
    else:
        signs = [i for i, c in enumerate(word) if c in _SIGNS and i]
        if not signs:
            return None
        k = rng.choice(signs)
        swaps = {"ि": "ी", "ी": "ि", "ु": "ू", "ू": "ु", "े": "ै", "ो": "ौ", "ा": "", "ै": "े", "ौ": "ो", "ं": ""}
        word = word[:k] + swaps[word[k]] + word[k + 1 :]
    parts[n] = word
    changed = " ".join(parts)
    return changed if changed != text else None


def punctuation(text: str, rng: random.Random) -> str | None:
    return rng.choice(("“{}”", "{} ?", "{}.", " {}…", "({})", "{}!!")).format(text.rstrip("?.! ").replace(", ", " , "))


def joiners(text: str, rng: random.Random) -> str | None:
    at = [n for n, c in enumerate(text) if c == "्"]
    if not at:
        return None
    n = rng.choice(at)
    return text[: n + 1] + ZWJ + text[n + 1 :] if text[n - 1 : n] != "र" else None


def eyelash(text: str, rng: random.Random) -> str | None:
    """ऱ् in its two other encodings: र् with a joiner, and the hyphen of old typing."""
    if "ऱ्या" not in text:
        return None
    return text.replace("ऱ्या", rng.choice(("र्" + ZWJ + "या", "-या")))


def digits(text: str, _rng: random.Random) -> str | None:
    changed = text.translate(_ASCII)
    changed = text.translate(_DEVANAGARI) if changed == text else changed
    return changed if changed != text else None


def word_changed(text: str, rng: random.Random) -> str | None:
    """One word of a long answer (20 words or more) exchanged; not one that makes another fact of it (number, not)."""
    parts = text.split(" ")
    at = [n for n in _words(text, 3) if not any(word.kind in FIXED for word in lexemes(parts[n]))]
    if len(text.split()) < 20 or not at:
        return None
    parts[rng.choice(at)] = rng.choice(_FILLERS)
    return " ".join(parts)


VARIANTS = {
    "typo": typo,
    "punctuation": punctuation,
    "joiners": joiners,
    "eyelash": eyelash,
    "digits": digits,
    "word changed": word_changed,
}


def planted(pairs: list[tuple[str, str]], *, seed: int) -> tuple[list[tuple[str, str]], list[str], list[int]]:
    """Return the pairs, then a variant of each kind of each; and for each row its kind and its original."""
    rng = random.Random(seed)
    rows, kinds, made_of = list(pairs), [""] * len(pairs), list(range(len(pairs)))
    for number, pair in enumerate(pairs):
        for kind, make in VARIANTS.items():
            sides = [1] if kind == "word changed" else rng.sample([0, 1], 2)
            made = next(((side, text) for side in sides if (text := make(pair[side], rng)) is not None), None)
            if made is not None:
                rows.append((made[1], pair[1]) if made[0] == 0 else (pair[0], made[1]))
                made_of.append(number)
                kinds.append(kind if kind != "typo" else f"typo in {('question', 'answer')[made[0]]}")
    return rows, kinds, made_of


def recall(merged: Mapping[int, int], kinds: list[str], made_of: list[int]) -> dict[str, float]:
    """Return, by kind, which share of the variants ends under the same kept row as what it was made of."""
    tried = {kind: [n for n, own in enumerate(kinds) if own == kind] for kind in sorted(set(kinds) - {""})}

    def kept(row: int) -> int:
        while row in merged:
            row = merged[row]
        return row

    return {kind: round(sum(kept(n) == kept(made_of[n]) for n in rows) / len(rows), 4) for kind, rows in tried.items()}
