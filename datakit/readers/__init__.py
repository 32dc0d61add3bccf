"""Readers: every input form that users have, as batches of one schema.

`discover` lists the inputs of a folder, `read` gives the rows of one, `inspect` tells what one holds. `load_sources`
reads the licences and priorities that `raw/sources.toml` declares.
"""

from datakit.readers.inspect import Inspection, inspect
from datakit.readers.read import read
from datakit.readers.reasons import REASONS
from datakit.readers.source import Input, discover
from datakit.readers.sources import Source, Sources, load_sources

__all__ = ["REASONS", "Input", "Inspection", "Source", "Sources", "discover", "inspect", "load_sources", "read"]
