"""Makes training lines from grammar.tsv: closed-class words, and shared words with each language's own endings.

Message catalogues speak of files and buttons. History speaks of kings who went and did, so what carries over is not the
vocabulary but the grammar. Stems that several languages share get every language's endings: the model learns that
साम्राज्य says little and that -ाच्या, -ाचो, -को and -स्य say much.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Final

TABLE: Final = Path(__file__).with_name("grammar.tsv")
BARE: Final = frozenset("कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह")
NAMED: Final = 0.7  # of the inflected words of made questions: names; the rest are nouns
SHARERS: Final = frozenset({"mar", "hin", "npi", "gom", "mai", "san"})


def table() -> dict[str, dict[str, list[str]]]:
    """Return the forms of grammar.tsv by label and kind."""
    forms: dict[str, dict[str, list[str]]] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            label, kind, listed = line.split("\t")
            forms.setdefault(label, {}).setdefault(kind, []).extend(listed.split())
    return forms


def shared_nouns(lines: Iterable[tuple[str, str]]) -> list[str]:
    """Return words that end in a consonant and stand in the text of three of the languages or more, sorted."""
    users: dict[str, set[str]] = {}
    for label, text in lines:
        if label in SHARERS:
            for word in text.split():
                if len(word) > 2 and word[-1] in BARE and all("ँ" <= char <= "्" for char in word):
                    users.setdefault(word, set()).add(label)
    return sorted(word for word, labels in users.items() if len(labels) > 2)


def made_lines(nouns: list[str], *, count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield lines of each language, half as many of them questions: `count` of 1 to 12 words, half function words."""
    random = Random(seed)
    forms = table()
    names = forms.pop("all")["name"]
    for label, kinds in forms.items():
        weights = {"word": 5, "noun": 3 if "noun" in kinds else 0, "verb": 3 if "verb" in kinds else 0, "bare": 1}
        stems = kinds.get("stem") or forms["hin"]["stem"]
        for _ in range(count):
            line = []
            for kind in random.choices(list(weights), list(weights.values()), k=random.randint(1, 12)):
                if kind == "word":
                    line.append(random.choice(kinds["word"]))
                elif kind == "bare":
                    line.append(random.choice(nouns))
                else:
                    stem = random.choice(nouns if kind == "noun" else stems)
                    line.append(stem + random.choice(kinds[kind]))
            yield label, " ".join(line)
        for _ in range(count // 2 if "ask" in kinds else 0):
            yield label, question(kinds, names, nouns, random)


def question(kinds: dict[str, list[str]], names: list[str], nouns: list[str], random: Random) -> str:
    """Return a question of names: bare ones, one or two with an ending, a noun that many languages have, the asking.

    Such questions show little of their language, and what they show stands at the ends of names and of the line.
    """
    line = [random.choice(names) for _ in range(random.choice((0, 0, 1)))]
    for _ in range(random.choice((1, 1, 2))):
        name = random.choice(names if random.random() < NAMED else nouns)
        apart = [ending for ending in kinds["case"] if ending[0] == "_"]
        endings = [*kinds.get("noun", []), *apart] if name[-1] in BARE else kinds["case"]
        line.append(name + random.choice(endings))
    line += [random.choice(nouns) for _ in range(random.choice((0, 1, 1)))]
    return " ".join([*line, random.choice(kinds["ask"])]).replace("+", " ").replace("_", " ")
