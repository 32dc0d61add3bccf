"""A version with something to say in every section, hostile strings included."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from datakit.report.facts import Facts, gather
from datakit.report.release import Release
from tests.report.hostile import HOSTILE
from tests.report.made import kept, published, rejected, row_id

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


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A published version in which no section is empty; `before` lies beside it."""
    folder = tmp_path_factory.mktemp("full")
    published(folder / "before", [kept("किल्ला क्रमांक 3 कोठे आहे?", "जुने"), kept("गेलेला प्रश्न?")], name="full")
    return published(folder / "now", _rows(), stages=["read", "normalize", "chat"], name=f"इतिहास {HOSTILE[0]}")


@pytest.fixture(scope="session")
def facts(full: Release) -> Facts:
    """The facts of that version, compared with the one before."""
    return gather(full.folder, full.manifest, previous=full.folder.parent / "before")


@pytest.fixture(scope="session")
def page(facts: Facts) -> str:
    """Its page."""
    from datakit.report.page import as_html

    return as_html(facts)


@pytest.fixture(scope="session")
def counts(full: Release) -> Mapping[str, Any]:
    """What its manifest counts."""
    return full.manifest.counts
