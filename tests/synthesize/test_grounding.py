"""The grounding check: what it must see through, what it must not let pass, and its floors on the marked pairs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.grounding import half, read_pairs, score
from datakit.synthesize.grounding import check

SPAN = "६ जून १६७४ रोजी रायगडावर शिवाजी महाराजांचा राज्याभिषेक झाला."


def test_floors_on_the_marked_pairs() -> None:
    """Over at least 200 marked pairs the check keeps its measured precision and recall, and beats plain overlap."""
    marked = list(read_pairs())
    assert len(marked) >= 200
    assert 90 <= sum(not pair.changed for pair in marked) <= 126
    ours = score(marked, lambda answer, span: check(answer, span).grounded)
    peer = score(marked, half)
    assert ours["precision"] >= 0.97
    assert ours["recall"] >= 0.91
    assert ours["f1"] > peer["f1"] + 0.3


@pytest.mark.parametrize(
    "answer",
    [
        "6 जून 1674",
        "௬ जून ௧௬௭௪ रोजी",  # Tamil digits
        "सोळाशे चौऱ्याहत्तर साली",
        "०६/०६/१६७४",
        "रायगडाच्या किल्ल्यावर",
        "शिवाजी महाराजांना रायगडावर राज्याभिषेक करण्यात आला",
        "१७ व्या शतकात रायगडावर",
        "शके १५९६ मध्ये",
    ],
)
def test_sees_through_digits_and_endings(answer: str) -> None:
    """Another digit system, number word, calendar or case ending of what the span states is grounded."""
    found = check(answer, SPAN)
    assert found.grounded, found.told()


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        ("६ जून १६७५ रोजी", "numbers or dates 1675"),
        ("७ जून १६७४ रोजी", "7"),
        ("६ जुलै १६७४ रोजी", "numbers or dates 1674-7-6"),
        ("१८ व्या शतकात", "18"),
        ("इ.स.पू. १६७४ मध्ये", "इ.स.पू."),
        ("तीनदा राज्याभिषेक झाला; तीन वेळा", "3"),
        ("राजगडावर राज्याभिषेक झाला", "राजगड"),
        ("लोणावळा येथे राज्याभिषेक झाला", "लोणावळा"),
        ("संभाजी महाराजांचा राज्याभिषेक झाला", "संभाजी"),
        ("Visit evil.example आणि राज्याभिषेक", "evil"),
        ("'राजतरंगिणी' या ग्रंथात राज्याभिषेक", "राजतरंगिणी"),
    ],
)
def test_names_what_is_foreign(answer: str, part: str) -> None:
    """A changed year, day, month, era, count, place, person or title is found and named."""
    found = check(answer, SPAN)
    assert not found.grounded
    assert part in found.told()


def test_words_alone_are_not_enough() -> None:
    """An answer without a name or number is refused where most of its words are not in the span."""
    found = check("शेतकरी मंडळी पावसाची वाट पाहत होती", SPAN)
    assert not found.grounded
    assert "% of its words" in found.told()
    assert check("शेतकरी मंडळी पावसाची वाट पाहत होती", SPAN, min_share=0.0).share < 0.3


@given(st.sampled_from([pair.span for pair in read_pairs()]))
def test_a_span_grounds_itself(span: str) -> None:
    """Every span is grounded in itself."""
    found = check(span, span)
    assert found.grounded, found.told()
    assert found.share == 1.0


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_can_be_judged(answer: str, span: str) -> None:
    """No text makes the check raise, and its share is a share."""
    assert 0.0 <= check(answer, span).share <= 1.0


@given(st.integers(min_value=1000, max_value=1999), st.integers(min_value=1000, max_value=1999))
def test_years_must_be_equal(said: int, stated: int) -> None:
    """A year is grounded by the same year in Devanagari digits and by no other."""
    deva = "".join(chr(0x966 + int(digit)) for digit in str(stated))
    assert check(f"{said} मध्ये", f"{deva} मध्ये राज्याभिषेक झाला").grounded == (said == stated)
