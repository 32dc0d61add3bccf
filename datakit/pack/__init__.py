"""Packing: a version's rows in the form that a trainer reads, rendered with a chat template where that is wanted."""

from datakit.pack.pack import FORMATS, Packed, pack
from datakit.pack.template import BUILTIN, ChatTemplate, load_template

__all__ = ["BUILTIN", "FORMATS", "ChatTemplate", "Packed", "load_template", "pack"]
