"""Words that may have a repair: told with arrays, and never fewer than those that are repaired one by one."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.record import frame
from datakit.screening import repairable, wrong_letters
from datakit.screening.known_words import known_words
from datakit.screening.legacy_font import legacy_font, may_show_one
from datakit.screening.phrases import phrases
from datakit.screening.repairable import may_be_repaired
from datakit.screening.wrong_letters import MAX_LETTERS, MIN_COUNT, repaired
from datakit.stages import damage
from datakit.stages.damage import Damage

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
    lengths = np.array([len(word) for word in words], dtype=np.int64)
    ends = np.cumsum(lengths + 1)
    units = np.frombuffer("\0".join(["", *words, "", ""]).encode("utf-16-le"), dtype="<u2")
    made, owner = repairable._undone(repairable._Words(units, ends - lengths, ends))
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


LATIN = (
    *(
        "k",
        'egkjk"Vª',
        "jkT;",
        "dmgm{Q>m",
        "ÊòÉ",
        "ÊòɺÉÖ",
        "a[b]c",
        "KhatakeDatta",
        "@kk",
        "the",
        "Fort",
        "é",
        "a<b",
        ";kauh",
    ),
    *("fdYyk", "vkgs", "रायगड", "(gksrh)", "https://t.co/kkk", "x" * 70, "k|k", "\x1c", "\u3000", "\n"),
    *phrases("legacy_fonts")["kruti_dev" if "kruti_dev" in phrases("legacy_fonts") else min(phrases("legacy_fonts"))][
        :5
    ],
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(LATIN) | st.text(st.sampled_from("kdsgjVªÊòÉ;{}|<>$ aA"), max_size=8), max_size=12))
def test_no_text_in_a_legacy_font_is_passed_over(pieces: list[str]) -> None:
    """Where `legacy_font` finds anything, the text shows one of the signs that are looked for first."""
    text = " ".join(pieces)
    assert may_show_one(pl.Series([text])).item() or legacy_font(text) is None


def test_every_code_is_looked_for() -> None:
    """A text of any two codes of one font shows a sign that is looked for; names and addresses show none."""
    codes = [code for font in phrases("legacy_fonts").values() for code in font]
    assert may_show_one(pl.Series(codes)).all()
    assert may_show_one(pl.Series(["@Dev_Fadnavis अरे?", "https://t.co/AMFAx44dtO", "Diwali 2022", None])).to_list() == [
        *(False, False, False),
        None,
    ]


def test_words_of_a_font_are_those_of_the_question_and_the_share_that_of_the_worse_text() -> None:
    """Two texts in a legacy font: the detail shows the first, the measure is the larger share; others have none."""
    lost = 'egkjk"Vª jkT;kph jktkus'
    rows = frame(
        [
            {"question": f"{lost} कोणी केली ते आता सांगा", "answer": f"{lost}"},
            {"question": "राजधानी कोणती?", "answer": "Raigad"},
            {"question": None, "answer": f"{lost} होय"},
        ]
    )
    shown, share = damage._legacy(rows)
    assert share.to_list() == [1.0, 0.0, 0.75]
    assert shown.to_list() == [legacy_font(lost)[0], None, legacy_font(lost)[0]]  # type: ignore[index]


PIECES = st.text(st.sampled_from("कखमािी् \ufffd?\ue000aAzZm१|/G(cid:)0\n.ઠ"), max_size=16)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(*[st.none() | PIECES] * 3), min_size=1, max_size=6))
def test_texts_without_a_sign_of_damage_count_none(rows: list[tuple[str | None, ...]]) -> None:
    """What is counted in rows alone that show a sign is what is counted in all, but for good question marks."""
    batch = frame([dict(zip(damage.READ, row, strict=True)) for row in rows]).with_columns(__shown=pl.lit(True))
    every = damage._counts(batch)
    measured = damage._measure(batch)
    for name in every.columns:
        if name != "__mark_share":  # told only where words of question marks are
            assert measured[name].to_list() == every[name].to_list(), name
    emphatic = every["__marks"] > 0
    assert measured["__mark_share"].filter(emphatic).to_list() == every["__mark_share"].filter(emphatic).to_list()


def test_emphasis_is_no_loss_and_lost_words_are() -> None:
    """Two question marks behind a word are emphasis; a text half of marks is lost."""
    rows = frame([{"question": "खरंच??", "answer": "हो"}, {"question": "?? ??? क", "answer": "हो"}])
    assert Damage().apply(rows)["reject_reason"].to_list() == [None, "lost_text"]
