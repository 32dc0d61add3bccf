"""`datakit curate --no-report`: a version without its page, which can be written at any later time."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from datakit.cli import app
from datakit.lineage import read_manifest
from datakit.store import verify


def run(*arguments: str) -> str:
    """Run the command and return what it printed; an error of datakit's comes through."""
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Return a folder with two rows."""
    folder = tmp_path / "raw"
    folder.mkdir()
    rows = [
        {"question": "शिवाजी महाराजांचा जन्म कोणत्या किल्ल्यावर झाला?", "answer": "शिवनेरी"},
        {"question": "पुरंदरचा तह कोणत्या वर्षी झाला?", "answer": "१६६५"},
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "itihas.jsonl").write_text(lines, encoding="utf-8")
    return folder


def curate(raw: Path, curated: Path, *options: str) -> dict[str, object]:
    """Curate and return the command's JSON object."""
    found: dict[str, object] = json.loads(run("curate", str(raw), str(curated), "--json", *options))
    return found


def test_the_version_does_not_depend_on_its_report(raw: Path, tmp_path: Path) -> None:
    """With and without the page the id and the rows are the same; the page alone is absent, and nothing is damaged."""
    with_page = curate(raw, tmp_path / "a")
    without = curate(raw, tmp_path / "b", "--no-report")
    assert with_page["version_id"] == without["version_id"]
    files = [set(read_manifest(Path(str(one["path"]))).files) for one in (with_page, without)]
    assert files[0] - files[1] == {"report.html"}
    assert files[1] < files[0]
    verify(Path(str(without["path"])))


def test_the_page_can_be_written_later(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datakit report` writes the page outside of the version, which is immutable; `show` names none that is absent."""
    monkeypatch.chdir(tmp_path)
    version = Path(str(curate(raw, tmp_path / "curated", "--no-report")["path"]))
    page = Path(run("report", str(version)).strip())
    assert page.parent != version
    assert version.name[:12] in page.read_text(encoding="utf-8")
    assert "report.html" not in run("show", str(version))
    verify(version)


def test_a_lost_page_is_damage(raw: Path, tmp_path: Path) -> None:
    """A page that the manifest lists and that is gone is not quietly written anew."""
    version = Path(str(curate(raw, tmp_path / "curated")["path"]))
    (version / "report.html").unlink()
    done = CliRunner().invoke(app, ["report", str(version)])
    assert done.exit_code != 0
    assert "report.html: missing" in str(done.exception)
