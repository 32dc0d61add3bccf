"""What the model remembers of words changes no answer: not by order, by room, or by thread."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.langid import word_memory
from datakit.langid.engines.aurora import identify, shipped_model
from datakit.langid.model import BITS, Model
from datakit.langid.scripts import code_points
from datakit.langid.texts import read_texts
from datakit.langid.word_memory import WordMemory
from datakit.langid.words import Words, buckets, find_words

TEXT = st.text(st.sampled_from("कखगमरठीािु् abc"), min_size=1, max_size=30)


def words_of(texts: list[str]) -> Words:
    """Return the words of texts."""
    read = read_texts(texts)
    return find_words(read.letters_of(read.main_script()), read.text)


def plain(words: Words) -> list[list[int]]:
    """Return the scores of words that nobody remembers."""
    scores: list[list[int]] = shipped_model()._word_scores(words).tolist()
    return scores


@settings(deadline=None)
@given(st.lists(st.lists(TEXT, min_size=1, max_size=4), min_size=1, max_size=5))
def test_scores_are_those_of_the_words_alone(batches: list[list[str]]) -> None:
    """Over many batches, with room for four words only, each word gets the score that it has by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_memory, "SLOT_BITS", 2)
        memory = WordMemory(score=shipped_model()._word_scores, width=16)
        for texts in (*batches, *reversed(batches)):
            words = words_of(texts)
            if len(words.text):
                assert memory.scores(words).tolist() == plain(words)


def test_words_seen_before_are_not_scored_again() -> None:
    """A second batch of the same words asks the model nothing."""
    asked: list[int] = []

    def score(words: Words) -> word_memory.Scores:
        asked.append(len(words.text))
        return shipped_model()._word_scores(words)

    memory = WordMemory(score=score, width=16)
    words = words_of(["शिवाजी महाराज शिवाजी", "महाराज पुणे"])
    first = memory.scores(words)
    assert asked == [3]
    assert memory.scores(words).tolist() == first.tolist()
    assert asked == [3]


def test_threads_share_the_memory() -> None:
    """Texts labelled by eight threads at once have the labels that they have alone."""
    texts = [[f"शिवाजी महाराजांनी {n} किल्ले जिंकले", f"राजा ने {n * 7} सैनिक भेजे थे"] * 40 for n in range(64)]
    alone = [identify(batch) for batch in texts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(identify, texts)) == alone


@given(st.lists(st.text(st.sampled_from("कड़ड़\u093ce\u0301 😀"), max_size=9), min_size=1, max_size=6))
def test_composing_some_texts_composes_all(texts: list[str]) -> None:
    """Only texts with a character that may compose are composed, and the array is that of each text alone."""
    together = code_points(texts, max_chars=20)
    alone = np.concatenate([code_points([text], max_chars=20) for text in texts])
    assert together.tolist() == alone.tolist()


@pytest.mark.parametrize("letters", [1, 2, 12, 52, 53, 200])
def test_sums_in_lanes_are_sums(letters: int) -> None:
    """Four labels added at once give what adding them one by one gives, up to the longest word that fits and beyond."""
    rng = np.random.default_rng(letters)
    model = Model(weights=rng.choice(np.array([-127, 0, 127], np.int8), (1 << BITS, 15), p=[0.1, 0.1, 0.8]), unit=0.1)
    words = words_of(["ऱ" * letters + " क", "कखग " * 3])
    features, begin = buckets(words, bits=BITS)
    per_word = np.diff(np.append(begin, len(features)))
    assert model._sums(features, begin, per_word).tolist() == [
        model.weights[part].sum(axis=0, dtype=np.int64).tolist() for part in np.split(features, begin[1:])
    ]
    assert (per_word.max() > 0xFFFF // 255) == (letters > 52)


@pytest.mark.parametrize("labels", [15, 16])
def test_scores_in_pairs_are_scores(labels: int) -> None:
    """Two labels added at once give the logits that the scores of the words one by one give, for the longest text."""
    rng = np.random.default_rng(labels)
    model = Model(weights=rng.integers(-127, 128, (1 << BITS, labels)).astype(np.int8), unit=0.1)
    texts = ["क " * 300, "", "शिवाजी महाराज", "ऱ" * 600, "कख गघ " * 100]
    words = words_of(texts)
    scores = model._word_scores(words)
    expected = [scores[words.text == text].sum(axis=0) for text in range(len(texts))]
    sizes = np.bincount(words.text, minlength=len(texts))
    assert sizes.tolist() == [300, 0, 2, 1, 200]
    weights = (0.1 / 64 / np.sqrt(sizes.clip(1)))[:, None]
    assert model.logits(words, len(texts)).tolist() == (np.array(expected) * weights).tolist()
