"""The model's own chat template, rendered as Hugging Face renders it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datakit.errors import InputError


@dataclass(frozen=True, kw_only=True)
class JinjaTemplate:
    """A chat template's text with the special tokens that it may print."""

    text: str
    bos: str
    """The text of BOS; empty where the tokenizer has none."""
    eos: str
    strips_bos: bool
    """Whether the GGUF asks llama.cpp for a BOS: then a BOS in front of a prompt is llama.cpp's, not the template's."""

    def full(self, messages: Sequence[Mapping[str, str]], *, generation: bool) -> str:
        """Return the whole text, BOS included. Errors: `InputError` with the template's own complaint."""
        from jinja2 import TemplateError
        from transformers.utils.chat_template_utils import render_jinja_template

        try:
            rendered: Any = render_jinja_template(
                conversations=[[dict(message) for message in messages]],
                chat_template=self.text,
                add_generation_prompt=generation,
                bos_token=self.bos,
                eos_token=self.eos,
            )
        except (TemplateError, TypeError, ValueError, KeyError) as error:
            raise InputError(f"the model's chat template refuses {len(messages)} messages: {error}") from error
        return str(rendered[0][0])

    def prompt(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Return the prompt for the next answer, without the BOS that llama.cpp puts in front itself."""
        text = self.full(messages, generation=True)
        return text.removeprefix(self.bos) if self.bos and self.strips_bos else text

    def accepts(self, messages: Sequence[Mapping[str, str]]) -> bool:
        """Tell whether the template renders these messages: some raise on a system message."""
        try:
            self.full(messages, generation=True)
        except InputError:
            return False
        return True
