"""`raw/sources.toml`: which files belong to which source, under which licence, and who wins a duplicate."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Final

from datakit.errors import RecipeError
from datakit.readers.licences import licence_problem
from datakit.readers.scraped import FOLDER, Origin, load_origins
from datakit.readers.source import discover

FILE: Final = "sources.toml"

KEYS: Final[dict[str, type]] = {
    "id": str,
    "title": str,
    "files": list,
    "licence": str,
    "author": str,
    "url": str,
    "priority": int,
    "notes": str,
    "scrape": dict,  # what to fetch; `datakit scrape` reads it
}
REQUIRED: Final = ("id", "title", "files", "licence")
FOUND_BY_SCRAPE: Final = ("files", "licence")
"""What a source with a `scrape` table need not say: it has a folder of its own, and its pages may state a licence."""

PRIORITY_LIMIT: Final = 2**31
"""`priority` is a 32-bit integer in the record."""

ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source: `files` are patterns of paths below raw/, `licence` an SPDX id, null where nobody declared one."""

    id: str
    title: str = ""
    files: tuple[str, ...] = ()
    licence: str | None = None
    author: str | None = None
    url: str | None = None
    priority: int = 0
    notes: str | None = None
    page: str | None = None
    """The URL that gave this one file, where `datakit scrape` fetched it."""


@dataclass(frozen=True)
class Sources:
    """The declared sources, in the order of the file, and the origins of scraped files by their path."""

    declared: tuple[Source, ...] = ()
    origins: Mapping[str, Origin] = field(default_factory=dict)

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], Source]]:
        return [(compile_glob(pattern), source) for source in self.declared for pattern in source.files]

    def of(self, name: str) -> Source:
        """Return the source of a file; a member of an archive or dataset folder belongs to the source of the whole.

        A file that nobody declared is a source of its own: its name, and no licence. A scraped file that nobody
        declared belongs to the source it was fetched for; a licence that its page states counts where none is declared.
        """
        declared = next((source for pattern, source in self._patterns if covers(pattern, name)), None)
        origin = self.origins.get(name)
        if origin is None:
            return declared or Source(id=name)
        known = declared or Source(id=origin.source)
        return replace(known, licence=known.licence or origin.licence, page=origin.url)


def load_sources(raw: Path) -> Sources:
    """Read `raw/sources.toml`; without that file every input is its own source.

    Errors: `RecipeError` with every problem, each by table and key; a pattern that finds no file is a problem too.
    `InputError` for a ledger of scraped files that cannot be read.
    """
    path = raw / FILE
    origins = load_origins(raw)
    if not path.is_file():
        return Sources(origins=origins)
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(str(path), [f"found no TOML ({error}); expected [[source]] tables in UTF-8"]) from None
    problems = [f"{key}: unknown table; expected [[source]]" for key in document if key not in ("source", "scrape")]
    tables = document.get("source", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RecipeError(str(path), [*problems, "source: found no list of tables; write each as [[source]]"])
    sound = []
    for number, table in enumerate(tables, start=1):
        found = _table_problems(f"source {number} ({table.get('id', 'no id')})", table)
        problems += found
        sound += [] if found else [_source(table)]
    sources = Sources(tuple(sound), origins)
    problems += _double_ids(tables) + _file_problems(sources, [found.name for found in discover(raw)])
    if problems:
        raise RecipeError(str(path), problems)
    return sources


def compile_glob(pattern: str) -> re.Pattern[str]:
    """Return the expression for a pattern of paths: `*` and `?` stay inside a folder, `**` crosses folders."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts))


def covers(pattern: re.Pattern[str], name: str) -> bool:
    """Tell whether a pattern names a file or anything it lies in."""
    parts = name.split("/")
    return any(pattern.fullmatch("/".join(parts[:end])) for end in range(len(parts), 0, -1))


def _table_problems(where: str, table: Mapping[str, object]) -> list[str]:
    found_later = FOUND_BY_SCRAPE if "scrape" in table else ()
    problems = [f"{where}: {key} is missing" for key in REQUIRED if key not in table and key not in found_later]
    for key, value in table.items():
        if key not in KEYS:
            near = get_close_matches(key, KEYS, n=1)
            problems.append(
                f"{where}: unknown key {key!r}"
                + (f"; did you mean {near[0]}?" if near else f"; known: {', '.join(KEYS)}")
            )
        elif not isinstance(value, KEYS[key]) or isinstance(value, bool):
            problems.append(f"{where}: {key}: found {type(value).__name__}, expected {KEYS[key].__name__}")
    sound = {
        key: value
        for key, value in table.items()
        if isinstance(value, KEYS.get(key, ())) and not isinstance(value, bool)
    }
    if "id" in sound and not ID.fullmatch(str(sound["id"])):
        problems.append(f"{where}: id: found {sound['id']!r}; expected small Latin letters, digits, dots and hyphens")
    files = sound.get("files", ["**"])
    if not isinstance(files, list) or not files or not all(isinstance(name, str) and name for name in files):
        problems.append(f"{where}: files: expected at least one path or pattern below raw/")
    if "licence" in sound and (problem := licence_problem(str(sound["licence"]))) is not None:
        problems.append(f"{where}: licence: {problem}")
    if abs(int(str(sound.get("priority", 0)))) >= PRIORITY_LIMIT:
        problems.append(f"{where}: priority: found {sound['priority']}, expected a number below {PRIORITY_LIMIT:,}")
    return problems


def _double_ids(tables: Sequence[Mapping[str, object]]) -> list[str]:
    ids = [name for table in tables if isinstance(name := table.get("id"), str)]
    return [
        f"id {name!r}: found in {ids.count(name)} sources, expected one"
        for name in sorted({i for i in ids if ids.count(i) > 1})
    ]


def _file_problems(sources: Sources, names: Sequence[str]) -> list[str]:
    problems = []
    claims: dict[str, list[str]] = {}
    for source in sources.declared:
        for glob in source.files:
            pattern = compile_glob(glob)
            found = [name for name in names if covers(pattern, name)]
            if not found and glob != _scraped(source.id):  # that one is filled by `datakit scrape`
                near = get_close_matches(glob, names, n=1)
                problems.append(
                    f"{source.id}: files: {glob!r} finds no file below raw/"
                    + (f"; did you mean {near[0]}?" if near else "")
                )
            for name in found:
                claims.setdefault(name, []).append(source.id)
    for name, ids in claims.items():
        if len(set(ids)) > 1:
            problems.append(f"{name}: claimed by {' and '.join(dict.fromkeys(ids))}, expected one source a file")
    return problems


def _scraped(source: str) -> str:
    return f"{FOLDER}/{source}/**"


def _source(table: Mapping[str, object]) -> Source:
    given = {key: value for key, value in table.items() if key != "scrape"}
    files = table.get("files", [_scraped(str(table["id"]))])
    given["files"] = tuple(str(name) for name in files)  # type: ignore[attr-defined]  # checked to be a list of text
    return Source(**given)  # type: ignore[arg-type]  # every key and type was checked
