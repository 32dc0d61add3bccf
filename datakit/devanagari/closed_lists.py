"""Rules that need words: the hyphen that stands for an eyelash ra, the colon that stands for a visarga.

Neither can be decided by shape (जाता-येता, वर्ग:इतिहास), so both read closed lists of Marathi endings and words.
"""

import re

from datakit.devanagari import tables
from datakit.devanagari.alphabet import CLASSES, expand
from datakit.devanagari.rule import Rule

_HYPHEN = "[-\u2010\u2011]"  # hyphen-minus, hyphen, no-break hyphen; a dash is punctuation
_LEFT = f"(?<![{CLASSES['D']}A-Za-z0-9०-९])"
_END = f"(?![{CLASSES['D']}])"


def _alternatives(words: list[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


def hyphen_eyelash() -> Rule:
    """दुस-या → दुसऱ्या: `-या` before a word end, a case ending or a postposition; and the listed words with `-ह`."""
    rows = tables.read("hyphen_eyelash")

    def texts(kind: str, after: str) -> list[str]:
        return [row["text"].replace("-", _HYPHEN) for row in rows if row["kind"] == kind and row["after"] == after]

    suffixes = (
        f"{_END}|(?:{_alternatives(texts('suffix', 'open'))})|(?:{_alternatives(texts('suffix', 'word end'))}){_END}"
    )
    # या and जा end pronouns and nouns (ज्या-या, राजा-याने); शेजाऱ्या, पुजाऱ्या, नजाऱ्या are the words with जाऱ्या.
    # No oblique has ऱ्या after ी (अधिकारी-यांना is a typing slip that a ऱ would not mend). After े few have it, फेऱ्या,
    # शेऱ्या, कॅमेऱ्या, डेऱ्या, while names and verbs end so (शिंदे-यांचे, आहे-यावेळी).
    left = expand("(?<=[<D>])(?<!या)(?<!ी)(?:(?<!जा)|(?<=शेजा)|(?<=पुजा)|(?<=नजा))(?:(?<!े)|(?<=[फशमपबभघगडढ]े)|(?<=चेहे))")
    # यांग, यांत्रिक, यांकी begin words of their own: सिंग-यांग, विद्युत-यांत्रिकी.
    ya = f"{left}{_HYPHEN}या(?=ं(?!ग|त्र|की|कु|गून)|{suffixes})"
    names = [
        f"{_LEFT}(?<!-){name}{'' if after == 'open' else _END}"
        for after in ("open", "word end")
        for name in texts("name", after) + texts("initial", after)
    ]
    pattern = f"{ya}|{'|'.join(names)}"

    def replace(match: re.Match[str]) -> str:
        return re.sub(_HYPHEN, "ऱ्", match[0], count=1)

    return Rule(id="hyphen_eyelash", pattern=re.compile(pattern), replace=replace, trigger=f"{_HYPHEN}(?:या|ह[ािे]|हस्व)")


def visarga() -> Rule:
    """दु:ख → दुःख, विशेषत: → विशेषतः: listed words only, never by shape (वर्ग:इतिहास, नाव: stay)."""
    before, end = [], []
    for row in tables.read("visarga"):
        stem = expand(row["stem"])
        if row["place"] == "before":
            before.append(f"{stem}:(?={row['next'] or expand('[<C>]')})")
        else:
            end.append(stem)
    pattern = f"{_LEFT}(?:{'|'.join(before)}|(?:{_alternatives(end)}):(?!:|//))"
    # The last letters of the stems stand for all of them: a trigger with 130 words costs more to set up than it saves.
    last = "".join(sorted({row["stem"][-1] for row in tables.read("visarga")}))
    return Rule(
        id="visarga", pattern=re.compile(pattern), replace=lambda match: match[0][:-1] + "ः", trigger=f"[{last}]:"
    )
