"""Is there room? Computed from the layout, to the byte, before anything is written."""

import shutil
from pathlib import Path
from typing import Final

from datakit.errors import OutputError

_SLACK: Final = 16 << 20
"""Bytes left over for the file system's own tables and for the small files beside the model."""


def check_room(out: Path, *, result: int, scratch: int) -> None:
    """Check that a file and its intermediates fit where the file will lie. Errors: `OutputError` with both figures.

    A file that lies there under the same name is not counted as room: it is replaced only when the new one is whole.
    """
    folder = out.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    need = result + scratch + _SLACK
    if free < need:
        middle = f" and {_gib(scratch)} for an intermediate file that is removed again" if scratch else ""
        raise OutputError(
            f"{out}: needs {_gib(result)}{middle}, but {folder} has {_gib(free)} free; nothing was written. Make room, "
            "or choose another place with --out"
        )


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.2f} GiB" if size >= 1 << 26 else f"{size / (1 << 20):.1f} MiB"
