"""Suspects and phrase tables: the two pieces that the quality stages share."""

import re

import polars as pl
import pytest

from datakit.errors import DatakitError
from datakit.record import frame
from datakit.screening import phrases as tables
from datakit.screening.phrases import TABLES, as_words, either, kinds, phrases
from datakit.screening.suspects import any_text, mark_suspects
from datakit.stage import Fault


def rows() -> pl.DataFrame:
    """Return four rows, the last of them rejected before."""
    texts = ["अ", "ब", "अब", "अ"]
    made = [{"question": text, "answer": "उत्तर", "locator": str(number)} for number, text in enumerate(texts)]
    made[3] |= {"reject_stage": "earlier", "reject_reason": "earlier_reason"}
    return frame(made)


def test_only_live_suspects_are_measured() -> None:
    """The costly measure sees neither rows without the trigger nor rows that were rejected before."""
    seen: list[str] = []

    def measure(part: pl.DataFrame) -> pl.DataFrame:
        seen.extend(part["locator"])
        return part.with_columns(pl.lit("द").alias("__found"))

    fault = Fault("a_fault", pl.col("question") == "अ", pl.col("__found"))
    after = mark_suspects(rows(), "s", any_text("अ", "question"), measure, [fault], [("light", pl.lit(True))])
    assert seen == ["0", "2"]
    assert after["reject_reason"].to_list() == ["a_fault", None, None, "earlier_reason"]
    assert after["reject_detail"].to_list() == ["द", None, None, None]
    assert after["flags"].to_list() == [None, None, ["light"], None]
    assert after.schema == rows().schema


def test_a_batch_without_suspects_is_the_same_batch() -> None:
    """No trigger, no work: the measure is not called."""

    def measure(_part: pl.DataFrame) -> pl.DataFrame:
        raise AssertionError

    batch = rows()
    assert mark_suspects(batch, "s", any_text("क्ष", "question"), measure, []) is batch


def test_details_are_made_for_the_rows_of_their_own_fault() -> None:
    """Two faults in one batch: the first that fits wins, each row gets its own detail, flags go to neither."""
    faults = [
        Fault("first", pl.col("question") == "अ", pl.format("{}!", "question")),
        Fault("second", pl.lit(True), "constant"),
    ]
    after = mark_suspects(
        rows(), "s", any_text("[अब]", "question"), lambda part: part, faults, [("light", pl.lit(True))]
    )
    assert after["reject_reason"].to_list() == ["first", "second", "second", "earlier_reason"]
    assert after["reject_detail"].to_list() == ["अ!", "constant", "constant", None]
    assert after["reject_stage"].to_list() == ["s", "s", "s", "earlier"]
    assert after["flags"].null_count() == 4


def test_a_flag_is_added_once_beside_those_of_earlier_stages() -> None:
    """Suspects that are kept carry the flag behind what they carried; the others keep what they had."""
    batch = rows().with_columns(pl.Series("flags", [["old"], None, ["light"], ["old"]]))
    after = mark_suspects(batch, "s", any_text("अ", "question"), lambda part: part, [], [("light", pl.lit(True))])
    assert after["flags"].to_list() == [["old", "light"], None, ["light"], ["old"]]


@pytest.mark.parametrize("path", sorted(TABLES.glob("*.tsv")), ids=lambda path: path.stem)
def test_tables_are_well_formed(path: object) -> None:
    """Each line has kind, phrase and why; phrases are trimmed, lower-case where Latin, and unique in their kind."""
    name = getattr(path, "stem", "")
    for kind, texts in phrases(name).items():
        assert len(set(texts)) == len(texts), kind
        assert all(text == text.strip() and "  " not in text for text in texts)
        if name not in {"legacy_fonts", "pii_words"}:
            assert all(text == text.lower() for text in texts)
        assert re.search(either(name, kind), texts[0])
        assert pl.select(pl.lit(texts[0]).str.contains(either(name, kind))).item()


def test_a_broken_table_names_its_line(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found, what is expected and where."""
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "broken.tsv").write_text("# comment\nkind\tphrase only\n", "utf-8")
    monkeypatch.setattr(tables, "TABLES", folder)
    with pytest.raises(DatakitError, match=r"broken.tsv line 2: found 2 columns, expected 3"):
        phrases("broken")


def test_whole_words_only() -> None:
    """A phrase bound to words is not found inside a longer word, whichever marks follow."""
    pattern = as_words("(?:माहिती भरा)")
    texts = pl.Series(["माहिती भरा", "येथे माहिती भरा.", "माहिती भरावी", "पुनर्माहिती भरा"])
    assert texts.str.contains(pattern).to_list() == [True, True, False, False]


def test_longest_phrase_first_and_any_space() -> None:
    """`वरील सर्व योग्य` is not cut to `वरील सर्व`, and a line break counts as a space."""
    assert re.match(either("stock_answers", "without_options"), "वरील  सर्व\nयोग्य")[0] == "वरील  सर्व\nयोग्य"  # type: ignore[index]
    assert set(kinds("boilerplate", "hint_")) == {kind for kind in phrases("boilerplate") if kind.startswith("hint_")}
