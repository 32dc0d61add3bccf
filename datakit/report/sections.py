"""Which sections a report has: those that have something to say, in the order of a reader's questions."""

from typing import Final

from datakit.report.facts import Facts

_TITLES: Final = {
    "funnel": "From raw to kept",
    "rejected": "Rejected rows",
    "doubts": "Kept, but doubtful",
    "disagreements": "Disagreements",
    "duplicates": "Merged duplicates",
    "repairs": "Spelling repairs",
    "sources": "Sources and licences",
    "content": "What it is about",
    "questions": "What the questions ask",
    "lengths": "Lengths",
    "tokens": "Tokens",
    "splits": "Splits",
    "changes": "Since the version before",
    "expectations": "Expectations",
    "decisions": "What people decided",
    "lineage": "Lineage",
    "recipe": "How it was made",
}


def sections(facts: Facts) -> dict[str, str]:
    """Return the anchor and title of each section that this version has."""
    absent = {
        "rejected": not facts.reasons,
        "doubts": not facts.doubts,
        "disagreements": facts.disputes is None,
        "duplicates": facts.merges is None,
        "repairs": facts.repairs is None,
        "content": not facts.facets and not facts.languages,
        "questions": not facts.question_kinds,
        "lengths": not facts.lengths,
        "changes": facts.changes is None,
        "decisions": facts.decisions is None,
    }
    return {name: title for name, title in _TITLES.items() if not absent.get(name)}
