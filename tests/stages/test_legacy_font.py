"""Legacy fonts: Marathi in Latin letters told from English, code, names and chemistry."""

import re

import pytest

from datakit.record import frame
from datakit.screening.legacy_font import legacy_font
from datakit.screening.phrases import phrases
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
