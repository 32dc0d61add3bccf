"""Words that may have a repair: told with arrays, and never fewer than those that are repaired one by one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.screening import wrong_letters
from datakit.screening.edited_words import in_one_array
from datakit.screening.known_words import known_words
from datakit.screening.repairable import may_be_repaired
from datakit.screening.undone import undone
from datakit.screening.wrong_letters import MAX_LETTERS, MIN_COUNT, repaired

LETTERS = "ऄअकखगथयणलहतनदभपवरसािीुंः्ँज़"
WORDS = st.text(st.sampled_from(LETTERS), min_size=1, max_size=9)
FREQUENT = st.sampled_from(sorted(word for word, count in known_words().items() if count >= MIN_COUNT)[::40])
CONFUSED = ("ववषय", "ननयम", "आणण", "जजल्हा", "संबंधधत", "सवागत", "अथयसंकल्प", "सावगजतनक", "झािा", "मधीि", "सांपूणथ", "ऄहे")


@st.composite
def _confused(draw: st.DrawFn) -> str:
    """A frequent word into which a letter of some confusion came."""
    word = draw(FREQUENT)
    at = draw(st.integers(0, len(word)))
    return word[:at] + draw(st.sampled_from(LETTERS)) + word[at + draw(st.integers(0, 1)) :]


def _undone(words: list[str]) -> list[list[str]]:
    """The words that the arrays make of each word, in code points' order."""
    made, owner = undone(in_one_array(words))
    found: list[list[str]] = [[] for _ in words]
    for start, end, of in zip(made.starts, made.ends, owner, strict=True):
        found[of].append(made.units[start:end].tobytes().decode("utf-16-le"))
    return [sorted(some) for some in found]


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS | _confused(), min_size=1, max_size=20))
def test_the_arrays_undo_what_is_undone_word_by_word(words: list[str]) -> None:
    """Every confusion at every place, and no other: the same words as `_undo` makes of each word."""
    assert _undone(words) == [sorted(fix for fix, _ in wrong_letters._undo(word)) for word in words]


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=12))
def test_words_made_by_the_arrays_can_be_undone_again(words: list[str]) -> None:
    """The second confusion is undone in what the first left, as `repaired` does it."""
    once = [fix for word in words for fix, _ in wrong_letters._undo(word)]
    if once:
        assert _undone(once) == [sorted(fix for fix, _ in wrong_letters._undo(word)) for word in once]


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS | _confused() | st.sampled_from(CONFUSED), max_size=20))
def test_no_word_with_a_repair_is_passed_over(words: list[str]) -> None:
    """Where `repaired` finds something, the word is told, in whatever list it stands."""
    told = may_be_repaired(words).tolist()
    assert len(told) == len(words)
    assert all(may for word, may in zip(words, told, strict=True) if repaired(word) is not None)


def test_one_and_two_confusions_are_told_and_right_words_are_not() -> None:
    """The look does shorten the way: words of one and of two confusions are told, names and good words are not."""
    assert may_be_repaired(CONFUSED).all()
    assert not may_be_repaired(["शिवाजी", "बोल्होबा", "गळतासराय", "कक्ष", "तत्त्व", "वव", "थ", "ं"]).any()


def test_two_confusions_are_told_by_the_second_look() -> None:
    """सावगजतनक has two: undoing one of them alone gives no word of the list."""
    first = [fix for fix, _ in wrong_letters._undo("सावगजतनक")]
    assert not any(known_words().get(fix, 0) >= MIN_COUNT for fix in first)
    assert may_be_repaired(["सावगजतनक"]).all()


def test_words_too_short_or_too_long_are_not_looked_at() -> None:
    """As `repaired` leaves them alone, so do the arrays; no words at all are no error."""
    assert may_be_repaired(["वव" * MAX_LETTERS, "णण", ""]).tolist() == [False, False, False]
    assert may_be_repaired([]).tolist() == []
