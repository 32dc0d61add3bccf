"""Presets: configurations by name, and how `--set key=value` changes one."""

import dataclasses
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_type_hints

from datakit.errors import InputError, UsageError
from trainer.config import Config
from trainer.errors import ConfigError
from trainer.nearest import nearest

FOLDER: Final = Path(__file__).parent / "presets"
NAMES: Final = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
DEFAULT: Final = "cpu-smollm2"
_KEYS: Final = tuple(field.name for field in dataclasses.fields(Config))


def load_config(preset: str = DEFAULT, *, sets: Sequence[str] = (), base: str | None = None) -> Config:
    """Return a preset, by name or as the path of a TOML file, changed by `key=value` texts and by `base`.

    Errors: `UsageError` for an unknown preset, `InputError` for a file that cannot be read, `ConfigError` with every
    problem at once.
    """
    values, where = _read(preset)
    problems = [f"`{key}`: no such setting{nearest(key, _KEYS)}" for key in values if key not in _KEYS]
    values = {key: value for key, value in values.items() if key in _KEYS}
    for text in sets:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals:
            problems.append(f"--set {text}: expected key=value, such as --set rank=8")
        elif key not in _KEYS:
            problems.append(f"--set {text}: no such setting{nearest(key, _KEYS)}; there are {', '.join(_KEYS)}")
        else:
            values[key] = _value(key, value.strip())
    if base is not None:
        values["base"] = base
    return build(values, where=where, problems=problems)


def build(values: dict[str, Any], *, where: str, problems: Sequence[str] = ()) -> Config:
    """Return a configuration of plain values; a list is taken for a tuple. Errors: `ConfigError` with all problems."""
    hints = get_type_hints(Config)
    plain: dict[str, Any] = {key: _typed(value, hints[key]) for key, value in values.items()}
    try:
        made = Config(**plain)
    except ConfigError as error:
        raise ConfigError(where, [*problems, *error.problems]) from error
    if problems:
        raise ConfigError(where, problems)
    return made


def as_toml(config: Config) -> str:
    """Return a configuration as a TOML file that `--preset FILE` reads back to the same one."""
    lines = []
    for key, value in dataclasses.asdict(config).items():
        if isinstance(value, str):
            text = _quoted(value)
        elif isinstance(value, tuple):
            text = "[" + ", ".join(map(_quoted, value)) + "]"
        else:
            text = repr(value)
        lines.append(f"{key} = {text}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return text as a TOML string: JSON's escapes are TOML's, but for one that only TOML asks for."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _typed(value: Any, hint: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _read(preset: str) -> tuple[dict[str, Any], str]:
    path = Path(preset)
    if path.suffix != ".toml":
        if preset not in NAMES:
            raise UsageError(
                f"preset {preset!r}: not built in{nearest(preset, NAMES)}; give a .toml file or one of"
                f" {', '.join(NAMES)}"
            )
        path = FOLDER / f"{preset}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig")), str(preset)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"preset {path}: cannot be read ({error}); expected a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), [f"not TOML: {error}"]) from error


def _value(key: str, text: str) -> Any:
    """Return the text as the field's type has it, or unchanged where it does not fit: the check then names it."""
    hint = get_type_hints(Config)[key]
    if hint is int or hint is float:
        try:
            return hint(text)
        except ValueError:
            return text
    if hint == tuple[str, ...]:
        return tuple(item.strip() for item in text.strip("[]").split(",") if item.strip())
    return text
