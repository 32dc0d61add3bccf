"""Tombstones and tags, in any order and of any words: what is set is what is read, and nothing is lost."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import IntegrityError, UsageError
from datakit.store import Version, tag, tags, untag
from datakit.store.tombstones import TOMBSTONES, Tombstone, add_tombstone, read_tombstones

NAMES = st.sampled_from(["बखर", "gazetteer", "x y", 'q"\\', "\u2028", "a\u0085b"])
PAIRS = st.lists(st.tuples(NAMES, st.sampled_from(["d0", "d1", "d2"])), max_size=3).map(tuple)
STONES = st.lists(
    st.builds(
        Tombstone,
        source=NAMES,
        derived=PAIRS,
        note=st.sampled_from(["", "हक्क", "line\nbreak"]),
        at=st.sampled_from(["", "2026-01-01T00:00:00+00:00", "2026-02-02T00:00:00+00:00"]),
    ),
    max_size=6,
)


@settings(max_examples=60)
@given(STONES)
def test_what_is_set_is_what_is_read(stones: list[Tombstone]) -> None:
    """Each source has one tombstone with every derived record, its first day and its last note."""
    wanted: dict[str, tuple[set[tuple[str, str]], str, str]] = {}
    with TemporaryDirectory() as folder:
        for stone in stones:
            pairs, note, at = wanted.get(stone.source, (set(), "", ""))
            wanted[stone.source] = (pairs | set(stone.derived), stone.note or note, at or stone.at)
            stands = add_tombstone(Path(folder), stone)
            assert (set(stands.derived), stands.note, stands.at) == wanted[stone.source]
        found = read_tombstones(Path(folder))
        assert not list(Path(folder).rglob("*.new")), "nothing half written is left"
    assert [stone.source for stone in found] == sorted(wanted)
    assert {stone.source: (set(stone.derived), stone.note, stone.at) for stone in found} == wanted


@given(PAIRS, st.randoms())
def test_the_order_of_derived_records_changes_no_identity(pairs: tuple[tuple[str, str], ...], chance: object) -> None:
    """The same records in another order keep the same out."""
    assert hasattr(chance, "sample")
    other = tuple(chance.sample(pairs, len(pairs)))
    one, two = (Tombstone(source="s", derived=derived).identity() for derived in (pairs, other))
    assert one == two
    assert Tombstone(source="t", derived=pairs).identity() != one


def test_setting_the_same_again_writes_nothing(tmp_path: Path) -> None:
    """The file stays as it is, to its time, where nothing is new."""
    stone = Tombstone(source="बखर", derived=(("x", "d"),), note="हक्क", at="2026")
    add_tombstone(tmp_path, stone)
    before = (tmp_path / TOMBSTONES).stat()
    assert add_tombstone(tmp_path, stone) == stone
    assert add_tombstone(tmp_path, Tombstone(source="बखर")) == stone
    after = (tmp_path / TOMBSTONES).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "Expecting property name"),
        ("[]", "found list"),
        ("{}", "'source'"),
        ('{"source": 3}', "source is 3, expected text"),
        ('{"source": "s", "derived": [1]}', "int"),
        ('{"source": "s", "derived": [["a"]]}', "unpack"),
        ("", "Expecting value"),
    ],
)
def test_a_damaged_line_is_named_with_its_number(line: str, says: str, tmp_path: Path) -> None:
    """The second of three lines is told by its number and by what is wrong in it; nothing is guessed."""
    good = json.dumps({"source": "a", "derived": []})
    (tmp_path / TOMBSTONES).write_text(f"{good}\n{line}\n{good}\n", encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"tombstones\.jsonl: line 2: not a tombstone \(") as caught:
        read_tombstones(tmp_path)
    assert says in str(caught.value)
    assert "without it a withdrawn source would come back" in str(caught.value)


def version_in(curated: Path, letter: str) -> Version:
    """A version that is its folder alone."""
    folder = curated / "itihas" / (letter * 64)
    folder.mkdir(parents=True)
    return Version("itihas", letter * 64, folder)


def test_a_tag_moves_only_when_it_is_told_to(tmp_path: Path) -> None:
    """What it named before is returned; naming the same again is nothing; another version needs `move`."""
    one, two = version_in(tmp_path, "1"), version_in(tmp_path, "2")
    assert tag(one, "छापील") is None
    assert tag(one, "छापील") is None
    with pytest.raises(UsageError) as caught:
        tag(two, "छापील")
    assert str(caught.value) == (
        f"tag 'छापील': names {one.id} already; expected a new name, or --move to let it name another"
    )
    assert tags(tmp_path, "itihas") == {"छापील": one.id}
    assert tag(two, "छापील", move=True) == one.id
    assert tags(tmp_path, "itihas") == {"छापील": two.id}
    assert [path.name for path in (tmp_path / "itihas" / "tags").iterdir()] == ["छापील"]


def test_a_tag_that_is_not_there_lists_what_there_is(tmp_path: Path) -> None:
    """By name and in order, or `none`."""
    with pytest.raises(UsageError, match="tag 'x': itihas has none of this name; it has none"):
        untag(tmp_path, "itihas", "x")
    one = version_in(tmp_path, "1")
    for name in ("b", "अ", "a"):
        tag(one, name)
    with pytest.raises(UsageError, match="it has a, b, अ"):
        untag(tmp_path, "itihas", "x")
    untag(tmp_path, "itihas", "b")
    assert list(tags(tmp_path, "itihas")) == ["a", "अ"]


@given(st.text(max_size=70) | st.from_regex(r"[a-f0-9]{1,66}", fullmatch=True))
def test_a_name_is_a_tag_or_it_is_refused(name: str) -> None:
    """No tag leads out of its folder, hides itself, or could be taken for an id or for the last version."""
    with TemporaryDirectory() as folder:
        one = version_in(Path(folder), "1")
        try:
            tag(one, name)
        except UsageError as error:
            assert str(error).startswith(f"tag {name!r}: ")  # noqa: PT017 - both are right
            assert not (one.path.parent / "tags").exists()
            return
        assert tags(Path(folder), "itihas") == {name: one.id}
        assert name not in ("latest", ".", "..")
        assert not name.startswith((".", "-"))
        assert "/" not in name
        assert not (4 <= len(name) <= 64 and set(name) <= set("0123456789abcdef"))
