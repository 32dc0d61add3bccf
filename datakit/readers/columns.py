"""Which column holds the question, the answer and the rest: names in Marathi and English, and an explicit mapping."""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from datakit.errors import UsageError

# Order decides where a table has two candidates: Marathi beside English, a question beside an instruction.
ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "question": (
        "प्रश्न", "प्रश्नः", "प्रश्न मजकूर", "विचारलेला प्रश्न", "रिकामी जागा", "रिकाम्या जागा", "गाळलेली जागा", "question_mr",
        "question_marathi", "marathi_question", "question",
        "question text", "questions", "ques", "query", "q", "instruction", "user", "human", "prompt",
        "input", "inputs", "problem",
    ),
    "answer": (
        "उत्तर", "उत्तरः", "योग्य उत्तर", "अचूक उत्तर", "बरोबर उत्तर", "उत्तर मजकूर", "answer_mr", "answer_marathi",
        "marathi_answer", "answer", "answer text", "answers", "correct answer", "correct option", "correct", "ans", "a",
        "output", "outputs", "response", "completion", "reply", "assistant", "gpt", "target", "targets", "answer key",
        "solution",
    ),
    "context": ("उतारा", "परिच्छेद", "संदर्भ", "context_mr", "context", "passage", "paragraph", "input"),
    "system": ("system", "system prompt", "system message"),
    "history": ("history",),
    "options": ("पर्याय", "पर्यायी उत्तरे", "options", "choices"),
    "answer_index": (
        "answer index", "answer idx", "correct index", "correct answer index", "correct option index", "label",
    ),
    "answer_number": ("पर्याय क्रमांक", "उत्तर क्रमांक", "answer number", "correct option number"),
    "conversation": ("conversations", "conversation", "messages", "dialogue", "dialog", "संवाद"),
}  # fmt: skip

ROLES: Final = tuple(ALIASES)
MAPPABLE: Final = ROLES


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """Return a column name without case, spaces, punctuation and byte order mark: `Question ` = `question`."""
    text = unicodedata.normalize("NFC", name).casefold()
    return "".join(c for c in text if c not in "\ufeff\u200b\u200c\u200d _-.:*?/")


FOLDED: Final = {role: tuple(dict.fromkeys(fold(name) for name in names)) for role, names in ALIASES.items()}


def resolve(names: Sequence[str], mapping: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return role → column for the names of a table; roles without a column are left out.

    A mapping is followed where its columns are there; a table without them is told by its names, since one recipe reads
    tables of many makers. A name that stands twice is taken for no role: which of the two was meant cannot be told.
    """
    if fits(names, mapping):
        return {role: column for role, column in (mapping or {}).items() if column in names}
    by_fold: dict[str, list[str]] = {}
    for name in names:
        by_fold.setdefault(fold(name), []).append(name)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for role, aliases in FOLDED.items():
        for alias in aliases:
            candidates = by_fold.get(alias, ())
            if len(candidates) == 1 and candidates[0] not in taken:
                found[role] = candidates[0]
                taken.add(candidates[0])
                break
    return found


def fits(names: Sequence[str], mapping: Mapping[str, str] | None) -> bool:
    """Tell whether a mapping finds what a record needs among the names of a table."""
    found = {role for role, column in (mapping or {}).items() if column in names}
    return "conversation" in found or has_pair(dict.fromkeys(found, ""))


def has_pair(roles: Mapping[str, str]) -> bool:
    """Tell whether a question and some form of answer are known."""
    return "question" in roles and bool(roles.keys() & {"answer", "answer_index", "answer_number"})


def unique(names: Sequence[str | None]) -> list[str]:
    """Name every column of a header: an empty name becomes `column 3`, a second `उत्तर` becomes `उत्तर (2)`.

    Both columns of a name that stands twice keep it in front, so that neither is taken for a role by mistake.
    """
    cleaned = [(name or "").strip().lstrip("\ufeff") or f"column {place}" for place, name in enumerate(names, start=1)]
    counts: dict[str, int] = {}
    for name in cleaned:
        counts[name] = counts.get(name, 0) + 1
    seen: dict[str, int] = {}
    result = []
    for name in cleaned:
        seen[name] = seen.get(name, 0) + 1
        result.append(f"{name} ({seen[name]})" if counts[name] > 1 else name)
    return result


def advice(names: Sequence[str]) -> str:
    """Say which columns were found and which mapping to write."""
    listed = ", ".join(names[:12]) + (f", … ({len(names)} columns)" if len(names) > 12 else "")
    return (
        f"found columns: {listed}; expected a question and an answer (such as question/answer, "
        f"प्रश्न/उत्तर, instruction/output); {mapping_line(names)}"
    )


def mapping_line(names: Sequence[str]) -> str:
    """Return the mapping to write where the names do not tell, the first two columns as an example."""
    first, second = ([*names, "…", "…"])[:2]
    return f'write in the recipe: columns = {{ question = "{first}", answer = "{second}" }}'


def check_mapping(mapping: Mapping[str, str] | None) -> None:
    """Refuse a mapping to roles that do not exist. Errors: `UsageError` naming the roles that do."""
    unknown = sorted(set(mapping or ()) - set(MAPPABLE))
    if unknown:
        raise UsageError(f"columns: found {', '.join(unknown)}; expected some of {', '.join(MAPPABLE)}")
