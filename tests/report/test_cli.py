"""`datakit report` as typed."""

import json
import shutil
import webbrowser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from datakit.cli import app
from datakit.errors import InputError, UsageError
from datakit.lineage import read_manifest
from datakit.store import strip, verify


def report(*arguments: str) -> str:
    """Run the command and return what it printed; an error of datakit's comes through."""
    done = CliRunner().invoke(app, ["report", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_html_is_the_page_of_the_version(version: Path) -> None:
    """Without further options the path of the published page is printed, and the version stays as it was."""
    assert report(str(version)) == f"{version / 'report.html'}\n"
    verify(version)


def test_json_is_one_object(version: Path) -> None:
    """`--format json` prints one object whose counts are the manifest's."""
    body = json.loads(report(str(version), "--format", "json"))
    manifest = read_manifest(version)
    assert body["version"] == manifest.id
    assert {name: body["counts"][name] for name in ("in", "kept", "splits")} == {
        name: manifest.counts[name] for name in ("in", "kept", "splits")
    }


def test_markdown_goes_to_stdout_or_to_a_file(version: Path, tmp_path: Path) -> None:
    """`--out` writes the same text and prints the path."""
    text = report(str(version), "--format", "md")
    assert text.startswith("# plain: quality report\n")
    out = tmp_path / "report.md"
    assert report(str(version), "--format", "md", "--out", str(out)) == f"{out}\n"
    assert out.read_text(encoding="utf-8") == text.removesuffix("\n")


def test_against_compares_with_any_version(version: Path, tmp_path: Path) -> None:
    """A page against another version is written outside of both, which are immutable."""
    out = tmp_path / "compared.html"
    report(str(version), "--against", str(version), "--out", str(out))
    page = out.read_text(encoding="utf-8")
    assert "Since the version before" in page
    assert "0 rows added" in page
    verify(version)


def test_a_tokenizer_makes_a_new_page(version: Path, tokenizer: Path, tmp_path: Path) -> None:
    """`--tokenizer` counts tokens in a page written outside of the version; `--max-tokens` moves the limit."""
    out = tmp_path / "counted.html"
    report(str(version), "--tokenizer", str(tokenizer), "--max-tokens", "3", "--out", str(out))
    assert "have more than 3." in out.read_text(encoding="utf-8")
    body = json.loads(report(str(version), "--tokenizer", str(tokenizer), "--format", "json"))
    assert body["tokens"]["max_tokens"] == 2048
    assert body["tokens"]["rows"] == read_manifest(version).counts["kept"]
    verify(version)


def test_open_opens_the_page(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--open` hands the file's address to the browser; where there is none, the message names the file."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: not opened.append(address))
    report(str(version), "--open")
    assert opened == [(version / "report.html").as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    with pytest.raises(InputError, match=r"report\.html: no browser could be opened here; open the file by hand"):
        report(str(version), "--open")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "pdf"], r"--format pdf: expected one of html, json, md"),
        (["--format", "json", "--open"], r"--open with --format json: only html opens in a browser"),
    ],
)
def test_options_that_make_no_sense_are_refused(version: Path, arguments: list[str], message: str) -> None:
    """A wrong option says what was expected instead."""
    with pytest.raises(UsageError, match=message):
        report(str(version), *arguments)


def test_a_withdrawn_version_is_refused_on_either_side(version: Path, tmp_path: Path) -> None:
    """A version whose rows are gone says so and names what to use, whether it is to be shown or compared with."""
    gone = Path(shutil.copytree(version, tmp_path / "plain" / version.name))
    strip(gone, sources=["peshwai"], child="c" * 64)
    for arguments in ([str(gone)], [str(version), "--against", str(gone), "--out", str(tmp_path / "page.html")]):
        with pytest.raises(InputError, match=r"withdrawn with the source peshwai; its rows are gone, use .* c{64}"):
            report(*arguments)
    assert not (tmp_path / "page.html").exists()


def test_out_makes_the_folders_above_it(version: Path, tmp_path: Path) -> None:
    """`--out` into a folder that is not there yet makes it, as `gate --out` and `pack --out` do."""
    out = tmp_path / "new" / "deep" / "report.md"
    assert report(str(version), "--format", "md", "--out", str(out)) == f"{out}\n"
    assert out.is_file()


def test_a_missing_page_says_what_to_do(version: Path) -> None:
    """A version that lost its page names the command that tells what else is missing."""
    (version / "report.html").chmod(0o644)
    (version / "report.html").unlink()
    with pytest.raises(InputError, match=r"report\.html: missing; `datakit verify .*` tells what else is"):
        report(str(version))
