"""What a file is judged on: the dataset's own texts, and probes for what breaks tokenizers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from datakit.errors import InputError, IntegrityError
from datakit.lineage import WITHDRAWN, Manifest, read_manifest, sha256_file

Messages = Sequence[Mapping[str, str]]

PROBES: Final = (
    "राष्ट्रीय ऱ्हास, तऱ्हा, दऱ्या, गोऱ्या",  # eyelash ra: U+0931 with virama
    "र्‍यास बाणकोट र्‌",  # the same sound with ZWJ, and ZWNJ
    "क्\u200dष क्\u200cष \u200d \u200c \ufeff",
    "१६७४ १८१८ 1674 1818 12345678 3.14 १,२५,००० 6 जून 1674",
    " 1674  1818   42\t7\n8\n\n9",  # digits after spaces, tabs and line breaks
    "शिवाजी🙂🚩👨‍👩‍👧 रायगड 🇮🇳",
    "",
    " ",
    "   \n\n\n   ",
    "\r\n\t\x0b",
    'डॉ. बाबासाहेब आंबेडकर (जन्म: १४ एप्रिल १८९१) – "बहिष्कृत भारत" इ.स. १९२७.',
    "क़ ख़ ग़ ज़ ऩ ळ ॲ ऑ ॐ । ॥ ॰ ₹५०/-",
    "é e\u0301 ﬁ Å \u00a0 \u2009 \u3000",
    "Hello, I'M we'll DON'T they'd x's \"ABC\" URL https://example.org/a?b=1&c=%20",
    "def f(x):\n    return {'a': [1, 2, 3]}  # टीप",
    "漢字 かな 한국어 عربى עברית ไทย தமிழ் বাংলা",
    "\u0000\u0001\u001f",
    "a" * 300,
    "अ" * 300,
    "ृृृ ्ा़ ंःँ",  # marks with no letter before them
    "▁Ġ <0x0A> [UNK] <unk>",
)
"""Each of these has told a wrong pre-tokenizer from a right one, or once broke a converter."""

WANTED_TEXTS: Final = 1000
"""Fewer texts than this let a wrong pre-tokenizer through now and then (12 of 1,000 strings differed for SmolLM2)."""
_MOST_TEXTS: Final = 4000
"""Tokenizing 4,000 texts on both sides takes about two seconds."""


@dataclass(frozen=True, kw_only=True)
class Texts:
    """The texts of one dataset version, chosen by hash so that every run chooses the same."""

    dataset: str
    """Name and id, as a report says it."""
    conversations: Sequence[Messages]
    """Conversations of the validation split: fidelity is measured on them."""
    plain: Sequence[str]
    """Texts of all splits: every message, then question and answer joined."""
    questions: Sequence[Messages]
    """Three conversations that end with a question."""
    system: str | None
    """The system text that most training rows have."""


def read_texts(version: Path, *, expected_id: str | None) -> Texts:
    """Read a version's texts. Errors: `IntegrityError`/`InputError` where it is not whole or not the one expected."""
    import polars as pl

    manifest = read_manifest(version)
    if expected_id is not None and manifest.id != expected_id:
        raise InputError(
            f"{version}: version {manifest.id}, but the run was trained on {expected_id}; "
            "next: name the right folder with --dataset"
        )
    if (version / WITHDRAWN).exists():
        raise InputError(
            f"{version}: withdrawn: its rows were taken back, nothing can be compared on them; {WITHDRAWN} names the "
            "successor. Next: export with --no-verify"
        )
    frames = {}
    for split in ("validation", "train", "test"):
        path = version / f"{split}.parquet"
        if path.is_file() or path.name in manifest.files:
            _check_whole(path, manifest)
            frames[split] = pl.read_parquet(path, columns=["id", "messages"]).sort("id")
    rows = {split: frame["messages"].to_list() for split, frame in frames.items()}
    conversations = rows.get("validation") or rows.get("test") or rows.get("train") or []
    if not conversations:
        raise InputError(f"{version}: holds no rows; expected train.parquet, validation.parquet, test.parquet")
    every = [messages for split in rows.values() for messages in split]
    return Texts(
        dataset=f"{manifest.identity['name']} {manifest.id}",
        conversations=conversations,
        plain=_plain(every),
        questions=[messages[:-1] for messages in conversations if messages[-1]["role"] == "assistant"][:3],
        system=_usual_system(rows.get("train") or every),
    )


def _check_whole(path: Path, manifest: Manifest) -> None:
    expected = manifest.files.get(path.name, {}).get("sha256")
    found = sha256_file(path) if path.is_file() else "missing"
    if found != expected:
        raise IntegrityError(
            f"{path}: {found}, but the manifest says {expected or 'nothing of it'}; a model would be judged on other "
            f"rows than it learned. Next: datakit verify {path.parent}"
        )


def _plain(rows: Sequence[Messages]) -> list[str]:
    single = {message["content"] for messages in rows for message in messages}
    joined = {"\n".join(message["content"] for message in messages) for messages in rows}
    texts = sorted(single | joined, key=lambda text: sha256(text.encode("utf-8", "surrogatepass")).digest())
    return texts[:_MOST_TEXTS]


def _usual_system(rows: Sequence[Messages]) -> str | None:
    counts: dict[str, int] = {}
    for messages in rows:
        if messages and messages[0]["role"] == "system":
            counts[messages[0]["content"]] = counts.get(messages[0]["content"], 0) + 1
    if not counts:
        return None
    best = max(sorted(counts), key=lambda text: counts[text])
    return best if counts[best] * 2 >= len(rows) else None
