"""Collects training text for the language model from unpacked packages: `python -m datakit.langid.corpus ROOT OUT.tsv`.

ROOT holds packages as their registries unpack them; which ones, and their licences, stands in docs/langid.md. Nothing
of the text enters the project: only the weights that `train.py` computes from it do.
Lines out: `label<TAB>source<TAB>text`, in an order that depends on nothing but the file names.
"""

import gettext
import gzip
import json
import re
import sqlite3
import struct
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Final

import orjson
import zstandard

from datakit.langid.romanise import slp1_to_devanagari

LABELS: Final = {
    "mr": "mar", "mr_IN": "mar", "hi": "hin", "hi_IN": "hin", "ne": "npi", "kok": "gom", "gom-deva": "gom",
    "sa": "san", "bho": "bho", "mai": "mai", "mag": "mag", "awa": "awa", "hne": "hne", "doi": "doi", "brx": "brx",
    "en": "eng",
    **dict.fromkeys(("fr", "de", "es", "it", "pt_BR", "nl", "id", "tr", "pl", "sw", "fi", "hu"), "und"),
    **dict.fromkeys(("gom-latn", "kok@latin"), "und"),
}  # fmt: skip
"""Locale names as packages spell them → labels of the model; `und` is Latin text that is neither English nor Indian."""

MARKUP: Final = re.compile(
    r"<[^>]*>|&\w+;|\{\{[^}]*\}\}|\[\[[^\]|]*\||https?://\S+|%\d*\$?[-+ #0]*\d*\.?\d*[a-zA-Z]|\$\d|\\[a-z]|[_&](?=\w)"
)
DEVANAGARI: Final = re.compile("[\u0900-\u0963\u0971-\u097f]")
LATIN: Final = re.compile("[A-Za-z]")

Row = tuple[str, str, str]


def clean(text: str) -> str:
    """Strip markup, placeholders and keyboard accelerators from a message; spaces collapse."""
    return " ".join(MARKUP.sub(" ", text).split())


def is_devanagari(text: str) -> bool:
    """Say whether a message is worth learning from: two letters at least, and more Devanagari than Latin."""
    letters = len(DEVANAGARI.findall(text))
    return letters > 1 and letters > 2 * len(LATIN.findall(text))


def messages(path: Path) -> Iterator[tuple[str, str]]:
    """Yield source text and translation of a compiled gettext file; a file whose header is broken yields nothing."""
    try:
        with path.open("rb") as file:
            catalog: dict[object, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    except (IndexError, ValueError, struct.error):
        return
    for key, value in catalog.items():
        yield (key[0] if isinstance(key, tuple) else str(key)), value


def from_gettext(root: Path) -> Iterator[Row]:
    """Yield translations, and their English originals once each."""
    english: set[str] = set()
    foreign = 0
    for path in sorted(root.rglob("LC_MESSAGES/*.mo")):
        label = LABELS.get(path.parent.parent.name)
        if label is None:
            continue
        for original, translation in messages(path):
            foreign += label == "und"
            if label != "und" or foreign % 20 == 0:  # there is a million of them, and they only say what is not ours
                yield label, "gettext", clean(translation)
            if original not in english:
                english.add(original)
                yield "eng", "gettext", clean(original)


def from_json(root: Path) -> Iterator[Row]:
    """Yield the messages of MediaWiki-style `i18n/<language>.json` files."""
    for path in sorted(root.rglob("i18n/**/*.json")):
        label = LABELS.get(path.stem)
        if label is not None:
            content = json.loads(path.read_bytes())
            yield from (
                (label, "mediawiki", clean(text))
                for key, text in content.items()
                if key[0] != "@" and isinstance(text, str)
            )


def from_xpi(root: Path) -> Iterator[Row]:
    """Yield the values of a browser language pack: `key = value` lines of .ftl and .properties files."""
    for path in sorted(root.rglob("langpack-*.xpi")):
        label = LABELS.get(path.name.split("-")[1].split("@")[0])
        if label is None:
            continue
        with zipfile.ZipFile(path) as archive:
            for name in sorted(n for n in archive.namelist() if n.endswith((".ftl", ".properties"))):
                for line in archive.read(name).decode("utf-8", "replace").splitlines():
                    yield label, "firefox", clean(re.sub(r"\{[^}]*\}", " ", line.partition("=")[2] or line))


def from_questions(root: Path) -> Iterator[Row]:
    """Yield the questions and answers of every `*.jsonl.zst` whose rows say that their licence is MIT, as Marathi."""
    for path in sorted(root.rglob("*.jsonl.zst")):
        with path.open("rb") as file:
            for line in zstandard.ZstdDecompressor().stream_reader(file).read().splitlines():
                row = orjson.loads(line)
                if str(row.get("licence", "")).startswith("MIT"):
                    yield from (("mar", "legislature", clean(row[field])) for field in ("question", "answer"))


def from_sanskrit_forms(root: Path, *, lines: int = 40_000, seed: int = 1630) -> Iterator[Row]:
    """Yield made-up lines of real inflected Sanskrit words (the `forms` table of the sanskrit-parser package)."""
    for path in sorted(root.rglob("inria_forms_pos.db")):
        with closing(sqlite3.connect(path)) as database:
            forms = [slp1_to_devanagari(form) for (form,) in database.execute("select form from forms order by form")]
        random = Random(seed)
        yield from (("san", "forms", " ".join(random.choices(forms, k=random.randint(1, 8)))) for _ in range(lines))


def from_word_lists(root: Path) -> Iterator[Row]:
    """Yield the words of spelling lists: hunspell `.dic` and aspell `.cwl.gz` (each word as prefix length and rest)."""
    for path in sorted(root.rglob("hunspell/*.dic")):
        label = LABELS.get(path.stem[:2], "und")
        yield from (
            (label, "words", line.split("/")[0]) for line in path.read_text("utf-8", "replace").splitlines()[1:]
        )
    for path in sorted(root.rglob("aspell/*.cwl.gz")):
        label, word = LABELS.get(path.name[:2], "und"), b""
        for shared, rest in re.findall(
            rb"([\x00-\x1f]+)([^\x00-\x1f]*)", gzip.decompress(path.read_bytes())[1:], re.DOTALL
        ):
            word = word[: sum(shared)] + rest
            yield label, "words", word.decode("utf-8", "replace")


def collect(root: Path) -> Iterator[Row]:
    """Yield every usable row below `root`, each text once a label."""
    seen: set[tuple[str, str]] = set()
    for reader in (from_gettext, from_json, from_xpi, from_questions, from_sanskrit_forms, from_word_lists):
        for label, source, text in reader(root):
            latin = label in ("eng", "und")
            usable = len(LATIN.findall(text)) > 3 and not DEVANAGARI.search(text) if latin else is_devanagari(text)
            if usable and (label, text) not in seen:
                seen.add((label, text))
                yield label, source, text


if __name__ == "__main__":
    with Path(sys.argv[2]).open("w", encoding="utf-8") as out:
        out.writelines("\t".join(row) + "\n" for row in collect(Path(sys.argv[1])))
