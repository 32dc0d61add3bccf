"""Laws that every engine keeps, the wrapped ones as well as our own."""

import builtins
import importlib
import sys
from typing import Any

import pytest

from datakit.errors import MissingDependencyError
from datakit.langid import ENGINES, detect, guess
from datakit.langid.guess import Guesses

MARATHI = "छत्रपती शिवाजी महाराजांनी अनेक किल्ले बांधले आणि स्वराज्याचे रक्षण केले होते."
HINDI = "छत्रपति शिवाजी महाराज ने अनेक किले बनवाए और स्वराज्य की रक्षा की थी।"
ENGLISH = "He built many forts in the mountains and defended his people against the armies of the sultans."
HOSTILE = [
    "",
    " ",
    "१२३४५६७८९०",
    "123",
    "😀🙏🏽",
    "\x00",
    "क\x00ख\x00",
    "\ud800",
    "मराठी\udfff भाषा",
    "\uffff",
    "नमस्कार\uffffnamaste",
    "ा",
    "्््््",
    "\u200d\u200c",
    "क" * 5_000,
    "a" * 100_000,
    "मabcמाрरاই",
    "????? ????",
    "\u202eमराठी\u202c",
    "\r\n\x85\u2028",
    "𑘦𑘨𑘰𑘙𑘲",
]


def _answer(engine: str, texts: list[str]) -> Guesses:
    for package in ("py3langid", "langdetect", "langdetect_rs", "pycld2"):
        if package.replace("_", "-") == engine:
            pytest.importorskip(package)
    return guess(texts, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_clear_sentences(engine: str) -> None:
    """Every engine tells Marathi, Hindi and English apart and names them in ISO 639-3."""
    assert _answer(engine, [MARATHI, HINDI, ENGLISH]).labels == ["mar", "hin", "eng"]


@pytest.mark.parametrize("engine", ENGINES)
def test_hostile_texts_get_a_label_and_never_an_error(engine: str) -> None:
    """Whatever the text, an engine gives one label of three letters or more and one confidence from 0 to 1 for each."""
    found = _answer(engine, HOSTILE)
    assert len(found.labels) == len(found.confidences) == len(HOSTILE)
    assert all(len(label) >= 3 for label in found.labels), found.labels
    assert all(0 <= confidence <= 1 for confidence in found.confidences)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_question_gets_the_same_answer(engine: str) -> None:
    """No engine changes its mind: short texts, on which unseeded langdetect does, in three kinds of company."""
    short = ["समाधान", "शिक्षा मंत्री", "रायगड", "गोदावरी नदी", "पाटील"]
    first = _answer(engine, short)
    for company in ([MARATHI], [HINDI, ENGLISH], short):
        assert _answer(engine, [*company, *short]).labels[len(company) :] == first.labels


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_text_is_undetermined(engine: str) -> None:
    """An empty text, and one of spaces, is `und` for every engine."""
    assert _answer(engine, ["", "   "]).labels == ["und", "und"]


def test_a_megabyte_of_one_letter_is_quick() -> None:
    """A megabyte in one word costs the default engine no more than a page."""
    assert len(detect(["क" * 1_000_000, "a" * 1_000_000, "क " * 500_000])) == 3


def test_a_package_that_is_missing_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine whose package is absent says which package, how to install it, and what works without."""
    monkeypatch.delitem(sys.modules, "datakit.langid.engines.langdetect_rust", raising=False)
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("langdetect_rs"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        MissingDependencyError, match=r"needs the package langdetect_rs.*ancient-aurora\[engines\].*aurora"
    ):
        detect(["x"], engine="langdetect-rs")


def test_the_default_engine_needs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing datakit.langid loads none of the wrapped packages."""
    for name in [name for name in sys.modules if name.startswith("datakit.langid")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("pycld2", "py3langid", "langdetect", "langdetect_rs"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    importlib.import_module("datakit.langid").detect([MARATHI])
    assert not {"pycld2", "py3langid", "langdetect", "langdetect_rs"} & sys.modules.keys()
