"""The damage stage: text that cannot be repaired is named, not hidden."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import polars as pl

from datakit.screening import damage_signs as signs
from datakit.screening.first_look import asked_of, shows
from datakit.screening.known_words import WORD, unknown_share
from datakit.screening.legacy_font import SUSPECT as LEGACY_SUSPECT
from datakit.screening.legacy_font import legacy_font, may_show_one
from datakit.screening.repairable import may_be_repaired
from datakit.screening.suspects import any_text, mark_suspects
from datakit.screening.wrong_letters import IMPOSSIBLE, MOJIBAKE, TOKEN, WORTH_A_LOOK, Repair, mojibake, wrong_word
from datakit.stage import Fault

READ: Final = ("question", "answer", "context")
MIN_UNKNOWN_SHARE: Final = 0.15
"""Rows with fewer unknown words are not searched for wrong letters: exam notes out of broken PDFs have 0.40 to 0.53."""
HEAD_CHARS: Final = 250
"""How much of each text is looked up in the word list: forty words tell a broken PDF, and looking up is what costs."""

_COUNTED: Final = "|".join(
    f"(?:{pattern})"
    for pattern in (
        signs.REPLACEMENT,
        signs.QUESTION_MARKS,
        signs.ONLY_MARKS,
        signs.MARKS_IN_WORD,
        signs.GLYPH_CODES,
        signs.CUT_WORD,
        signs.PRIVATE_USE,
        signs.MIXED_WORD,
        signs.LONE_CONSONANT,
        signs.BROKEN_WORD,
    )
)
"""What patterns count: in texts without a match all these counts are 0."""
_SUSPECT: Final = f"{_COUNTED}|(?:{IMPOSSIBLE})|(?:{MOJIBAKE})|(?:{LEGACY_SUSPECT})"
_SHOWN: Final = "__shown"  # whether _SUSPECT has a match in a text of the row


@dataclass(frozen=True, kw_only=True)
class Damage:
    """Reject rows of which one text is heavily damaged; flag light damage with the same word and keep the row.

    The measure is always the worst of question, answer and context, so that a long context cannot hide a lost answer.
    Thresholds were chosen on 84,002 rows of real QA and nine PDFs (`docs/quality.md`, `benchmarks/quality.py`): a stray
    footer or one slip in a long answer stays below them, a short answer with one damaged word lies above.
    """

    name: ClassVar[str] = "damage"
    reasons: ClassVar[tuple[str, ...]] = (
        "lost_text",
        "truncated_word",
        "private_use_characters",
        "legacy_font",
        "wrong_letters",
        "mixed_script_word",
        "ocr_fragments",
    )
    writes: ClassVar[tuple[str, ...]] = ("flags",)
    trigger: ClassVar[str] = _SUSPECT

    lost_per_thousand: int = 5  # U+FFFD per 1,000 characters: one in 200 is a word of each paragraph
    private_per_thousand: int = 5  # private-use characters inside words per 1,000 characters, as for U+FFFD
    bad_words_percent: int = 2  # cut or mixed words: one in 50; real rows with one slip have 60 to 200 words
    legacy_percent: int = 20  # words in a legacy font: the one-word footer of 2023 in a short answer reaches 12
    wrong_percent: int = 8  # words with wrong letters: 10 to 29 in broken PDFs, 0 in 357 history questions
    fragment_percent: int = 8  # bare consonants and broken words

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with damaged rows marked or flagged."""
        heads = [pl.col(name).str.head(HEAD_CHARS) for name in READ]
        strange = unknown_share(batch.select(pl.concat_str(heads, separator="\n", ignore_nulls=True)).to_series())
        batch = batch.with_columns(shows(batch, _SUSPECT, *READ).alias(_SHOWN))
        suspect = pl.col(_SHOWN) | pl.lit(strange >= MIN_UNKNOWN_SHARE)
        heavy = self._heavy()
        faults = [Fault(reason, heavy[reason], _DETAIL[reason]) for reason in self.reasons]
        flags = [(reason, _LIGHT[reason]) for reason in self.reasons]
        return mark_suspects(batch, self.name, suspect, _measure, faults, flags).drop(_SHOWN)

    def _heavy(self) -> dict[str, pl.Expr]:
        bad = self.bad_words_percent / 100
        emphasis = (pl.col("__marks") >= 2) & (pl.col("__mark_share") >= 0.3)
        return {
            "lost_text": (pl.col("__lost") >= self.lost_per_thousand / 1000) | pl.col("__no_letters") | emphasis,
            "truncated_word": pl.col("__cut") >= bad,
            "private_use_characters": pl.col("__private") >= self.private_per_thousand / 1000,
            "legacy_font": (pl.col("__legacy_share") >= self.legacy_percent / 100) & ~any_text(MOJIBAKE, *READ),
            "wrong_letters": (pl.col("__wrong_share") >= self.wrong_percent / 100) & pl.col("__wrong_sure"),
            "mixed_script_word": pl.col("__mixed") >= bad,
            "ocr_fragments": (pl.col("__fragments") >= self.fragment_percent / 100) & (pl.col("__fragment_count") >= 2),
        }


_LIGHT: Final = {
    "lost_text": pl.col("__lost") > 0,
    "truncated_word": pl.col("__cut") > 0,
    "private_use_characters": pl.col("__any_private"),
    "legacy_font": pl.col("__legacy_share") > 0,
    "wrong_letters": pl.col("__wrong_sure") | any_text(IMPOSSIBLE, *READ),
    "mixed_script_word": pl.col("__mixed") > 0,
    "ocr_fragments": (pl.col("__fragments") >= 0.02) & (pl.col("__fragment_count") >= 2),
}


def _around(pattern: str) -> pl.Expr:
    """Return the first match in any text with a few characters on both sides."""
    return pl.coalesce(pl.col(name).str.extract(rf"([^\n]{{0,12}}(?:{pattern})[^\n]{{0,12}})", 1) for name in READ)


_DETAIL: Final = {
    "lost_text": _around("|".join((signs.REPLACEMENT, signs.MARKS_IN_WORD, signs.GLYPH_CODES, signs.QUESTION_MARKS))),
    "truncated_word": _around(signs.CUT_WORD),
    "private_use_characters": _around(signs.PRIVATE_USE),
    "legacy_font": pl.col("__legacy"),
    "wrong_letters": pl.col("__wrong"),
    "mixed_script_word": _around(signs.MIXED_WORD),
    "ocr_fragments": _around("|".join((signs.BROKEN_WORD, signs.LONE_CONSONANT))),
}


def _worst(pattern: str, unit: str) -> pl.Expr:
    """Return matches for each `char` or `word` in the text that has most of them."""
    return pl.max_horizontal(
        pl.col(name).str.count_matches(pattern) / pl.col(f"__{unit}s_{name}").clip(1) for name in READ
    ).fill_null(0)


def _sizes() -> list[pl.Expr]:
    """Return how many characters that are no space, and how many words, each text has."""
    # One character in seven is a space: the others are counted by counting those.
    chars = [(pl.col(n).str.len_chars() - pl.col(n).str.count_matches(r"\s")).alias(f"__chars_{n}") for n in READ]
    return chars + [pl.col(n).str.count_matches(r"\S+").alias(f"__words_{n}") for n in READ]


def _spaced(column: str) -> pl.Expr:
    """Return the text with its spaces doubled, so that two neighbours do not share one."""
    return pl.col(column).str.replace_all(" ", "  ", literal=True)


def _measure(rows: pl.DataFrame) -> pl.DataFrame:
    """Add how much of each kind of damage the rows have."""
    shown = asked_of(rows, rows[_SHOWN], any_text(_COUNTED, *READ))  # one in ten: others have capitals inside a name
    counted = _counts(rows.filter(shown))
    place = (shown.cum_sum().cast(pl.Int64) - 1).clip(0).set(~shown, None)  # of each row among those
    return rows.with_columns(
        *(counted[name].gather(place).fill_null(_NONE[dtype]) for name, dtype in counted.schema.items()),
        *_legacy(rows),
        *_wrong(rows),
    )


_NONE: Final[dict[Any, Any]] = {pl.Float64(): 0.0, pl.UInt32(): 0, pl.Boolean(): False}


def _counts(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what patterns count in each row."""
    fragments = [
        _spaced(name).str.count_matches(signs.LONE_CONSONANT) + pl.col(name).str.count_matches(signs.BROKEN_WORD)
        for name in READ
    ]
    words = [pl.col(f"__words_{name}").clip(1) for name in READ]
    return rows.with_columns(_sizes()).select(
        _worst(signs.REPLACEMENT, "char").alias("__lost"),
        any_text(f"{signs.ONLY_MARKS}|{signs.MARKS_IN_WORD}|{signs.GLYPH_CODES}", *READ).alias("__no_letters"),
        pl.max_horizontal(_spaced(name).str.count_matches(signs.LOST_WORD) for name in READ)
        .fill_null(0)
        .alias("__marks"),
        _worst(r"\?", "char").alias("__mark_share"),
        _worst(signs.CUT_WORD, "word").alias("__cut"),
        _worst(signs.PRIVATE_USE_INSIDE, "char").alias("__private"),
        any_text(signs.PRIVATE_USE, *READ).alias("__any_private"),
        _worst(signs.MIXED_WORD, "word").alias("__mixed"),
        pl.max_horizontal(n / w for n, w in zip(fragments, words, strict=True)).fill_null(0).alias("__fragments"),
        pl.max_horizontal(fragments).fill_null(0).alias("__fragment_count"),
    )


def _legacy(rows: pl.DataFrame) -> list[pl.Series]:
    """Return the columns that tell of a legacy font: words that show it, and its share in the text that has most."""
    found: dict[int, tuple[str, float]] = {}
    for column in ("question", "answer"):
        latin = rows[column].str.contains(r"[A-Za-z]\S|[\u00A1-\u00FF]{2}").fill_null(False).arg_true()
        looked = latin.filter(may_show_one(rows[column].gather(latin)))
        for row, text in zip(looked.to_list(), rows[column].gather(looked).to_list(), strict=True):
            if legacy := legacy_font(text):
                words, share = found.get(row, legacy)
                found[row] = words, max(share, legacy[1])
    return [
        _spread("__legacy", found, [words for words, _ in found.values()], rows.height, pl.lit(None, pl.String)),
        _spread("__legacy_share", found, [share for _, share in found.values()], rows.height, pl.lit(0.0)),
    ]


def _spread(name: str, rows: Iterable[int], values: list[Any], height: int, other: pl.Expr) -> pl.Series:
    """Return a column of so many rows with these values in some rows and one value in all others."""
    column = pl.select(pl.repeat(other, height)).to_series().alias(name)
    return column.scatter(list(rows), values) if values else column


def _wrong(rows: pl.DataFrame) -> list[pl.Series]:
    """Return the columns that tell of wrong letters: what shows them, their share, and whether they are sure.

    Two different words are sure, or one whose confusion no name shows by chance.
    """
    wrong = _wrong_words(rows)
    in_texts = rows[list(wrong)].select(pl.col(name).str.count_matches(WORD).fill_null(0) for name in READ)
    shown, shares, sure = [], [], []
    for found, counts in zip(wrong.values(), in_texts.iter_rows(), strict=True):
        all_found = [repair for name in READ for repair in found.get(name, ())]
        shown.append(", ".join(f"{r.word} → {r.better}" if r.better else r.word for r in all_found[:3]))
        shares.append(
            max(min(1.0, len(found.get(name, ())) / max(count, 1)) for name, count in zip(READ, counts, strict=True))
        )
        sure.append(len({repair.word for repair in all_found}) > 1 or any(r.sure for r in all_found))
    return [
        _spread("__wrong", wrong, shown, rows.height, pl.lit(None, pl.String)),
        _spread("__wrong_share", wrong, shares, rows.height, pl.lit(0.0)),
        _spread("__wrong_sure", wrong, sure, rows.height, pl.lit(False)),
    ]


def _wrong_words(rows: pl.DataFrame) -> dict[int, dict[str, list[Repair]]]:
    """Return what `wrong_words` finds in each text of each row that has any; each different word is judged once."""
    words = {
        name: rows.select(pl.col(name).str.extract_all(TOKEN).alias("word"))
        .with_row_index("row")
        .explode("word")
        .drop_nulls("word")
        for name in READ
    }
    different = pl.concat([found.select("word") for found in words.values()]).unique()
    looked = different.filter(pl.col("word").str.contains(WORTH_A_LOOK))
    repairable = pl.Series(may_be_repaired(looked["word"].to_list()), dtype=pl.Boolean)
    suspects = looked.filter(repairable | pl.col("word").str.contains(IMPOSSIBLE))["word"].to_list()
    judged = {word: wrong for word in suspects if (wrong := wrong_word(word)) is not None}
    bad = pl.Series(list(judged), dtype=pl.String)
    found: dict[int, dict[str, list[Repair]]] = {}
    for name, listed in words.items():
        for row, word in listed.filter(pl.col("word").is_in(bad.implode())).iter_rows():
            found.setdefault(row, {}).setdefault(name, []).append(judged[word])
        for row in rows[name].str.contains(MOJIBAKE).fill_null(False).arg_true():
            found.setdefault(row, {}).setdefault(name, []).extend(mojibake(rows[name][row]))
    return found
