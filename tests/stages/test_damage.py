"""The damage stage: heavy damage rejects, light damage flags, and the worst text of a row decides."""

from typing import Any

import pytest

from datakit.record import frame
from datakit.stages.damage import Damage

QUESTION = "शिवाजी महाराजांचा राज्याभिषेक कोठे झाला?"
GOOD = "शिवाजी महाराजांचा राज्याभिषेक रायगड किल्ल्यावर झाला आणि त्यासाठी काशीहून गागाभट्ट आले होते. "


def judge(question: str, answer: str, **columns: Any) -> dict[str, Any]:
    """Return one row after the stage."""
    return Damage().apply(frame([{"question": question, "answer": answer, **columns}])).row(0, named=True)


def test_a_long_context_does_not_hide_a_lost_answer() -> None:
    """The measure is the worst of the texts, not their average."""
    row = judge(QUESTION, "?????? ??", context=GOOD * 20)
    assert row["reject_reason"] == "lost_text"


def test_damage_in_the_context_counts() -> None:
    """A passage that a model may see is judged like question and answer."""
    row = judge(QUESTION, "रायगड", context="महा??ष्ट्रातील किल्ले")
    assert row["reject_reason"] == "lost_text"


@pytest.mark.parametrize(
    "question",
    [
        "हे खरे आहे का????",
        "काय?? खरंच??",
        "कोण? कधी? कोठे?",
        "कोणता किल्ला (रायगड?) राजधानी होता?",
        "???-१७०७ या काळात कोण होते?",
    ],
)
def test_question_marks_of_a_writer_are_kept(question: str) -> None:
    """Emphasis, several questions in a row and an unknown year are no lost text."""
    assert judge(question, "रायगड")["reject_reason"] is None


@pytest.mark.parametrize("answer", ["???", "?????? ?", "?? १२ ??", "? ??? ? ??????"])
def test_answers_of_question_marks_are_lost(answer: str) -> None:
    """Nothing is left of them, whatever digits stand between."""
    assert judge(QUESTION, answer)["reject_reason"] == "lost_text"


def test_one_mark_in_many_characters_is_light() -> None:
    """Below one in two hundred characters a replacement character is a flag, above it a reason."""
    assert judge(QUESTION, GOOD * 4 + "\ufffd")["flags"] == ["lost_text"]
    assert judge(QUESTION, GOOD + "\ufffd")["reject_reason"] == "lost_text"
    loose = Damage(lost_per_thousand=50).apply(frame([{"question": QUESTION, "answer": GOOD + "\ufffd"}]))
    assert loose["reject_reason"].to_list() == [None]


def test_several_kinds_of_light_damage_are_all_flagged() -> None:
    """A row keeps one flag for each kind it shows, beside the flags it had."""
    row = judge(QUESTION, GOOD * 12 + "\ufffd \uf0a7 ", flags=["earlier"])
    assert row["flags"] == ["earlier", "lost_text", "private_use_characters"]


def test_the_detail_shows_the_place() -> None:
    """The fault is quoted with the letters around it."""
    row = judge(QUESTION, "तो ुरंदर किल्ल्यावर झाला")
    assert row["reject_reason"] == "truncated_word"
    assert "ुरंदर" in row["reject_detail"]


@pytest.mark.parametrize(
    "word", ["IPचा", "COVIDमुळे", "MPSCच्या", "GSTची", "IIT-मुंबई", "वर्गA", "रक्कमNMDFC", "५किमी", "Aग्रेड"]
)
def test_usual_mixtures_are_kept(word: str) -> None:
    """Marathi endings on Latin stems, capitals after a lost space, units and labels are no damage."""
    assert judge(f"{word} म्हणजे काय?", "उत्तर")["reject_reason"] is None


@pytest.mark.parametrize("word", ["मराठीtext", "शिvाजी", "रायгड", "মरাठी", "vा", "अकाiदमी"])
def test_two_scripts_in_a_word_are_damage(word: str) -> None:
    """Latin, Cyrillic or another Indian script inside a Devanagari word."""
    assert judge(f"{word} म्हणजे काय?", "उत्तर")["reject_reason"] == "mixed_script_word"


@pytest.mark.parametrize(
    "answer",
    ["द हिंदू व द टाइम्स", "श. ना. नवरे व र. वा. दिघे", "अ, ब, क व ड गट", "क ख ग घ ङ", "मी व तू, तो न ती", "१) क २) ख ३) ग"],
)
def test_short_words_and_initials_are_no_fragments(answer: str) -> None:
    """The, initials, labels and the alphabet stand as letters and are whole."""
    assert judge("हे कोण आहेत?", answer)["reject_reason"] is None


def test_clean_rows_come_back_as_they_were() -> None:
    """A batch without damage is returned unchanged, flags included."""
    batch = frame([{"question": QUESTION, "answer": GOOD}, {"question": QUESTION, "answer": "रायगड", "flags": []}])
    assert Damage().apply(batch).equals(batch)
