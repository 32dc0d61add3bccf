"""Rows of which some are copies with a slip."""

from typing import Final

_PLACES: Final = ("शिवनेरी", "सिंहगड", "प्रतापगड", "पन्हाळा", "रायगड", "तोरणा", "पुरंदर", "विशाळगड", "जंजिरा", "साल्हेर")
_WHO: Final = ("शाहिस्तेखान", "मिर्झाराजे जयसिंग", "नेताजी पालकर", "तानाजी मालुसरे", "बाजीप्रभू देशपांडे", "मुरारबाजी")


def copied_rows(count: int, *, copies: int) -> list[dict[str, str | None]]:
    """Return `count` rows that differ in a number at least, then a copy of each of the first `copies` with one slip."""
    rows: list[dict[str, str | None]] = []
    for n in range(count):
        place, who = _PLACES[n % 10], _WHO[n % 6]
        rows.append(
            {
                "question": f"{place} येथील वाडा क्रमांक {n} कोणी आणि कोणत्या काळात बांधला असे बखरीत म्हटले आहे?",
                "answer": f"बखरीतील नोंद {n} सांगते की {place} येथील हा वाडा {who} यांच्या काळात दगड आणि चुना वापरून बांधला.",
                "context": f"बखर, पान {n}" if n % 3 == 0 else None,
            }
        )
    slips = (("बांधला", "बांधलां"), ("वाडा", "वाडां"), ("काळात", "काळांत"), ("दगड", "दगडं"))
    for n in range(copies):
        right, wrong = slips[n % 4]
        field = "answer" if n % 4 in (2, 3) else "question"
        text = rows[n][field]
        assert text is not None
        rows.append({**rows[n], field: text.replace(right, wrong, 1), "context": None})
    return rows
