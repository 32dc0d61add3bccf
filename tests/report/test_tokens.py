"""Lengths in tokens of a chosen tokenizer."""

from pathlib import Path

import pytest

from datakit.errors import InputError, MissingDependencyError
from datakit.report import tokens as module
from datakit.report.facts import gather
from datakit.report.page import as_html
from datakit.report.tokens import EDGES, token_labels, tokens
from tests.report.made import kept, release

ROWS = [
    kept("एक दोन तीन", "चार"),  # 4 tokens of the tokenizer that parts at spaces
    kept("एक दोन", "तीन", split="test"),  # 3
    kept("एक " * 30 + "शेवट", "हो", split="validation"),  # 32
]


def test_tokens_of_all_turns_are_counted_in_every_split(tmp_path: Path, tokenizer: Path) -> None:
    """Question and answer together, with the median, the longest, the share over the limit and tokens a word."""
    found = tokens(release(tmp_path, ROWS), tokenizer, max_tokens=3)
    assert (found.rows, found.of, found.median, found.longest, found.over) == (3, 3, 4, 32, 2)
    assert found.per_word == 1.0
    assert dict(zip(token_labels(), found.bins, strict=True))["0–15"] == 2
    assert dict(zip(token_labels(), found.bins, strict=True))["32–63"] == 1
    assert found.vocabulary == 1


def test_a_file_counts_as_its_folder_does(tmp_path: Path, tokenizer: Path) -> None:
    """The path of `tokenizer.json` itself gives the same numbers and digest."""
    made = release(tmp_path, ROWS)
    by_folder, by_file = tokens(made, tokenizer), tokens(made, tokenizer / "tokenizer.json")
    assert (by_folder.bins, by_folder.sha256) == (by_file.bins, by_file.sha256)


def test_a_limit_inside_the_tokenizer_does_not_cut(tmp_path: Path, tokenizer: Path) -> None:
    """A file that carries a truncation or a padding of its own gives the lengths that the texts have."""
    tokenizers = pytest.importorskip("tokenizers", reason="the extra `export` is not installed")
    limited = tokenizers.Tokenizer.from_file(str(tokenizer / "tokenizer.json"))
    limited.enable_truncation(5)
    limited.enable_padding(length=20)
    path = tmp_path / "limited.json"
    limited.save(str(path))
    assert tokens(release(tmp_path / "v", ROWS), path).bins == tokens(release(tmp_path / "w", ROWS), tokenizer).bins


def test_a_large_version_is_measured_on_some_rows(
    tmp_path: Path, tokenizer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit the rows with the lowest ids are counted, in batches, and the page says so."""
    made = release(tmp_path, [kept(f"प्रश्न {n}", "उत्तर") for n in range(30)])
    monkeypatch.setattr(module, "MAX_ROWS", 7)
    monkeypatch.setattr(module, "_BATCH", 3)
    found = tokens(made, tokenizer)
    assert (found.rows, found.of, sum(found.bins)) == (7, 30, 7)
    page = as_html(gather(tmp_path, made.manifest, tokenizer=tokenizer))
    assert "Measured on 7 of 30 rows" in page


def test_a_page_without_a_tokenizer_says_how_to_choose_one(tmp_path: Path) -> None:
    """Nobody chose one: the section says that, with the command."""
    made = release(tmp_path, ROWS)
    page = as_html(gather(tmp_path, made.manifest))
    assert "No tokenizer was chosen" in page
    assert f"datakit report {made.manifest.id[:12]} --tokenizer FOLDER" in page


def test_what_is_no_tokenizer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file, a file of another kind, and a missing package each say what was expected."""
    made = release(tmp_path, ROWS)
    with pytest.raises(InputError, match=r"nowhere: not found; expected a tokenizer\.json, or a folder"):
        tokens(made, tmp_path / "nowhere")
    odd = tmp_path / "tokenizer.json"
    odd.write_text('{"model": 7}', encoding="utf-8")
    with pytest.raises(InputError, match=r"tokenizer\.json: not a tokenizer \("):
        tokens(made, tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'ancient-aurora\[export\]'"):
        tokens(made, odd)


def test_the_edges_are_the_labels() -> None:
    """Each bin has a name, the last one without an end."""
    assert len(token_labels()) == len(EDGES)
    assert token_labels()[0] == "0–15"
    assert token_labels()[-1] == "8192+"
