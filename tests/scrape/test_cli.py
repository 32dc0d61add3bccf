"""`datakit scrape` as users call it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from datakit.cli import app
from datakit.cli.progress import Bars
from datakit.errors import DatakitError, InputError, MissingDependencyError, RecipeError, UsageError
from datakit.scrape import run as module
from tests.scrape.conftest import CONTACT
from tests.scrape.web import Reply, Web


def call(*arguments: str) -> str:
    """Run the command; a purposeful error is raised as it is, else the output is returned."""
    result = CliRunner().invoke(app, ["scrape", *arguments])
    if isinstance(result.exception, DatakitError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def given(web: Web, raw: Path, *more: str) -> list[str]:
    return [web.url("/a"), "--into", str(raw), "--contact", CONTACT, "--allow-private", "--delay", "0", *more]


def test_one_page(web: Web, raw: Path) -> None:
    """A URL, a folder and a contact are enough; the table names the source, the last line the ledger."""
    web.page("/a", "अ")
    out = call(*given(web, raw))
    assert "127.0.0.1" in out
    assert f"1 pages, 2 requests; every one is in {raw / 'scraped' / 'scrape-ledger.jsonl'}" in out
    assert (raw / "scraped" / "127.0.0.1").is_dir()


def test_json_is_one_object(web: Web, raw: Path) -> None:
    """--json prints the summary as one object and nothing else."""
    web.page("/a", '<a href="/i/b">ब</a>')
    web.page("/i/b", "ब")
    out = call(
        *given(
            web, raw, "--json", "--depth", "1", "--prefix", web.url("/i/"), "--source", "paan", "--licence", "CC0-1.0"
        )
    )
    told = json.loads(out)
    assert (told["pages"], told["outcomes"], told["finished"], told["run"]) == (2, {"paan": {"stored": 2}}, True, 1)
    assert Path(told["ledger"]).is_file()


def test_reasons_are_in_the_table(web: Web, raw: Path) -> None:
    """What was not fetched is told by reason and count."""
    web.page("/a", "अ")
    out = call(*given(web, raw, web.url("/missing"), web.url("/gone")))
    assert "http_error 2" in " ".join(out.split())


def test_nothing_fetched_is_an_error(web: Web, raw: Path) -> None:
    """A run that fetched no page at all ends with 5 and says why."""
    web.page("/a", Reply(status=404))
    with pytest.raises(
        InputError, match=r"no page was fetched: found http_error 1; expected at least one; the ledger tells"
    ):
        call(*given(web, raw))


def test_the_folder_s_own_sources(web: Web, raw: Path) -> None:
    """Without URLs the folder's sources.toml says what to fetch, and its contact serves for URLs as well."""
    raw.mkdir()
    url = web.page("/a", "अ")
    (raw / "sources.toml").write_text(
        f'[scrape]\ncontact = "{CONTACT}"\n[[source]]\nid = "paan"\ntitle = "x"\n[source.scrape]\nurls = ["{url}"]\n'
        "delay_s = 0\nallow_private = true\n",
        encoding="utf-8",
    )
    assert json.loads(call("--into", str(raw), "--json"))["outcomes"] == {"paan": {"stored": 1}}
    assert json.loads(call(url, "--into", str(raw), "--json", "--allow-private", "--source", "x"))["pages"] == 1


WRONG = {
    "nothing to fetch": ([], UsageError, "found neither URLs nor .*sources.toml"),
    "no contact": (["http://example.org/"], UsageError, "--contact: found none, expected a mail address"),
    "no URL": (["example.org", "--contact", CONTACT], UsageError, "URL: found 'example.org', expected an http"),
    "no SPDX id": (["http://a.org/", "--contact", CONTACT, "--licence", "free"], UsageError, "--licence: found 'free'"),
    "no id": (["http://a.org/", "--contact", CONTACT, "--source", "A B"], UsageError, "--source: found 'A B'"),
    "depth alone": (["http://a.org/", "--contact", CONTACT, "--depth", "2"], UsageError, "expected prefixes that"),
    "a prefix elsewhere": (
        ["http://a.org/", "--contact", CONTACT, "--depth", "2", "--prefix", "http://b.org/"], UsageError,
        "--prefix: found none on a.org",
    ),
    "no pause": (["http://a.org/", "--contact", CONTACT, "--delay", "0"], UsageError, "expected 0.5 or more on hosts"),
    "both": (["http://a.org/", "--sources", "x.toml"], UsageError, "found URLs and --sources"),
    "options of URLs": (["--sources", "x.toml", "--depth", "2"], UsageError, "--depth: for URLs only"),
    "no such file": (["--sources", "nowhere.toml"], InputError, "nowhere.toml: found no readable file"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_no_sense_is_told(raw: Path, name: str) -> None:
    """Each mistake is told with what was found and what was expected; nothing is written."""
    arguments, kind, message = WRONG[name]
    with pytest.raises(kind, match=message):
        call(*arguments, "--into", str(raw))
    assert not raw.exists()


def test_all_problems_of_a_file(raw: Path) -> None:
    """A source file's problems come all at once."""
    raw.mkdir()
    (raw / "sources.toml").write_text("[scrape]\nretrys = 1\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="3 problems"):
        call("--into", str(raw))


def test_a_bar_is_drawn_on_a_terminal_only() -> None:
    """Pages are counted as pages; where stderr is no terminal nothing is drawn."""
    for terminal in (True, False):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
        with Bars(console, unit="pages") as bars:
            bars.start("paan", 3)
            bars.advance("paan", 2)
            assert bars._progress is not None
            bars._progress.refresh()
            drawn = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
        assert ("2 pages" in drawn) == terminal


def test_a_missing_package_is_named(web: Web, raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without httpx or protego the message holds the line that installs them, and nothing is asked."""
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None if name == "protego" else name)
    with pytest.raises(
        MissingDependencyError, match=r"protego not installed; .* pip install 'ancient-aurora\[sources\]'"
    ):
        call(*given(web, raw))
    assert MissingDependencyError.exit_code == 6
    assert not web.asked


def test_help_loads_no_network_library() -> None:
    """`datakit --help` and `datakit scrape --help` load neither httpx nor protego nor polars."""
    script = (
        "import sys\nfrom datakit.cli import app\n"
        "try:\n    app(['scrape', '--help'])\nexcept SystemExit:\n    pass\n"
        "sys.exit(bool({'httpx', 'httpcore', 'protego', 'polars', 'lxml', 'anyio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "--allow-private" in done.stdout
