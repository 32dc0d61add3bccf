"""How a user may name a version folder; `datakit` and `trainer` share this one answer."""

from pathlib import Path

import pytest

from datakit.errors import InputError, UsageError
from datakit.lineage import LATEST, MANIFEST, TAGS, find_version, latest_version, list_versions

ONE, TWO, OTHER = "abcd" + "1" * 60, "abcd" + "2" * 60, "abcd" + "1" * 59 + "0"


def made(home: Path, name: str) -> Path:
    """Make a folder that looks like a version."""
    folder = home / name
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text("{}")
    return folder


@pytest.fixture
def curated(tmp_path: Path) -> Path:
    """Two versions of one name, of which the first is the latest, one of another, and what is no version."""
    home = tmp_path / "curated"
    for name, id in (("forts", ONE), ("forts", TWO), ("kings", OTHER)):
        made(home / name, id)
    (home / "forts" / LATEST).symlink_to(ONE)
    (home / "forts" / TAGS).mkdir()
    (home / "forts" / TAGS / "शिवजयंती").write_text(f"{TWO}\n", encoding="utf-8")
    (home / "forts" / TAGS / "gone").write_text("f" * 64, encoding="utf-8")
    made(home / "forts", "notes")
    made(home / ".work", "a" * 64)
    (home / "forts" / ("e" * 64)).mkdir()  # a folder that a killed copy left: no manifest
    return home


def test_only_whole_versions_are_listed(curated: Path) -> None:
    """Folders of 64 characters with a manifest, outside hidden folders, by name and id; links are not listed twice."""
    assert [f"{path.parent.name}/{path.name}" for path in list_versions(curated)] == [
        f"forts/{ONE}",
        f"forts/{TWO}",
        f"kings/{OTHER}",
    ]
    assert list(list_versions(curated / "nowhere")) == []


@pytest.mark.parametrize(
    ("wanted", "name", "id"),
    [
        ("latest", "forts", ONE),
        ("forts", "forts", ONE),
        ("forts/latest", "forts", ONE),
        ("शिवजयंती", "forts", TWO),
        ("forts/शिवजयंती", "forts", TWO),
        (TWO, "forts", TWO),
        (TWO[:5], "forts", TWO),
        ("kings/abcd", "kings", OTHER),
    ],
)
def test_every_name_leads_to_its_folder(curated: Path, wanted: str, name: str, id: str) -> None:
    """A name, `latest`, a tag in any script, and the start of an id, each also below its name, mean one folder."""
    assert find_version(wanted, curated=curated) == curated / name / id


def test_a_path_needs_no_registry(curated: Path, tmp_path: Path) -> None:
    """The path of any folder with a manifest is that folder, resolved, wherever it lies and whatever it is called."""
    assert find_version(str(curated / "forts" / "notes"), curated=tmp_path) == curated / "forts" / "notes"
    assert find_version(str(curated / "forts" / LATEST), curated=tmp_path) == curated / "forts" / ONE


@pytest.mark.parametrize(
    "wanted",
    ["abc", "kings", "kings/latest", "gone", "notes", f"forts/{OTHER}", "forts/", "", "..", "शिव", "x" * 5000, "a\0b"],
)
def test_what_is_not_there_lists_what_there_is(curated: Path, wanted: str) -> None:
    """Three characters, a name without `latest`, a tag of a version that is gone, a wrong name before an id, and what
    no file system takes: none is found, and the versions are listed."""
    with pytest.raises(InputError, match=f"(?s)not found under .*\n  forts/{ONE}\n.*  kings/{OTHER}$"):
        find_version(wanted, curated=curated)


def test_several_that_fit_are_named(curated: Path) -> None:
    """A start of an id that fits several is a slip of the user, and the message lists those alone."""
    with pytest.raises(UsageError, match=rf"3 fit; name more of the id:\n  forts/{ONE}\n  forts/{TWO}\n  kings/"):
        find_version("abcd", curated=curated)
    with pytest.raises(UsageError, match=rf"2 fit; name more of the id:\n  forts/{ONE}\n  forts/{TWO}$"):
        find_version("forts/abcd", curated=curated)


def test_a_dangling_link_is_no_latest_version(curated: Path) -> None:
    """Where the folder that `latest` means was removed, there is none."""
    (curated / "kings" / LATEST).symlink_to("0" * 64)
    assert latest_version(curated, "kings") is None
    assert latest_version(curated, "nobody") is None
    assert latest_version(curated, "forts") == curated / "forts" / ONE


def test_an_empty_folder_says_how_to_fill_it(tmp_path: Path) -> None:
    """Without any version the next step is `datakit curate`; a long list ends with how many more there are."""
    with pytest.raises(InputError, match=r"There are:\n  \(none\)\n`datakit curate raw/ .*` makes one$"):
        find_version("latest", curated=tmp_path)
    for number in range(23):
        made(tmp_path / "many", f"{number:064d}")
    with pytest.raises(InputError, match=r"  and 3 more; `datakit ls` lists them all$"):
        find_version("none", curated=tmp_path)
