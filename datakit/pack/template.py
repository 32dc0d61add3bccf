"""Chat templates: three that ship, or a tokenizer's own, rendered in Jinja's sandbox with what templates expect."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NoReturn

from jinja2 import Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from datakit.errors import InputError, UsageError

_FOLDER: Final = Path(__file__).parent / "templates"
BUILTIN: Final = tuple(sorted(path.stem for path in _FOLDER.glob("*.jinja")))
_SPECIAL: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "llama-3": ("<|begin_of_text|>", ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")),
    "gemma": ("<bos>", ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>")),
    "chatml": ("", ("<|im_start|>", "<|im_end|>", "<|endoftext|>")),
}
"""Each shipped template's beginning-of-text token and its control tokens."""


@dataclass(frozen=True, kw_only=True)
class ChatTemplate:
    """A template with the tokens it speaks of."""

    name: str
    source: str
    bos_token: str = ""
    eos_token: str = ""
    special_tokens: tuple[str, ...] = ()

    @cached_property
    def _compiled(self) -> Template:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.filters["tojson"] = lambda value, **options: json.dumps(
            value, ensure_ascii=False, indent=options.get("indent")
        )
        environment.globals["raise_exception"] = _raise
        environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
        return environment.from_string(self.source)

    def render(self, messages: Sequence[Mapping[str, str]], *, bos: bool = False) -> str:
        """Return the text of a conversation.

        `bos` keeps the beginning-of-text token. It is off by default, because trainers that tokenize plain text add
        it themselves, and a model that was trained on two of them answers badly. Errors: `UsageError` where the
        template refuses the conversation.
        """
        try:
            text = self._compiled.render(
                messages=list(messages), bos_token=self.bos_token, eos_token=self.eos_token, add_generation_prompt=False
            )
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:  # a template is a program
            raise UsageError(f"chat template {self.name}: cannot render a conversation: {error}") from error
        return text if bos or not self.bos_token else text.removeprefix(self.bos_token)

    def special_in(self, text: str) -> str | None:
        """Return the first control token that stands in a text, or None."""
        return next((token for token in self.special_tokens if token in text), None)


def load_template(name: str) -> ChatTemplate:
    """Return a shipped template by name, or the own template of the tokenizer in a folder.

    Errors: `UsageError` for a name that is neither, `InputError` for a folder without a template.
    """
    if name in BUILTIN:
        bos, special = _SPECIAL[name]
        source = (_FOLDER / f"{name}.jinja").read_text(encoding="utf-8")
        return ChatTemplate(name=name, source=source, bos_token=bos, special_tokens=special)
    folder = Path(name)
    if not folder.is_dir():
        raise UsageError(
            f"chat template {name!r}: expected {', '.join(BUILTIN)}, or a folder with tokenizer_config.json"
        )
    return _of_tokenizer(folder)


def _of_tokenizer(folder: Path) -> ChatTemplate:
    config = _object(folder / "tokenizer_config.json", "the tokenizer's configuration")
    return ChatTemplate(
        name=folder.name,
        source=_source(folder, config),
        bos_token=_token(config.get("bos_token")),
        eos_token=_token(config.get("eos_token")),
        special_tokens=_special_tokens(folder, config),
    )


def _source(folder: Path, config: Mapping[str, Any]) -> str:
    """Return the template: a file of its own in newer folders, a value of the configuration in older ones."""
    own, older = folder / "chat_template.jinja", folder / "chat_template.json"
    if own.is_file():
        return _text(own, "a chat template")
    if older.is_file():
        config = _object(older, "an object with chat_template")
    source = config.get("chat_template")
    if isinstance(source, list):  # several named templates: the default one
        named = {entry.get("name"): entry.get("template") for entry in source if isinstance(entry, dict)}
        source = named.get("default")
    if not isinstance(source, str):
        raise InputError(f"{folder}: the tokenizer has no chat template; use --template {' or '.join(BUILTIN)}")
    return source


def _special_tokens(folder: Path, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the control tokens: the configuration of older folders lists them, of newer ones tokenizer.json alone."""
    decoder = config.get("added_tokens_decoder")
    listed = list(decoder.values()) if isinstance(decoder, dict) else []
    tokenizer = folder / "tokenizer.json"
    if tokenizer.is_file():
        listed += _object(tokenizer, "the tokenizer").get("added_tokens") or []
    special = (_token(token) for token in listed if isinstance(token, dict) and token.get("special"))
    return tuple(dict.fromkeys(filter(None, special)))


def _object(path: Path, what: str) -> dict[str, Any]:
    try:
        value = json.loads(_text(path, what))
    except ValueError as error:
        raise InputError(f"{path}: cannot be read ({error}); expected {what}") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: found JSON that is no object; expected {what}")
    return value


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected {what}") from error


def _token(value: Any) -> str:
    found = value.get("content") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _raise(message: str) -> NoReturn:
    raise TemplateError(message)
