"""Words found with arrays against words found by the pattern, and the memo that knows them by their hash."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import datakit.matching.word_spans as spans_module
from datakit.matching.lexemes import WORD_PATTERN, analyse, fold, skeleton
from datakit.matching.stems import folded
from datakit.matching.word_arrays import BOUND, FREE, bearings, question_arrays, word_arrays
from datakit.matching.word_memo import Known, WordMemo
from datakit.matching.word_spans import word_spans

MIXED = st.text(
    st.one_of(
        st.sampled_from("कगतदनमपरऱसहअईएािीुे्ंः़०१२३४५६789,,,.- \n\u200c\u200d\u200b"),
        st.sampled_from("AbZéßΣςİ½²٣ⅷ🙂𐍈𑀓_~\0\x1c"),
        st.characters(codec="utf-8", exclude_categories=("Nd", "Nl", "No", "Cs")),
    ),
    max_size=60,
)
FAR_DIGITS = "[\U00010000-\U0010ffff&&\\p{N}]"


def words_by_pattern(texts: pl.Series) -> tuple[list[str], list[int]]:
    """Return the words of a column as the pattern finds them, and the text of each."""
    lists = texts.fill_null("").str.extract_all(WORD_PATTERN).to_list()
    return [word for one in lists for word in one], [row for row, one in enumerate(lists) for _ in one]


def words_by_arrays(texts: pl.Series) -> tuple[list[str], list[int]]:
    """Return the same as the arrays find it."""
    found = word_spans(texts)
    return [found.word(number) for number in range(len(found.starts))], found.owner.tolist()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.none(), MIXED), max_size=6))
def test_arrays_find_the_words_that_the_pattern_finds(texts: list[str | None]) -> None:
    """Every script, every sign, null, the empty text and characters of two code units: the same words in order."""
    column = pl.Series(texts, dtype=pl.String)
    assert words_by_arrays(column) == words_by_pattern(column)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("५,००,००० रुपये", ["५,००,०००", "रुपये"]),
        ("१,२३४५,६७", ["१,२३४", "५,६७"]),
        ("१,२३४५६", ["१,२३४", "५६"]),
        ("१,२ ३,,४५", ["१", "२", "३", "४५"]),
        ("12,345,6", ["12,345", "6"]),
        (",१२,क,१२", ["१२", "क", "१२"]),
        ("१२,½½", ["१२,½½"]),
        ("क१ख", ["क", "१", "ख"]),
        ("दर्\u200dया पिता\u200c", ["दर्\u200dया", "पिता\u200c"]),
    ],
)
def test_commas_group_two_or_three_digits(text: str, words: list[str]) -> None:
    """Indian groups are one word; a comma before one digit or before more than three ends it as the pattern does."""
    assert words_by_arrays(pl.Series([text])) == words_by_pattern(pl.Series([text]))
    assert words_by_arrays(pl.Series([text]))[0] == words


def test_digits_of_two_code_units_make_no_groups() -> None:
    """The one difference to the pattern: 𝟏,𝟐𝟑 is two words, beside १,२३ which is one."""
    assert words_by_arrays(pl.Series(["𝟏,𝟐𝟑 १,२३"]))[0] == ["𝟏", "𝟐𝟑", "१,२३"]
    assert pl.Series(["𝟏"]).str.contains(FAR_DIGITS).all()


@pytest.mark.parametrize("chunk", [1, 2, 7, 64])
def test_words_are_the_same_however_the_column_is_cut(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk ends inside no word and no group of digits, and hashes do not depend on the place in a chunk."""
    texts = pl.Series(
        ["शिवाजी महाराजांचा जन्म १६३०, १९,०२,१६३० रोजी", None, "", "क" * 200 + " 🙂 रायगड, रायगड", "शिवाजी"]
    )
    whole = word_spans(texts)
    monkeypatch.setattr(spans_module, "USUAL", chunk)
    cut = word_spans(texts)
    for name in ("starts", "ends", "owner", "hashes"):
        assert getattr(cut, name).tolist() == getattr(whole, name).tolist()


def thue_morse(length: int) -> str:
    return "".join("कख"[number.bit_count() % 2] for number in range(length))


def test_equal_words_have_equal_hashes_and_no_others() -> None:
    """Two-letter words, words in another order, and the long ones that sums of powers modulo 2^64 confuse."""
    letters = "कखगघचछजझटठडढतथदधनपफबभमयरलवशसह"
    words = [a + b + c for a in letters for b in letters for c in letters]
    words += [turned for length in range(1, 13) for turned in (thue_morse(2**length), thue_morse(2**length)[::-1])]
    words += [thue_morse(4096).translate(str.maketrans("कख", "खक"))]
    distinct = list(dict.fromkeys(words))
    found = word_spans(pl.Series([" ".join(distinct), " ".join(reversed(distinct))]))
    first, second = np.split(found.hashes, 2)
    assert len(set(first.tolist())) == len(distinct)
    assert first.tolist() == second[::-1].tolist()


@settings(max_examples=200, deadline=None)
@given(st.lists(MIXED, max_size=8))
def test_columns_fold_as_words_do(words: list[str]) -> None:
    """`folded` gives what `fold` and `skeleton` give, also beyond ASCII and Devanagari."""
    surfaces, plains = folded(pl.Series(words, dtype=pl.String))
    assert surfaces.to_list() == [fold(word) for word in words]
    assert plains.to_list() == [skeleton(fold(word)) for word in words]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=12), max_size=5))
def test_the_memo_gives_back_what_was_put_in(groups: list[list[int]]) -> None:
    """Words that fight for one place are all found again; what was never put in is not there."""
    memo = WordMemo(bits=7)
    known: dict[int, int] = {}
    for group in groups:
        crowded = {word & 0x3FF | 7 << 57 for word in group} | {word | 1 for word in group}
        new = np.array(sorted(crowded - known.keys()), dtype=np.uint64)
        if not memo.has_room(len(new)):
            break
        assert (memo.places(new) == -1).all()
        kinds = np.full(len(new), len(known) % 4, dtype=np.uint8)
        memo.add(new, Known(~new, kinds, kinds == 3, new + np.uint64(1), kinds + np.uint8(4)))
        known |= dict.fromkeys(new.tolist(), len(known) % 4)
        asked = np.array(list(known), dtype=np.uint64)
        at = memo.places(asked)
        assert memo.known.stems[at].tolist() == [2**64 - 1 - word for word in known]
        assert memo.known.kinds[at].tolist() == list(known.values())
        assert memo.known.unknown[at].tolist() == [kind == 3 for kind in known.values()]
        assert memo.known.roots[at].tolist() == [(word + 1) % 2**64 for word in known]
        assert memo.known.flags[at].tolist() == [kind + 4 for kind in known.values()]
    assert memo.count == len(known)


def test_a_full_memo_is_emptied_and_grows_with_the_column(monkeypatch: pytest.MonkeyPatch) -> None:
    """More distinct words than places, in one column or in many, change no hash and no kind."""
    letters = "कखगघचछजझटठडढतथदधनपफबभमयरलवशसह"
    texts = pl.Series([f"{a}{b}पदम १६३०" for a in letters for b in letters[:20]])
    large = word_arrays(texts)
    monkeypatch.setattr("datakit.matching.word_arrays._memo", WordMemo(bits=4))
    small = word_arrays(texts)
    parts = [word_arrays(texts[at : at + 7]) for at in range(0, len(texts), 7)]
    assert small.hashes.tolist() == large.hashes.tolist() == np.concatenate([p.hashes for p in parts]).tolist()
    assert small.kinds.tolist() == large.kinds.tolist() == [FREE, BOUND] * len(texts)


def test_what_words_do_in_a_question_outlasts_the_memo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bearings asked for after the memo was emptied or exchanged are those of the words that it held before."""
    texts = pl.Series(["गडाचे वर्णन करा", None, "लढाईनंतर कैद कोणाला झाली", "तह"])
    wanted = np.array([True, True, False, True])
    before = bearings(question_arrays(texts), wanted)
    assert before.owner.tolist() == [0, 0, 0, 3]
    assert before.roots.any()
    assert before.flags.any()
    monkeypatch.setattr("datakit.matching.word_arrays._memo", WordMemo(bits=4))
    held = question_arrays(texts)
    word_arrays(pl.Series(["जंजिरा मुरूड देवगिरी अहमदनगर सिंधुदुर्ग विजयदुर्ग पन्हाळा विशाळगड पुरंदर सिंहगड"]))
    after = bearings(held, wanted)
    assert after.owner.tolist() == before.owner.tolist()
    assert after.roots.tolist() == before.roots.tolist()
    assert after.flags.tolist() == before.flags.tolist()


@pytest.mark.parametrize("word", ["शिवाजींनी", "किल्ल्यावरच्या", "१६,७४", "कोणता", "हिन्दुस्थानातील", "Tilak", "घरातल्यांना"])
def test_arrays_and_lexemes_say_the_same_of_a_word(word: str) -> None:
    """The stem that keys hash is the stem that texts are compared by."""
    import xxhash

    found = word_arrays(pl.Series([f"{word} रायगड"]))
    assert found.hashes[0] == xxhash.xxh3_64_intdigest(analyse(word).stem.encode())
