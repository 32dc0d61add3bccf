"""Reading a recipe: every problem is found before the first is reported, each with the nearest valid name."""

import difflib
import re
import tomllib
import types
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from datakit.errors import InputError, RecipeError, UsageError
from datakit.recipe.gate import GateOptions
from datakit.recipe.recipe import OcrMode, Recipe
from datakit.stage import CorpusStage, Stage
from datakit.stages import STAGES

BUILTIN: Final = Path(__file__).parent / "builtin"
DEFAULT: Final = "marathi-history"
_REQUIRED: Final = ("chat", "split")  # a release needs ids and splits
_MAPPABLE: Final = ("question", "answer", "context", "system")
_Kind = TypeVar("_Kind")
_TOP: Final = ("name", "columns", "ocr", "stage", "gate")


def load(recipe: str | Path) -> Recipe:
    """Read a recipe by the name of a built-in one or by the path of a TOML file.

    Errors: `UsageError` where no recipe has this name, `InputError` where its file cannot be read, `RecipeError` with
    all its problems.
    """
    path = Path(recipe)
    if path.suffix != ".toml":
        known = sorted(file.stem for file in BUILTIN.glob("*.toml"))
        if str(recipe) not in known:
            raise UsageError(
                f"recipe {str(recipe)!r}: not built in{_nearest(str(recipe), known)};"
                f" give a .toml file or one of {', '.join(known)}"
            )
        path = BUILTIN / f"{recipe}.toml"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"recipe {path}: cannot be read ({error})") from error
    return parse(text, where=str(path), folder=path.parent)


def parse(text: str, *, where: str = "recipe", folder: Path | None = None) -> Recipe:
    """Build a recipe from TOML text; `folder` is what its file options are relative to (default: the current one)."""
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(where, [f"not TOML: {error}"]) from error
    problems: list[str] = [f"`{key}`: no such setting{_nearest(key, _TOP)}" for key in body if key not in _TOP]
    name = _name(body.get("name"), problems)
    columns = _columns(body.get("columns", {}), problems)
    ocr = _ocr(body.get("ocr", "auto"), problems)
    stages = list(_stages(body.get("stage", []), folder or Path(), problems))
    gate = _gate(body.get("gate"), folder or Path(), problems)
    if problems:
        raise RecipeError(where, problems)
    return Recipe(
        name=name,
        columns=columns,
        ocr=ocr,
        gate=gate,
        row_stages=tuple(stage for stage in stages if not isinstance(stage, CorpusStage)),
        corpus_stages=tuple(stage for stage in stages if isinstance(stage, CorpusStage)),
    )


def _is_corpus(kind: type[Stage]) -> bool:
    return hasattr(kind, "keys")  # the method that tells the two protocols apart


def _name(value: Any, problems: list[str]) -> str:
    if isinstance(value, str) and re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", value):
        return value
    problems.append(f"`name`: found {value!r}, expected 1 to 64 of a-z 0-9 . _ - (it names the folder under curated/)")
    return ""


def _ocr(value: Any, problems: list[str]) -> OcrMode:
    found: OcrMode | None = next((mode for mode in get_args(OcrMode) if mode == value), None)
    if found is None:
        problems.append(f"`ocr`: found {value!r}, expected one of {', '.join(get_args(OcrMode))}")
    return found or "auto"


def _columns(value: Any, problems: list[str]) -> dict[str, str]:
    if not isinstance(value, Mapping):
        problems.append(f'`columns`: found {value!r}, expected a table such as question = "प्रश्न"')
        return {}
    for key, column in value.items():
        if key not in _MAPPABLE:
            problems.append(
                f"`columns.{key}`: not a record column{_nearest(key, _MAPPABLE)};"
                f" expected one of {', '.join(_MAPPABLE)}"
            )
        elif not isinstance(column, str):
            problems.append(f"`columns.{key}`: found {column!r}, expected the name of a column as text")
    return dict(value)


def _gate(value: Any, folder: Path, problems: list[str]) -> GateOptions | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        problems.append(f"`gate`: found {value!r}, expected a table such as [gate] with require_licence = true")
        return None
    return _built("gate", GateOptions, value, folder, problems)


def _stages(value: Any, folder: Path, problems: list[str]) -> Iterable[Stage]:
    if not isinstance(value, list):
        problems.append("`stage`: expected [[stage]] tables")
        return
    seen: list[str] = []
    corpus_before = ""
    for number, table in enumerate(value, start=1):
        place = f"stage {number}"
        use = table.get("use") if isinstance(table, Mapping) else None
        if not isinstance(use, str) or use not in STAGES:
            problems.append(
                f"{place}: `use` is {use!r}{_nearest(str(use), STAGES)}; expected one of {', '.join(STAGES)}"
            )
            continue
        if use in seen:
            problems.append(f"{place} ({use}): named twice; a stage runs once")
        seen.append(use)
        if _is_corpus(STAGES[use]):
            corpus_before = corpus_before or use
        elif corpus_before:
            problems.append(
                f"{place} ({use}): decides row by row, so it runs before {corpus_before!r},"
                " which compares rows; move it up"
            )
        stage = _stage(
            f"{place} ({use})", STAGES[use], {k: v for k, v in table.items() if k != "use"}, folder, problems
        )
        if stage is not None:
            yield stage
    problems.extend(
        f"no {name!r} stage: a release needs one; add [[stage]] use = {name!r}"
        for name in _REQUIRED
        if name not in seen
    )


def _stage(place: str, kind: type[Stage], given: Mapping[str, Any], folder: Path, problems: list[str]) -> Stage | None:
    return _built(place, kind, given, folder, problems)


def _built(place: str, kind: type[_Kind], given: Mapping[str, Any], folder: Path, problems: list[str]) -> _Kind | None:
    """Return `kind` with the options given, each checked against its type; what is wrong goes to `problems`."""
    known = get_type_hints(kind)
    hints = {field.name: known[field.name] for field in fields(kind)} if is_dataclass(kind) else {}
    before = len(problems)
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in hints:
            listed = f"; it has {', '.join(hints)}" if hints else "; it has none"
            problems.append(f"{place}: no option `{key}`{_nearest(key, hints)}{listed}")
            continue
        try:
            values[key] = _typed(value, hints[key], folder)
        except TypeError as error:
            problems.append(f"{place}: `{key}` is {value!r}, expected {error}")
    if len(problems) > before:
        return None
    try:
        return kind(**values)
    except (ValueError, UsageError) as error:
        problems.append(f"{place}: {error}")
        return None


def _typed(value: Any, hint: Any, folder: Path) -> Any:
    """Return the value as the option's type wants it; the TypeError's text is what was expected."""
    origin = get_origin(hint)
    if origin is Literal:
        if value in get_args(hint):
            return value
        raise TypeError(
            f"one of {', '.join(map(repr, get_args(hint)))}{_nearest(str(value), [str(a) for a in get_args(hint)])}"
        )
    if origin in (Union, types.UnionType):
        return _typed(value, next(arm for arm in get_args(hint) if arm is not type(None)), folder)
    if origin is tuple:
        if not isinstance(value, list):
            raise TypeError("a list")
        return tuple(_typed(item, get_args(hint)[0], folder) for item in value)
    if hint is Path:
        path = folder / str(value)
        if not isinstance(value, str) or not path.is_file():
            raise TypeError(f"a file; there is none at {path}")
        return path
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise TypeError(
            {bool: "true or false", int: "a whole number", float: "a number", str: "text"}.get(hint, str(hint))
        )
    return value


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
