"""raw/sources.toml: who said what, under which licence."""

from pathlib import Path

import pytest

from datakit.errors import RecipeError
from datakit.readers import Source, load_sources
from datakit.readers.licences import licence_problem
from datakit.readers.sources import compile_glob, covers

GOOD = """
[[source]]
id = "school"
title = "शाळेची प्रश्नपेढी"
files = ["a/*.csv", "b.zip"]
licence = "CC-BY-4.0"
author = "ग. भ."
url = "https://example.org"
priority = 5
notes = "हस्तलिखित"

[[source]]
id = "web"
title = "संकेतस्थळ"
files = ["**/*.html"]
licence = "LicenseRef-GODL-India"
"""


@pytest.fixture
def filled(raw: Path) -> Path:
    """A folder with the files that GOOD names."""
    for name in ("a/x.csv", "b.zip", "c/d/e.html", "f.jsonl"):
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_text("x")
    (raw / "sources.toml").write_text(GOOD, encoding="utf-8")
    return raw


def problems(raw: Path, text: str) -> list[str]:
    (raw / "sources.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError) as error:
        load_sources(raw)
    assert error.value.where == str(raw / "sources.toml")
    return list(error.value.problems)


def test_sources_are_found_by_file(filled: Path) -> None:
    """A file belongs to the source whose pattern names it; a member to the source of its archive."""
    sources = load_sources(filled)
    school = sources.of("a/x.csv")
    assert school == Source(
        id="school",
        title="शाळेची प्रश्नपेढी",
        files=("a/*.csv", "b.zip"),
        licence="CC-BY-4.0",
        author="ग. भ.",
        url="https://example.org",
        priority=5,
        notes="हस्तलिखित",
    )
    assert sources.of("b.zip/inner/q.csv") is school
    assert sources.of("c/d/e.html").id == "web"
    assert (sources.of("c/d/e.html").priority, sources.of("c/d/e.html").author) == (0, None)


def test_a_file_of_no_source(filled: Path) -> None:
    """A file that nobody declared is its own source, and no licence is made up for it."""
    assert load_sources(filled).of("f.jsonl") == Source(id="f.jsonl", licence=None, priority=0)


def test_no_file_no_sources(raw: Path) -> None:
    """Without sources.toml every file is its own source."""
    assert load_sources(raw).of("a.csv").id == "a.csv"


def test_all_problems_at_once(filled: Path) -> None:
    """Every problem is reported, each with its table and key and the nearest right name."""
    found = problems(
        filled,
        """
colour = 1
[[source]]
id = "a"
titel = "x"
files = "a/*.csv"
licence = 4
[[source]]
id = "b"
title = "ब"
files = []
licence = "CC-BY-4"
priority = true
""",
    )
    assert found == [
        "colour: unknown table; expected [[source]]",
        "source 1 (a): title is missing",
        "source 1 (a): unknown key 'titel'; did you mean title?",
        "source 1 (a): files: found str, expected list",
        "source 1 (a): licence: found int, expected str",
        "source 2 (b): priority: found bool, expected int",
        "source 2 (b): files: expected at least one path or pattern below raw/",
        "source 2 (b): licence: found 'CC-BY-4', expected an SPDX licence id; did you mean CC-BY-4.0?",
    ]


FAULTS = {
    'id = "s"\ntitle = "x"\nfiles = ["f.jsonl"]\nlicence = "mit"': "licence: found 'mit'",
    'id = "T T"\ntitle = "x"\nfiles = ["f.jsonl"]\nlicence = "MIT"': "id: found 'T T'",
    'id = "u"\ntitle = "x"\nfiles = ["nowhere/*.csv"]\nlicence = "MIT"': "u: files: 'nowhere/*.csv' finds no file",
    'id = "v"\ntitle = "x"\nfiles = []\nlicence = "MIT"': "files: expected at least one path",
    'id = "w"\ntitle = "x"\nfiles = ["b.zip"]\nlicence = "MIT"\npriority = false': "priority: found bool",
    'id = "x"\nfiles = ["b.zip"]\nlicence = "MIT"': "title is missing",
    'id = "y"\ntitle = "x"\nfiles = ["b.zip"]\nlicence = "MIT"\nfilez = 1': "unknown key 'filez'; did you mean files?",
    'id = "z"\ntitle = "x"\nfiles = ["a/x.csv"]\nlicence = "MIT"\n[[source]]\nid = "z"\ntitle = "x"\n'
    'files = ["c/**"]\nlicence = "MIT"': "id 'z': found in 2 sources",
}


@pytest.mark.parametrize("first", FAULTS)
@pytest.mark.parametrize("second", FAULTS)
def test_no_problem_hides_another(filled: Path, first: str, second: str) -> None:
    """Of any two faults in two tables both are reported, whatever their kinds; sound tables add nothing."""
    tables = dict.fromkeys((first, second))
    sound = '[[source]]\nid = "good"\ntitle = "x"\nfiles = ["c/d/e.html"]\nlicence = "MIT"\n'
    found = problems(
        filled, ("" if "c/**" in first + second else sound) + "".join(f"[[source]]\n{t}\n" for t in tables)
    )
    assert len(found) == len(tables)
    for table in tables:
        assert sum(FAULTS[table] in problem for problem in found) == 1


def test_values_that_make_no_sense(filled: Path) -> None:
    """Ids, licences, patterns and priorities are checked, not only their types."""
    found = problems(
        filled, '[[source]]\nid = "A B"\ntitle = "x"\nfiles = []\nlicence = "CC-BY-4"\npriority = 3000000000'
    )
    assert found == [
        "source 1 (A B): id: found 'A B'; expected small Latin letters, digits, dots and hyphens",
        "source 1 (A B): files: expected at least one path or pattern below raw/",
        "source 1 (A B): licence: found 'CC-BY-4', expected an SPDX licence id; did you mean CC-BY-4.0?",
        "source 1 (A B): priority: found 3000000000, expected a number below 2,147,483,648",
    ]


def test_patterns_that_find_nothing_or_too_much(filled: Path) -> None:
    """A pattern without a file, a file of two sources and an id given twice are problems."""
    table = '[[source]]\nid = "s"\ntitle = "x"\nlicence = "MIT"\nfiles = '
    assert problems(filled, table + '["a/y.csv"]') == [
        "s: files: 'a/y.csv' finds no file below raw/; did you mean a/x.csv?"
    ]
    assert problems(filled, table + '["f.jsonl"]\n' + table + '["*.jsonl"]') == [
        "id 's': found in 2 sources, expected one"
    ]
    two = table + '["f.jsonl"]\n' + table.replace('"s"', '"t"') + '["**"]'
    assert "f.jsonl: claimed by s and t, expected one source a file" in problems(filled, two)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[source", "found no TOML"),
        ("source = 3", "found no list of tables"),
        ("source = [1]", "found no list of tables"),
    ],
)
def test_what_is_no_table(filled: Path, text: str, words: str) -> None:
    """A file that is no TOML, or whose sources are no tables, says so."""
    assert words in problems(filled, text)[0]


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*.csv", "a.csv", True),
        ("*.csv", "a/b.csv", False),
        ("**/*.csv", "a.csv", True),
        ("**/*.csv", "a/b/c.csv", True),
        ("a/*", "a/b.csv", True),
        ("a", "a/b/c.csv", True),
        ("a.zip", "a.zip/b.csv", True),
        ("a?.csv", "aब.csv", True),
        ("a.csv", "abcsv", False),
        ("a[1].csv", "a[1].csv", True),
        ("**", "a/b", True),
    ],
)
def test_patterns(pattern: str, name: str, fits: bool) -> None:
    """A star stays inside its folder, two cross folders, and everything else stands for itself."""
    assert covers(compile_glob(pattern), name) is fits


@pytest.mark.parametrize(
    "text", ["MIT", "CC0-1.0", "CC-BY-SA-4.0", "MIT AND CC-BY-4.0", "(MIT OR Apache-2.0)", "LicenseRef-mr.own-1"]
)
def test_licences(text: str) -> None:
    """SPDX ids, expressions of them, and names of one's own are licences."""
    assert licence_problem(text) is None


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("mit", "did you mean MIT?"),
        ("CC BY 4.0", "did you mean CC-BY-4.0?"),
        ("public domain", "write LicenseRef-<name>"),
        ("", "write LicenseRef-<name>"),
        ("MIT AND foo bar", "write LicenseRef-<name>"),
    ],
)
def test_what_is_no_licence(text: str, step: str) -> None:
    """What SPDX does not know is named with the nearest id."""
    assert step in str(licence_problem(text))
