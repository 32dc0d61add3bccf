"""What a file is judged on: chosen by content alone, of exactly the version that the run learned from."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datakit.errors import InputError, IntegrityError
from datakit.lineage import Manifest, sha256_file, version_id, write_manifest
from export.verify import texts
from export.verify.texts import read_texts

Row = list[dict[str, str]]


def row(question: str, answer: str | None, *, system: str | None = None) -> Row:
    """A conversation of one question."""
    made = [{"role": "system", "content": system}] if system is not None else []
    made.append({"role": "user", "content": question})
    return made if answer is None else [*made, {"role": "assistant", "content": answer}]


def version(folder: Path, splits: Mapping[str, Sequence[Row]], *, order: int = 0) -> Path:
    """Write a version; `order` shuffles the rows of each file, whose ids stay theirs."""
    folder.mkdir(parents=True)
    for name, rows in splits.items():
        numbered = [{"id": f"{name}-{number:04}", "messages": one, "other": 1} for number, one in enumerate(rows)]
        random.Random(order).shuffle(numbered)
        schema: dict[str, Any] = {
            "id": pl.String,
            "messages": pl.List(pl.Struct({"role": pl.String, "content": pl.String})),
            "other": pl.Int64,
        }
        pl.DataFrame(numbered, schema=schema).write_parquet(folder / f"{name}.parquet")
    seal(folder)
    return folder


def seal(folder: Path) -> None:
    """Write the manifest over the files that are there."""
    identity: dict[str, Any] = {"name": "इतिहास"}
    files = {
        path.name: {"sha256": sha256_file(path), "bytes": path.stat().st_size} for path in folder.glob("*.parquet")
    }
    write_manifest(folder, Manifest(kind="dataset", id=version_id(identity), identity=identity, files=files))


ONE = {
    "train": [row(f"प्र{n}?", f"उ{n}.", system="शिक्षक") for n in range(3)] + [row("प्र९?", "उ९.")],
    "validation": [row("व१?", "अ१."), row("व२?", None), row("व३?", "अ३."), row("व४?", "अ४."), row("व५?", "अ५.")],
    "test": [row("त१?", "क१.")],
}


def test_what_is_taken_from_where(tmp_path: Path) -> None:
    """Conversations come from validation, texts from every split, the system text from train."""
    folder = version(tmp_path / "v", ONE)
    found = read_texts(folder, expected_id=None)
    assert found.dataset == f"इतिहास {version_id({'name': 'इतिहास'})}"
    assert [[m["content"] for m in one] for one in found.conversations] == [
        ["व१?", "अ१."], ["व२?"], ["व३?", "अ३."], ["व४?", "अ४."], ["व५?", "अ५."],
    ]  # fmt: skip
    assert [[m["content"] for m in one] for one in found.questions] == [["व१?"], ["व३?"], ["व४?"]]
    assert found.system == "शिक्षक"
    single = {"शिक्षक", *(f"प्र{n}?" for n in (0, 1, 2, "९")), *(f"उ{n}." for n in (0, 1, 2, "९")), "त१?", "क१."}
    single |= {"व१?", "अ१.", "व२?", "व३?", "अ३.", "व४?", "अ४.", "व५?", "अ५."}
    joined = {f"शिक्षक\nप्र{n}?\nउ{n}." for n in range(3)} | {"प्र९?\nउ९.", "त१?\nक१."}
    joined |= {f"व{n}?\nअ{n}." for n in "१३४५"}
    assert set(found.plain) == single | joined
    assert len(found.plain) == len(set(found.plain)), "each text once"


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    """The same rows in another order give the same texts in the same order: every run is judged on the same."""
    first = read_texts(version(tmp_path / "a", ONE), expected_id=None)
    second = read_texts(version(tmp_path / "b", ONE, order=7), expected_id=None)
    assert first == second
    assert list(first.plain) != sorted(first.plain), "the order is by hash, so that a part of it is no one letter's"


def test_of_many_texts_a_bounded_part_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are more texts than are wanted, the first by hash are taken, and more rows only take their places."""
    whole = list(read_texts(version(tmp_path / "a", ONE), expected_id=None).plain)
    monkeypatch.setattr(texts, "_MOST_TEXTS", 7)
    assert list(read_texts(tmp_path / "a", expected_id=None).plain) == whole[:7]


@pytest.mark.parametrize(
    ("splits", "first"),
    [
        ({"train": [row("प्र?", "उ.")], "test": [row("त?", "क.")]}, "त?"),
        ({"train": [row("प्र?", "उ.")]}, "प्र?"),
        ({"train": [row("प्र?", "उ.")], "validation": [], "test": []}, "प्र?"),
    ],
    ids=["test", "train", "the others are empty"],
)
def test_without_validation_another_split_is_taken(splits: dict[str, list[Row]], first: str, tmp_path: Path) -> None:
    """A version without rows for validation is judged on its test rows, else on those it learned from."""
    found = read_texts(version(tmp_path / "v", splits), expected_id=None)
    assert [one[0]["content"] for one in found.conversations] == [first]


def test_a_version_without_rows_is_refused(tmp_path: Path) -> None:
    """Nothing to compare on is an error that says which files were expected."""
    with pytest.raises(
        InputError, match=r"v: holds no rows; expected train\.parquet, validation\.parquet, test\.parquet"
    ):
        read_texts(version(tmp_path / "v", {"train": []}), expected_id=None)


@pytest.mark.parametrize(
    ("systems", "wanted"),
    [
        (["क", "क", "ख", "ख"], "क"),
        (["क", "ख", "ग"], None),
        (["क", "क", None, None], "क"),
        (["क", None, None], None),
        ([None, None], None),
        (["ख", "ख", "क"], "ख"),
    ],
    ids=str,
)
def test_the_system_text_of_most_rows(systems: list[str | None], wanted: str | None, tmp_path: Path) -> None:
    """A system text counts where half of the rows have it; of two that are as frequent the first by its letters."""
    rows = [row(f"प्र{n}?", "उ.", system=text) for n, text in enumerate(systems)]
    assert read_texts(version(tmp_path / "v", {"train": rows}), expected_id=None).system == wanted


def test_the_system_text_is_that_of_the_rows_learned_from(tmp_path: Path) -> None:
    """What validation rows have counts only where there are no training rows."""
    other = [row(f"व{n}?", "उ.", system="दुसरा") for n in range(5)]
    both = {"train": [row("प्र?", "उ.", system="पहिला")], "validation": other}
    assert read_texts(version(tmp_path / "a", both), expected_id=None).system == "पहिला"
    assert read_texts(version(tmp_path / "b", {"validation": other}), expected_id=None).system == "दुसरा"


def test_a_system_turn_later_on_is_none(tmp_path: Path) -> None:
    """Only what opens a conversation is its system text."""
    late = [{"role": "user", "content": "प्र?"}, {"role": "system", "content": "नंतर"}]
    assert read_texts(version(tmp_path / "v", {"train": [late]}), expected_id=None).system is None


def test_another_version_is_refused(tmp_path: Path) -> None:
    """The version must be the one that the run learned from: both ids are named, and the option for the right one."""
    folder = version(tmp_path / "v", ONE)
    own = version_id({"name": "इतिहास"})
    assert read_texts(folder, expected_id=own).system == "शिक्षक"
    with pytest.raises(InputError) as caught:
        read_texts(folder, expected_id="f" * 64)
    assert str(caught.value) == (
        f"{folder}: version {own}, but the run was trained on {'f' * 64}; next: name the right folder with --dataset"
    )


@pytest.mark.parametrize("split", ["train", "validation", "test"])
@pytest.mark.parametrize("fault", ["flipped", "cut", "gone", "added"])
def test_a_version_that_was_changed_is_refused(split: str, fault: str, tmp_path: Path) -> None:
    """A split that is damaged, gone or laid beside the others later is named; no error of polars comes out."""
    folder = version(tmp_path / "v", ONE if fault != "added" else {k: v for k, v in ONE.items() if k != split})
    path = folder / f"{split}.parquet"
    if fault == "gone":
        path.unlink()
    elif fault == "added":
        pl.DataFrame({"id": ["x"], "messages": [row("नवे?", "हो.")]}).write_parquet(path)
    else:
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw if fault == "flipped" else raw[:-9])
    with pytest.raises(IntegrityError, match=rf"{split}\.parquet: .*, but the manifest says .*datakit verify"):
        read_texts(folder, expected_id=None)


def test_a_withdrawn_version_is_refused(tmp_path: Path) -> None:
    """Rows that were taken back are not read, also where they still lie there."""
    folder = version(tmp_path / "v", ONE)
    (folder / "withdrawn.json").write_text("{}")
    with pytest.raises(InputError, match=r"v: withdrawn: its rows were taken back.*export with --no-verify"):
        read_texts(folder, expected_id=None)


def test_the_probes_hold_what_breaks_tokenizers() -> None:
    """The fixed probes have joiners, the eyelash ra, digits of both scripts, NUL, an empty text and long runs."""
    whole = "\n".join(texts.PROBES)
    for what in ("\u200d", "\u200c", "\u0931\u094d", "१६७४", "1674", "\x00", "🇮🇳", "<unk>", "\t", "\r\n"):
        assert what in whole, repr(what)
    assert "" in texts.PROBES
    assert max(map(len, texts.PROBES)) >= 300
    assert len(set(texts.PROBES)) == len(texts.PROBES)
