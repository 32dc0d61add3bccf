"""Blocks and candidates: what shares a block for certain, MinHash against true similarity, caps, slices."""

from itertools import combinations
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.matching.blocks import BANDED_FROM, LEFT_OUT_UP_TO, PARTS, block_columns, block_keys
from datakit.matching.candidates import LEADERS, WHOLE_BLOCK, merge, pairs_of, slices
from datakit.matching.minhash import _FACTORS, BANDS, ROWS_A_BAND, bands, mix, word_pairs
from datakit.matching.shingles import shingles
from datakit.matching.signs import signs
from datakit.matching.word_arrays import BOUND, FREE, word_arrays


def blocks_of(questions: list[str], answers: list[str]) -> list[set[int]]:
    """Return all block hashes of each row."""
    usable = np.ones(len(questions), dtype=bool)
    setting = np.zeros(len(questions), dtype=np.uint64)
    keys = block_keys("x", word_arrays(pl.Series(questions)), word_arrays(pl.Series(answers)), setting, usable)
    found: list[set[int]] = [set() for _ in questions]
    for name in block_columns("x"):
        for row, value in enumerate(keys[name]):
            found[row] |= set(value.to_list()) if isinstance(value, pl.Series) else ({value} - {None})
    return found


LETTERS = "कखगघचछजझटठडढतथदधनपफबभमयरलवशसह"
WORDS = [f"{one}{other}पदम" for one in LETTERS for other in LETTERS]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("शिवाजी महाराजांचा जन्म कधी झाला", "शिवाजी महाराजांचा जन्मम कधी झाला"),
        ("शिवाजी महाराजांचा जन्म कधी झाला", "जन्म कधी झाला शिवाजी महाराजांचा"),
        ("रायगड कोणी बांधला", "रायगड किल्ला कोणी बांधला"),
        ("शिवनेरी कोठे आहे", "शिवनेरीवर कोठे आहे"),
    ],
)
def test_one_word_apart_shares_a_block_for_certain(one: str, other: str) -> None:
    """A word exchanged, added, moved or inflected: the words left over are the same."""
    first, second = blocks_of([one, other], ["१६३०", "१६३०"])
    assert first & second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("१६७४ मध्ये काय घडले", "१६८० मध्ये काय घडले"),
        ("पानिपतची पहिली लढाई", "पानिपतची तिसरी लढाई"),
        ("ते आले नाहीत", "ते आले होते"),
    ],
)
def test_numbers_and_negations_are_part_of_every_block(one: str, other: str) -> None:
    """Rows that differ in what may never differ are not even compared."""
    first, second = blocks_of([one, other], ["उत्तर", "उत्तर"])
    assert not first & second


def test_a_question_word_is_left_out_too_where_all_else_is_equal() -> None:
    """कोणता typed as कोणात is another question word; with another answer the two rows never meet."""
    asked = ["तह कोणता होता", "तह कोणात होता"]
    first, second = blocks_of(asked, ["उत्तर", "उत्तर"])
    assert first & second
    first, second = blocks_of(asked, ["पुरंदर", "वसई"])
    assert not first & second


def test_question_and_answer_do_not_change_places() -> None:
    """A word of the question is not the same word of the answer."""
    first, second = blocks_of(["रायगड कोठे"], ["महाड"])[0], blocks_of(["महाड कोठे"], ["रायगड"])[0]
    assert not first & second


def test_texts_of_every_length_have_blocks_of_some_kind() -> None:
    """Left-out words up to one length, bands from a lower one: no length falls between them."""
    assert BANDED_FROM < LEFT_OUT_UP_TO
    for length in (1, 2, 5, 19, 20, 21, 27, 28, 29, 30, 45, 60):
        own, changed = WORDS[:length], [*WORDS[: length // 2], "बदललेला", *WORDS[length // 2 + 1 : length]]
        first, second = blocks_of([" ".join(own), " ".join(changed)], ["उत्तर", "उत्तर"])
        assert first & second, length


def test_minhash_agrees_with_the_similarity_it_estimates() -> None:
    """The share of equal minima is the Jaccard similarity, within three standard deviations."""
    shared = mix(np.arange(600, dtype=np.uint64))
    one = np.concatenate([shared[:400], shared[400:500]])
    other = np.concatenate([shared[:400], shared[500:600]])
    found = bands(np.array([0, 500]), np.concatenate([one, other]))
    assert found.shape == (BANDS, 2)
    equal = float((found[:, 0] == found[:, 1]).mean())
    jaccard = 400 / 600
    assert abs(equal - jaccard**ROWS_A_BAND) < 3 * np.sqrt(jaccard**ROWS_A_BAND / BANDS)


def test_a_band_is_made_of_the_least_hashes_of_its_own_functions() -> None:
    """Band by band and function by function: the least hash of a row's features is mixed into what was before it."""
    features = mix(np.arange(30, dtype=np.uint64))
    found = bands(np.array([0, 7]), features)
    for row, own in enumerate((features[:7], features[7:])):
        for band in range(BANDS):
            value = np.array([band], dtype=np.uint64)
            for factor in _FACTORS[band * ROWS_A_BAND : (band + 1) * ROWS_A_BAND]:
                value = mix(value ^ (own * factor).min())
            assert found[band, row] == value[0]


@pytest.mark.parametrize("chunk", [1, 2, 5, 64])
def test_bands_are_the_same_however_the_rows_are_cut(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk holds whole rows, one at least however long it is."""
    features = mix(np.arange(40, dtype=np.uint64))
    starts = np.array([0, 1, 4, 20, 39])
    whole = bands(starts, features)
    alone = [bands(np.array([0]), features[a:b]) for a, b in zip(starts, [*starts[1:], 40], strict=True)]
    monkeypatch.setattr("datakit.matching.minhash._CHUNK", chunk)
    assert np.array_equal(bands(starts, features), whole)
    assert np.array_equal(np.concatenate(alone, axis=1), whole)


def test_hashes_are_the_same_in_every_process() -> None:
    """A hash that changed with the process or the version would change what is published."""
    assert mix(np.array([0, 1], dtype=np.uint64)).tolist() == [16294208416658607535, 10451216379200822465]
    owner, pairs = word_pairs(np.array([0, 0, 1, 1, 1]), np.arange(5, dtype=np.uint64))
    assert owner.tolist() == [0, 1, 1]
    assert len(set(pairs.tolist())) == 3


def test_word_arrays_know_what_may_differ() -> None:
    """Numbers are bound, words free, function words gone; a text of function words keeps them."""
    words = word_arrays(pl.Series(["रायगड १६७४ आहे", None, "हा तो", ""]))
    assert words.rows == 4
    assert words.owner.tolist() == [0, 0, 2, 2]
    assert words.kinds.tolist() == [FREE, BOUND, FREE, FREE]


def test_pairs_put_the_better_row_first() -> None:
    """Ranks, not row numbers, in the pairs; a row alone in its block gives none."""
    table = pl.DataFrame({"row": [3, 5, 9], "x": [7, 7, 8]}, schema={"row": pl.UInt32, "x": pl.UInt64})
    live, rank = np.array([3, 5, 9], dtype=np.uint32), np.array([2, 0, 1], dtype=np.uint32)
    better, worse = merge([pairs_of(table, live, rank)])
    assert (better.tolist(), worse.tolist()) == ([0], [2])


@pytest.mark.parametrize("size", [2, WHOLE_BLOCK, WHOLE_BLOCK + 1, 5_000])
def test_a_large_block_costs_a_line_and_not_a_square(size: int) -> None:
    """Up to the cap every pair; beyond it each row against the leaders and a few neighbours."""
    rows = np.arange(size, dtype=np.uint32)
    table = pl.DataFrame({"row": rows, "x": np.ones(size, dtype=np.uint64)})
    better, worse = merge([pairs_of(table, rows, rows)])
    full = size * (size - 1) // 2
    assert len(better) == full if size <= WHOLE_BLOCK else len(better) < size * (LEADERS + 5)
    assert set(worse.tolist()) == set(range(1, size))
    assert (better < worse).all()


def test_slices_hold_whole_components() -> None:
    """No component is cut; every pair is in one slice."""
    better = np.array([0, 1, 10, 11, 20], dtype=np.uint32)
    worse = np.array([1, 2, 11, 12, 21], dtype=np.uint32)
    found = [chosen.tolist() for chosen in slices(better, worse, 3)]
    assert sorted(number for chosen in found for number in chosen) == [0, 1, 2, 3, 4]
    for chosen in found:
        assert {0, 1} <= set(chosen) or not {0, 1} & set(chosen)
        assert {2, 3} <= set(chosen) or not {2, 3} & set(chosen)
    assert list(slices(better[:0], worse[:0], 3)) == []


def test_no_blocks_for_rows_that_are_not_usable() -> None:
    """A row without question or answer is compared with nothing."""
    words = word_arrays(pl.Series(["रायगड"]))
    keys = block_keys("x", words, words, np.zeros(1, dtype=np.uint64), np.zeros(1, dtype=bool))
    assert keys.width == PARTS + BANDS
    assert keys.null_count().row(0) == (1,) * keys.width


def test_shingles_stay_inside_their_text() -> None:
    """Eight words make one run, seven none; digits of both kinds are one."""
    eight = "एक दोन तीन चार पाच सहा सात १६३०"
    owner, runs = shingles(pl.Series([eight, "सात शब्द " * 3, None, eight.replace("१६३०", "1630")]))
    assert owner.tolist() == [0, 3]
    assert runs[0] == runs[1]
    assert len(shingles(pl.Series([], dtype=pl.String))[0]) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A+", "+"),
        ("A-", "-"),
        ("C++", "++"),
        ("-५ अंश", "-"),
        ("१६७४-८०", ""),
        ("राज-गड", ""),
        ("१९ – २०", ""),
        (None, ""),
    ],
)
def test_signs_that_change_what_is_said(text: str | None, expected: str) -> None:
    """Signs of arithmetic and of blood groups count, dashes and hyphens do not."""
    assert signs(text) == expected


@pytest.mark.parametrize("size", [0, 1, 7, 2**16, 2**16 + 1, 2**17 - 1])
def test_numbers_are_scrambled_as_splitmix64_says(size: int) -> None:
    """Each number by itself, whatever the length, and what was given stays as it was."""
    numbers = np.random.default_rng(size).integers(0, 2**63, size).astype(np.uint64)
    before = numbers.copy()
    found = mix(numbers)
    assert (numbers == before).all()
    for number in {0, size // 2, size - 1} & set(range(size)):
        value = (int(numbers[number]) + 0x9E3779B97F4A7C15) % 2**64
        for bits, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            value = (value ^ value >> bits) * factor % 2**64
        assert int(found[number]) == value ^ value >> 31


@given(
    st.lists(st.lists(st.integers(0, 6), max_size=4, unique=True), max_size=40),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_pairs_are_every_two_rows_that_share_a_hash(blocks: list[list[int]], listed: bool, dice: Random) -> None:
    """Rows of small blocks meet in every two, whether their column holds one hash or a list; rows alone meet nobody."""
    rows = sorted(dice.sample(range(1_000), len(blocks)))
    if not listed:
        blocks = [block[:1] for block in blocks]
    values = blocks if listed else [block[0] if block else None for block in blocks]
    dtype = pl.List(pl.UInt64) if listed else pl.UInt64
    table = pl.DataFrame({"row": rows, "x": values}, schema={"row": pl.UInt32, "x": dtype})
    rank = dice.sample(range(len(rows)), len(rows))
    better, worse = merge([pairs_of(table, np.array(rows, dtype=np.uint32), np.array(rank, dtype=np.uint32))])
    shared = {
        (min(rank[one], rank[two]), max(rank[one], rank[two]))
        for one, two in combinations(range(len(rows)), 2)
        if set(blocks[one]) & set(blocks[two])
    }
    most = max((sum(number in block for block in blocks) for number in range(7)), default=0)
    found = set(zip(better.tolist(), worse.tolist(), strict=True))
    assert found <= shared
    assert found == shared or most > WHOLE_BLOCK
