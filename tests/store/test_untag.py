"""Taking a tag away takes a tag away, and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import UsageError
from datakit.store import find, tag, tags, untag


def test_only_the_tag_goes(version: Path) -> None:
    """The version and its other tags stay; the tag can be given anew."""
    curated = version.parent.parent
    found = find(curated, version.name)
    for name in ("पहिली", "v1.0", "a-b_c"):
        tag(found, name)
    untag(curated, "plain", "v1.0")
    assert tags(curated, "plain") == {"पहिली": found.id, "a-b_c": found.id}
    assert find(curated, version.name).id == found.id
    assert tag(found, "v1.0") is None


@pytest.mark.parametrize(
    "name", ["none", "", ".", "..", "../latest", "../{id}/manifest.json", "/etc/hostname", "a/b", "x\0"]
)
def test_a_name_that_is_no_tag_takes_nothing_away(version: Path, name: str) -> None:
    """A path in the place of a name leads nowhere: what there is is listed, and every file stays."""
    curated = version.parent.parent
    tag(find(curated, version.name), "ठेवा")
    before = {path: path.lstat().st_mtime_ns for path in curated.rglob("*")}
    with pytest.raises(UsageError, match=r"plain has none of this name; it has ठेवा$"):
        untag(curated, "plain", name.format(id=version.name))
    assert {path: path.lstat().st_mtime_ns for path in curated.rglob("*")} == before


@given(st.text("ab./~-_ अ\n\0", max_size=12))
def test_any_name_is_a_tag_or_told(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Whatever the name, a file beside the folder of tags is never touched."""
    home = tmp_path_factory.mktemp("t") / "plain"
    (home / "tags").mkdir(parents=True)
    (home / "a").write_text("kept", "utf-8")
    with pytest.raises(UsageError, match="it has none"):
        untag(home.parent, "plain", name)
    assert (home / "a").read_text("utf-8") == "kept"
    assert (home / "tags").is_dir()
