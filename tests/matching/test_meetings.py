"""Where unequally worded questions meet: settings, events, relations, and what keeps questions apart."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datakit.matching.meetings import form_key, meeting_keys
from datakit.matching.question_form import Asked, asked, comparable
from datakit.stages.conflicts import Conflicts
from tests.matching.rows import batch, rejected

DATA = Path(__file__).parent / "data"
STAGE = Conflicts()


def form(text: str) -> Asked:
    """Return the form of a question that has one."""
    known = asked(text)
    assert known is not None, text
    return known


def freely(name: str, part: str) -> list[dict[str, Any]]:
    """Return the freely paraphrased pairs of one part; each part but `first` was measured before it was looked at."""
    files = "free" if part in ("fourth", "fifth") else "subset"
    lines = (DATA / f"{files}_{name}.jsonl").read_text("utf-8").splitlines()
    return [pair for pair in map(json.loads, lines) if pair["part"] == part]


def found(pair: dict[str, Any]) -> bool:
    """Tell whether a pair is reported as a conflict."""
    return bool(rejected(STAGE, batch([tuple(row) for row in pair["rows"]])))


PARTS = [("first", 0.84), ("second", 0.64), ("last", 0.78), ("fourth", 0.75), ("fifth", 0.67)]


@pytest.mark.parametrize(("part", "least"), PARTS)
def test_freely_paraphrased_questions(part: str, least: float) -> None:
    """No share of freely paraphrased conflicts falls, and of what is found 95 % are conflicts."""
    conflicts, others = freely("conflicts", part), freely("lookalikes", part)
    hits, false = sum(map(found, conflicts)), sum(map(found, others))
    assert min(len(conflicts), len(others)) >= 30
    assert hits / len(conflicts) >= least
    assert hits / (hits + false) >= 0.95


SAME = [
    ("लाल महालात शायिस्तेखानावर छापा कोणी घातला?", "पुण्याच्या लाल महालात शायिस्तेखानावर कोणी हल्ला केला?"),
    ("शनिवारवाडा कोणत्या शहरात आहे?", "पेशव्यांचा शनिवारवाडा कोठे आहे?"),
    ("महाराणी येसूबाई कोणाच्या पत्नी होत्या?", "येसूबाईंचे पती कोण होते?"),
    ("बाजीरावाने पालखेडच्या लढाईत कोणाला हरवले?", "पालखेड येथे बाजीरावाकडून कोणाचा पराभव झाला?"),
    ("जॅक्सनचा वध कोणी केला?", "नाशिकचा कलेक्टर जॅक्सन याला कोणी मारले?"),
    ("टिळक कधी मरण पावले?", "लोकमान्य टिळकांनी अखेरचा श्वास कधी घेतला?"),
    ("खर्ड्याची लढाई कोणत्या वर्षी झाली?", "मराठे आणि निजाम यांच्यातील खर्ड्याची लढाई कधी झाली?"),
    ("शाहू महाराजांची सुटका कधी झाली?", "शाहू मोगलांच्या कैदेतून केव्हा सुटले?"),
]


@pytest.mark.parametrize(("one", "two"), SAME)
def test_a_setting_an_event_or_a_side_makes_no_other_question(one: str, two: str) -> None:
    """What only tells where, whose, by which verb or from which side leaves a question what it is; both ways round."""
    assert comparable(form(one), form(two))
    assert comparable(form(two), form(one))


APART = [
    ("रायगड कोणी बांधला?", "रायगडाचा दरवाजा कोणी बांधला?"),
    ("टिळकांवर खटला कधी भरला?", "टिळकांवर दुसरा खटला कधी भरला?"),
    ("वसईचा किल्ला मराठ्यांनी कधी जिंकला?", "वसईचा किल्ला इंग्रजांनी कधी जिंकला?"),
    ("नारायणराव पेशव्यांचा मृत्यू कधी झाला?", "नारायणराव पेशव्यांच्या पत्नीचा मृत्यू कधी झाला?"),
    ("मराठ्यांचे सेनापती कोण होते?", "राजाराम महाराजांनंतर मराठ्यांचे सेनापती कोण होते?"),
    ("मराठ्यांचे नेतृत्व कोणी केले?", "दिल्लीत मराठ्यांचे नेतृत्व कोणी केले?"),
    ("खर्ड्याच्या लढाईत मराठ्यांनी कोणाला हरवले?", "खर्ड्याच्या लढाईत निजामाला कोणी हरवले?"),
    ("शहाजीराजे कोणाचे पुत्र होते?", "शहाजीराजे कोणाचे वडील होते?"),
    ("गोदावरीची लांबी किती?", "गोदावरीची महाराष्ट्रातील लांबी किती?"),
]


@pytest.mark.parametrize(("one", "two"), APART)
def test_a_number_a_name_or_an_event_too_many_is_another_question(one: str, two: str) -> None:
    """An ordinal, a doer exchanged, a relation, a period, the scope of an office or a part of a thing tells apart."""
    assert not comparable(form(one), form(two))
    assert not comparable(form(two), form(one))


@pytest.mark.parametrize(("one", "two"), SAME)
def test_comparable_questions_share_a_key(one: str, two: str) -> None:
    """Keys lose no pair that `comparable` would allow; another setting (context, earlier turns) shares none."""
    left, right = meeting_keys(form(one), ""), set(meeting_keys(form(two), ""))
    assert right.intersection(left)
    assert not right.intersection(meeting_keys(form(one), "another passage"))


def test_a_form_is_one_key() -> None:
    """The same question in another order is one form; a word more is another."""
    one, two = "शिवाजी महाराजांचा जन्म कधी झाला?", "कधी झाला शिवाजी महाराजांचा जन्म?"
    assert form_key(form(one), "") == form_key(form(two), "")
    assert form_key(form(one), "") != form_key(form("संभाजी महाराजांचा जन्म कधी झाला?"), "")


def test_three_wordings_vote_together() -> None:
    """Two sources in two wordings outvote a third, in a third wording, whatever the order of the rows."""
    rows = batch(
        [
            ("रँडचा वध कोणत्या साली झाला?", "१८९७"),
            ("पुण्यात रँडचा खून कधी झाला?", "२२ जून १८९७"),
            ("रँडची हत्या कधी झाली?", "१९०१"),
        ]
    )
    assert set(rejected(STAGE, rows)) == {2}
    assert set(rejected(STAGE, rows[[2, 0, 1]])) == {0}


def test_groups_of_too_many_answers_fall_apart_into_questions() -> None:
    """A wording with forty-one answers is a template; what another wording says is still compared with itself."""
    many = [("रँडचा वध कोणत्या साली झाला?", str(1600 + n)) for n in range(41)]
    rows = batch([*many, ("पुण्यात रँडचा खून कधी झाला?", "१८९७"), ("पुण्यात रँडचा खून कधी झाला?", "१९०१")])
    assert set(rejected(STAGE, rows)) == {41, 42}


def test_rows_without_a_form_have_no_keys() -> None:
    """A row that asks for a list, or has no text, leaves neither a question nor a meeting."""
    keys = STAGE.keys(_keyed(batch([("किल्ल्यांची नावे सांगा.", "रायगड"), (None, None)])))
    assert keys["conflicts.question"].to_list() == [None, None]
    assert keys["conflicts.meets"].to_list() == [[], []]


def _keyed(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("question").alias("question_key"), pl.col("answer").alias("answer_key"))
