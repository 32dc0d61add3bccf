"""The text layer of a PDF page, letter by letter.

PDFium guesses a space wherever two glyphs stand apart, and in Devanagari it guesses too many: चि त्र, के ला. So its
guessed spaces are judged again by the width of the gap. Where the writer left the true spelling of a run of glyphs
(`ActualText`, as browsers and newer word processors do), that spelling is taken.
"""

import ctypes
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from datakit.readers.page import Page, PageLine, Word

MIN_SPACE_EM: Final = 0.15
"""A guessed space narrower than this stands inside a word: 0.02 to 0.10 em in PDFs of Chromium and Word, while a true
space has 0.2 (Mangal) to 0.38 em."""

MAX_CHARS: Final = 200_000
"""A page with more is no page: a close-set newspaper page has 25,000."""

SOFT_HYPHEN: Final = "\x02"
"""What PDFium gives for a hyphen that it takes for a line's end."""


class TooManyLetters(Exception):  # noqa: N818 - it is turned into a reject row
    """A page holds more letters than any page does."""


@dataclass
class _Letter:
    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    guessed: bool
    span: int  # identity of the run whose spelling is known, 0: none
    spelling: str | None


def text_page(page: Any, number: int) -> Page:
    """Return a page of pypdfium2 with the text of its layer. Errors: `TooManyLetters`."""
    layer = page.get_textpage()
    try:
        if layer.count_chars() > MAX_CHARS:
            raise TooManyLetters(f"{layer.count_chars():,}")
        fonts: Counter[str] = Counter()
        width, height = page.get_size()
        letters = list(_spelled(_letters(page, layer, height, fonts)))
        return Page(
            number=number,
            lines=tuple(_lines(letters)),
            width=width,
            height=height,
            fonts=tuple(name for name, _ in fonts.most_common()),
        )
    finally:
        layer.close()


def _letters(page: Any, layer: Any, height: float, fonts: Counter[str]) -> Iterator[_Letter]:
    import pypdfium2.raw as raw  # type: ignore[import-untyped]  # it ships no types

    box = raw.FS_RECTF()
    bounds = _span_bounds(raw, page)
    spans: dict[int, tuple[int, str | None]] = {}
    flags, name = ctypes.c_int(), ctypes.create_string_buffer(256)
    handle = layer.raw
    for at in range(layer.count_chars()):
        code = raw.FPDFText_GetUnicode(handle, at)
        guessed = raw.FPDFText_IsGenerated(handle, at) == 1
        raw.FPDFText_GetLooseCharBox(handle, at, box)
        span, spelling = 0, None
        if not guessed and (piece := raw.FPDFText_GetTextObject(handle, at)):
            key = ctypes.addressof(piece.contents)
            if key not in spans:
                spans[key] = _spelling(raw, piece)
            span, spelling = spans[key]
            if spelling is not None and span in bounds:
                box.left, box.right = bounds[span]
        if not guessed and at % 8 == 0:  # every eighth letter tells the fonts well enough
            size = raw.FPDFText_GetFontInfo(handle, at, name, 256, flags)
            if 0 < size <= 256 and name.value:
                fonts[
                    name.value.decode("utf-8", "replace").partition("+")[2] or name.value.decode("utf-8", "replace")
                ] += 1
        text = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        size_pt = raw.FPDFText_GetFontSize(handle, at)
        yield _Letter(
            text, box.left, box.right, height - box.top, height - box.bottom, size_pt, guessed, span, spelling
        )


def _spelling(raw: Any, piece: Any) -> tuple[int, str | None]:
    """Return the mark of a text object that carries its true spelling: the mark's identity and the text."""
    for number in range(raw.FPDFPageObj_CountMarks(piece)):
        mark = raw.FPDFPageObj_GetMark(piece, number)
        length = ctypes.c_ulong()
        if raw.FPDFPageObjMark_GetParamBlobValue(mark, b"ActualText", None, 0, length) and 0 < length.value <= 4096:
            buffer = (ctypes.c_ubyte * length.value)()
            if raw.FPDFPageObjMark_GetParamBlobValue(mark, b"ActualText", buffer, length.value, length):
                return ctypes.addressof(mark.contents), decoded(bytes(buffer))
    return 0, None


def decoded(data: bytes) -> str | None:
    """Return a PDF text string; None where its bytes tell no text. UTF-16 may lack its mark."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace")
    body = data.removeprefix(b"\xfe\xff")
    if len(body) % 2 == 0 and body:
        text = body.decode("utf-16-be", "replace")
        if len(body) < len(data) or all(
            char < "\u0100" or "\u0900" <= char <= "\u097f" or "\u2000" <= char <= "\u206f" for char in text
        ):
            return text.rstrip("\x00") if any(char >= " " for char in text) else None
    return data.decode("ascii") if data.isascii() and data else None


def _span_bounds(raw: Any, page: Any) -> dict[int, tuple[float, float]]:
    """Return left and right of each spelled run: a vowel sign's glyph may have no letter of its own, yet takes room."""
    edges = [ctypes.c_float() for _ in range(4)]
    found: dict[int, tuple[float, float]] = {}
    for number in range(raw.FPDFPage_CountObjects(page.raw)):
        piece = raw.FPDFPage_GetObject(page.raw, number)
        if raw.FPDFPageObj_GetType(piece) != raw.FPDF_PAGEOBJ_TEXT or not raw.FPDFPageObj_CountMarks(piece):
            continue
        span, spelling = _spelling(raw, piece)
        if spelling is not None and raw.FPDFPageObj_GetBounds(piece, *edges):
            left, right = found.get(span, (edges[0].value, edges[2].value))
            found[span] = min(left, edges[0].value), max(right, edges[2].value)
    return found


def _spelled(letters: Iterator[_Letter]) -> Iterator[_Letter]:
    """Put the true spelling in place of the glyphs that it stands for."""
    run: _Letter | None = None
    held: list[_Letter] = []
    given: set[int] = set()
    for letter in letters:
        if letter.span in given and (run is None or letter.span != run.span):
            continue  # PDFium gives a run twice where its glyphs lie out of order
        if run is not None and letter.span == run.span:
            run.right, run.left = max(run.right, letter.right), min(run.left, letter.left)
            held.clear()
            continue
        if run is not None and letter.guessed and letter.text == " ":
            held.append(letter)  # inside the run it is no space; behind it, the gap decides
            continue
        if run is not None:
            yield run
            run = None
        yield from held
        held.clear()
        if letter.span and letter.spelling:
            run = letter
            given.add(run.span)
            run.text = letter.spelling
        else:
            yield letter
    if run is not None:
        yield run


def _lines(letters: list[_Letter]) -> Iterator[PageLine]:
    number, line = 0, list[_Letter]()
    for at, letter in enumerate([*letters, _END]):
        if letter.text not in "\r\n":
            line.append(letter)
        elif line and letter is not _END and _goes_on(line, letters, at):
            line.append(_Letter(" ", 0, 0, 0, 0, 0, True, 0, None))  # the width of the gap tells whether it is one
        else:
            if words := tuple(_words(line)):
                number += 1
                seen = [one for one in line if not one.guessed and one.text.strip()]
                top, bottom = min(one.top for one in seen), max(one.bottom for one in seen)
                yield PageLine(number=number, words=words, top=top, bottom=bottom)
            line = []


def _goes_on(line: list[_Letter], letters: list[_Letter], at: int) -> bool:
    """Tell whether a guessed line end stands inside a printed line: a vowel sign drawn lower makes PDFium guess one."""
    after = next((one for one in letters[at : at + 9] if not one.guessed), None)
    before = next((one for one in reversed(line) if not one.guessed), None)
    if after is None or before is None or not letters[at].guessed:
        return False
    shared = min(before.bottom, after.bottom) - max(before.top, after.top)
    least = min(before.bottom - before.top, after.bottom - after.top)
    beside = after.left >= before.left and after.left - before.right < after.size
    return beside and shared > 0.5 * least > 0


_END: Final = _Letter("\n", 0, 0, 0, 0, 0, True, 0, None)


def _words(line: list[_Letter]) -> Iterator[Word]:
    text, left, right = "", 0.0, 0.0
    for at, letter in enumerate(line):
        if letter.guessed and letter.text == " ":
            following = next((one for one in line[at + 1 :] if not one.guessed), None)
            if following is None or following.left - right >= MIN_SPACE_EM * following.size or following.left < left:
                space = True
            else:
                space = False
        else:
            space = not letter.text.strip()
        if space:
            if text:
                yield Word(text=text, left=left, right=right)
            text = ""
        elif not letter.guessed or letter.text.strip():
            if not text:
                left, right = letter.left, letter.right
            text += letter.text.replace(SOFT_HYPHEN, "-")
            right = max(right, letter.right) if not letter.guessed else right
    if text:
        yield Word(text=text, left=left, right=right)
