"""What the model is asked: the Marathi prompt around a page, and the schema of its reply."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

from datakit.lineage import canonical_json, sha256_text
from datakit.synthesize.page import Page

MAX_QUESTION_CHARS: Final = 400
MAX_ANSWER_CHARS: Final = 1_200
MAX_SPAN_CHARS: Final = 1_500
"""Half a page: an answer that needs more text than this is a summary, and its grounding cannot be judged."""
_MARK_CHARS: Final = 16
_SALT: Final = "ancient-aurora page mark "


def messages(page: Page) -> list[dict[str, str]]:
    """Return the system and user messages for a page. The page's text stands between marks that it cannot know."""
    fewest, most = page.bounds
    user = (
        _text("page")
        .replace("{fewest}", _deva(fewest))
        .replace("{most}", _deva(most))
        .replace("{kinds}", ", ".join(page.kinds))
        .replace("{mark}", page_mark(page))
        .replace("{text}", page.text)  # last: braces in the page's text are its own
    )
    return [{"role": "system", "content": _text("system")}, {"role": "user", "content": user}]


def page_mark(page: Page) -> str:
    """Return the mark around a page: a digest of its text, so that no text can hold its own closing mark."""
    return sha256_text(_SALT + page.text)[:_MARK_CHARS]


def schema(page: Page) -> dict[str, Any]:
    """Return the JSON schema of a reply about this page."""
    fewest, most = page.bounds
    text = {"type": "string", "minLength": 1}
    pair = {
        "kind": {"type": "string", "enum": list(page.kinds)},
        "question": text | {"maxLength": MAX_QUESTION_CHARS},
        "answer": text | {"maxLength": MAX_ANSWER_CHARS},
        "span": text | {"maxLength": MAX_SPAN_CHARS},
    }
    item = {"type": "object", "properties": pair, "required": list(pair), "additionalProperties": False}
    pairs = {"type": "array", "items": item, "minItems": fewest, "maxItems": most}
    return {"type": "object", "properties": {"pairs": pairs}, "required": ["pairs"], "additionalProperties": False}


@cache
def prompt_sha256() -> str:
    """Return the digest of both prompt texts and the limits of the schema: a new wording asks every page anew."""
    limits = [MAX_QUESTION_CHARS, MAX_ANSWER_CHARS, MAX_SPAN_CHARS]
    return sha256_text(canonical_json([_text("system"), _text("page"), limits]).decode())


@cache
def _text(name: str) -> str:
    return files("datakit.synthesize").joinpath("tables", f"{name}.txt").read_text("utf-8").strip()


def _deva(number: int) -> str:
    return "".join(chr(0x966 + int(digit)) for digit in str(number))
