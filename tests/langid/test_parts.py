"""The parts of the model: characters, words, hashed n-grams, whole-number weights, romanisation, grammar lines."""

from itertools import pairwise
from pathlib import Path
from random import Random
from unicodedata import category

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from datakit.langid.engines.aurora import MODEL_FILE, shipped_model
from datakit.langid.grammar import made_lines, question, table
from datakit.langid.model import BITS, LABELS, LATIN_LABELS, Model
from datakit.langid.romanise import romanise
from datakit.langid.scripts import DEVANAGARI, LATIN, SCRIPT_LABELS, SCRIPTS, code_points, script_table
from datakit.langid.texts import read_texts
from datakit.langid.words import ORDERS, Words, buckets, find_words

TEXT = st.text(st.sampled_from("कखगमरठीािु् ्ँं़ऽaZé \n।१\u200d\uffff😀"), max_size=30)


def words_of(texts: list[str]) -> tuple[Words, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return the words of texts and each text's script."""
    read = read_texts(texts)
    script = read.main_script()
    return find_words(read.letters_of(script), read.text), script


@given(st.lists(TEXT, min_size=1, max_size=6))
def test_each_text_keeps_its_number(texts: list[str]) -> None:
    """Counts and scripts come back for exactly as many texts as were given, in their order."""
    read = read_texts(texts)
    assert read.counts().shape == (len(texts), len(SCRIPTS) + 1)
    for number, text in enumerate(texts):
        assert read.main_script()[number] == read_texts([text]).main_script()[0]


@given(st.lists(TEXT, min_size=1, max_size=6))
def test_words_of_many_texts_are_the_words_of_each(texts: list[str]) -> None:
    """No word runs over the end of a text: counts of words add up."""
    words, _ = words_of(texts)
    assert len(words.text) == sum(len(words_of([text])[0].text) for text in texts)
    assert (np.diff(words.text) >= 0).all()


def test_a_word_has_its_ngrams_and_itself_as_features() -> None:
    """A word of n letters with its two boundaries gives n + 3 - k n-grams of k characters, and one for the whole."""
    words, _ = words_of(["मराठी"])
    features, begin = buckets(words, bits=BITS)
    size = len("मराठी") + 2
    assert list(begin) == [0]
    assert len(features) == 1 + sum(max(size - order + 1, 0) for order in ORDERS)
    assert features.min() >= 0
    assert features.max() < 1 << BITS


def test_a_feature_depends_on_the_letters_and_not_on_the_place() -> None:
    """The same word anywhere in the array has the same features: prefix sums leave no trace of what stood before."""
    alone, _ = words_of(["किल्ला"])
    later, _ = words_of(["एक दोन तीन " * 40 + "किल्ला"])
    features, begin = buckets(later, bits=BITS)
    ends = np.append(begin, len(features))
    every = {tuple(sorted(features[start:end])) for start, end in pairwise(ends)}
    assert tuple(sorted(buckets(alone, bits=BITS)[0])) in every


def test_letters_of_the_other_script_are_left_out() -> None:
    """In a Devanagari text the Latin words have no say: the model sees them nowhere."""
    with_terms, script = words_of(["पुणे करार Poona Pact झाला"])
    without, _ = words_of(["पुणे करार झाला"])
    assert list(script) == [1]
    assert len(with_terms.text) == len(without.text) == 3


def test_mostly_latin_text_is_latin() -> None:
    """Below a quarter of Devanagari letters a text is judged by its Latin ones."""
    assert list(words_of(["the fort called गड in Maharashtra was built long before"])[1]) == [2]


def test_every_script_has_a_label() -> None:
    """Script numbers and the labels of scripts without a model line up."""
    assert len(SCRIPT_LABELS) == len(SCRIPTS) + 1


def test_letters_and_marks_belong_to_the_first_range_that_holds_them() -> None:
    """Of all characters of the basic plane only letters and marks have a script, and no later range takes one away."""
    found = script_table()
    assert found.shape == (0x10000,)
    assert {DEVANAGARI, LATIN} < set(found.tolist())
    for code, number in enumerate(found.tolist()):
        ranges = [n for n, (_, first, last) in enumerate(SCRIPTS, 1) if first <= code <= last]
        assert number == (ranges[0] if ranges and category(chr(code))[0] in "LM" else 0), hex(code)


def test_lone_surrogates_and_far_planes_pass() -> None:
    """Characters that cannot be encoded, and those beyond the basic plane, become characters of no script."""
    codes = code_points(["\ud800x😀"], max_chars=9)
    assert list(codes) == [0xD800, ord("x"), 0, 0xFFFF]
    assert read_texts(["\ud800😀"]).counts()[0, 1:11].sum() == 0


def test_quantised_weights_come_back_from_disk(tmp_path: Path) -> None:
    """Saving and loading changes nothing, and one step of quantisation is all that rounding may cost."""
    weights = np.random.default_rng(5).normal(size=(1 << BITS, len(LABELS))).astype(np.float32)
    model = Model.quantise(weights)
    model.save(tmp_path / "model.npz")
    again = Model.load(tmp_path / "model.npz")
    assert (again.weights == model.weights).all()
    assert again.unit == model.unit
    inside = np.abs(weights) < 127 * model.unit
    assert np.abs(model.weights * model.unit - weights)[inside].max() <= model.unit / 2 + 1e-6


def test_the_shipped_model_fits_the_code() -> None:
    """Its table has a row a bucket and a column a label, in 8 bits, in a file of 1 to 3 MB."""
    model = shipped_model()
    assert model.weights.shape == (1 << BITS, len(LABELS))
    assert model.weights.dtype == np.int8
    assert 1e6 < MODEL_FILE.stat().st_size < 3.2e6
    assert set(LATIN_LABELS) < set(LABELS)


def test_more_evidence_makes_a_larger_logit() -> None:
    """Two words that speak for Marathi say more than one of them."""
    one, _ = words_of(["महाराजांनी"])
    two, _ = words_of(["महाराजांनी किल्ल्याची"])
    place = LABELS.index("mar")
    assert shipped_model().logits(two, 1)[0, place] > shipped_model().logits(one, 1)[0, place] > 0


def test_romanised_text_is_latin_and_seeded() -> None:
    """Romanising leaves no Devanagari, repeats with its seed, and varies without it."""
    text = "शिवाजी महाराजांनी १६७४ मध्ये स्वराज्य स्थापले"
    spellings = {romanise(text, Random(seed)) for seed in range(30)}
    assert romanise(text, Random(4)) == romanise(text, Random(4))
    assert all(spelling.isascii() for spelling in spellings)
    assert len(spellings) > 5
    assert any(spelling.startswith("shivaji maharajan") for spelling in spellings)


def test_grammar_lines_are_of_their_language() -> None:
    """Made lines repeat with their seed, for labels that the model has, from forms that stand in one row only once."""
    nouns = ["साम्राज्य", "किल्लेदार"]
    lines = list(made_lines(nouns, count=20, seed=3))
    assert lines == list(made_lines(nouns, count=20, seed=3))
    assert {label for label, _ in lines} == set(table()) - {"all"} <= set(LABELS)
    assert any(
        "साम्राज्याचो" in text or "साम्राज्याक" in text
        for label, text in made_lines(nouns, count=400, seed=3)
        if label == "gom"
    )


def test_made_questions_end_in_the_asking_of_their_language() -> None:
    """A made question ends in an `ask` form of its language and has a name or noun with an ending before it."""
    forms = table()
    names = forms["all"]["name"]
    for label in ("mar", "hin", "gom", "npi", "san"):
        asking = tuple(form.replace("+", " ") for form in forms[label]["ask"])
        for seed in range(50):
            line = question(forms[label], names, ["साम्राज्य"], Random(seed))
            assert line.endswith(asking), line
            assert "+" not in line
            assert "_" not in line
            assert any(name in line for name in [*names, "साम्राज्य"]), line
