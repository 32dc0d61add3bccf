"""A version with something to say in every section, hostile strings included."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from datakit.gate import RESULT
from datakit.report.facts import Facts, gather
from datakit.report.release import Release
from tests.report.hostile import HOSTILE
from tests.report.made import kept, published, raw_digest, rejected, row_id

PERIODS = ("शिवकाळ", "पेशवाई", "यादव काळ")


def _rows() -> list[dict[str, Any]]:
    birth = "शिवाजी महाराजांचा जन्म केव्हा झाला?"
    rows = [
        kept(f"किल्ला क्रमांक {n} कोठे आहे?", f"डोंगर {n}", ("train", "validation", "test")[n % 3], meta=_meta(n))
        for n in range(30)
    ]
    rows[0] |= {"changes": ["bindu_order", "eyelash_zwj"], "flags": ["wrong_letters"], "lang": "mar"}
    rows[1] |= {"context": "एक उतारा " * 40, "source_id": "दुसरा", "licence": None}
    near = rejected("किल्ला क्रमांक 3 कुठे आहे?", "near_duplicate", "near_dedup", answer="डोंगर 3", score=0.93)
    odd = rejected(birth, "conflicting_answer", "conflicts", answer="१६२७", of=row_id(birth, "१६३०"))
    rows += [
        kept(birth, "१६३०", source_id="ग्रंथ"),
        odd | {"id": row_id(birth, "१६२७"), "source_id": "वही", "reject_detail": "says १६२७"},
        near | {"of": row_id("किल्ला क्रमांक 3 कोठे आहे?", "डोंगर 3"), "source_id": "वही"},
    ]
    for n, text in enumerate(HOSTILE):
        place = {"file": f"{text[:80]}.jsonl", "locator": text[:80], "source_id": text[:80]}
        rows.append(rejected(text, f"hostile_{n}", "chat", reject_detail=text, history=text, **place))
        rows.append(
            kept(f"{text} किल्ला?", text, meta=_meta(n, text[:60]), changes=["vowel"], licence=text[:40], **place)
        )
    return rows


def _meta(number: int, topic: str = "किल्ले") -> str:
    return json.dumps({"कालखंड": PERIODS[number % 3], "topic": topic}, ensure_ascii=False)


def _decisions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A decision of each kind about hostile rows, and one about a row that is gone."""
    digests = [raw_digest(number, row) for number, row in enumerate(rows)]
    return [
        {"action": "accept", "row": digests[0], "overrules": ["length.question_too_short"], "note": HOSTILE[0]},
        {"action": "reject", "row": digests[33], "note": HOSTILE[28]},
        {"action": "edit", "row": digests[36], "question": HOSTILE[3], "answer": HOSTILE[4]},
        {"action": "reject", "row": "f" * 64, "note": HOSTILE[6]},
    ]


def _expectations() -> dict[str, Any]:
    """A result of the gate in which each expectation is hostile; every other one is not met."""
    results = [
        {
            "success": number % 2 == 0,
            "expectation_config": {
                "type": "expect_column_values_to_not_be_null",
                "kwargs": {"column": text},
                "meta": {"id": f"{number}", "says": text, "origin": text[:40]},
                "severity": "warning" if number % 3 == 0 else "critical",
            },
            "result": {
                "unexpected_count": 1,
                "element_count": 9,
                "partial_unexpected_index_list": [{"id": text, "file": text[:80], "locator": text[:80]}],
            },
            "exception_info": {"raised_exception": False, "exception_message": None if number % 5 else text},
        }
        for number, text in enumerate(HOSTILE)
    ]
    return {"success": False, "results": results, "meta": {"great_expectations_version": "1.24.1"}}


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer that makes one token of each run without a space, in a folder with a hostile name."""
    tokenizers = pytest.importorskip("tokenizers", reason="the extra `export` is not installed")
    folder = tmp_path_factory.mktemp("tokenizer") / HOSTILE[3]
    folder.mkdir()
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"?": 0}, unk_token="?"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    made.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A published version in which no section is empty; `before` lies beside it."""
    folder = tmp_path_factory.mktemp("full")
    published(folder / "before", [kept("किल्ला क्रमांक 3 कोठे आहे?", "जुने"), kept("गेलेला प्रश्न?")], name="full")
    rows = _rows()
    counts = {
        "only_here": {"chat": {f"hostile_{n}": {"looked_at": 1, "only": n % 2} for n in range(len(HOSTILE))}},
        "decisions": {"stale": [{"row": "f" * 64}], "contested": [{"row": "e" * 64}, {"row": "e" * 64}]},
    }
    made = published(
        folder / "now",
        rows,
        stages=["read", "normalize", "chat"],
        name=f"इतिहास {HOSTILE[0]}",
        decisions=_decisions(rows),
        counts=counts,
    )
    text = json.dumps(_expectations(), ensure_ascii=False)
    (made.folder / RESULT).write_text(text, encoding="utf-8", errors="backslashreplace")
    return made


@pytest.fixture(scope="session")
def facts(full: Release, tokenizer: Path) -> Facts:
    """The facts of that version, compared with the one before, its tokens counted."""
    return gather(full.folder, full.manifest, previous=full.folder.parent / "before", tokenizer=tokenizer, max_tokens=4)


@pytest.fixture(scope="session")
def page(facts: Facts) -> str:
    """Its page."""
    from datakit.report.page import as_html

    return as_html(facts)


@pytest.fixture(scope="session")
def counts(full: Release) -> Mapping[str, Any]:
    """What its manifest counts."""
    return full.manifest.counts
