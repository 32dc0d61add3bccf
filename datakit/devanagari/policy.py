"""What a user may choose about normalization; the defaults change nothing that a Marathi writer could have meant."""

from dataclasses import dataclass, fields
from typing import Final, Literal, get_args

from datakit.errors import UsageError

Digits = Literal["keep", "deva", "ascii"]
Quotes = Literal["keep", "ascii"]
Nukta = Literal["keep", "drop"]
Joiner = Literal["noise", "keep"]

_CHOICES: Final = {"digits": Digits, "quotes": Quotes, "nukta": Nukta, "zwj": Joiner, "zwnj": Joiner}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The choices, each with the default that the specification's evidence supports.

    `digits`: Marathi uses both १६७४ and 1674 (CLDR mr: deva; news: ASCII), so `keep`; `deva` leaves words that hold
    Latin letters.
    `quotes`: CLDR mr delimiters are “ ” ‘ ’, so `keep`; `ascii` folds them to " and '.
    `nukta`: फ़ारसी and फारसी are both written, so `keep`; `drop` never touches ऱ, which is a letter.
    `zwj`, `zwnj`: `noise` deletes a joiner only where it means nothing (the eyelash ra is converted first; क्‌ष keeps its
    ZWNJ); `keep` leaves every joiner that is not part of an eyelash ra or a broken vowel. No choice removes them all.

    Errors: `UsageError` for an unknown choice.
    """

    digits: Digits = "keep"
    quotes: Quotes = "keep"
    nukta: Nukta = "keep"
    zwj: Joiner = "noise"
    zwnj: Joiner = "noise"

    def __post_init__(self) -> None:
        for field in fields(self):
            value, choices = getattr(self, field.name), get_args(_CHOICES[field.name])
            if value not in choices:
                raise UsageError(f"policy: {field.name} = {value!r} is unknown; choose one of {', '.join(choices)}")
