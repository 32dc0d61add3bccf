"""Text that others chose, such as a file's name, made fit for a terminal: what cannot be seen stands as a label."""

import re
from typing import Final

INVISIBLE: Final = re.compile(
    "["
    "\u0000-\u0008\u000b-\u001f\u007f-\u009f"  # controls but tab and line feed
    "\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # no-break space, soft hyphen, fillers
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164"  # widths, joiners, directions, line separators
    "\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb"
    "\ue000-\uf8ff\U000f0000-\U0010ffff"  # private use: every font draws something else
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "]"
)
"""Characters without a shape of their own; among them all that turn the direction of writing."""

_IN_A_NAME: Final = re.compile(f"(?P<same>{INVISIBLE.pattern}|[\\n\\t\ud800-\udfff])(?P=same)*")
_IN_A_MESSAGE: Final = re.compile(
    "(?P<same>[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff])(?P=same)*"
)
"""What moves the cursor, colours or turns the writing. Joiners stay: Marathi words in a message need them."""


def one_line(name: object) -> str:
    """Return a name for a line of a terminal, which it can neither end, colour nor turn round: `a⟨U+000A⟩b`."""
    return _IN_A_NAME.sub(_label, str(name))


def legible(message: object) -> str:
    """Return a message of one or more lines whose quoted names can neither colour the terminal nor turn the writing."""
    return _IN_A_MESSAGE.sub(_label, str(message))


def _label(match: re.Match[str]) -> str:
    times = f" ×{len(match[0])}" if len(match[0]) > 1 else ""
    return f"⟨U+{ord(match['same']):04X}{times}⟩"
