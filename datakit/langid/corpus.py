"""Collects training text for the language model from unpacked packages: `python -m datakit.langid.corpus ROOT OUT.tsv`.

ROOT holds packages as their registries unpack them; which ones, and their licences, stands in docs/langid.md. Nothing
of the text enters the project: only the weights that `train.py` computes from it do.
Lines out: `label<TAB>source<TAB>text`, in an order that depends on nothing but the file names.
"""

import gettext
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import orjson
import zstandard

from datakit.langid.packs import chromium_messages, tesseract_words

LABELS: Final = {
    "mr": "mar", "mr_IN": "mar", "mar": "mar", "marathi": "mar", "hi": "hin", "hi_IN": "hin", "hi-IN": "hin",
    "hin": "hin", "hindi": "hin", "ne": "npi", "ne_NP": "npi", "nep": "npi", "kok": "gom", "gom-deva": "gom",
    "sa": "san", "san": "san", "bho": "bho", "mai": "mai", "mag": "mag", "awa": "awa", "hne": "hne", "doi": "doi",
    "brx": "brx", "en": "eng", "en-GB": "eng", "english": "eng",
    **dict.fromkeys(("fr", "de", "es", "it", "pt_BR", "pt-BR", "nl", "id", "tr", "pl", "sw", "fi", "hu"), "und"),
    **dict.fromkeys(("gom-latn", "kok@latin", "kok-Latn"), "und"),
}  # fmt: skip
"""Locale names as packages spell them → labels of the model; `und` is Latin text that is neither English nor Indian."""

MARKUP: Final = re.compile(
    r"<[^>]*>|&\w+;|\{\{[^}]*\}\}|\{[^{}]*\}|\[\[[^\]|]*\||https?://\S+|%\d*\$?[-+ #0]*\d*\.?\d*[a-zA-Z]|\$\d|\\[a-z]"
    r"|[_&](?=\w)"
)
PATTERN: Final = re.compile(r"[|<>{}\\]|\[\w")
"""What is left of sentence patterns and templates of a program: no running text."""
PATTERNED: Final = ("json", "pak")
DEVANAGARI: Final = re.compile("[\u0900-\u0963\u0971-\u097f]")
WORD: Final = re.compile("[\u0900-\u0963\u0971-\u097f]{2,}")
LATIN: Final = re.compile("[A-Za-z]")
EVERY_UND: Final = 4  # there is a million such messages, and they only say what is not ours

Row = tuple[str, str, str]


def clean(text: str) -> str:
    """Strip markup, placeholders and keyboard accelerators from a message; joiners go and spaces collapse."""
    return " ".join(MARKUP.sub(" ", text).replace("\u200d", "").replace("\u200c", "").split())


def is_devanagari(text: str) -> bool:
    """Say whether a message is worth learning from: two letters at least, and more Devanagari than Latin."""
    letters = len(DEVANAGARI.findall(text))
    return letters > 1 and letters > 2 * len(LATIN.findall(text))


def label_of(path: Path) -> str | None:
    """Return the label that a file's name, or else one of its two folders, says: `hi.json`, `kok/units.json`."""
    names = (path.name.split(".")[0], path.parent.name, path.parent.parent.name)
    return next((LABELS[name] for name in names if name in LABELS), None)


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
    """Yield translations and their English originals."""
    for path in sorted(root.rglob("LC_MESSAGES/*.mo")):
        label = LABELS.get(path.parent.parent.name)
        if label is not None:
            for original, translation in messages(path):
                yield label, "gettext", translation
                yield "eng", "gettext", original


def from_json(root: Path) -> Iterator[Row]:
    """Yield every string of the JSON files whose name or folder is a language, notes on authors left out."""
    for path in sorted(root.rglob("*.json")):
        label = label_of(path)
        if label is not None:
            yield from ((label, "json", text) for text in _strings(orjson.loads(path.read_bytes())))


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            if not key.startswith("@"):
                yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)


def from_lists(root: Path) -> Iterator[Row]:
    """Yield the items of YAML lists (`- text`) in folders named for a language, and the strings of `gk_hi`."""
    for path in sorted(root.rglob("*.yml")):
        label = label_of(path)
        if label is not None:
            for line in path.read_text("utf-8", "replace").splitlines():
                yield label, "list", line.strip(" -\"'")
    for path in sorted(root.rglob("gk_hi/questions.py")):
        for text in re.findall(r'"([^"]*)"', path.read_text("utf-8")):
            yield "hin", "list", text


def from_binaries(root: Path) -> Iterator[Row]:
    """Yield the messages of Chromium's language packs and the words of Tesseract's models."""
    for path in sorted(root.rglob("locales/*.pak")):
        label = LABELS.get(path.stem.split("_")[0])
        if label is not None:
            yield from ((label, "pak", text) for text in chromium_messages(path))
    for path in sorted(root.rglob("*.traineddata")):
        label = LABELS.get(path.stem)
        if label is not None:
            words = [word for word in map(clean, tesseract_words(path)) if WORD.fullmatch(word)]
            yield from ((label, "words", line) for line in shuffled(words))


def shuffled(words: list[str], *, lines: int = 40_000, seed: int = 1630) -> Iterator[str]:
    """Yield words as lines of 1 to 8, each word once, for the model learns lengths of text too."""
    random = Random(seed)
    random.shuffle(words)
    place = 0
    for _ in range(lines):
        if place >= len(words):
            return
        size = random.randint(1, 8)
        yield " ".join(words[place : place + size])
        place += size


def from_questions(root: Path) -> Iterator[Row]:
    """Yield the questions and answers of every `*.jsonl.zst` whose rows say that their licence is MIT, as Marathi."""
    for path in sorted(root.rglob("*.jsonl.zst")):
        with path.open("rb") as file:
            for line in zstandard.ZstdDecompressor().stream_reader(file).read().splitlines():
                row = orjson.loads(line)
                if str(row.get("licence", "")).startswith("MIT"):
                    yield from (("mar", "legislature", row[field]) for field in ("question", "answer"))


def collect(root: Path) -> Iterator[Row]:
    """Yield every usable row below `root`, each text once a label."""
    seen: set[tuple[str, str]] = set()
    others = 0
    for reader in (from_gettext, from_json, from_lists, from_binaries, from_questions):
        for label, source, raw in reader(root):
            text = clean(raw)
            latin = label in ("eng", "und")
            usable = len(LATIN.findall(text)) > 3 and not DEVANAGARI.search(text) if latin else is_devanagari(text)
            if usable and (label, text) not in seen and not (source in PATTERNED and PATTERN.search(text)):
                seen.add((label, text))
                others += label == "und"
                if label != "und" or others % EVERY_UND == 0:
                    yield label, source, text


if __name__ == "__main__":
    with Path(sys.argv[2]).open("w", encoding="utf-8") as out:
        out.writelines("\t".join(row) + "\n" for row in collect(Path(sys.argv[1])))
