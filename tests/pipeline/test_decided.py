"""What people decided, in the next version: each law through the whole pipeline."""

import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datakit.decisions import Decision
from datakit.errors import InputError
from datakit.store import verify
from tests.review.loop import Loop
from tests.rows import numbered_rows

SHORT = {"question": "का?", "answer": "कारण गड उंच होता."}
TYPO = {"question": "रायगडावर राज्यभिषेक कोणाचा झाला?", "answer": "शिवाजी महाराजांचा राज्यभिषेक रायगडावर झाला"}
TWIN = {"question": "रायगडावर राज्यभिषेक कोणाचा झाला", "answer": "शिवाजी महाराजांचा राज्यभिषेक रायगडावर झाला."}
LONG = "शिवाजी महाराजांचा राज्याभिषेक रायगडावर सहा जून सोळाशे चौऱ्याहत्तर रोजी गागाभट्टांच्या हस्ते मोठ्या थाटामाटात झाला"
MISSPELT = LONG.replace("राज्याभिषेक", "राज्यभिषेक")
YEAR = "तोरणा किल्ला शिवाजी महाराजांनी कोणत्या वर्षी घेतला?"


@pytest.fixture
def loop(tmp_path: Path) -> Loop:
    """Six plain rows in a file of their own, beside what a test adds."""
    made = Loop(tmp_path)
    made.write("plain.jsonl", numbered_rows(6))
    return made


def test_an_accepted_row_comes_back(loop: Loop) -> None:
    """A row that a row stage rejected is kept once a person overruled that fault, and it has passed the later stages:
    it has an id, a split and messages."""
    forts = ", ".join(f"गड क्रमांक {number}" for number in range(400))
    loop.write("long.jsonl", [{"question": f"{forts} यांपैकी राजधानी कोणता गड होता?", "answer": "रायगड"}])
    loop.run()
    assert loop.at("long.jsonl", 1)["reason"] == "question_too_long"
    loop.decide("accept", "long.jsonl", 1, overrules=("length.question_too_long",))
    again = loop.run()
    row = loop.at("long.jsonl", 1)
    assert row["role"] == "kept"
    assert row["row_id"]
    assert row["split"] in ("train", "validation", "test")
    assert again.rejected.get("question_too_long") is None
    assert verify(loop.folder).counts["kept"] == again.kept


def test_acceptance_covers_the_fault_that_was_seen(loop: Loop) -> None:
    """A row accepted although it is short is still rejected for asking nothing, which nobody has seen; accepted once
    more, with both faults, it stays."""
    loop.write("short.jsonl", [SHORT])
    loop.run()
    loop.decide("accept", "short.jsonl", 1, overrules=("length.question_too_short",))
    loop.run()
    assert loop.at("short.jsonl", 1)["reason"] == "asks_nothing"
    loop.decide("accept", "short.jsonl", 1, overrules=("length.question_too_short", "quality.asks_nothing"))
    loop.run()
    assert loop.at("short.jsonl", 1)["role"] == "kept"


def test_acceptance_of_another_fault_changes_nothing(loop: Loop) -> None:
    """A fault that the row does not have is overruled in vain."""
    loop.write("short.jsonl", [SHORT])
    loop.run()
    loop.decide("accept", "short.jsonl", 1, overrules=("pii.personal_data",))
    loop.run()
    assert loop.at("short.jsonl", 1)["reason"] == "question_too_short"


def test_a_rejected_row_goes_with_the_persons_words(loop: Loop) -> None:
    """A kept row that a person rejects is rejected by the stage review, its note is the detail, and counts agree."""
    first = loop.run()
    loop.decide("reject", "plain.jsonl", 2, note="साल चुकीचे आहे")
    again = loop.run()
    row = loop.at("plain.jsonl", 2)
    assert (row["role"], row["stage"], row["reason"]) == ("rejected", "review", "rejected_by_person")
    gone = pl.read_parquet(loop.folder / "rejected.parquet").filter(pl.col("reject_stage") == "review")
    assert gone["reject_detail"].to_list() == ["साल चुकीचे आहे"]
    assert again.kept == first.kept - 1
    assert again.rejected["rejected_by_person"] == 1
    assert verify(loop.folder).counts["in"] == first.rows_in


def test_the_same_words_from_elsewhere_do_not_take_the_place(loop: Loop) -> None:
    """A rejected row's exact duplicate, even in a source that came later, is not kept in its stead."""
    loop.write("a.jsonl", [TYPO])
    loop.run()
    loop.decide("reject", "a.jsonl", 1)
    loop.write("later.jsonl", [TWIN])
    loop.run()
    assert TYPO["question"] not in loop.kept()
    assert TWIN["question"] not in loop.kept()
    assert {loop.at("a.jsonl", 1)["reason"], loop.at("later.jsonl", 1)["reason"]} == {
        "rejected_by_person",
        "exact_duplicate",
    }


def test_a_mended_row_is_not_rejected_with_the_faulty_one(loop: Loop) -> None:
    """A row that says nearly the same, as the mended text does, stays when the faulty one is rejected."""
    faulty = {"question": "राज्याभिषेक कसा झाला ते सविस्तर सांगा.", "answer": MISSPELT}
    loop.write("a.jsonl", [faulty])
    loop.run()
    loop.decide("reject", "a.jsonl", 1)
    loop.write("b.jsonl", [{"question": faulty["question"], "answer": LONG}])
    loop.run()
    assert loop.kept()[faulty["question"]] == LONG


def test_an_edit_replaces_the_text_and_keeps_the_lineage(loop: Loop) -> None:
    """An edited row has the person's text, normalized like any other, the place it was read from, and a change that
    says so."""
    loop.write("a.jsonl", [TYPO])
    loop.run()
    before = loop.at("a.jsonl", 1)
    loop.decide("edit", "a.jsonl", 1, question="रायगडावर राज्याभिषेक कोणाचा झाला?", answer="शिवाजी  महाराजांचा")
    loop.run()
    after = loop.at("a.jsonl", 1)
    assert (after["question"], after["answer"]) == ("रायगडावर राज्याभिषेक कोणाचा झाला?", "शिवाजी महाराजांचा")
    assert "edited_by_person" in after["changes"]
    for name in ("source_id", "file", "locator", "raw_sha256"):
        assert after[name] == before[name]
    assert after["row_id"] != before["row_id"]
    verify(loop.folder)


def test_an_edit_mends_a_row_that_had_no_answer(loop: Loop) -> None:
    """A row whose answer is missing comes back with the answer that a person wrote."""
    loop.write("a.jsonl", [{"question": "रायगडाचे जुने नाव काय?", "answer": " "}])
    loop.run()
    assert loop.at("a.jsonl", 1)["reason"] == "empty_answer"
    loop.decide("edit", "a.jsonl", 1, question="रायगडाचे जुने नाव काय?", answer="रायरी")
    loop.run()
    assert loop.kept()["रायगडाचे जुने नाव काय?"] == "रायरी"


def test_an_edited_text_meets_every_stage(loop: Loop) -> None:
    """What a person writes is judged like any text: a control token in it is refused."""
    loop.run()
    loop.decide("edit", "plain.jsonl", 1, question="तोरणा कोठे आहे?", answer="पुण्यात <|im_end|>")
    loop.run()
    assert loop.at("plain.jsonl", 1)["reason"] == "special_token_in_text"


def test_merged_rows_follow_an_edit(loop: Loop) -> None:
    """The duplicates of an edited row, named when it was looked at, take its new text and are merged again: the old
    text does not come back, and no source is lost."""
    loop.write("a.jsonl", [TYPO])
    loop.write("b.jsonl", [TWIN])
    loop.run()
    merged = next(one for one in loop.lines() if one["role"] == "duplicate_of")
    stays = "a.jsonl" if merged["file"] == "b.jsonl" else "b.jsonl"
    text = {"question": "रायगडावर राज्याभिषेक कोणाचा झाला?", "answer": "शिवाजी महाराजांचा"}
    loop.decide("edit", stays, 1, also=(merged["raw_sha256"],), **text)
    loop.run()
    lines = [one for one in loop.lines() if one["file"] in ("a.jsonl", "b.jsonl")]
    assert sorted(one["role"] for one in lines) == ["duplicate_of", "kept"]
    assert loop.kept()[text["question"]] == text["answer"]
    assert not {TYPO["question"], TWIN["question"]} & loop.kept().keys()


def test_what_a_person_wrote_outranks_every_source(loop: Loop) -> None:
    """Among near duplicates the edited row stays, however high the other's source stands."""
    question = "राज्याभिषेक कसा झाला ते सविस्तर सांगा."
    loop.write("a.jsonl", [{"question": question, "answer": "तो रायगडावर झाला."}])
    loop.run()
    loop.decide("edit", "a.jsonl", 1, question=question, answer=LONG)
    loop.write("b.jsonl", [{"question": question, "answer": MISSPELT}])
    (loop.raw / "sources.toml").write_text(
        '[[source]]\nid = "b"\ntitle = "बखर"\nfiles = ["b.jsonl"]\nlicence = "CC0-1.0"\npriority = 99\n',
        encoding="utf-8",
    )
    loop.run()
    assert loop.kept()[question] == LONG
    assert loop.at("b.jsonl", 1)["reason"] == "near_duplicate"


def _dispute(loop: Loop) -> None:
    loop.write("a.jsonl", [{"question": YEAR, "answer": "१६४६"}])
    loop.write("b.jsonl", [{"question": YEAR, "answer": "१६४७"}])
    loop.write("c.jsonl", [{"question": YEAR, "answer": "इ. स. १६४७"}])


def test_an_accepted_answer_settles_a_dispute(loop: Loop) -> None:
    """The answer that a person finds right stays against a majority, what is at odds with it goes, and an answer that
    comes later and says otherwise goes too."""
    _dispute(loop)
    loop.run()
    assert loop.at("a.jsonl", 1)["reason"] == "conflicting_answer"
    loop.decide("accept", "a.jsonl", 1, overrules=("conflicts.conflicting_answer",))
    loop.run()
    assert loop.kept()[YEAR] == "१६४६"
    reasons = {loop.at(file, 1)["reason"] for file in ("b.jsonl", "c.jsonl")}
    assert reasons == {"conflicting_answer", "near_duplicate"}  # one of the two that agree is merged into the other
    loop.write("d.jsonl", [{"question": YEAR, "answer": "१६४८"}])
    loop.run()
    assert loop.kept()[YEAR] == "१६४६"
    assert loop.at("d.jsonl", 1)["reason"] == "conflicting_answer"


def test_two_accepted_answers_both_stand(loop: Loop) -> None:
    """Where people find both answers right, both stay."""
    _dispute(loop)
    loop.run()
    files = [file for file in ("a.jsonl", "b.jsonl", "c.jsonl") if loop.at(file, 1)["role"] != "duplicate_of"]
    assert len(files) == 2
    for file in files:
        loop.decide("accept", file, 1, overrules=("conflicts.conflicting_answer",))
    loop.run()
    assert {loop.at(file, 1)["role"] for file in files} == {"kept"}


def test_near_duplicates_that_a_person_keeps_apart_stay_in_one_split(loop: Loop) -> None:
    """An accepted near duplicate is kept, and in the split of the row that it resembles: acceptance opens no leak."""
    pairs = [{"question": "राज्याभिषेक कसा झाला ते सविस्तर सांगा.", "answer": text} for text in (LONG, MISSPELT)]
    loop.write("a.jsonl", pairs)
    loop.run()
    lines = [loop.at("a.jsonl", 1), loop.at("a.jsonl", 2)]
    (gone,) = [number for number, one in enumerate(lines, start=1) if one["reason"] == "near_duplicate"]
    loop.decide("accept", "a.jsonl", gone, overrules=("near_dedup.near_duplicate",))
    loop.run()
    lines = [loop.at("a.jsonl", 1), loop.at("a.jsonl", 2)]
    assert [one["role"] for one in lines] == ["kept", "kept"]
    assert lines[0]["split"] == lines[1]["split"]


def test_decisions_are_in_the_identity(loop: Loop) -> None:
    """A decision makes another version, which names it; taken back, the first version is there again."""
    first = loop.run()
    assert loop.manifest.identity["decisions"] == []
    made = loop.decide("reject", "plain.jsonl", 1, note="चूक", by="अर्चना")
    second = loop.run()
    assert second.version_id != first.version_id
    assert loop.manifest.identity["decisions"] == [{"action": "reject", "row": made.row, "note": "चूक"}]
    loop.decide("undo", "plain.jsonl", 1)
    third = loop.run()
    assert third.version_id == first.version_id
    assert not third.new


def test_decisions_outlive_a_new_recipe_and_a_new_place(loop: Loop, tmp_path: Path) -> None:
    """Another system prompt changes every id, and a file that grew and was renamed every place: the decision still
    finds its row, since it names the text that the person saw."""
    rows = numbered_rows(3, start=50)
    loop.write("a.jsonl", rows)
    loop.run()
    loop.decide("reject", "a.jsonl", 2)
    (loop.raw / "a.jsonl").unlink()
    loop.write("renamed.jsonl", [*numbered_rows(5, start=80), *rows])
    moved = Loop(tmp_path, system="तुम्ही इतिहासाचे शिक्षक आहात.")
    result = moved.run()
    assert moved.at("renamed.jsonl", 7)["reason"] == "rejected_by_person"
    assert result.decisions["stale"] == []


def test_a_stale_decision_is_told_and_changes_nothing(loop: Loop) -> None:
    """A decision about a text that the source has changed is not applied to the new text, is no part of the identity,
    and is named with its place in the result and in the manifest."""
    first = loop.run()
    decision = Decision(action="reject", row="f" * 64, file="old.jsonl", locator="line 9")
    loop.log.append(decision)
    again = loop.run()
    assert again.version_id == first.version_id
    named = {"id": decision.id, "action": "reject", "row": "f" * 64, "file": "old.jsonl", "locator": "line 9"}
    assert again.decisions["stale"] == [named]
    loop.decide("reject", "plain.jsonl", 1)
    loop.run()
    assert loop.manifest.counts["decisions"]["stale"] == [named]
    assert loop.manifest.counts["decisions"]["reject"] == 1


def test_contested_decisions_are_told_and_not_applied(loop: Loop) -> None:
    """Two lines, written apart, that say different things of one row: neither is applied, both are named."""
    first = loop.run()
    row = loop.at("plain.jsonl", 1)["raw_sha256"]
    lines = [
        Decision(action="reject", row=row),
        Decision(action="accept", row=row, overrules=("length.question_too_long",)),
    ]
    loop.log.path.write_bytes(b"".join(one.line() for one in lines))
    again = loop.run()
    assert again.version_id == first.version_id
    assert {one["action"] for one in again.decisions["contested"]} == {"accept", "reject"}


def test_a_damaged_log_stops_the_run(loop: Loop) -> None:
    """Nothing is published on decisions that cannot be read."""
    loop.run()
    loop.log.path.write_text("nonsense\n")
    with pytest.raises(InputError, match=r"decisions\.jsonl: 1 problem.*\n  - line 1: not JSON"):
        loop.run()


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.sampled_from([1, 2, 5, 2048]))
def test_the_version_ignores_order_and_batches(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random, batch_rows: int
) -> None:
    """The same decisions in any order of their lines, with rows cut into batches of any size, make one version."""
    loop = Loop(tmp_path_factory.mktemp("order"))
    loop.write("plain.jsonl", numbered_rows(6))
    loop.write("a.jsonl", [TYPO, SHORT])
    loop.write("b.jsonl", [TWIN])
    _dispute_files(loop)
    loop.run()
    loop.decide("accept", "a.jsonl", 2, overrules=("length.question_too_short", "quality.asks_nothing"))
    loop.decide("reject", "plain.jsonl", 3)
    loop.decide("edit", "plain.jsonl", 4, question="पन्हाळा कोठे आहे?", answer="कोल्हापूरजवळ")
    loop.decide("reject", "plain.jsonl", 4)
    loop.decide("undo", "plain.jsonl", 4)
    loop.decide("accept", "y1.jsonl", 1, overrules=("conflicts.conflicting_answer",))
    expected = loop.run()
    messages = loop.messages()
    lines = loop.log.path.read_bytes().splitlines(keepends=True)
    lines += [chance.choice(lines)]
    chance.shuffle(lines)
    loop.log.path.write_bytes(b"".join(lines))
    found = loop.run(batch_rows=batch_rows)
    assert found.version_id == expected.version_id
    assert loop.messages() == messages


def _dispute_files(loop: Loop) -> None:
    for name, answer in (("y1", "१६४६"), ("y2", "१६४७"), ("y3", "इ. स. १६४७")):
        loop.write(f"{name}.jsonl", [{"question": YEAR, "answer": answer}])


def test_a_review_costs_what_it_touches(loop: Loop) -> None:
    """Decisions do not enter the checkpoint: the next run finds every file read, and writes anew only the part that
    holds a row to do again."""
    from datakit.pipeline.decided import lay_over
    from datakit.pipeline.parts import finished_parts
    from datakit.recipe import parse
    from datakit.store import work_folder
    from tests.review.loop import RECIPE

    loop.write("short.jsonl", [SHORT])
    loop.run()
    work = work_folder(loop.curated, "loop")
    before = {path: path.stat().st_mtime_ns for path in work.rglob("*.parquet")}
    loop.decide("accept", "short.jsonl", 1, overrules=("length.question_too_short",))
    parts = [part for folder in sorted(work.iterdir()) for part in finished_parts(folder) or ()]
    recipe = parse(RECIPE.replace("SYSTEM", ""))
    laid = lay_over(parts, loop.log.standing(), recipe, work / "laid")
    assert sum(one is not two for one, two in zip(parts, laid.parts, strict=True)) == 1
    loop.run()
    assert {path: path.stat().st_mtime_ns for path in work.rglob("*.parquet") if "laid" not in path.parts} == before


def test_a_withdrawn_row_stays_gone(loop: Loop) -> None:
    """An edit about a row whose source was withdrawn afterwards brings nothing back: it is stale."""
    from datakit.pipeline.decided import lay_over
    from datakit.pipeline.parts import finished_parts, write_part
    from datakit.pipeline.rows import Processed
    from datakit.recipe import parse
    from datakit.store import work_folder
    from tests.review.loop import RECIPE

    loop.write("short.jsonl", [SHORT])
    loop.run()
    loop.decide("edit", "short.jsonl", 1, question="गड उंच का होता?", answer="संरक्षणासाठी")
    work = work_folder(loop.curated, "loop")
    parts = [part for folder in sorted(work.iterdir()) for part in finished_parts(folder) or ()]
    (number,) = [number for number, part in enumerate(parts) if part.height == 1]
    rows = pl.read_parquet(parts[number].rows).with_columns(
        pl.lit("read").alias("reject_stage"), pl.lit("withdrawn_source").alias("reject_reason")
    )
    gone = Processed(rows, pl.read_parquet(parts[number].keys), {"read": 0.0}, ("read",))
    parts[number] = write_part(work / "gone", 0, gone)
    laid = lay_over(parts, loop.log.standing(), parse(RECIPE.replace("SYSTEM", "")), work / "laid")
    assert laid.parts == parts
    assert laid.applied == ()
    assert [one.row for one in laid.stale] == [rows["raw_sha256"][0]]
