"""The chat template of a tokenizer's folder, wherever the version of transformers that saved it put it."""

from pathlib import Path

from datakit.errors import InputError
from export.checkpoint import read_json


def read_template(folder: Path) -> str | None:
    """Return the chat template (Jinja), or None where the model has none, as a base model.

    Looked for in chat_template.jinja, chat_template.json and tokenizer_config.json, in this order.
    Errors: `InputError` for a list of named templates without a `default`.
    """
    path = folder / "chat_template.jinja"
    if path.is_file():
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read as UTF-8 ({error})") from error
    for name in ("chat_template.json", "tokenizer_config.json"):
        if not (folder / name).is_file():
            continue
        found = read_json(folder / name).get("chat_template")
        if isinstance(found, str):
            return found
        if isinstance(found, list):
            named = {str(entry.get("name")): entry.get("template") for entry in found if isinstance(entry, dict)}
            default = named.get("default")
            if isinstance(default, str):
                return default
            raise InputError(
                f"{folder / name}: has chat templates {', '.join(named) or '(none)'}, none of them named default; "
                "put the one to use into chat_template.jinja"
            )
    return None
