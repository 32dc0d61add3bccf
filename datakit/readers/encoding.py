"""Tell the encoding of a text file from its first bytes, and give its text as UTF-8.

Unicode in any form is read. Eight-bit code pages are not: none of them holds Devanagari, so such text is either not
Marathi or drawn with a legacy font, and reading it would turn it into Latin letters without a warning.
"""

import codecs
from dataclasses import dataclass
from typing import Final

from datakit.readers.document import Document, Prefixed, Reading, Stream, read_up_to
from datakit.readers.limits import HEAD_BYTES
from datakit.readers.row import Broken, Row, reject

BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with the UTF-16 mark: must be asked first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


HIGH_BYTES: Final = 0.75
"""UTF-16 without a mark: so many bytes of one side are upper halves, and at most as few of the other."""


@dataclass(frozen=True)
class Encoding:
    """`name` is Python's; `bom` the length of the byte order mark; `legacy` the code page guessed for 8-bit text."""

    name: str
    bom: int = 0
    legacy: str | None = None


@dataclass(frozen=True)
class Text:
    """A stream of UTF-8 without a byte order mark; `start` is the offset of its first byte in the file."""

    stream: Stream
    start: int
    encoding: Encoding

    def decode(self, data: bytes, number: int, start: int) -> str | Row:
        """Return a line as text, or the reject that says which byte of the file is not UTF-8."""
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            return self.undecodable(data, number, start, error)

    def undecodable(self, data: bytes, number: int, start: int, error: UnicodeDecodeError) -> Row:
        """Build the reject for a line that is not UTF-8."""
        place = f"bytes {start}-{start + len(data)}"
        at = start + error.start
        found = f"line {number}: found byte 0x{data[error.start]:02X} at byte {at}, expected UTF-8"
        if self.encoding.legacy:
            step = f"the file looks like {self.encoding.legacy}: save it as UTF-8, or convert its legacy font first"
            return reject(place, "legacy_encoding", f"{found}; {step}", data)
        return reject(place, "invalid_utf8", f"{found} ({error.reason}); mend or remove the line", data)


def detect(head: bytes) -> Encoding:
    """Tell the encoding from the first bytes of a file: a mark, the pattern of NUL bytes, or whether UTF-8 decodes."""
    for mark, name in BOMS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    if b"\x00" in head:
        even, odd = (_high_bytes(head[side::2]) for side in (0, 1))
        if max(even, odd) >= HIGH_BYTES and min(even, odd) <= 1 - HIGH_BYTES:
            return Encoding("utf-16-be" if even > odd else "utf-16-le")
    if _decodes(head) or _multibyte(head):
        return Encoding("utf-8")
    return Encoding("utf-8", legacy=_code_page(head))


def open_text(document: Document, reading: Reading) -> Text:
    """Open a document as UTF-8, whatever Unicode form it has. Errors: `Broken` for a file of no bytes."""
    raw = document.open()
    head = read_up_to(raw, HEAD_BYTES)
    if not head.strip(b"\x00 \r\n\t\xef\xbb\xbf"):
        raw.close()
        kind = "no bytes" if not head else "nothing but white space or NUL bytes"
        raise Broken("empty_file", f"found {kind}; expected text; remove the file or fetch it again")
    encoding = detect(head)
    reading.encoding = reading.encoding or encoding.legacy or encoding.name + ("-sig" if encoding.bom else "")
    whole = Prefixed(head[encoding.bom :], raw)
    if encoding.name == "utf-8":
        return Text(whole, encoding.bom, encoding)
    return Text(Transcoded(whole, encoding.name), 0, encoding)


class Transcoded:
    """A UTF-16 or UTF-32 stream given as UTF-8; what is not valid becomes U+FFFD, which the damage stage finds."""

    def __init__(self, source: Stream, encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._done = False

    def read(self, size: int = -1) -> bytes:
        """Return the next text, about `size` bytes of the source at a time."""
        while not self._done:
            data = self._source.read(size)
            self._done = not data or size < 0
            if text := self._decoder.decode(data, self._done):
                return text.encode("utf-8", "replace")
        return b""

    def close(self) -> None:
        """Close the stream behind it."""
        self._source.close()


def _high_bytes(side: bytes) -> float:
    """Return the share of bytes that are the upper half of an ASCII (0x00) or Devanagari (0x09) letter."""
    return (side.count(0x00) + side.count(0x09)) / max(1, len(side))


def _decodes(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # a character cut at the end is no fault
    except UnicodeDecodeError:
        return False
    return True


def _multibyte(head: bytes) -> bool:
    """Whether three-byte characters outnumber the faults: UTF-8 with damage, not an 8-bit code page."""
    text = head.decode("utf-8", "replace")
    return sum("ऀ" <= c <= "ॿ" for c in text) > text.count("\ufffd")


def _code_page(head: bytes) -> str:
    from charset_normalizer import from_bytes  # slow to import and seldom needed

    best = from_bytes(head[:8192]).best()
    return best.encoding if best else "an 8-bit code page"
