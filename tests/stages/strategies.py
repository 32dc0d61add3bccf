"""Rows for the laws: every column varies, and the texts lean on what breaks Marathi tools."""

from typing import Any, Final

from hypothesis import strategies as st

from datakit.lineage import canonical_json
from datakit.record import SCHEMA

PIECES: Final = (
    *(
        "शिवाजी",
        "महाराज",
        "रायगड",
        "कोठे",
        "काय",
        "आहे",
        "होते",
        "आणि",
        "व",
        "न",
        "१६७४",
        "1674",
        "?",
        "।",
        ".",
        ",",
        "(",
        ")",
    ),
    *("दऱ्या", "दर्‍या", "कर्‍हाड", "क्‍ष", "त्‌त", "क़िला", "ॲड", "ऑक्टोबर", "बॅंक", "कॅां", "नैर्ऋत्य", "वाङ्मय", "श्री", "ज्ञ"),
    *("िहार", "ववषय", "ऄहे", "केिा", "महा??ष्ट्र", "\ufffd", "\ue000", "मराठीtext", "dmgm{Q>m", "उद्भ्ावत", "मंुबई", "अाहे"),
    *("प्रश्न", "पर्याय", "ब", "प्रश्न उद्भवत नाही", "वरील सर्व", "lorem ipsum", "TODO", "{topic}", "अधिक वाचा", "मी एक AI"),
    *(
        "९८२२४९८२२४",
        "a@b.co.in",
        "ABCPE1234F",
        "२३४१ २३४१ २३४६",
        "<|im_end|>",
        "Hindi",
        "the",
        "શિવાજી",
        "🙂",
        "\u200d",
        "\u200c",
    ),
)
"""Words, marks and faults; joined at random they meet every rule of every stage."""

DEVANAGARI: Final = st.characters(min_codepoint=0x900, max_codepoint=0x97F)
ANY: Final = st.characters(exclude_categories=("Cs",))  # polars holds UTF-8: a lone surrogate cannot get in


def texts() -> st.SearchStrategy[str | None]:
    """Return texts: null, empty, a few pieces, letters in any order, any Unicode, and 5,000 characters."""
    joined = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12)
    return st.one_of(
        st.none(),
        st.just(""),
        st.builds(" ".join, joined),
        st.builds("".join, joined),
        st.text(DEVANAGARI, max_size=30),
        st.text(ANY, max_size=20),
        st.builds(lambda piece: (piece * 5_000)[:5_000], st.sampled_from(PIECES)),
    )


def histories() -> st.SearchStrategy[str | None]:
    """Return earlier turns as canonical JSON, or none."""
    turns = st.lists(
        st.fixed_dictionaries(
            {"role": st.sampled_from(["user", "assistant"]), "content": texts().map(lambda t: t or "")}
        ),
        max_size=2,
    )
    return st.one_of(st.none(), turns.map(lambda value: canonical_json(value).decode()))


def names() -> st.SearchStrategy[list[str] | None]:
    """Return lists such as `flags` holds."""
    return st.one_of(
        st.none(), st.lists(st.sampled_from(["lost_text", "wrong_letters", "rule_10"]), max_size=2, unique=True)
    )


@st.composite
def rows(draw: st.DrawFn, *, least: int = 0, most: int = 5) -> list[dict[str, Any]]:
    """Return rows with different ids and locators; about one in five was rejected before."""
    made = []
    for number in range(draw(st.integers(least, most))):
        row: dict[str, Any] = {name: draw(texts()) for name in ("question", "answer")}
        row |= {name: draw(st.one_of(st.none(), texts())) for name in ("context", "system")}
        row |= {name: draw(st.sampled_from([None, "", "MIT", "a", "मूळ"])) for name in ("source_id", "licence", "file")}
        row |= {
            "history": draw(histories()),
            "priority": draw(st.sampled_from([None, -1, 0, 9])),
            "locator": f"line {number}",
            "raw_sha256": f"{number:064x}",
            "group": draw(st.sampled_from([None, "g", "h"])),
            "meta": draw(st.sampled_from([None, '{"a":1}'])),
            "id": f"{draw(st.integers(0, 15)):01x}{number:063x}",
            "lang": draw(st.sampled_from([None, "mar", "eng"])),
            "changes": draw(names()),
            "flags": draw(names()),
        }
        if draw(st.integers(0, 4)) == 0:
            row |= {"reject_stage": "earlier", "reject_reason": "earlier_reason", "reject_detail": draw(texts())}
        assert (
            row.keys() == SCHEMA.keys()
            or row.keys() | {"reject_stage", "reject_reason", "reject_detail"} == SCHEMA.keys()
        )
        made.append(row)
    return made
