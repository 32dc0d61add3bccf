"""The gate's check of tokens: what it asks, and how it says where two sides part."""

from collections.abc import Sequence

import pytest

from export.verify.check import Check
from export.verify.texts import PROBES
from export.verify.tokenizing import check_tokens
from tests.export.sides import WORDS, Llama, hugging_face


def tokens_of(texts: Sequence[str], *, side: Llama | None = None) -> tuple[Check, Llama]:
    """The check of tokens on some texts."""
    tokens = hugging_face()
    llama = side or Llama(tokens)
    check: Check = check_tokens(llama, tokens, texts)  # type: ignore[arg-type]
    return check, llama


def test_texts_and_probes_are_asked_and_special_tokens_in_running_text() -> None:
    """Every text and probe is asked with parsing, each special token inside a sentence and once as plain text."""
    check, llama = tokens_of(["रायगड", "शिवाजी रायगड"])
    assert check.passed
    (both, added, parsed), (special, added_too, parsed_too) = llama.asked
    assert (added, parsed, added_too, parsed_too) == (False, True, False, False)
    assert both[:2] == ("रायगड", "शिवाजी रायगड")
    assert set(PROBES) <= set(both)
    assert both[-3:] == tuple(f"शिवाजी {token} रायगड{token}1674" for token in WORDS[:3])
    assert special == tuple(WORDS[:3])
    assert check.figures == {"texts": 2, "probes": len(PROBES) + 3, "different": 0, "leaking": 0}
    assert check.says == (
        f"2 texts of the dataset (the dataset has no more; 1,000 are wanted) and {len(PROBES) + 3} probes: 0 differ"
    )


def test_enough_texts_are_not_called_few() -> None:
    """From a thousand texts on nothing is said of there being few."""
    assert tokens_of(["रायगड"] * 1000)[0].says.startswith("1,000 texts of the dataset and ")
    assert "1,000 are wanted" in tokens_of(["रायगड"] * 999)[0].says


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([5, 6], "from token 1 on Hugging Face says [4], llama.cpp [6]"),
        ([5], "from token 1 on Hugging Face says [4], llama.cpp []"),
        ([5, 4, 4], "from token 2 on Hugging Face says [], llama.cpp [4]"),
        ([], "from token 0 on Hugging Face says [5, 4], llama.cpp []"),
    ],
    ids=str,
)
def test_a_difference_is_shown_where_it_begins(found: list[int], says: str) -> None:
    """A text that is cut otherwise fails the check, with the text, the place and both sides from there."""
    tokens = hugging_face()
    check, _ = tokens_of(["शिवाजी रायगड", "रायगड"], side=Llama(tokens, swap={"शिवाजी रायगड": found}))
    assert not check.passed
    assert check.figures["different"] == 1
    assert check.differences == [f"'शिवाजी रायगड': {says}"]


def test_of_many_differences_the_first_five_are_shown() -> None:
    """All are counted; five are shown, each text and each side cut to what a reader can take in."""
    texts = [f"शिवाजी {'क' * 90} {number}" for number in range(9)]
    swap = {text: [3, *range(50)] for text in texts}
    check, _ = tokens_of(texts, side=Llama(hugging_face(), swap=swap))
    assert (check.figures["different"], len(check.differences)) == (9, 5)
    assert check.differences[0].startswith(
        f"{texts[0][:60]!r}: from token 0 on Hugging Face says [5, 3, 3], llama.cpp [3, 0,"
    )
    assert check.differences[0].endswith("llama.cpp [3, 0, 1, 2, 3, 4, 5, 6]")


def test_a_command_that_comes_out_of_plain_text_fails() -> None:
    """Where untrusted text gives a control token the check fails, though every text is cut alike."""
    check, _ = tokens_of(["रायगड"], side=Llama(hugging_face(), leaks=["</s>", "<turn>"]))
    assert not check.passed
    assert check.says.endswith(": 0 differ; 2 special tokens come out of plain text, such as '</s>'")
    assert check.figures["leaking"] == 2
