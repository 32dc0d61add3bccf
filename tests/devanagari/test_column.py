"""The column form beyond its laws: what it remembers, what it returns, and real text."""

import io
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.devanagari import Policy, normalize, normalize_series, normalize_with_rules, rule_lists
from datakit.devanagari import column as module
from datakit.devanagari.column import Column


def _corpus(shared_data: Path) -> pl.Series:
    packed = (shared_data / "marathi_corpus.jsonl.zst").open("rb")
    with packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
        return pl.read_ndjson(io.BytesIO(stream.read()))["text"]


def test_untouched_column_is_the_same_object() -> None:
    """A column that needs nothing is handed back, not copied."""
    series = pl.Series("a", ["शिवाजी", None, ""])
    assert Column(Policy()).run(series)[0] is series


def test_rules_of_each_row() -> None:
    """Rows tell their own rules, sorted; a canonical row and a null tell none."""
    series = pl.Series("a", ["मंुबई दर्\u200dया  ", "पुणे", None, "स्वत:"])
    after, touched = normalize_with_rules(series)
    rules = rule_lists(touched, len(series))
    assert after.to_list() == ["मुंबई दऱ्या", "पुणे", None, "स्वतः"]
    assert rules.to_list() == [["bindu_order", "eyelash_zwj", "spaces"], None, None, ["visarga"]]
    assert rules.dtype == pl.List(pl.String)


def test_empty_and_null_columns() -> None:
    """No rows, and rows of nulls only, come back as they are."""
    for values in ([], [None, None]):
        series = pl.Series("a", values, dtype=pl.String)
        after, touched = normalize_with_rules(series)
        assert after.equals(series)
        assert rule_lists(touched, len(series)).to_list() == values


def test_memo_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words remembered are forgotten at the bound, and the output does not depend on it."""
    monkeypatch.setattr(module, "_MAX_MEMO_WORDS", 3)
    engine = Column(Policy())
    texts = [f"दुस-या{suffix} मंुबई डाॅ." for suffix in ("", "ंना", "ंचा", "ला")]
    for text in texts:
        assert engine.run(pl.Series([text]))[0][0] == normalize(text)
        assert len(engine._memo) <= 4


def test_policies_do_not_share_memory() -> None:
    """A word mended under one policy is mended anew under another."""
    series = pl.Series(["विश्\u200dव"])
    assert normalize_series(series)[0] == "विश्व"
    assert normalize_series(series, policy=Policy(zwj="keep"))[0] == "विश्\u200dव"
    assert normalize_series(series)[0] == "विश्व"


def test_row_order_does_not_matter() -> None:
    """Each row's output is its own: reversed rows give reversed output."""
    series = pl.Series([f"दुस-या {n} वेळी मंुबई" if n % 3 else f"ओळ {n}" for n in range(200)])
    assert normalize_series(series.reverse()).reverse().to_list() == normalize_series(series).to_list()


def test_real_corpus_equals_plain_and_is_settled(shared_data: Path) -> None:
    """On every twentieth real document the column form equals the plain one, and a second run changes nothing."""
    texts = _corpus(shared_data).gather_every(20)
    after = normalize_series(texts)
    assert (after != texts).sum() > 500
    assert after.to_list() == [normalize(text) for text in texts]
    assert normalize_series(after).equals(after)


@pytest.mark.slow
def test_whole_corpus_is_settled(shared_data: Path) -> None:
    """No real document of 145,455 changes when it is normalized again."""
    after = normalize_series(_corpus(shared_data))
    assert len(after) == 145_455
    assert (normalize_series(after) != after).sum() == 0
    assert after.str.contains("[\u093e-\u094c]\u0901?\u0902?[\u093e-\u094c]").mean() < 0.001


def test_a_damaged_word_may_follow_itself() -> None:
    """The same word again and again, and as a part of another, is mended as the plain engine mends it."""
    for text in ("मंुबई मंुबई मंुबई", "मंुबईकर मंुबई", " मंुबई  मंुबई ", "मंुबई\nमंुबई मंुबई", "दुस-या मंुबई दुस-या"):
        assert normalize_series(pl.Series([text]))[0] == normalize(text)


BESIDE = st.lists(
    st.sampled_from(
        [
            "क\u200d",
            "\u200cक",
            "\u200d",
            "ा",
            "ीक",
            "स्वत:",
            "त:",
            "क",
            "मंुबई",
            "।",
            "।\u200d",
            "|",
            "क|",
            "\n",
            "\t",
            "a",
            "&#x93e;",
            "अा",
        ]
    ),
    max_size=7,
)


@settings(max_examples=600, deadline=None)
@given(st.lists(st.tuples(BESIDE, st.sampled_from([" ", " ", "  ", "", "\n"])), min_size=1, max_size=4))
def test_words_that_settle_leave_nothing_to_do_beside_them(rows: list[tuple[list[str], str]]) -> None:
    """Rows are looked at again where what stands beside a space or a line end has changed, and else need not be."""
    texts = [space.join(words) for words, space in rows]
    after, touched = Column(Policy()).run(pl.Series(texts))
    assert after.to_list() == [normalize(text) for text in texts]
    assert set(touched) == {row for row, text in enumerate(texts) if normalize(text) != text}


def test_a_row_of_settled_words_is_done_after_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """`मंुबई` becomes `मुंबई` and `अंशत:` `अंशतः`, whose last letter is another, and the rows are not read again."""
    column, passes = Column(Policy()), []
    once = column._one_pass

    def counted(active: pl.Series) -> object:
        passes.append(active.to_list())
        return once(active)

    monkeypatch.setattr(column, "_one_pass", counted)
    after = column.run(pl.Series(["ती मंुबई होती", "पुणे", "मंुबई  मंुबई", "हे अंशत: खरे", "अॅड. जोशी"]))[0]
    assert after.to_list() == ["ती मुंबई होती", "पुणे", "मुंबई मुंबई", "हे अंशतः खरे", "ॲड. जोशी"]
    assert len(passes[0]) == 4
    mended = ("मुंबई होती", "अंशतः", "ॲड")
    assert not [text for texts in passes for text in texts if any(word in text for word in mended)]


def test_a_rule_that_reaches_over_a_space_sees_the_letters_that_are_tried_beside_a_word() -> None:
    """Where a space between two characters shows a trigger, it shows one beside `क` and `ा` too, for every pair."""
    column = Column(Policy())
    letters = [chr(code) for code in (*range(0x21, 0x7F), *range(0xA1, 0x100), *range(0x900, 0x980), 0x2018, 0x201C)]
    alone = pl.Series(letters).filter(~pl.Series(letters).str.contains(rf"{column._any}|[|।]"))
    pairs = pl.DataFrame({"left": alone}).join(pl.DataFrame({"right": alone}), how="cross")
    met = pairs.filter((pl.col("left") + " " + pl.col("right")).str.contains(column._any))
    assert met.height > 500
    assert met.select((pl.col("left") + f" {module._SIGN}").str.contains(column._any).all()).item()
    assert met.select((f"{module._CONSONANT} " + pl.col("right")).str.contains(column._any).all()).item()
