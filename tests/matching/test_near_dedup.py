"""Near duplicates over a whole corpus: found across batches, guarded, never chained, whatever the order."""

import json
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.record import frame
from datakit.stage import MemoryCorpus, with_text_keys
from datakit.stages.exact_dedup import ExactDedup
from datakit.stages.near_dedup import NearDedup
from tests.matching.rows import after, batch, judge, rejected

STAGE = NearDedup()
BORN = "शिवाजी महाराजांचा जन्म कधी झाला?"
SLIPS = ["शिवाजी महराजांचा जन्म कधी झाला?", "शिवाजि महाराजांचा जन्म कधी झाला?", "शिवाजी महाराजांचा जन्म कधि झाला?"]
PAIRS = [
    (BORN, "१६३०"),
    (SLIPS[0], "१६३०"),
    (SLIPS[1], "1630"),
    ("संभाजी महाराजांचा जन्म कधी झाला?", "१६५७"),
    ("राजगड कोणी बांधला?", "शिवाजी महाराज"),
    ("रायगड कोणी बांधला?", "शिवाजी महाराज"),
]


def test_slips_of_one_question_leave_one_row() -> None:
    """Each of three misspelt copies joins the row of the highest priority."""
    rows = batch([(question, "१६३०") for question in [*SLIPS, BORN]]).with_columns(
        pl.Series("priority", [1, 1, 1, 9], dtype=pl.Int32)
    )
    assert rejected(STAGE, rows) == {0: 3, 1: 3, 2: 3}


def test_question_and_answer_must_both_match() -> None:
    """A slip in the question with another year is a conflict for another stage, not a duplicate."""
    assert rejected(STAGE, batch([(BORN, "१६३०"), (SLIPS[0], "१६२७")])) == {}
    assert rejected(STAGE, batch([(BORN, "१६३०"), ("राज्याभिषेक कधी झाला?", "१६३०")])) == {}


@pytest.mark.parametrize("column", ["system", "history"])
def test_another_setting_is_another_row(column: str) -> None:
    """Equal words after another dialogue or under another system prompt are no duplicates."""
    rows = batch([(BORN, "१६३०"), (SLIPS[0], "१६३०")])
    other = rows.with_columns(pl.when(pl.col("id") == "001").then(pl.lit("वेगळे")).alias(column))
    assert rejected(STAGE, rows) == {1: 0}
    assert rejected(STAGE, other) == {}


def test_contexts_must_be_equal_or_absent() -> None:
    """Two passages make two rows; a row without passage joins the one that has it."""
    made = [{"question": BORN, "context": "अ"}, {"question": SLIPS[0], "context": "ब"}, {"question": SLIPS[1]}]
    rows = frame(row | {"id": str(n), "answer": "१६३०"} for n, row in enumerate(made))
    assert rejected(STAGE, rows) == {2: 0}


def test_what_is_rejected_resembles_what_stays() -> None:
    """No chains: a text that drifts one word at a time does not end up merged with its far end."""
    words = [f"शब्द{letter}माला" for letter in "कखगघचछजझटठडढतथदधनपफबभमयरलवशसह"]
    drift = [" ".join([*words[n:], *["नवीन" + word for word in words[:n]]]) for n in range(8)]
    rows = batch([("या उताऱ्याचा सारांश लिहा", text) for text in drift])
    for gone, kept in rejected(STAGE, rows).items():
        assert kept is not None
        assert abs(gone - kept) <= 2


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(len(PAIRS))), st.integers(1, len(PAIRS)))
def test_neither_order_nor_batches_matter(order: list[int], cut: int) -> None:
    """The same rows stay in every order, and keys made batch by batch are the keys of the whole."""
    rows = batch(PAIRS)[order]
    gone = {rows["id"][row] for row in rejected(STAGE, rows)}
    assert gone == {"001", "002"}
    keyed = with_text_keys(rows)
    assert pl.concat([STAGE.keys(part) for part in keyed.iter_slices(cut)]).equals(STAGE.keys(keyed))


def test_ten_thousand_rows_of_one_template_cost_no_square() -> None:
    """A template with 10,000 different names keeps all rows, in seconds."""
    rows = batch([(f"प्रश्न {n} चे उत्तर काय आहे?", "माहीत नाही") for n in range(5_000)])
    equal = batch([(BORN, "१६३०")] * 5_000)
    both = pl.concat([rows, equal.with_columns(("e" + pl.col("id")).alias("id"))])
    started = time.process_time()
    gone = rejected(STAGE, both)
    assert len(gone) == 4_999
    assert min(gone) >= 5_000
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    "rows", [[], [(BORN, "१६३०")], [(None, None)] * 3, [("", "")] * 3, [("????", "??"), ("???", "??")]]
)
def test_rows_without_words_are_left_alone(rows: list[tuple[str | None, str | None]]) -> None:
    """Nothing to compare: no verdict, no crash."""
    assert judge(STAGE, batch(rows)).is_empty()


def test_signs_tell_answers_apart() -> None:
    """A+ and A- are two blood groups though their words are equal."""
    assert rejected(STAGE, batch([("त्यांचा रक्तगट कोणता आहे?", "A+"), ("त्यांचा रक्तगट कोणता आहे", "A-")])) == {}


def test_a_wrong_threshold_is_refused() -> None:
    """The message says what was found and what is expected."""
    with pytest.raises(ValueError, match="min_percent: found 0, expected 1 to 100"):
        NearDedup(min_percent=0)


def test_a_higher_threshold_merges_less() -> None:
    """At 100 percent a title more keeps two rows; at 90 it does not."""
    rows = batch([("महाराष्ट्राची राजधानी कोणती आहे?", "मुंबई"), ("महाराष्ट्राची राजधानी कोणती?", "मुंबई")])
    assert len(rejected(NearDedup(min_percent=80), rows)) == 1
    assert rejected(NearDedup(min_percent=100), rows) == {}


def test_labelled_pairs_that_are_no_paraphrases_stay(shared_data: Path) -> None:
    """Of the pairs labelled NP whose texts differ in a letter at most 6 of 2,008 merge, as questions and as answers.

    All that merge are misprints (docs/dedup.md shows them); the rest of the 1 % are pairs with one dedup key.
    """
    lines = (shared_data / "near_dup_pairs.jsonl").read_text("utf-8").splitlines()
    pairs = [pair for pair in map(json.loads, lines) if pair["label"] == "NP"]
    as_questions = [(text, f"उत्तर {n}") for n, pair in enumerate(pairs) for text in (pair["a"], pair["b"])]
    as_answers = [(f"प्रश्न {n} काय आहे?", text) for n, pair in enumerate(pairs) for text in (pair["a"], pair["b"])]
    for rows in (batch(as_questions), batch(as_answers)):
        equal = rejected(ExactDedup(), rows)
        near = {row: of for row, of in rejected(STAGE, rows).items() if row not in equal and of not in equal}
        assert len(near) <= 6


def test_planted_variants_are_found(shared_data: Path) -> None:
    """Of the variants planted into real questions and answers at least 98 % join their original."""
    from benchmarks.dedup_variants import planted, recall

    files = [shared_data / f"{name}.jsonl" for name in ("marathi_history_qa", "marathi_qa_factual")]
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    rows, kinds, made_of = planted([(line["question"], line["answer"]) for line in lines], seed=11)
    exact = rejected(ExactDedup(), batch(rows))
    near = rejected(STAGE, after(ExactDedup(), batch(rows)))
    merged = {row: of for row, of in (exact | near).items() if of is not None}
    found = recall(merged, kinds, made_of)
    assert {kind: share for kind, share in found.items() if share < 0.97} == {}
    assert sum(found.values()) / len(found) >= 0.98


def test_memory_corpus_is_read_column_by_column() -> None:
    """No call asks for more than one block column, so that a large corpus is never held whole."""

    class Watched(MemoryCorpus):
        asked: list[tuple[str, ...]]

        def keys(self, *columns: str) -> pl.DataFrame:
            self.asked.append(columns)
            return super().keys(*columns)

    corpus = Watched(batch(PAIRS), STAGE)
    corpus.asked = []
    STAGE.apply(corpus)
    assert max(sum("left" in name or "band" in name for name in columns) for columns in corpus.asked) == 1
