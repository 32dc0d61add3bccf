"""Legacy fonts: Marathi in Latin letters told from English, code, names and chemistry."""

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.record import frame
from datakit.screening.legacy_font import legacy_font, may_show_one
from datakit.screening.phrases import phrases
from datakit.stages import damage
from datakit.stages.damage import Damage

LEGACY = [
    "dmgm{Q>m",
    'egkjk"Vª',
    "f'kokth egkjktkapk tUe dks.kR;k fdYY;koj >kyk",
    "R;kauh LojkT;kph LFkkiuk dsyh vkf.k fdYys ftadys",
    "iSavaajaI mharajaaMcaa janma kaoNata",
    "lar rqdkjke egkjktkaps xko nsgw gs iq.ks ftYákr vkgs-",
    "lar rqdkjke egkjktkaps xko nsgw",
    "AaiNa naahI maQyao",
    "{edmOr _hmamO Am{U g§^mOr _hmamO",
    "O{dU H$m‘ A[«oV_ Pmb§ hm{V§ !",
    "ÊòÉ´ÉÉVÉÒ ¨É½þÉ®úÉVÉ",
]
NOT_LEGACY = [
    "Shivaji Maharaj founded the Maratha empire in 1674.",
    "JavaScript, McDonald's, eBay, iPhone, YouTube",
    "AT&T and R&D",
    "https://example.org/a_b?c=d&e=f[0]",
    "someone@example.org",
    "H2O, NaCl, mRNA, pH, kWh",
    "f(x) = a<b and x>y or z|w",
    "O'Neil, D'Souza, L'Oréal",
    "São Tomé e Príncipe, Besançon, Zürich",
    "IIT-मुंबई, IPचा, COVIDमुळे",
    "C++ C# .NET",
    "WildLifeConservation",
    "snake_case camelCase PascalCase",
    "shivaji maharajancha janma shivneri killyavar zala",
    "",
    "रायगड",
    "<b>bold</b>",
    "Kakatiya, Kolkata, Kokan, Karnatak, Kirkee",
    "NKK KSK KPK kWh kkk",
]


@pytest.mark.parametrize("text", LEGACY)
def test_legacy_text_is_found(text: str) -> None:
    """Each family of fonts shows itself, in one word or in a sentence."""
    found = legacy_font(text)
    assert found is not None
    words, share = found
    assert words
    assert share > 0.2


@pytest.mark.parametrize("text", NOT_LEGACY)
def test_other_latin_text_is_not(text: str) -> None:
    """English, code, brands, formulas, links and romanised Marathi are not legacy fonts."""
    assert legacy_font(text) is None


def test_a_stray_footer_is_a_flag() -> None:
    """One word of a page footer in a long answer does not lose the answer."""
    answer = "शासनाने या प्रकरणी चौकशी केली असून अहवाल प्राप्त झाला आहे. " * 3 + "‰¥Ìý´×¿×"
    row = Damage().apply(frame([{"question": "चौकशी झाली काय?", "answer": answer}])).row(0, named=True)
    assert (row["reject_reason"], row["flags"]) == (None, ["legacy_font"])


def test_the_share_counts_all_words() -> None:
    """Devanagari words beside legacy ones count in the share."""
    found = legacy_font("मराठा साम्राज्याची राजधानी jk;xM gksrh")
    assert found is not None
    assert found[1] == pytest.approx(0.4)


def test_codes_are_no_english_words() -> None:
    """A code of the table that were an English word would reject English text."""
    english = {"the", "and", "was", "his", "has", "age", "make", "take", "time", "name", "date", "year", "king", "fort"}
    codes = {code.casefold() for font in phrases("legacy_fonts").values() for code in font}
    assert not codes & english
    assert all(re.search(r"[^\sऀ-ॿ]", code) for code in codes)


LATIN = (
    *(
        "k",
        'egkjk"Vª',
        "jkT;",
        "dmgm{Q>m",
        "ÊòÉ",
        "ÊòɺÉÖ",
        "a[b]c",
        "KhatakeDatta",
        "@kk",
        "the",
        "Fort",
        "é",
        "a<b",
        ";kauh",
    ),
    *("fdYyk", "vkgs", "रायगड", "(gksrh)", "https://t.co/kkk", "x" * 70, "k|k", "\x1c", "\u3000", "\n"),
    *phrases("legacy_fonts")["kruti_dev" if "kruti_dev" in phrases("legacy_fonts") else min(phrases("legacy_fonts"))][
        :5
    ],
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(LATIN) | st.text(st.sampled_from("kdsgjVªÊòÉ;{}|<>$ aA"), max_size=8), max_size=12))
def test_no_text_in_a_legacy_font_is_passed_over(pieces: list[str]) -> None:
    """Where `legacy_font` finds anything, the text shows one of the signs that are looked for first."""
    text = " ".join(pieces)
    assert may_show_one(pl.Series([text])).item() or legacy_font(text) is None


def test_every_code_is_looked_for() -> None:
    """A text of any two codes of one font shows a sign that is looked for; names and addresses show none."""
    codes = [code for font in phrases("legacy_fonts").values() for code in font]
    assert may_show_one(pl.Series(codes)).all()
    assert may_show_one(pl.Series(["@Dev_Fadnavis अरे?", "https://t.co/AMFAx44dtO", "Diwali 2022", None])).to_list() == [
        *(False, False, False),
        None,
    ]


def test_words_of_a_font_are_those_of_the_question_and_the_share_that_of_the_worse_text() -> None:
    """Two texts in a legacy font: the detail shows the first, the measure is the larger share; others have none."""
    lost = 'egkjk"Vª jkT;kph jktkus'
    rows = frame(
        [
            {"question": f"{lost} कोणी केली ते आता सांगा", "answer": f"{lost}"},
            {"question": "राजधानी कोणती?", "answer": "Raigad"},
            {"question": None, "answer": f"{lost} होय"},
        ]
    )
    shown, share = damage._legacy(rows)
    assert share.to_list() == [1.0, 0.0, 0.75]
    assert shown.to_list() == [legacy_font(lost)[0], None, legacy_font(lost)[0]]  # type: ignore[index]
