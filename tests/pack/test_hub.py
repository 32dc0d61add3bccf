"""The form of the hub, and sending it there."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from datakit.cli import app
from datakit.errors import IntegrityError, OutputError, UsageError
from datakit.lineage import read_manifest
from datakit.pack import HuggingFace, pack, push, token_of
from datakit.pack.licences import hub_licences, licence_url

TOKEN = "hf_a_token_that_nobody_has"


class FakeHub:
    """A hub that remembers what it was given."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.got: list[tuple[str, str, bool, set[str]]] = []
        made.append(self)

    def upload(self, folder: Path, repo: str, *, message: str, private: bool) -> str:
        """Note the files."""
        self.got.append((repo, message, private, {file.name for file in folder.iterdir()}))
        return f"hub:{repo}"


made: list[FakeHub] = []


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> list[FakeHub]:
    """Take the place of the real hub and of whatever token lies in the environment."""
    made.clear()
    monkeypatch.setattr("datakit.pack.HuggingFace", FakeHub)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return made


def test_datasets_loads_the_folder(
    odd: Path, rows: dict[str, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`load_dataset` on the folder gives the three splits of the card, row for row, without a network."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="the extra `hub` is not installed")
    folder = pack(odd, tmp_path / "hub", form="hf").folder
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == set(rows)
    for split, frame in rows.items():
        assert loaded[split]["id"][:] == frame["id"].to_list()
        assert loaded[split]["messages"][:] == frame["messages"].to_list()
        assert loaded[split]["locator"][:] == frame["locator"].to_list()


def test_the_card_tells_version_sources_licences_and_losses(odd: Path, tmp_path: Path) -> None:
    """Version id, row roots, each source with its licence and rows, and what was left out."""
    card = (pack(odd, tmp_path / "hub", form="hf").folder / "README.md").read_text(encoding="utf-8")
    manifest = read_manifest(odd)
    head, _, rest = card.removeprefix("---\n").partition("\n---\n")
    assert "license:\n- cc-by-4.0\n- other\n- unknown\n" in head
    assert head.count("path: ") == 3
    assert head.index("split: train") < head.index("split: validation") < head.index("split: test")
    assert manifest.id in rest
    assert all(root in rest for root in manifest.identity["row_roots"].values())
    assert "| shala | [CC-BY-4.0](https://spdx.org/licenses/CC-BY-4.0.html) | 40 |" in rest
    assert "| c.json | not stated | " in rest
    assert str(odd.parent) not in card


def test_no_rejected_row_leaves_the_house(odd: Path, tmp_path: Path) -> None:
    """The folder holds the splits and the card: rows that were rejected, for personal data say, are not in it."""
    folder = pack(odd, tmp_path / "hub", form="hf").folder
    assert {file.name for file in folder.iterdir()} == {
        "README.md", "pack.json", "train.parquet", "validation.parquet", "test.parquet",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (["CC-BY-4.0", "CC0-1.0", "CC-BY-4.0"], ["cc-by-4.0", "cc0-1.0"]),
        ([None, "LicenseRef-X", "OGL-India-1.0"], ["other", "unknown"]),
        (["ODbL-1.0", "GPL-3.0-only"], ["gpl-3.0", "odbl"]),
    ],
)
def test_licences_by_the_hubs_names(stated: list[str | None], expected: list[str]) -> None:
    """Known SPDX ids by the hub's names, the rest as `other`, nothing as `unknown`."""
    assert hub_licences(stated) == expected


def test_only_spdx_ids_become_addresses() -> None:
    """A reference of one's own, or words, stay as they are."""
    assert licence_url("CC-BY-SA-4.0") == "https://spdx.org/licenses/CC-BY-SA-4.0.html"
    assert licence_url("LicenseRef-Gazetteer") == "LicenseRef-Gazetteer"
    assert licence_url("with the author's leave") == "with the author's leave"


def test_nothing_is_sent_unless_asked(odd: Path, tmp_path: Path, hub: list[FakeHub]) -> None:
    """Packing alone touches no hub, even with a token in the environment."""
    done = CliRunner().invoke(
        app, ["pack", str(odd), "--as", "hf", "--out", str(tmp_path / "x")], env={"HF_TOKEN": TOKEN}
    )
    assert done.exit_code == 0
    assert hub == []


@pytest.mark.parametrize(("more", "private"), [([], True), (["--public"], False)])
def test_push_sends_the_folder_with_the_versions_id(
    odd: Path, tmp_path: Path, hub: list[FakeHub], more: list[str], private: bool
) -> None:
    """With the flag and a token the folder goes to the repository, private unless told; the address is printed."""
    arguments = ["pack", str(odd), "--as", "hf", "--out", str(tmp_path / "x"), "--push", "us/itihas", *more]
    done = CliRunner().invoke(app, arguments, env={"HF_TOKEN": TOKEN}, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (one,) = hub
    assert one.token == TOKEN
    assert one.got == [
        ("us/itihas", f"Version {odd.name}", private, {file.name for file in (tmp_path / "x").iterdir()})
    ]
    assert done.stdout.splitlines()[-1] == "pushed hub:us/itihas"
    assert TOKEN not in done.output


def test_json_carries_the_address(odd: Path, tmp_path: Path, hub: list[FakeHub]) -> None:
    """`--json` stays one object."""
    arguments = ["pack", str(odd), "--as", "croissant", "--out", str(tmp_path / "x"), "--push", "us/itihas", "--json"]
    done = CliRunner().invoke(app, arguments, env={"HUGGING_FACE_HUB_TOKEN": TOKEN}, catch_exceptions=False)
    assert json.loads(done.stdout)["pushed"] == "hub:us/itihas"
    assert len(hub) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--as", "hf", "--push", "us/itihas"], r"--push: no token; put one that may write into HF_TOKEN or"),
        (["--as", "alpaca", "--push", "us/itihas"], r"--push with --as alpaca: a hub shows hf or croissant"),
        (["--as", "hf", "--push", "itihas"], r"--push 'itihas': expected owner/name"),
        (["--as", "hf", "--push", "a/b/c"], r"--push 'a/b/c': expected owner/name"),
        (["--as", "hf", "--public"], r"--public: says how --push makes a repository"),
    ],
)
def test_a_push_that_makes_no_sense_writes_nothing(
    odd: Path, tmp_path: Path, hub: list[FakeHub], arguments: list[str], message: str
) -> None:
    """Each mistake is told before a file is written or a hub is touched."""
    with pytest.raises(UsageError, match=message):
        CliRunner().invoke(app, ["pack", str(odd), "--out", str(tmp_path / "x"), *arguments], catch_exceptions=False)
    assert hub == []
    assert not (tmp_path / "x").exists()


def test_a_damaged_version_is_not_sent(version: Path, tmp_path: Path, hub: list[FakeHub]) -> None:
    """What others would build on is verified first."""
    file = version / "test.parquet"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b"x")
    arguments = ["pack", str(version), "--as", "hf", "--out", str(tmp_path / "x"), "--push", "us/itihas"]
    with pytest.raises(IntegrityError, match=r"test\.parquet"):
        CliRunner().invoke(app, arguments, env={"HF_TOKEN": TOKEN}, catch_exceptions=False)
    assert hub == []


def test_the_token_is_taken_from_the_environment_only() -> None:
    """The first variable that holds one wins; blanks are none."""
    assert token_of({"HF_TOKEN": " a ", "HUGGING_FACE_HUB_TOKEN": "b"}) == "a"
    assert token_of({"HF_TOKEN": " ", "HUGGING_FACE_HUB_TOKEN": "b"}) == "b"
    with pytest.raises(UsageError, match="no token"):
        token_of({})


def test_what_the_real_client_is_asked_and_what_it_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client makes a private dataset and uploads the folder; its errors come without the token."""
    hub_client = pytest.importorskip("huggingface_hub", reason="the extra `hub` is not installed")
    calls: list[tuple[str, dict[str, object]]] = []

    def create(_: object, repo: str, **more: object) -> str:
        calls.append(("create", {"repo": repo, **more}))
        return f"https://hub/{repo}"

    def upload(_: object, **more: object) -> None:
        calls.append(("upload", more))
        if more["repo_id"] == "us/full":
            raise ValueError(f"403 with {TOKEN}")

    monkeypatch.setattr(hub_client.HfApi, "create_repo", create)
    monkeypatch.setattr(hub_client.HfApi, "upload_folder", upload)
    assert push(tmp_path, "us/itihas", HuggingFace(TOKEN), version="abc") == "https://hub/us/itihas"
    assert calls[0] == ("create", {"repo": "us/itihas", "repo_type": "dataset", "private": True, "exist_ok": True})
    assert calls[1][1]["commit_message"] == "Version abc"
    with pytest.raises(OutputError, match=r"--push us/full: the hub refused: 403 with …"):
        push(tmp_path, "us/full", HuggingFace(TOKEN), version="abc")
