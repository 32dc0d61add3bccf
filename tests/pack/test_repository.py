"""Repositories and licences as a hub names them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import UsageError
from datakit.pack.licences import hub_licences, licence_url
from datakit.pack.push import checked_repo, push


@pytest.mark.parametrize("repo", ["", "name", "/name", "owner/", "a/b/c", "own er/name", " owner/name", "owner/name\n"])
def test_a_repository_is_an_owner_and_a_name(repo: str) -> None:
    """Anything else is repeated with an example, before anything is sent."""

    class Nowhere:
        def upload(self, folder: Path, repo: str, *, message: str, private: bool) -> str:
            raise AssertionError((folder, repo, message, private))

    assert checked_repo("society/itihas") == "society/itihas"
    with pytest.raises(UsageError) as caught:
        push(Path(), repo, Nowhere(), version="v")
    assert str(caught.value) == f"--push {repo!r}: expected owner/name, such as history-society/marathi-history"


@given(
    st.lists(st.none() | st.sampled_from(["CC-BY-4.0", "MIT", "GPL-3.0-only", "ODbL-1.0", "X"]) | st.text(max_size=9))
)
def test_licences_of_a_card_are_the_hub_s(stated: list[str | None]) -> None:
    """Whatever sources state, the card lists names that the hub knows, each once and in order."""
    found = hub_licences(stated)
    assert found == sorted(set(found))
    assert all(name == name.lower() and name.strip() for name in found)
    assert bool(found) == bool(stated)
    assert hub_licences(reversed(stated)) == found


@pytest.mark.parametrize(
    ("licence", "wanted"),
    [
        ("GPL-2.0+", "https://spdx.org/licenses/GPL-2.0+.html"),
        ("LicenseRef-Private", "LicenseRef-Private"),
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("", ""),
        ("../x", "../x"),
        ("सार्वजनिक", "सार्वजनिक"),
    ],
)
def test_only_an_spdx_id_has_a_page(licence: str, wanted: str) -> None:
    """An expression, a reference of one's own or words are no address."""
    assert licence_url(licence) == wanted
