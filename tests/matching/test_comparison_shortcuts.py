"""Comparisons word by word: each shortcut says what the long way says."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import datakit.matching.disagree as disagree
from datakit.matching.disagree import _alone, _meaning, _name_root, _yes_or_no, compare, may_be_at_odds
from datakit.matching.lexemes import Lexeme, first_words, fold, lexeme, lexemes, skeleton, split
from datakit.matching.near_match import _changed
from datakit.matching.question_form import asked
from datakit.matching.spelling import _far, _slip, edited, same_word
from datakit.screening.known_words import known_words

WORDS = sorted(known_words())[::9]
NEAR = "शिवाजी शीवाजी शिवाजि संभाजी रायगड राजगड वाडगाव वडगाव दुःख दुख अंतःकरण अंतकरण नमः नम पाणी पाणि"
NEAR += " जिजाई जिजाबाई जयसिंग जयसिंह किल्ला दुर्ग"
ANY = st.one_of(st.sampled_from(NEAR.split()), st.sampled_from(WORDS), st.text("कखगािींः्", min_size=1, max_size=6))


def slipped(word: str, chance: random.Random) -> str:
    """Drop, double or swap a letter, or leave the word."""
    at = chance.randrange(len(word))
    return chance.choice([word, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word[::-1]])


@given(ANY, ANY, st.randoms(use_true_random=False))
def test_words_that_are_far_by_length_are_no_slip_apart(one: str, two: str, chance: random.Random) -> None:
    """Whatever `_far` tells apart, no slip joins, as the word stands or as it is folded; a visarga has no length."""
    for other in (two, slipped(one, chance) or one, one + "ः", two + "ःः"):
        a, b = fold(one), fold(other)
        if _far(a, b):
            assert not _slip(*sorted((a, b)), False)
            assert not _slip(*sorted((a, b)), True)
            assert skeleton(a) != skeleton(b)


def test_the_length_tells_most_pairs_apart() -> None:
    """Half of the pairs of the word list end at their lengths; a slip never does."""
    chance = random.Random(7)
    pairs = [(chance.choice(WORDS), chance.choice(WORDS)) for _ in range(4_000)]
    assert sum(_far(one, two) for one, two in pairs) > 1_500
    assert not _far("दुःख", "दुख")
    assert _far("दुःखी", "दु")
    assert same_word(lexeme("छत्रपतींच"), lexeme("छत्रपतीच"))


@given(st.lists(ANY, max_size=12), st.lists(ANY, max_size=12), st.booleans())
def test_words_alone_are_those_without_a_partner(left: list[str], right: list[str], looked: bool) -> None:
    """By arrays or one by one: no other is the same by root, by meaning, or but for a slip."""
    one, two = ([lexeme(word) for word in words] for words in (left, right))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disagree, "WORTH_A_LOOK", 1 if looked else 10_000)
        found = _alone(one, two)
    assert found == [word for word in one if not any(_same(word, other) for other in two)]


def _same(one: Lexeme, two: Lexeme) -> bool:
    roots = _name_root(one.stem) == _name_root(two.stem)
    return same_word(one, two) or roots or _meaning(one.stem) == _meaning(two.stem)


QUESTIONS = [
    "शिवाजी महाराजांचा जन्म कधी झाला?",
    "किल्ल्याला किती दरवाजे आहेत?",
    "संभाजी महाराजांचे गुरू कोण होते?",
    "रायगड किल्ला कोठे आहे?",
    "सर्वात मोठा किल्ला कोणता?",
    "किल्ला बांधला का?",
    "स्वराज्याच्या राजधानीचे वर्णन करा",
    "राज्याभिषेक म्हणजे काय?",
    "तह कोणाकोणात झाला?",
]
SAID = "शिवाजी संभाजी रायगड राजगड पुणे सातारा नाशिक टिळक गोखले १६७४ १६८० बारा तीन जन्म होय नाही महाराज छत्रपती राजा किल्ला"
SAID += " बांधला मोठा आहे होता वरील लढाई फौज तोफा वाडा जिजाबाई जिजाई WEF नदी डोंगर पर्वत"
ANSWERS = st.lists(st.sampled_from(SAID.split()), max_size=9).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(QUESTIONS), ANSWERS, ANSWERS, st.integers(0, 9), st.sampled_from(SAID.split()))
def test_answers_at_odds_are_seen_to_be_so(question: str, one: str, two: str, at: int, other: str) -> None:
    """Whatever `compare` finds at odds may be so by what is seen of each answer: of chance answers, or of slips."""
    form = asked(question)
    assert form is not None
    words = one.split()
    for answer in (two, " ".join([*words[:at], other, *words[at + 1 :]]), two + " " + one):
        if compare(form, one, answer).same is False:
            assert may_be_at_odds(form, one, answer)
            assert may_be_at_odds(form, answer, one)


def test_written_conflicts_are_seen_and_long_accounts_are_not() -> None:
    """Every written pair that is at odds passes the look; two long accounts without a value in common do not."""
    odds = 0
    for line in (Path(__file__).parent / "data" / "conflicts.jsonl").read_text("utf-8").splitlines():
        (question, one, *_), (_, two, *_) = json.loads(line)["rows"][:2]
        form = asked(question)
        if form is not None and compare(form, one, two).same is False:
            odds += 1
            assert may_be_at_odds(form, one, two), (question, one, two)
    assert odds > 40
    form = asked("किल्ल्याचे वर्णन करा")
    assert form is not None
    long = "किल्ला डोंगरावर उंच आणि मजबूत तटबंदीने वेढलेला असून तेथे पाण्याची टाकी भरपूर आहेत"
    assert not may_be_at_odds(form, long, "येथील दरवाजे लाकडी असून बुरुजांवर तोफा ठेवलेल्या दिसतात व वाडे पडके")


@given(st.lists(ANY, max_size=9), st.lists(ANY, max_size=9))
def test_changed_words_are_counted_as_multisets(left: list[str], right: list[str]) -> None:
    """As Counter counts them: the larger of what either side has too many, titles left out."""
    one, two = ([lexeme(word) for word in [*words, "महाराज"]] for words in (left, right))
    stems, others = (Counter(word.stem for word in words if word.kind != "honorific") for words in (one, two))
    assert _changed(one, two) == max((stems - others).total(), (others - stems).total())


@pytest.mark.parametrize(
    ("text", "said"),
    [("होय, ते खरे आहे", True), ("नाही", False), ("", None), ("?", None), ("रायगड", None), ("होय " + "क " * 8, None)],
)
def test_yes_or_no_is_told_from_the_first_words(text: str, said: bool | None) -> None:
    """An answer that begins with yes or no and is short; of a longer one only the first words are split off."""
    assert _yes_or_no(text) is said
    for count in (0, 1, 9):
        assert first_words(text, count) == split(text)[:count]


def test_edited_words_still_are() -> None:
    """What `same_but_slip` adds to `same_word` is not cut off by the length: a bindu written out is two letters."""
    assert edited(skeleton(fold("पदोंनती")), skeleton(fold("पदोन्नती")))
    assert lexemes("पदोंनती")[0].surface != lexemes("पदोन्नती")[0].surface
