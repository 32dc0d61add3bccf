"""A recipe from a version's manifest: what the version was made with, though its TOML file may be gone."""

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from datakit.errors import UsageError
from datakit.recipe.recipe import Recipe
from datakit.stage import CorpusStage, Stage, option_names
from datakit.stages import STAGES

_FILE: Final = "sha256:"


@dataclass(frozen=True, kw_only=True)
class RestoredRecipe(Recipe):
    """A recipe whose resolved form is the one that the manifest holds, letter by letter."""

    stored: Mapping[str, Any]

    def resolved(self) -> dict[str, Any]:
        """Return the recipe as the manifest holds it."""
        return dict(self.stored)


def restore(stored: Mapping[str, Any], *, name: str) -> RestoredRecipe:
    """Build the recipe that a manifest's `identity.recipe` describes.

    Of a file option the manifest knows the digest alone, so a stage comes back without its files: it can decide again
    only about rows that it has seen. Errors: `UsageError` where a stage or option is not known to this release.
    """
    stages = [_stage(table) for table in stored["stages"]]
    return RestoredRecipe(
        name=name,
        columns=dict(stored["columns"]),
        ocr=stored.get("ocr", "auto"),
        row_stages=tuple(stage for stage in stages if not isinstance(stage, CorpusStage)),
        corpus_stages=tuple(stage for stage in stages if isinstance(stage, CorpusStage)),
        stored=stored,
    )


def _stage(table: Mapping[str, Any]) -> Stage:
    use = table["use"]
    kind = STAGES.get(use)
    if kind is None:
        raise UsageError(
            f"stage {use!r}: this release has none; expected one of {', '.join(STAGES)}."
            " The version was made by another release: use that one, or give --recipe"
        )
    hints = get_type_hints(kind)
    known = option_names(kind)
    given = {key: value for key, value in table.items() if key != "use"}
    strange = sorted(given.keys() - set(known))
    if strange:
        raise UsageError(
            f"stage {use!r}: no option {', '.join(strange)} in this release; it has {', '.join(known) or 'none'}."
            " The version was made by another release: use that one, or give --recipe"
        )
    return kind(**{key: _value(value, hints[key]) for key, value in given.items() if not _is_file(value)})


def _is_file(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(isinstance(one, str) and one.startswith(_FILE) for one in values)


def _value(value: Any, hint: Any) -> Any:
    """Return an option's value as its type wants it: decimals are stored as text, tuples as lists."""
    origin = get_origin(hint)
    if value is None:
        return None
    if origin in (Union, types.UnionType):
        return _value(value, next(arm for arm in get_args(hint) if arm is not type(None)))
    if origin is tuple:
        return tuple(_value(item, get_args(hint)[0]) for item in value)
    return float(value) if hint is float else value
