"""Packing: a version's rows in the form that a trainer, a hub or a catalogue reads."""

from datakit.pack.pack import FOLDERS, FORMATS, Packed, pack
from datakit.pack.push import Hub, HuggingFace, checked_repo, push, token_of
from datakit.pack.template import BUILTIN, ChatTemplate, load_template

__all__ = [
    "BUILTIN",
    "FOLDERS",
    "FORMATS",
    "ChatTemplate",
    "Hub",
    "HuggingFace",
    "Packed",
    "checked_repo",
    "load_template",
    "pack",
    "push",
    "token_of",
]
